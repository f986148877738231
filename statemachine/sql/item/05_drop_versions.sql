DROP TABLE IF EXISTS sales.stg_item_version;
