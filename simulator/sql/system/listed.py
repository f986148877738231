"""What the SHOW commands list, over PostgreSQL's catalogue: a function or view for each.

Sources: the pages of the commands, "SHOW COLUMNS" to "SHOW TABLES", in Redshift's developer guide,
for names and order of the columns.
"""

# ruff: noqa: E501 - SQL
from __future__ import annotations

_RIGHTS = """
-- The number of a user, group or role; PUBLIC's is 0.
CREATE FUNCTION redshift.identity_number(who oid) RETURNS integer LANGUAGE sql STABLE AS $$
  SELECT CASE WHEN who = 0 THEN 0 ELSE (SELECT coalesce((SELECT u.usesysid FROM redshift.pg_user u WHERE u.role_oid = who),
    CASE redshift.role_kind(r.rolname::text) WHEN 'group' THEN (SELECT g.grosysid FROM redshift.pg_group g WHERE g.groname = redshift.shown_role(r.rolname::text))
      WHEN 'role' THEN (SELECT s.role_id FROM redshift.svv_roles s WHERE s.role_name = redshift.shown_role(r.rolname::text)) END)
    FROM pg_catalog.pg_roles r WHERE r.oid = who) END $$;
CREATE FUNCTION redshift.identity_name(who oid) RETURNS text LANGUAGE sql STABLE AS $$
  SELECT CASE WHEN who = 0 THEN 'public' ELSE redshift.shown_role(pg_get_userbyid(who)::text) END $$;
CREATE FUNCTION redshift.identity_type(who oid) RETURNS text LANGUAGE sql STABLE AS $$
  SELECT CASE WHEN who = 0 THEN 'public' ELSE redshift.role_kind(pg_get_userbyid(who)::text) END $$;
-- "A grant is visible to the current user if [it is] a superuser, the target user, ... granted the role".
CREATE FUNCTION redshift.sees_grant(who oid) RETURNS boolean LANGUAGE sql STABLE AS $$
  SELECT redshift.sees_all() OR who = 0 OR pg_has_role(who, 'MEMBER') $$;
-- PostgreSQL's rights as Redshift names them; those that only PostgreSQL has are left out, and so are an owner's.
CREATE FUNCTION redshift.grants_in(acl aclitem[], owner oid)
RETURNS TABLE (privilege_type text, identity_id integer, identity_name text, identity_type text, admin_option boolean, grantor_name text) LANGUAGE sql STABLE AS $$
  SELECT CASE a.privilege_type WHEN 'TEMPORARY' THEN 'TEMP' WHEN 'CONNECT' THEN 'USAGE' ELSE a.privilege_type END,
    redshift.identity_number(a.grantee), redshift.identity_name(a.grantee), redshift.identity_type(a.grantee), a.is_grantable, redshift.identity_name(a.grantor)
  FROM aclexplode(acl) a
  WHERE a.grantee <> owner AND a.privilege_type <> 'MAINTAIN' AND NOT (a.privilege_type = 'CONNECT' AND a.grantee = 0) AND redshift.sees_grant(a.grantee) $$;
-- An owner has every right, also those that PostgreSQL does not know.
CREATE FUNCTION redshift.shown_acl(acl aclitem[], owner oid, everything text) RETURNS text LANGUAGE sql STABLE AS $$
  SELECT string_agg(CASE WHEN g.kind = 'public' THEN '' WHEN g.kind = 'user' THEN g.name ELSE g.kind || ' ' || g.name END || '=' || g.letters || '/' || g.grantor, '~' ORDER BY g.place)
  FROM (SELECT redshift.identity_type(a.grantee) AS kind, redshift.identity_name(a.grantee) AS name, redshift.identity_name(a.grantor) AS grantor, min(a.place) AS place,
      CASE WHEN a.grantee = owner THEN everything ELSE string_agg(l.letter || CASE WHEN a.is_grantable THEN '*' ELSE '' END, '' ORDER BY strpos('arwdRxtDPAUC', l.letter)) END AS letters
    FROM aclexplode(acl) WITH ORDINALITY AS a(grantor, grantee, privilege_type, is_grantable, place)
    JOIN (VALUES ('INSERT', 'a'), ('SELECT', 'r'), ('UPDATE', 'w'), ('DELETE', 'd'), ('REFERENCES', 'x'), ('TRIGGER', 't'), ('TRUNCATE', 'D'), ('USAGE', 'U'), ('CREATE', 'C'))
      AS l(privilege, letter) ON l.privilege = a.privilege_type
    GROUP BY a.grantee, a.grantor) g $$;

CREATE VIEW redshift.show_database_grants AS
  SELECT current_setting('asl.db_name') AS database_name, g.privilege_type, g.identity_id, g.identity_name, g.identity_type, g.admin_option, 'DATABASE'::text AS privilege_scope, g.grantor_name
  FROM pg_catalog.pg_database d, redshift.grants_in(coalesce(d.datacl, acldefault('d', d.datdba)), d.datdba) g WHERE d.datname = current_database();
CREATE VIEW redshift.show_schema_grants AS
  SELECT n.nspname::text AS schema_name, n.nspname::text AS object_name, 'SCHEMA'::text AS object_type, g.privilege_type, g.identity_id, g.identity_name, g.identity_type, g.admin_option,
    'SCHEMA'::text AS privilege_scope, current_setting('asl.db_name') AS database_name, g.grantor_name
  FROM pg_catalog.pg_namespace n, redshift.grants_in(n.nspacl, n.nspowner) g WHERE n.nspname !~ '^pg_' AND n.nspname NOT IN ('redshift', 'information_schema');
CREATE VIEW redshift.show_table_grants AS
  SELECT r.schema_name::text AS schema_name, r.table_name::text AS object_name, 'TABLE'::text AS object_type, g.privilege_type, g.identity_id, g.identity_name, g.identity_type, g.admin_option,
    'TABLE'::text AS privilege_scope, current_setting('asl.db_name') AS database_name, g.grantor_name, r.oid
  FROM redshift.relations r JOIN pg_catalog.pg_class c ON c.oid = r.oid, redshift.grants_in(c.relacl, c.relowner) g;
CREATE VIEW redshift.show_routine_grants AS
  SELECT n.nspname::text AS schema_name, p.proname || '(' || pg_catalog.replace(pg_catalog.oidvectortypes(p.proargtypes), ', ', ', ') || ')' AS object_name,
    CASE p.prokind WHEN 'p' THEN 'PROCEDURE' ELSE 'FUNCTION' END AS object_type, g.privilege_type, g.identity_id, g.identity_name, g.identity_type, g.admin_option,
    CASE p.prokind WHEN 'p' THEN 'PROCEDURE' ELSE 'FUNCTION' END AS privilege_scope, current_setting('asl.db_name') AS database_name, g.grantor_name, p.oid
  FROM pg_catalog.pg_proc p JOIN pg_catalog.pg_namespace n ON n.oid = p.pronamespace, redshift.grants_in(coalesce(p.proacl, acldefault('f', p.proowner)), p.proowner) g
  WHERE n.nspname NOT IN ('redshift', 'pg_catalog', 'information_schema');
CREATE VIEW redshift.show_column_grants AS
  SELECT current_setting('asl.db_name') AS database_name, r.schema_name::text AS schema_name, r.table_name::text AS table_name, a.attname::text AS column_name, 'COLUMN'::text AS object_type,
    g.privilege_type, g.identity_id, g.identity_name, g.identity_type, g.admin_option, 'COLUMN'::text AS privilege_scope, g.grantor_name, r.oid
  FROM redshift.relations r JOIN pg_catalog.pg_class c ON c.oid = r.oid JOIN pg_catalog.pg_attribute a ON a.attrelid = r.oid AND a.attnum > 0 AND NOT a.attisdropped,
    redshift.grants_in(a.attacl, c.relowner) g;
CREATE VIEW redshift.show_grants AS
  SELECT database_name, NULL::text AS schema_name, NULL::text AS object_name, 'DATABASE'::text AS object_type, privilege_type, identity_id, identity_name, identity_type, privilege_scope, grantor_name FROM redshift.show_database_grants
  UNION ALL SELECT database_name, schema_name, NULL, object_type, privilege_type, identity_id, identity_name, identity_type, privilege_scope, grantor_name FROM redshift.show_schema_grants
  UNION ALL SELECT database_name, schema_name, object_name, object_type, privilege_type, identity_id, identity_name, identity_type, privilege_scope, grantor_name FROM redshift.show_table_grants
  UNION ALL SELECT database_name, schema_name, object_name, object_type, privilege_type, identity_id, identity_name, identity_type, privilege_scope, grantor_name FROM redshift.show_routine_grants;
-- Who may ask for the grants of a user or role: itself, and superusers.
CREATE FUNCTION redshift.check_identity(wanted text, kind text) RETURNS void LANGUAGE plpgsql STABLE AS $$
DECLARE it oid := (SELECT oid FROM pg_catalog.pg_roles WHERE rolname = redshift.own_prefix() || CASE kind WHEN 'role' THEN 'role!' ELSE '' END || wanted);
BEGIN
  IF it IS NULL THEN
    RAISE EXCEPTION '% "%" does not exist', kind, wanted USING ERRCODE = '42704';
  ELSIF NOT redshift.sees_grant(it) THEN
    RAISE EXCEPTION 'permission denied to show grants for % "%"', kind, wanted USING ERRCODE = '42501';
  END IF;
END $$;
"""

