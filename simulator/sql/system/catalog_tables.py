"""PostgreSQL's own catalogue tables as Redshift has them: what scripts, drivers and dbt read.

Owners are numbers of PG_USER, rights name users without the simulation's prefix, and keys, which
PostgreSQL does not know as such, come from a table's attributes. Sources: "PG_CLASS_INFO"; for columns that no page names
(reldiststyle, attisdistkey, attsortkeyord, format_encoding, identity in adsrc) AWS's published
administration scripts. The numbers that stand for encodings are ours.
"""

# ruff: noqa: E501 - SQL
from __future__ import annotations

_TABLES = """
-- 0 EVEN, 1 KEY, 8 ALL, 9 AUTO; what is in effect for AUTO is 10: AUTO(ALL), a small table's.
CREATE FUNCTION redshift.style_number(relation oid, automatic integer) RETURNS smallint LANGUAGE sql STABLE AS $$
  SELECT CASE WHEN k.distkey IS NOT NULL THEN 1 WHEN k.diststyle = 'EVEN' THEN 0 WHEN k.diststyle = 'ALL' THEN 8 ELSE automatic END::smallint
  FROM redshift.keys_of(relation) k $$;
CREATE FUNCTION redshift.owner_number(who oid, wanted oid) RETURNS integer LANGUAGE sql STABLE AS $$
  SELECT CASE WHEN wanted < 16384 THEN 1 ELSE coalesce(redshift.identity_number(who), 1) END $$;
CREATE VIEW redshift.pg_class AS
  SELECT c.oid, relname, relnamespace, reltype, redshift.owner_number(relowner, c.oid) AS relowner, relam, relfilenode, reltablespace, relpages,
    greatest(reltuples, 0) AS reltuples, relhasindex, relisshared, CASE relkind WHEN 'm' THEN 'v' ELSE relkind END AS relkind, relnatts, relchecks, relhasrules,
    CASE WHEN c.oid < 16384 THEN NULL ELSE redshift.acl_texts(relacl, relowner, 'arwdRxtD') END AS relacl,
    CASE WHEN relkind = 'r' AND c.oid >= 16384 THEN redshift.style_number(c.oid, 9) ELSE 0 END AS reldiststyle
  FROM pg_catalog.pg_class c WHERE relnamespace <> 'redshift'::regnamespace AND relkind IN ('r', 'v', 'm');
CREATE VIEW redshift.pg_class_info AS
  SELECT oid AS reloid, relname, relnamespace, relowner, reltuples, relkind, relacl, reldiststyle, NULL::timestamp AS relcreationtime,
    CASE reldiststyle WHEN 9 THEN 10 ELSE reldiststyle END AS releffectivediststyle FROM redshift.pg_class;
CREATE FUNCTION redshift.sort_place(relation oid, wanted text) RETURNS integer LANGUAGE sql STABLE AS $$
  SELECT coalesce(p.place * CASE WHEN (redshift.attributes_of(relation) ->> 'interleaved')::boolean AND p.place % 2 = 0 THEN -1 ELSE 1 END, 0)
  FROM redshift.keys_of(relation) k, LATERAL (SELECT array_position(k.sortkeys, wanted) AS place) p $$;
CREATE FUNCTION redshift.known_encodings() RETURNS text[] LANGUAGE sql IMMUTABLE AS $$
  SELECT ARRAY['bytedict', 'delta', 'delta32k', 'lzo', 'mostly8', 'mostly16', 'mostly32', 'runlength', 'text255', 'text32k', 'zstd', 'az64'] $$;
CREATE FUNCTION redshift.format_encoding(number integer) RETURNS text LANGUAGE sql IMMUTABLE AS $$
  SELECT coalesce((redshift.known_encodings())[number], 'none') $$;
CREATE FUNCTION redshift.encoding_number(relation oid, wanted text, kind oid) RETURNS integer LANGUAGE sql STABLE AS $$
  SELECT coalesce(array_position(redshift.known_encodings(), redshift.encoding_of(k.encodings, k.sortkeys, wanted, kind)), 0) FROM redshift.keys_of(relation) k $$;
CREATE VIEW redshift.pg_attribute AS
  SELECT attrelid, attname, atttypid, attlen, attnum, attndims, atttypmod, attnotnull, atthasdef OR attidentity <> '' AS atthasdef, attisdropped, attislocal,
    CASE WHEN c.oid < 16384 THEN false ELSE coalesce((redshift.keys_of(c.oid)).distkey = attname::text, false) END AS attisdistkey,
    CASE WHEN c.oid < 16384 THEN 0 ELSE redshift.sort_place(c.oid, attname::text) END AS attsortkeyord,
    CASE WHEN c.oid < 16384 THEN 0 ELSE redshift.encoding_number(c.oid, attname::text, atttypid) END AS attencodingtype
  FROM pg_catalog.pg_attribute a JOIN pg_catalog.pg_class c ON c.oid = a.attrelid
  WHERE c.relnamespace <> 'redshift'::regnamespace AND c.relkind IN ('r', 'v', 'm');
CREATE VIEW redshift.pg_attrdef AS
  SELECT adrelid, adnum, d.shown AS adbin, d.shown AS adsrc
  FROM pg_catalog.pg_attrdef, LATERAL (SELECT pg_catalog.replace(pg_catalog.pg_get_expr(adbin, adrelid), 'redshift.', '') AS shown) d
  UNION ALL
  SELECT attrelid, attnum, d.shown, d.shown FROM pg_catalog.pg_attribute a JOIN pg_catalog.pg_depend p ON p.refobjid = attrelid AND p.refobjsubid = attnum AND p.deptype = 'i'
    JOIN pg_catalog.pg_sequence s ON s.seqrelid = p.objid,
    LATERAL (SELECT CASE attidentity WHEN 'd' THEN 'default_identity' ELSE '"identity"' END || '(' || attrelid || ', ' || attnum - 1 || ', ''' || s.seqstart || ',' || s.seqincrement || '''::text)' AS shown) d
  WHERE attidentity <> '';
CREATE FUNCTION redshift.pg_get_expr(kept text, relation oid) RETURNS text LANGUAGE sql IMMUTABLE AS $$ SELECT kept $$;
CREATE VIEW redshift.pg_locks AS
  SELECT relation, database, NULL::bigint AS transaction, pid, mode, granted FROM pg_catalog.pg_locks
  WHERE database = (SELECT oid FROM pg_catalog.pg_database WHERE datname = current_database()) AND relation IN (SELECT oid FROM redshift.relations);
"""

