DROP TABLE IF EXISTS sales.stg_item;
