CREATE TABLE locks.item (locked INTEGER);