_LISTS = """
CREATE FUNCTION redshift.check_schema(wanted text) RETURNS void LANGUAGE plpgsql STABLE AS $$
BEGIN
  IF to_regnamespace(quote_ident(wanted)) IS NULL OR wanted IN ('redshift', 'pg_toast') THEN
    RAISE EXCEPTION 'schema "%" does not exist', wanted USING ERRCODE = '3F000';
  END IF;
END $$;
CREATE FUNCTION redshift.seen_relation(name text) RETURNS oid LANGUAGE plpgsql STABLE AS $$
BEGIN
  IF name IS NOT NULL AND NOT EXISTS (SELECT FROM redshift.relations r WHERE r.oid = to_regclass(name)) THEN
    RAISE EXCEPTION 'relation "%" does not exist', pg_catalog.replace(name, '"', '') USING ERRCODE = '42P01';
  END IF;
  RETURN to_regclass(name);
END $$;
CREATE FUNCTION redshift.seen_routine(signature text, kind text) RETURNS oid LANGUAGE plpgsql STABLE AS $$
BEGIN
  IF to_regprocedure(signature) IS NULL OR (SELECT (p.prokind = 'p') <> (kind = 'PROCEDURE') FROM pg_catalog.pg_proc p WHERE p.oid = to_regprocedure(signature)) THEN
    RAISE EXCEPTION '% % does not exist', lower(kind), pg_catalog.replace(signature, '"', '') USING ERRCODE = '42883';
  END IF;
  RETURN to_regprocedure(signature)::oid;
END $$;
CREATE VIEW redshift.show_databases AS
  SELECT datname::text AS database_name, datdba AS database_owner, 'local'::text AS database_type, NULL::text AS database_acl, NULL::text AS parameters,
    redshift.isolation(datname::text) AS database_isolation_level
  FROM redshift.pg_database;
CREATE VIEW redshift.show_schemas AS
  SELECT s.database_name, s.schema_name, s.schema_owner, s.schema_type, redshift.shown_acl(n.nspacl, n.nspowner, 'UC') AS schema_acl, s.source_database, s.schema_option
  FROM redshift.svv_all_schemas s JOIN pg_catalog.pg_namespace n ON n.nspname = s.schema_name WHERE has_schema_privilege(n.oid, 'USAGE');
CREATE VIEW redshift.show_tables AS
  SELECT current_setting('asl.db_name') AS database_name, r.schema_name::text AS schema_name, r.table_name::text AS table_name,
    CASE WHEN redshift.is_external(r.oid) THEN 'EXTERNAL TABLE' WHEN r.relkind = 'r' THEN 'TABLE' ELSE 'VIEW' END AS table_type,
    redshift.shown_acl(c.relacl, c.relowner, 'arwdRxtDPA') AS table_acl, r.remarks, r.owner, NULL::timestamp AS last_altered_time, NULL::timestamp AS last_modified_time,
    CASE WHEN r.relkind = 'r' THEN coalesce(CASE WHEN k.distkey IS NOT NULL THEN 'KEY(' || k.distkey || ')' ELSE k.diststyle END, 'AUTO (ALL)') END AS dist_style,
    CASE WHEN redshift.is_external(r.oid) THEN NULL WHEN r.relkind = 'r' THEN 'REGULAR TABLE' WHEN r.relkind = 'm' THEN 'MATERIALIZED VIEW'
      WHEN redshift.late_query(r.oid) IS NOT NULL THEN 'LATE BINDING VIEW' ELSE 'REGULAR VIEW' END AS table_subtype
  FROM redshift.relations r JOIN pg_catalog.pg_class c ON c.oid = r.oid LEFT JOIN LATERAL redshift.keys_of(r.oid) k ON r.relkind = 'r'
  WHERE has_table_privilege(r.oid, 'SELECT') OR has_any_column_privilege(r.oid, 'SELECT');
CREATE VIEW redshift.show_columns AS
  SELECT current_setting('asl.db_name') AS database_name, c.schema_name::text AS schema_name, c.table_name::text AS table_name, c.column_name::text AS column_name, c.ordinal_position,
    c.column_default::text AS column_default, CASE WHEN c.attnotnull THEN 'NO' ELSE 'YES' END AS is_nullable, redshift.bare_type(c.atttypid) AS data_type,
    c.length AS character_maximum_length, c.digits AS numeric_precision, c.scale AS numeric_scale, c.remarks,
    CASE WHEN p.place IS NULL THEN NULL WHEN i.interleaved THEN 'INTERLEAVED' ELSE 'COMPOUND' END AS sort_key_type,
    coalesce(p.place * CASE WHEN i.interleaved AND p.place % 2 = 1 THEN -1 ELSE 1 END, 0) AS sort_key,
    CASE WHEN k.distkey = c.column_name THEN 1 END AS dist_key,
    CASE WHEN c.relkind = 'r' THEN pg_catalog.replace(redshift.encoding_of(k.encodings, k.sortkeys, c.column_name, c.atttypid), 'none', 'raw') END AS encoding,
    CASE WHEN c.atttypid IN ('varchar'::regtype, 'bpchar'::regtype) THEN 'default' END AS collation, c.oid
  FROM redshift.columns_of c LEFT JOIN LATERAL redshift.keys_of(c.oid) k ON c.relkind = 'r'
  LEFT JOIN LATERAL (SELECT array_position(k.sortkeys, c.column_name::text) AS place) p ON true
  LEFT JOIN LATERAL (SELECT (redshift.attributes_of(c.oid) ->> 'interleaved')::boolean AS interleaved) i ON true;
"""

