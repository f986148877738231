create table if not exists product
( product_id int4 not null encode az64
, name char(20) encode zstd
, primary key (product_id)
) distkey(product_id) sortkey(name);
create table if not exists sale
( sale_id int8 not null encode az64
, product_id int4 encode az64
, sold_on date encode az64
, amount numeric(7,2) encode az64
) diststyle even;
