CREATE TABLE locks.build_db (locked INTEGER);
