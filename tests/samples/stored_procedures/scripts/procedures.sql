create or replace procedure public.build_tables()
as $$
begin
  drop table if exists public.product;
  drop table if exists public.sale;
  create table public.product (product_id int4 not null, price numeric(7,2)) distkey(product_id);
  create table public.sale (product_id int4, sold_on date, quantity int4);
end;
$$ language plpgsql;

create or replace procedure public.load_products()
as $$
begin
  insert into public.product values (1, 20.00), (2, 80.00);
end;
$$ language plpgsql;

create or replace procedure public.load_sales(sold_on date)
as $$
begin
  insert into public.sale values (1, sold_on, 3), (2, sold_on, 1);
end;
$$ language plpgsql;
