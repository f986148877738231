-- What an administrator gives once: the ETL user makes its own schema.
GRANT CREATE ON DATABASE dev TO etl_user;
