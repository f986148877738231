create table "sales"."tickit"."event" as select 1 as eventid, 'Salome' as name union all select 2, 'Tosca';
