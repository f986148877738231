create table beta as select 2 as id union all select 3
