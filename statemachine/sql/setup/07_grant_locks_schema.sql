GRANT USAGE ON SCHEMA locks TO etl_user;