_KEYS = """
CREATE FUNCTION redshift.key_columns(listed text) RETURNS text[] LANGUAGE sql IMMUTABLE AS $$
  SELECT array_agg(btrim(one, '"') ORDER BY place) FROM unnest(pg_catalog.string_to_array(listed, ', ')) WITH ORDINALITY AS u (one, place) $$;
CREATE VIEW redshift.show_primary_keys AS
  SELECT current_setting('asl.db_name') AS database_name, r.schema_name::text AS schema_name, r.table_name::text AS table_name, c.key AS pk_name, u.one AS column_name, u.place::integer AS key_seq, r.oid
  FROM redshift.relations r, jsonb_each_text(redshift.attributes_of(r.oid) -> 'constraints') c,
    unnest(redshift.key_columns((pg_catalog.regexp_match(c.value, '^PRIMARY KEY \\((.*)\\)$'))[1])) WITH ORDINALITY AS u (one, place);
CREATE VIEW redshift.show_foreign_keys AS
  SELECT current_setting('asl.db_name') AS pk_database_name, t.schema_name::text AS pk_schema_name, t.table_name::text AS pk_table_name, p.one AS pk_column_name,
    current_setting('asl.db_name') AS fk_database_name, r.schema_name::text AS fk_schema_name, r.table_name::text AS fk_table_name, f.one AS fk_column_name, f.place::integer AS key_seq,
    c.key AS fk_name, (SELECT DISTINCT pk_name FROM redshift.show_primary_keys k WHERE k.oid = t.oid) AS pk_name, NULL::integer AS update_rule, NULL::integer AS delete_rule, NULL::integer AS deferrability,
    r.oid, t.oid AS target
  FROM redshift.relations r, jsonb_each_text(redshift.attributes_of(r.oid) -> 'constraints') c,
    LATERAL (SELECT pg_catalog.regexp_match(c.value, '^FOREIGN KEY \\((.*?)\\) REFERENCES ([^(]*)(?:\\((.*)\\))?$') AS parts) m
    JOIN redshift.relations t ON t.oid = to_regclass(m.parts[2]),
    unnest(redshift.key_columns(m.parts[1])) WITH ORDINALITY AS f (one, place),
    LATERAL (SELECT coalesce((redshift.key_columns(m.parts[3]))[f.place], (SELECT column_name FROM redshift.show_primary_keys k WHERE k.oid = t.oid AND k.key_seq = f.place)) AS one) p;
"""

