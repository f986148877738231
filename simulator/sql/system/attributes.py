"""Redshift's attributes of a table: keys, styles, encodings and constraints that nothing enforces.

They have no place in PostgreSQL: a check that always holds keeps them, so that they are copied,
saved and undone with the table.
"""

# ruff: noqa: E501 - SQL
from __future__ import annotations

ATTRIBUTES = """
CREATE FUNCTION redshift.attributes(kept text) RETURNS boolean LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$ SELECT true $$;
-- The text that a definition holds between its quotes.
CREATE FUNCTION redshift.quoted_in(definition text) RETURNS text LANGUAGE sql IMMUTABLE AS $$
  SELECT pg_catalog.replace((pg_catalog.regexp_match(definition, $q$'(.*)'::text$q$))[1], $q$''$q$, $q$'$q$) $$;
CREATE FUNCTION redshift.attributes_of(relation oid) RETURNS jsonb LANGUAGE sql STABLE AS $$
  SELECT redshift.quoted_in(pg_get_expr(conbin, conrelid))::jsonb FROM pg_catalog.pg_constraint
  WHERE conrelid = relation AND contype = 'c' AND conname = 'redshift_attributes' $$;
CREATE FUNCTION redshift.set_attributes(relation regclass, changed text) RETURNS void LANGUAGE plpgsql AS $$
DECLARE kept jsonb := redshift.attributes_of(relation);
BEGIN
  IF kept IS NOT NULL THEN EXECUTE format('ALTER TABLE %s DROP CONSTRAINT redshift_attributes', relation); END IF;
  kept := jsonb_strip_nulls(coalesce(kept, '{}') || changed::jsonb || jsonb_build_object('encodings',
    coalesce(kept -> 'encodings', '{}') || coalesce(changed::jsonb -> 'encodings', '{}')));
  EXECUTE format('ALTER TABLE %s ADD CONSTRAINT redshift_attributes CHECK (redshift.attributes(%L)) NOT VALID', relation, kept::text);
END $$;
CREATE FUNCTION redshift.rename_key(relation regclass, before text, after text) RETURNS void LANGUAGE plpgsql AS $$
DECLARE kept jsonb := redshift.attributes_of(relation);
BEGIN
  IF kept IS NULL THEN RETURN; END IF;
  EXECUTE format('ALTER TABLE %s DROP CONSTRAINT redshift_attributes', relation);
  kept := pg_catalog.replace(kept::text, to_json(before)::text, to_json(after)::text)::jsonb;
  EXECUTE format('ALTER TABLE %s ADD CONSTRAINT redshift_attributes CHECK (redshift.attributes(%L)) NOT VALID', relation, kept::text);
END $$;
CREATE FUNCTION redshift.keys_of(relation oid, OUT distkey text, OUT diststyle text, OUT sortkeys text[], OUT encodings jsonb)
LANGUAGE plpgsql STABLE AS $$
DECLARE kept jsonb := redshift.attributes_of(relation);
BEGIN
  distkey := kept ->> 'distkey';
  diststyle := kept ->> 'diststyle';
  sortkeys := (SELECT array_agg(x) FROM jsonb_array_elements_text(kept -> 'sortkeys') x);
  encodings := coalesce(kept -> 'encodings', '{}'::jsonb);
END $$;
-- "CREATE TABLE": sort keys, BOOLEAN, REAL and DOUBLE PRECISION are RAW, other numbers and dates AZ64, strings LZO.
CREATE FUNCTION redshift.encoding_of(kept jsonb, keys text[], name text, kind oid) RETURNS text LANGUAGE sql STABLE AS $$
  SELECT CASE WHEN kept ? name THEN CASE kept ->> name WHEN 'raw' THEN 'none' ELSE kept ->> name END
    WHEN name = ANY (keys) THEN 'none'
    WHEN kind = ANY (ARRAY['boolean'::regtype, 'real'::regtype, 'double precision'::regtype]::oid[]) THEN 'none'
    WHEN kind = ANY (ARRAY['smallint'::regtype, 'integer'::regtype, 'bigint'::regtype, 'numeric'::regtype, 'date'::regtype,
                           'timestamp'::regtype, 'timestamptz'::regtype, 'time'::regtype, 'timetz'::regtype]::oid[]) THEN 'az64'
    WHEN kind = ANY (ARRAY['varchar'::regtype, 'bpchar'::regtype]::oid[]) THEN 'lzo' ELSE 'none' END $$;
CREATE FUNCTION redshift.row_count(relation oid) RETURNS bigint LANGUAGE plpgsql STABLE AS $$
DECLARE it bigint;
BEGIN
  IF NOT has_table_privilege(relation, 'SELECT') THEN RETURN 0; END IF;
  EXECUTE format('SELECT count(*) FROM %s', relation::regclass) INTO it;
  RETURN it;
END $$;
"""