_KEYS = """
CREATE FUNCTION redshift.key_numbers(relation oid, names text[]) RETURNS smallint[] LANGUAGE sql STABLE AS $$
  SELECT array_agg(a.attnum ORDER BY u.place) FROM unnest(names) WITH ORDINALITY AS u (one, place) JOIN pg_catalog.pg_attribute a ON a.attrelid = relation AND a.attname = u.one $$;
CREATE FUNCTION redshift.constraint_number(relation oid, name text) RETURNS oid LANGUAGE sql IMMUTABLE AS $$
  SELECT ('x' || substr(pg_catalog.md5(relation::text || '.' || name), 1, 7))::bit(28)::integer::oid $$;
-- Each key with its columns and, of a foreign key, its target; one that names no columns of the target means its primary key.
CREATE VIEW redshift.keys_kept AS
  SELECT redshift.constraint_number(r.oid, c.key) AS oid, r.oid AS relation, r.schema_name, r.table_name, c.key AS name, m.parts[1] AS kind, redshift.key_columns(m.parts[2]) AS columns, to_regclass(m.parts[3])::oid AS target,
    CASE WHEN m.parts[3] IS NOT NULL THEN coalesce(redshift.key_columns(m.parts[4]),
      (SELECT array_agg(p.column_name ORDER BY p.key_seq) FROM redshift.show_primary_keys p WHERE p.oid = to_regclass(m.parts[3]))) END AS target_columns,
    c.value || CASE WHEN m.parts[3] IS NOT NULL AND m.parts[4] IS NULL THEN '(' || coalesce((SELECT string_agg(quote_ident(p.column_name), ', ' ORDER BY p.key_seq) FROM redshift.show_primary_keys p
      WHERE p.oid = to_regclass(m.parts[3])), '') || ')' ELSE '' END AS definition
  FROM redshift.relations r, jsonb_each_text(redshift.attributes_of(r.oid) -> 'constraints') c,
    LATERAL (SELECT pg_catalog.regexp_match(c.value, '^(PRIMARY KEY|UNIQUE|FOREIGN KEY) \\((.*?)\\)(?: REFERENCES ([^(]*)(?:\\((.*)\\))?)?$') AS parts) m;
CREATE VIEW redshift.pg_constraint AS
  SELECT k.oid, k.name::name AS conname, c.relnamespace AS connamespace, lower(left(k.kind, 1)) AS contype, false AS condeferrable, false AS condeferred, k.relation AS conrelid, 0::oid AS contypid,
    coalesce(k.target, 0) AS confrelid, redshift.key_numbers(k.relation, k.columns) AS conkey, redshift.key_numbers(k.target, k.target_columns) AS confkey, NULL::text AS conbin, NULL::text AS consrc
  FROM redshift.keys_kept k JOIN pg_catalog.pg_class c ON c.oid = k.relation;
CREATE FUNCTION redshift.pg_get_constraintdef(wanted oid) RETURNS text LANGUAGE sql STABLE AS $$ SELECT definition FROM redshift.keys_kept k WHERE k.oid = wanted $$;
CREATE FUNCTION redshift.pg_get_constraintdef(wanted oid, pretty boolean) RETURNS text LANGUAGE sql STABLE AS $$ SELECT redshift.pg_get_constraintdef(wanted) $$;
CREATE VIEW redshift.pg_indexes AS
  SELECT schema_name AS schemaname, table_name AS tablename, name::name AS indexname, NULL::name AS tablespace, 'CREATE UNIQUE INDEX ' || quote_ident(name) || ' ON ' || quote_ident(schema_name) || '.' || quote_ident(table_name)
    || ' USING btree (' || (SELECT string_agg(quote_ident(one), ', ' ORDER BY place) FROM unnest(columns) WITH ORDINALITY AS u (one, place)) || ')' AS indexdef
  FROM redshift.keys_kept WHERE kind <> 'FOREIGN KEY';
"""

