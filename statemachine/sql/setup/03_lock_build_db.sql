CREATE TABLE IF NOT EXISTS locks.build_db (locked INTEGER);