_ROUTINES = """
CREATE VIEW redshift.show_procedures AS
  SELECT current_setting('asl.db_name') AS database_name, n.nspname::text AS schema_name, p.proname::text AS procedure_name, p.pronargs::integer AS number_of_arguments,
    coalesce(string_agg(h.shown ->> (a.place - 1)::integer, ', ' ORDER BY a.place) FILTER (WHERE a.one ->> 1 <> 'OUT'), '') AS argument_list,
    coalesce(string_agg(h.shown ->> (a.place - 1)::integer, ', ' ORDER BY a.place) FILTER (WHERE a.one ->> 1 <> 'IN'), '') AS return_type, ''::text AS remarks
  FROM pg_catalog.pg_proc p JOIN pg_catalog.pg_namespace n ON n.oid = p.pronamespace,
    LATERAL (SELECT substr(p.prosrc, 13, strpos(p.prosrc, chr(10)) - 13)::jsonb AS header) s, LATERAL (SELECT s.header -> 'shown' AS shown, s.header -> 'arguments' AS arguments) h
    LEFT JOIN LATERAL jsonb_array_elements(h.arguments) WITH ORDINALITY AS a(one, place) ON true
  WHERE p.prokind = 'p' AND p.prosrc LIKE '-- redshift %' AND has_function_privilege(p.oid, 'EXECUTE') GROUP BY p.oid, n.nspname, p.proname, p.pronargs, h.shown;
CREATE VIEW redshift.show_functions AS
  SELECT current_setting('asl.db_name') AS database_name, n.nspname::text AS schema_name, p.proname::text AS function_name, p.pronargs::integer AS number_of_arguments,
    pg_catalog.oidvectortypes(p.proargtypes) AS argument_list, redshift.bare_type(p.prorettype) AS return_type, ''::text AS remarks
  FROM pg_catalog.pg_proc p JOIN pg_catalog.pg_namespace n ON n.oid = p.pronamespace
  WHERE p.prokind = 'f' AND n.nspname NOT IN ('redshift', 'pg_catalog', 'information_schema') AND has_function_privilege(p.oid, 'EXECUTE');
-- Sizes of a parameter by its type, and by what was written in parentheses.
CREATE FUNCTION redshift.parameter_sizes(shown text, written text, OUT length integer, OUT digits integer, OUT scale integer) LANGUAGE sql IMMUTABLE AS $$
  SELECT CASE WHEN shown IN ('character varying', 'character') THEN coalesce(n.numbers[1]::integer, -1) END,
    CASE shown WHEN 'smallint' THEN 16 WHEN 'integer' THEN 32 WHEN 'bigint' THEN 64 WHEN 'numeric' THEN CASE WHEN written <> '' THEN coalesce(n.numbers[1]::integer, 18) END END,
    CASE WHEN shown IN ('smallint', 'integer', 'bigint') THEN 0 WHEN shown = 'numeric' AND written <> '' THEN coalesce(n.numbers[2]::integer, 0) END
  FROM (SELECT pg_catalog.regexp_match(written, '\\(\\s*(\\d+)\\s*(?:,\\s*(\\d+))?') AS numbers) n $$;
CREATE FUNCTION redshift.show_procedure_parameters(space text, wanted text, inputs text)
RETURNS TABLE (database_name text, schema_name text, procedure_name text, parameter_name text, ordinal_position integer, parameter_type text, data_type text,
  character_maximum_length integer, numeric_precision integer, numeric_scale integer, remarks text) LANGUAGE plpgsql STABLE AS $$
BEGIN
  IF NOT EXISTS (SELECT FROM redshift.headers_of(space, wanted) h WHERE h.header ->> 'inputs' = inputs) THEN
    RAISE EXCEPTION 'procedure %(%) does not exist', wanted, pg_catalog.replace(inputs, ',', ', ') USING ERRCODE = '42883';
  END IF;
  RETURN QUERY SELECT current_setting('asl.db_name'), h.schema_name, wanted, a.one ->> 0, a.place::integer, a.one ->> 1, h.header -> 'shown' ->> (a.place - 1)::integer, s.length, s.digits, s.scale, ''::text
    FROM redshift.headers_of(space, wanted) h, jsonb_array_elements(h.header -> 'arguments') WITH ORDINALITY AS a(one, place),
      redshift.parameter_sizes(h.header -> 'shown' ->> (a.place - 1)::integer, a.one ->> 2) s
    WHERE h.header ->> 'inputs' = inputs ORDER BY a.place;
END $$;
CREATE FUNCTION redshift.show_function_parameters(signature text)
RETURNS TABLE (database_name text, schema_name text, function_name text, parameter_name text, ordinal_position integer, parameter_type text, data_type text,
  character_maximum_length integer, numeric_precision integer, numeric_scale integer, remarks text) LANGUAGE plpgsql STABLE AS $$
BEGIN
  RETURN QUERY SELECT current_setting('asl.db_name'), n.nspname::text, p.proname::text, coalesce(p.proargnames[a.place], ''), a.place::integer, CASE a.place WHEN 0 THEN 'RETURN' ELSE 'IN' END,
      redshift.bare_type(a.kind), s.length, s.digits, s.scale, ''::text
    FROM pg_catalog.pg_proc p JOIN pg_catalog.pg_namespace n ON n.oid = p.pronamespace,
      LATERAL (SELECT 0 AS place, p.prorettype AS kind UNION ALL SELECT u.place::integer, u.kind FROM unnest(p.proargtypes::oid[]) WITH ORDINALITY AS u (kind, place)) a,
      redshift.parameter_sizes(redshift.bare_type(a.kind), '') s
    WHERE p.oid = redshift.seen_routine(signature, 'FUNCTION') ORDER BY a.place;
END $$;
"""

