-- LOCK asks for the right to change what it locks.
GRANT UPDATE, DELETE ON ALL TABLES IN SCHEMA locks TO etl_user;
