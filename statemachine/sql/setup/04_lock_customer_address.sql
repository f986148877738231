CREATE TABLE IF NOT EXISTS locks.customer_address (locked INTEGER);