# Before the views that read them.
VIEW_TEXTS = """
-- What a view was made of, as it was written, is its rule's comment: no user's comment stands there.
CREATE FUNCTION redshift.view_text(view oid) RETURNS text LANGUAGE sql STABLE AS $$
  SELECT pg_catalog.obj_description(oid, 'pg_rewrite') FROM pg_catalog.pg_rewrite WHERE ev_class = view AND rulename = '_RETURN' $$;
CREATE FUNCTION redshift.show_view(name text) RETURNS text LANGUAGE plpgsql STABLE AS $$
DECLARE it record;
BEGIN
  SELECT r.oid, r.relkind, redshift.view_text(r.oid) AS said INTO it FROM redshift.relations r WHERE r.oid = redshift.seen_relation(name);
  IF it.relkind = 'r' OR redshift.is_external(it.oid) THEN
    RAISE EXCEPTION '"%" is not a view', pg_catalog.replace(name, '"', '') USING ERRCODE = '42809';
  END IF;
  RETURN coalesce(it.said, btrim(pg_catalog.replace(pg_get_viewdef(it.oid), 'redshift.', '')));
END $$;
"""

_DATABASES = """
-- "To create a database, you must be a superuser or have the CREATEDB privilege" ("CREATE DATABASE").
CREATE FUNCTION redshift.check_new_database(wanted text, owner text) RETURNS void LANGUAGE plpgsql STABLE AS $$
BEGIN
  IF NOT (SELECT rolsuper OR rolcreatedb FROM pg_catalog.pg_roles WHERE rolname = current_user) THEN
    RAISE EXCEPTION 'permission denied to create database' USING ERRCODE = '42501';
  ELSIF EXISTS (SELECT FROM redshift.pg_database WHERE datname = wanted) THEN
    RAISE EXCEPTION 'database "%" already exists', wanted USING ERRCODE = '42P04';
  ELSIF owner <> '' AND NOT EXISTS (SELECT FROM redshift.pg_user WHERE usename = owner) THEN
    RAISE EXCEPTION 'user "%" does not exist', owner USING ERRCODE = '42704';
  END IF;
END $$;
-- "You cannot drop the dev, padb_harvest, template0, or template1 databases, and you cannot drop the current database" ("DROP DATABASE").
CREATE FUNCTION redshift.check_old_database(wanted text) RETURNS void LANGUAGE plpgsql STABLE AS $$
DECLARE it oid := (SELECT datdba FROM pg_catalog.pg_database WHERE datname = redshift.own_prefix() || wanted);
BEGIN
  IF it IS NULL THEN
    RAISE EXCEPTION 'database "%" does not exist', wanted USING ERRCODE = '3D000';
  ELSIF wanted = current_setting('asl.db_name') THEN
    RAISE EXCEPTION 'cannot drop the currently open database' USING ERRCODE = '55006';
  ELSIF NOT (redshift.sees_all() OR pg_has_role(it, 'USAGE')) THEN
    RAISE EXCEPTION 'must be owner of database %', wanted USING ERRCODE = '42501';
  ELSIF wanted IN ('dev', 'padb_harvest') THEN
    RAISE EXCEPTION 'cannot drop database "%"', wanted USING ERRCODE = '42809';
  END IF;
END $$;
"""

