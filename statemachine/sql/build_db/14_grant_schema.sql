GRANT USAGE ON SCHEMA sales TO {reader:identifier};
