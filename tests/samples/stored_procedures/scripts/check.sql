select count(*) as sales, sum(p.price * s.quantity) as turnover
from public.sale s join public.product p on p.product_id = s.product_id
