DROP TABLE IF EXISTS sales.stg_store_sales;
