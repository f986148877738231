-- a state machine signs as its role, whose database user owns nothing here
create table public.number as select 1 as n union all select 2;
grant select on public.number to public;
