create table alpha as select 1 as id
