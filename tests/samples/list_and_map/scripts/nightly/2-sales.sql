create table tickit.sale (saleid int, eventid int, pricepaid decimal(8, 2));
insert into tickit.sale
select row_number() over (order by eventid), eventid, 20.00
from sales.tickit.event join (select 1 as at union all select 2) on at <= eventid;