# "A late-binding view doesn't check the underlying database objects": nothing depends on them.
_VIEWS = """
CREATE VIEW redshift.pg_rewrite AS
  SELECT r.oid, rulename, ev_class, ev_type, is_instead FROM pg_catalog.pg_rewrite r
  WHERE ev_class IN (SELECT v.oid FROM redshift.relations v WHERE v.relkind <> 'r') AND redshift.late_query(ev_class) IS NULL;
CREATE VIEW redshift.pg_depend AS
  SELECT classid, objid, objsubid, refclassid, refobjid, refobjsubid, deptype FROM pg_catalog.pg_depend
  WHERE refclassid <> 'pg_proc'::regclass AND CASE classid WHEN 'pg_rewrite'::regclass THEN objid IN (SELECT oid FROM redshift.pg_rewrite)
    WHEN 'pg_class'::regclass THEN objid IN (SELECT oid FROM redshift.relations) ELSE false END;
CREATE FUNCTION redshift.pg_get_userbyid(number integer) RETURNS name LANGUAGE sql STABLE AS $$
  SELECT coalesce((SELECT usename FROM redshift.pg_user WHERE usesysid = number), CASE number WHEN 1 THEN 'rdsdb' ELSE 'unknown (UID=' || number || ')' END::name) $$;
CREATE FUNCTION redshift.pg_get_viewdef(view oid) RETURNS text LANGUAGE sql STABLE AS $$
  SELECT CASE WHEN relkind = 'r' THEN 'Not a view' ELSE coalesce(redshift.view_text(oid), btrim(pg_catalog.replace(pg_catalog.pg_get_viewdef(oid), 'redshift.', ''))) END FROM redshift.relations WHERE oid = view $$;
CREATE FUNCTION redshift.pg_get_viewdef(view oid, pretty boolean) RETURNS text LANGUAGE sql STABLE AS $$ SELECT redshift.pg_get_viewdef(view) $$;
CREATE FUNCTION redshift.pg_get_viewdef(name text) RETURNS text LANGUAGE sql STABLE AS $$ SELECT redshift.pg_get_viewdef(name::regclass::oid) $$;
CREATE FUNCTION redshift.pg_get_viewdef(name text, pretty boolean) RETURNS text LANGUAGE sql STABLE AS $$ SELECT redshift.pg_get_viewdef(name::regclass::oid) $$;
CREATE FUNCTION redshift.format_type(kind oid, modifier integer) RETURNS text LANGUAGE sql STABLE AS $$ SELECT redshift.shown_type(kind, modifier) $$;
CREATE FUNCTION redshift.col_description(relation oid, number integer) RETURNS text LANGUAGE sql STABLE AS $$ SELECT pg_catalog.col_description(relation, number) $$;
CREATE FUNCTION redshift.obj_description(object oid, catalogue name) RETURNS text LANGUAGE sql STABLE AS $$ SELECT pg_catalog.obj_description(object, catalogue) $$;
CREATE FUNCTION redshift.array_to_string(members anyarray, mark text) RETURNS text LANGUAGE sql STABLE AS $$ SELECT pg_catalog.array_to_string(members, mark) $$;
CREATE FUNCTION redshift.pg_table_is_visible(relation oid) RETURNS boolean LANGUAGE sql STABLE AS $$ SELECT pg_catalog.pg_table_is_visible(relation) $$;
"""

CATALOG_TABLES = (
    _TABLES + _KEYS + _VIEWS + "GRANT SELECT ON ALL TABLES IN SCHEMA redshift TO PUBLIC;"
)