_COMPRESSION = """
CREATE FUNCTION redshift.compression_of(wanted text, columns text[]) RETURNS TABLE ("Table" text, "Column" text, "Encoding" text, "Est_reduction_pct" numeric(5, 2)) LANGUAGE plpgsql STABLE AS $$
DECLARE it oid := redshift.seen_relation(wanted); missing text;
BEGIN
  SELECT u.one INTO missing FROM unnest(columns) AS u (one) WHERE NOT EXISTS (SELECT FROM redshift.columns_of c WHERE c.oid = it AND c.column_name = u.one);
  IF missing IS NOT NULL THEN
    RAISE EXCEPTION 'column "%" of relation "%" does not exist', missing, pg_catalog.replace(wanted, '"', '') USING ERRCODE = '42703';
  END IF;
  RETURN QUERY SELECT c.table_name, c.column_name, CASE WHEN columns IS NULL OR c.column_name = ANY (columns) THEN c.encoding ELSE 'N/A' END, 0.00
    FROM redshift.show_columns c WHERE c.encoding IS NOT NULL AND (wanted IS NULL OR c.oid = it) ORDER BY c.schema_name, c.table_name, c.ordinal_position;
END $$;
"""

LISTED = _DATABASES + _COMPRESSION + _RIGHTS + _LISTS + _KEYS + _ROUTINES
LISTED += "GRANT SELECT ON ALL TABLES IN SCHEMA redshift TO PUBLIC;"
