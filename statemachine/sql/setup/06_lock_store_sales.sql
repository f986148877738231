CREATE TABLE locks.store_sales (locked INTEGER);
