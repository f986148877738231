delete from sale where sold_on = '{run_date}';
insert into product (product_id, name) values (1, 'lamp'), (2, 'chair');
insert into sale (sale_id, product_id, sold_on, amount)
values (10, 1, '{run_date}', 19.90), (11, 2, '{run_date}', 80.00), (12, 2, '{run_date}', 0.10);
analyze sale;
