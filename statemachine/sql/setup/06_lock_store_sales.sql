CREATE TABLE IF NOT EXISTS locks.store_sales (locked INTEGER);
