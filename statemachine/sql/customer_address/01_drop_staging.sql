DROP TABLE IF EXISTS sales.stg_customer_address;
