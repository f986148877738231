"""External schemas and tables as PostgreSQL has them, and the views that list them.

An external schema is one whose comment says so; an external table is a view that says what it is
about. Its rows come from files: who asks without them is told so, loads them and asks again.
"""

# ruff: noqa: E501 - SQL
from __future__ import annotations

EXTERNAL_TABLES = """
CREATE FUNCTION redshift.external_source(space oid) RETURNS text LANGUAGE sql STABLE AS $$
  SELECT substr(c, 20) FROM pg_catalog.obj_description(space, 'pg_namespace') c WHERE c LIKE 'redshift external: %' $$;
CREATE FUNCTION redshift.external_of(relation oid) RETURNS jsonb LANGUAGE sql STABLE AS $$
  SELECT CASE WHEN d LIKE '%redshift.external_rows(%' THEN redshift.quoted_in(substr(d, strpos(d, 'redshift.external_rows(')))::jsonb END
  FROM (SELECT pg_get_viewdef(relation) AS d FROM pg_catalog.pg_class WHERE oid = relation AND relkind = $q$v$q$) AS v $$;
CREATE FUNCTION redshift.is_external(relation oid) RETURNS boolean LANGUAGE sql STABLE AS $$
  SELECT redshift.external_of(relation) IS NOT NULL $$;
CREATE FUNCTION redshift.external_rows(spec text) RETURNS SETOF text[] LANGUAGE plpgsql VOLATILE SECURITY DEFINER AS $$
BEGIN
  IF to_regclass('pg_temp.asl_external') IS NOT NULL THEN
    IF EXISTS (SELECT FROM pg_temp.asl_external_read WHERE key = md5(spec)) THEN
      RETURN QUERY SELECT fields FROM pg_temp.asl_external WHERE key = md5(spec);
      RETURN;
    END IF;
  END IF;
  RAISE EXCEPTION '%', spec USING ERRCODE = 'ASL02';
END $$;

CREATE FUNCTION redshift.check_external(space text) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
  IF redshift.external_source(to_regnamespace(quote_ident(space))) IS NULL THEN
    RAISE EXCEPTION 'external tables must be created in an external schema, "%" is none', space USING ERRCODE = '3F000';
  END IF;
END $$;
CREATE FUNCTION redshift.change_external(name text, changes text) RETURNS void LANGUAGE plpgsql AS $$
DECLARE spec jsonb := redshift.external_of(to_regclass(name)); before text; one jsonb; kept jsonb; it boolean;
BEGIN
  IF to_regclass(name) IS NULL THEN
    RAISE EXCEPTION 'relation "%" does not exist', pg_catalog.replace(name, '"', '') USING ERRCODE = '42P01';
  ELSIF spec IS NULL THEN
    RAISE EXCEPTION '"%" is not an external table', pg_catalog.replace(name, '"', '') USING ERRCODE = '42809';
  END IF;
  before := redshift.quoted_in(substr(pg_get_viewdef(to_regclass(name)), strpos(pg_get_viewdef(to_regclass(name)), 'redshift.external_rows(')));
  FOR one IN SELECT * FROM jsonb_array_elements(changes::jsonb) LOOP
    IF one ->> 'op' = 'set' THEN
      spec := spec || (one - 'op');
      CONTINUE;
    END IF;
    kept := coalesce((SELECT jsonb_agg(p ORDER BY n) FROM jsonb_array_elements(spec -> 'partitions') WITH ORDINALITY AS e(p, n)
                      WHERE p -> 'values' <> one -> 'values'), '[]');
    it := jsonb_array_length(kept) < jsonb_array_length(spec -> 'partitions');
    IF one ->> 'op' = 'add' THEN
      IF it AND NOT (one ->> 'if_not_exists')::boolean THEN
        RAISE EXCEPTION 'Partition already exists' USING ERRCODE = '42710';
      END IF;
      IF NOT it THEN kept := kept || jsonb_build_array(one - 'op' - 'if_not_exists'); ELSE CONTINUE; END IF;
    ELSIF NOT it THEN
      RAISE EXCEPTION 'Partition does not exist' USING ERRCODE = '42704';
    ELSIF one ->> 'op' = 'move' THEN
      kept := kept || jsonb_build_array(one - 'op');
    END IF;
    spec := spec || jsonb_build_object('partitions', kept);
  END LOOP;
  EXECUTE format('CREATE OR REPLACE VIEW %s AS %s', name, pg_catalog.replace(pg_get_viewdef(to_regclass(name)),
    pg_catalog.replace(before, $q$'$q$, $q$''$q$), pg_catalog.replace(spec::text, $q$'$q$, $q$''$q$)));
END $$;
-- What DROP TABLE does to an external table, and to one that is not there.
CREATE FUNCTION redshift.drop_table(name text, must_exist boolean) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
  IF to_regclass(name) IS NULL THEN
    IF must_exist THEN
      RAISE EXCEPTION 'table "%" does not exist', pg_catalog.replace(substring(name from '[^.]+$'), '"', '') USING ERRCODE = '42P01';
    END IF;
  ELSIF redshift.is_external(to_regclass(name)) THEN
    EXECUTE format('DROP VIEW %s', name);
  END IF;
END $$;

CREATE VIEW redshift.svv_external_schemas AS
  SELECT oid AS esoid, 1 AS eskind, nspname::text AS schemaname, nspowner AS esowner, redshift.external_source(oid) AS databasename, '{}'::text AS esoptions
  FROM redshift.pg_namespace WHERE redshift.external_source(oid) IS NOT NULL;
CREATE VIEW redshift.svv_external_tables AS
  SELECT current_setting('asl.db_name') AS redshift_database_name, schema_name::text AS schemaname, table_name::text AS tablename, e ->> 'kind' AS tabletype, e ->> 'location' AS location,
    e ->> 'input_format' AS input_format, e ->> 'output_format' AS output_format, e ->> 'serialization_lib' AS serialization_lib, (e -> 'serde')::text AS serde_parameters, 0 AS compressed, (e -> 'properties')::text AS parameters
  FROM redshift.relations r, redshift.external_of(r.oid) e WHERE e IS NOT NULL;
CREATE FUNCTION redshift.external_type(shown text) RETURNS text LANGUAGE sql IMMUTABLE AS $$
  SELECT pg_catalog.replace(pg_catalog.replace(pg_catalog.replace(pg_catalog.replace(pg_catalog.replace(shown, 'character varying', 'varchar'), 'numeric', 'decimal'), ' without time zone', ''), 'integer', 'int'), 'double precision', 'double') $$;
CREATE VIEW redshift.svv_external_columns AS
  SELECT current_setting('asl.db_name') AS redshift_database_name, c.schema_name::text AS schemaname, c.table_name::text AS tablename, c.column_name::text AS columnname,
    redshift.external_type(redshift.shown_type(c.atttypid, c.atttypmod)) AS external_type, c.ordinal_position AS columnnum,
    coalesce((SELECT p.place FROM jsonb_array_elements_text(e -> 'partitioned_by') WITH ORDINALITY AS p(name, place) WHERE p.name = c.column_name), 0)::integer AS part_key, NOT c.attnotnull AS is_nullable
  FROM redshift.columns_of c, redshift.external_of(c.oid) e WHERE e IS NOT NULL;
CREATE VIEW redshift.svv_external_partitions AS
  SELECT r.schema_name::text AS schemaname, r.table_name::text AS tablename, (SELECT json_agg(p -> 'values' ->> one)::text FROM jsonb_array_elements_text(e -> 'partitioned_by') one) AS "values", p ->> 'location' AS location, e ->> 'input_format' AS input_format,
    e ->> 'output_format' AS output_format, e ->> 'serialization_lib' AS serialization_lib, (e -> 'serde')::text AS serde_parameters, 0 AS compressed, '{}'::text AS parameters
  FROM redshift.relations r, redshift.external_of(r.oid) e, jsonb_array_elements(e -> 'partitions') p WHERE e IS NOT NULL;
"""
