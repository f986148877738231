CREATE TABLE locks.customer_address (locked INTEGER);
