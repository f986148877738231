"""Redshift's system views over PostgreSQL's catalogue and over the warehouse's ledger.

Sources: the pages of the views in "System tables and views reference" of Redshift's developer
guide. An ordinary user sees rows about what is theirs where the page says so. Sizes are those of
PostgreSQL's own storage in blocks of 1 MB, at least one for a table with rows.
"""

# ruff: noqa: E501 - SQL
from __future__ import annotations

_BASE = """
CREATE FUNCTION redshift.own_prefix() RETURNS text LANGUAGE sql STABLE AS $$
  SELECT left(current_database()::text, length(current_database()::text) - length(current_setting('asl.db_name'))) $$;
-- A role without the simulation's prefix: a user's, group's or role's name.
CREATE FUNCTION redshift.shown_role(role text) RETURNS text LANGUAGE sql STABLE AS $$
  SELECT CASE WHEN starts_with(role, redshift.own_prefix())
    THEN regexp_replace(substr(role, length(redshift.own_prefix()) + 1), '^(group|role)!', '') ELSE 'rdsdb' END $$;
CREATE FUNCTION redshift.role_kind(role text) RETURNS text LANGUAGE sql STABLE AS $$
  SELECT CASE WHEN substr(role, length(redshift.own_prefix()) + 1) LIKE 'group!%' THEN 'group'
    WHEN substr(role, length(redshift.own_prefix()) + 1) LIKE 'role!%' THEN 'role' ELSE 'user' END $$;
CREATE FUNCTION redshift.shown_type(kind oid, modifier integer) RETURNS text LANGUAGE sql STABLE AS $$
  SELECT pg_catalog.replace(CASE WHEN kind = 'pg_catalog.super'::regtype THEN 'super' ELSE pg_catalog.format_type(kind, modifier) END, 'bytea', 'varbyte') $$;
-- The catalogue's type names, as JDBC-like columns show them.
CREATE FUNCTION redshift.bare_type(kind oid) RETURNS text LANGUAGE sql STABLE AS $$
  SELECT redshift.shown_type(kind, NULL) $$;
CREATE FUNCTION redshift.sees_all() RETURNS boolean LANGUAGE sql STABLE AS $$
  SELECT coalesce((SELECT rolsuper FROM pg_catalog.pg_roles WHERE rolname = session_user), false) $$;
-- What the transaction shows of the warehouse's ledger; a view of a user's that reads it asks for it.
CREATE FUNCTION redshift.ledger(kind text) RETURNS jsonb LANGUAGE plpgsql STABLE AS $$
DECLARE kept text := nullif(current_setting('asl.ledger_' || kind, true), '');
BEGIN
  IF kept IS NULL THEN RAISE EXCEPTION '%', kind USING ERRCODE = 'ASL03'; END IF;
  RETURN kept::jsonb;
END $$;
CREATE FUNCTION redshift.at(ms numeric) RETURNS timestamp LANGUAGE sql IMMUTABLE AS $$
  SELECT timestamp '1970-01-01' + ms * interval '1 millisecond' $$;

CREATE VIEW redshift.pg_user AS
  SELECT redshift.shown_role(rolname::text)::name AS usename,
    (99 + row_number() OVER (ORDER BY oid))::integer AS usesysid, rolcreatedb AS usecreatedb,
    rolsuper AS usesuper, false AS usecatupd, '********'::text AS passwd, rolvaliduntil AS valuntil,
    (SELECT array_agg(one) FROM pg_db_role_setting s, unnest(s.setconfig) one
     WHERE s.setrole = r.oid AND one NOT LIKE 'asl.%') AS useconfig, r.oid AS role_oid
  FROM pg_catalog.pg_roles r
  WHERE starts_with(rolname::text, redshift.own_prefix()) AND redshift.role_kind(rolname::text) = 'user';
CREATE FUNCTION redshift.user_number(wanted text) RETURNS integer LANGUAGE sql STABLE AS $$
  SELECT usesysid FROM redshift.pg_user WHERE usename = wanted $$;
CREATE VIEW redshift.pg_group AS
  SELECT redshift.shown_role(r.rolname::text)::name AS groname, (99 + row_number() OVER (ORDER BY r.oid))::integer AS grosysid,
    (SELECT array_agg(u.usesysid ORDER BY 1) FROM pg_auth_members m JOIN redshift.pg_user u ON u.role_oid = m.member
     WHERE m.roleid = r.oid) AS grolist
  FROM pg_catalog.pg_roles r
  WHERE starts_with(r.rolname::text, redshift.own_prefix()) AND redshift.role_kind(r.rolname::text) = 'group';

CREATE VIEW redshift.pg_namespace AS
  SELECT oid, nspname, redshift.user_number(redshift.shown_role(pg_get_userbyid(nspowner)::text)) AS nspowner, nspacl
  FROM pg_catalog.pg_namespace WHERE nspname NOT IN ('redshift', 'pg_toast') AND nspname !~ '^pg_toast_temp';
CREATE VIEW redshift.pg_class AS
  SELECT c.oid, relname, relnamespace, reltype, relowner, relam, relfilenode, reltablespace, relpages,
    greatest(reltuples, 0) AS reltuples, relhasindex, relisshared, relkind, relnatts, relchecks, relhasrules, relacl
  FROM pg_catalog.pg_class c WHERE relnamespace <> 'redshift'::regnamespace AND relkind IN ('r', 'v', 'm');
CREATE VIEW redshift.pg_attribute AS
  SELECT attrelid, attname, atttypid, attlen, attnum, attndims, atttypmod, attnotnull, atthasdef, attisdropped, attislocal
  FROM pg_catalog.pg_attribute a WHERE attrelid IN (SELECT oid FROM redshift.pg_class);
CREATE VIEW redshift.pg_attrdef AS
  SELECT adrelid, adnum, pg_get_expr(adbin, adrelid) AS adsrc FROM pg_catalog.pg_attrdef;
CREATE VIEW redshift.pg_type AS
  SELECT oid, typname, typnamespace, typowner, typlen, typtype FROM pg_catalog.pg_type;
CREATE VIEW redshift.pg_description AS SELECT objoid, classoid, objsubid, description FROM pg_catalog.pg_description;
CREATE VIEW redshift.pg_database AS
  SELECT oid, substr(datname::text, length(redshift.own_prefix()) + 1)::name AS datname, 100 AS datdba, 6 AS encoding, datistemplate, datallowconn
  FROM pg_catalog.pg_database WHERE starts_with(datname::text, redshift.own_prefix());
CREATE VIEW redshift.pg_proc AS
  SELECT p.oid, proname, pronamespace, redshift.user_number(redshift.shown_role(pg_get_userbyid(proowner)::text)) AS proowner,
    prolang, proisstrict, provolatile, prosecdef, pronargs, prorettype, proargtypes, proargnames,
    CASE WHEN prosrc LIKE '-- redshift %' THEN substr(prosrc, strpos(prosrc, chr(10)) + 1) ELSE prosrc END AS prosrc, prokind, proacl
  FROM pg_catalog.pg_proc p WHERE pronamespace <> ALL (ARRAY['redshift'::regnamespace, 'pg_catalog'::regnamespace, 'information_schema'::regnamespace]);

-- "The field proargnames in PG_PROC_INFO contains the names of all types of arguments (including OUT and INOUT)".
CREATE VIEW redshift.pg_proc_info AS
  SELECT p.oid AS prooid, proname, pronamespace, redshift.user_number(redshift.shown_role(pg_get_userbyid(proowner)::text)) AS proowner, prolang, prosecdef, provolatile, pronargs,
    prorettype, proargtypes, coalesce((SELECT array_agg(coalesce(a ->> 0, '')) FROM jsonb_array_elements(h -> 'arguments') a), proargnames) AS proargnames,
    CASE WHEN h IS NOT NULL THEN substr(prosrc, strpos(prosrc, chr(10)) + 1) ELSE prosrc END AS prosrc, prokind,
    (SELECT array_agg(CASE a ->> 1 WHEN 'OUT' THEN 'o' WHEN 'INOUT' THEN 'b' ELSE 'i' END::"char") FROM jsonb_array_elements(h -> 'arguments') a) AS proargmodes,
    NULL::oid[] AS proallargtypes
  FROM pg_catalog.pg_proc p, LATERAL (SELECT CASE WHEN prosrc LIKE '-- redshift %' THEN substr(prosrc, 13, strpos(prosrc, chr(10)) - 13)::jsonb END AS h) AS header
  WHERE pronamespace <> ALL (ARRAY['redshift'::regnamespace, 'pg_catalog'::regnamespace, 'information_schema'::regnamespace]);

-- Tables and views that users made and this one may see.
CREATE VIEW redshift.relations AS
  SELECT c.oid, n.nspname AS schema_name, c.relname AS table_name, c.relkind, c.relpersistence,
    coalesce(pg_catalog.obj_description(c.oid, 'pg_class'), '') AS remarks,
    redshift.shown_role(pg_get_userbyid(c.relowner)::text) AS owner, c.relowner, c.reltuples
  FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
  WHERE c.relkind IN ('r', 'v', 'm') AND n.nspname NOT IN ('redshift', 'pg_catalog', 'information_schema', 'pg_toast')
    AND (n.nspname !~ '^pg_' OR pg_is_other_temp_schema(n.oid) IS FALSE)
    AND has_table_privilege(c.oid, 'SELECT, INSERT, UPDATE, DELETE, REFERENCES');
CREATE VIEW redshift.columns_of AS
  SELECT r.oid, r.schema_name, r.table_name, r.relkind, a.attname AS column_name, a.attnum::integer AS ordinal_position,
    a.atttypid, a.atttypmod, a.attnotnull, a.attidentity, pg_get_expr(d.adbin, d.adrelid) AS column_default,
    coalesce(col_description(r.oid, a.attnum), '') AS remarks,
    CASE WHEN a.atttypid IN ('varchar'::regtype, 'bpchar'::regtype) AND a.atttypmod > 4 THEN a.atttypmod - 4 END AS length,
    CASE a.atttypid WHEN 'numeric'::regtype THEN CASE WHEN a.atttypmod >= 4 THEN (a.atttypmod - 4) >> 16 & 65535 END
      WHEN 'smallint'::regtype THEN 16 WHEN 'integer'::regtype THEN 32 WHEN 'bigint'::regtype THEN 64
      WHEN 'real'::regtype THEN 24 WHEN 'double precision'::regtype THEN 53 END AS digits,
    CASE a.atttypid WHEN 'numeric'::regtype THEN CASE WHEN a.atttypmod >= 4 THEN (a.atttypmod - 4) & 2047 END
      WHEN 'smallint'::regtype THEN 0 WHEN 'integer'::regtype THEN 0 WHEN 'bigint'::regtype THEN 0 END AS scale
  FROM redshift.relations r JOIN pg_catalog.pg_attribute a ON a.attrelid = r.oid AND a.attnum > 0 AND NOT a.attisdropped
  LEFT JOIN pg_catalog.pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum;
"""

_CATALOGUE = """
CREATE VIEW redshift.pg_tables AS
  SELECT schema_name AS schemaname, table_name AS tablename, owner AS tableowner, NULL::name AS tablespace,
    false AS hasindexes, false AS hasrules, false AS hastriggers FROM redshift.relations WHERE relkind = 'r';
CREATE VIEW redshift.pg_views AS
  SELECT schema_name AS schemaname, table_name AS viewname, owner AS viewowner, pg_get_viewdef(oid) AS definition
  FROM redshift.relations WHERE relkind = 'v';
-- "PG_TABLE_DEF only returns information for tables in schemas that are included in the search path."
CREATE VIEW redshift.pg_table_def AS
  SELECT c.schema_name AS schemaname, c.table_name AS tablename, c.column_name AS "column",
    redshift.shown_type(c.atttypid, c.atttypmod) AS type, redshift.encoding_of(k.encodings, k.sortkeys, c.column_name, c.atttypid) AS encoding,
    coalesce(k.distkey = c.column_name, false) AS distkey,
    coalesce(p.place * CASE WHEN (redshift.attributes_of(c.oid) ->> 'interleaved')::boolean AND p.place % 2 = 0 THEN -1 ELSE 1 END, 0) AS sortkey, c.attnotnull AS "notnull"
  FROM redshift.columns_of c LEFT JOIN LATERAL redshift.keys_of(c.oid) k ON true
  LEFT JOIN LATERAL (SELECT array_position(k.sortkeys, c.column_name::text) AS place) p ON true
  WHERE c.relkind = 'r' AND c.schema_name = ANY (current_schemas(true));
CREATE VIEW redshift.svv_table_info AS
  SELECT current_setting('asl.db_name') AS database, r.schema_name AS schema, r.oid AS table_id, r.table_name AS "table",
    CASE WHEN k.encodings IS NULL OR k.encodings = '{}' THEN 'Y, AUTO(ENCODE)' ELSE 'Y' END AS encoded,
    coalesce(CASE WHEN k.distkey IS NOT NULL THEN 'KEY(' || k.distkey || ')' ELSE k.diststyle END, 'AUTO(ALL)') AS diststyle,
    CASE WHEN (redshift.attributes_of(r.oid) ->> 'interleaved')::boolean THEN 'INTERLEAVED' ELSE coalesce(k.sortkeys[1], 'AUTO(SORTKEY)') END AS sortkey1,
    (SELECT max(length) FROM redshift.columns_of c WHERE c.oid = r.oid AND c.atttypid = 'varchar'::regtype)::integer AS max_varchar,
    NULL::char(32) AS sortkey1_enc, coalesce(cardinality(k.sortkeys), 0) AS sortkey_num,
    greatest(ceil(pg_total_relation_size(r.oid) / 1048576.0), sign(pg_relation_size(r.oid)))::bigint AS size,
    0.0::numeric(10, 4) AS pct_used, 0::bigint AS empty, 0.0::numeric(5, 2) AS unsorted,
    CASE WHEN r.reltuples < 0 AND pg_relation_size(r.oid) > 0 THEN 100.0 ELSE 0.0 END::numeric(5, 2) AS stats_off,
    redshift.row_count(r.oid)::numeric(38, 0) AS tbl_rows, NULL::numeric(19, 2) AS skew_sortkey1,
    NULL::numeric(19, 2) AS skew_rows, redshift.row_count(r.oid)::numeric(38, 0) AS estimated_visible_rows,
    NULL::text AS risk_event, 0.0::numeric(12, 2) AS vacuum_sort_benefit, NULL::timestamp AS create_time
  FROM redshift.relations r LEFT JOIN LATERAL redshift.keys_of(r.oid) k ON true
  WHERE r.relkind = 'r' AND pg_relation_size(r.oid) > 0;
CREATE VIEW redshift.svv_tables AS
  SELECT current_setting('asl.db_name') AS table_catalog, schema_name::text AS table_schema, table_name::text AS table_name,
    CASE WHEN redshift.is_external(oid) THEN 'EXTERNAL TABLE' WHEN relkind = 'r' THEN 'BASE TABLE' ELSE 'VIEW' END AS table_type, remarks
  FROM redshift.relations;
CREATE VIEW redshift.svv_all_tables AS
  SELECT current_setting('asl.db_name') AS database_name, schema_name::text AS schema_name, table_name::text AS table_name,
    CASE WHEN redshift.is_external(oid) THEN 'EXTERNAL TABLE' WHEN relkind = 'r' THEN 'TABLE' WHEN relkind = 'm' THEN 'MATERIALIZED VIEW' ELSE 'VIEW' END AS table_type,
    NULL::text AS table_acl, remarks FROM redshift.relations;
CREATE VIEW redshift.svv_redshift_tables AS
  SELECT database_name, schema_name, table_name, table_type, table_acl, remarks FROM redshift.svv_all_tables WHERE table_type <> 'EXTERNAL TABLE';
CREATE VIEW redshift.svv_columns AS
  SELECT current_setting('asl.db_name') AS table_catalog, schema_name::text AS table_schema, table_name::text AS table_name,
    column_name::text AS column_name, ordinal_position, column_default::text AS column_default,
    CASE WHEN attnotnull THEN 'NO' ELSE 'YES' END AS is_nullable, redshift.bare_type(atttypid) AS data_type,
    length AS character_maximum_length, digits AS numeric_precision, scale AS numeric_scale,
    CASE WHEN atttypid IN ('timestamp'::regtype, 'timestamptz'::regtype) THEN 6 END AS datetime_precision,
    NULL::text AS interval_type, NULL::text AS interval_precision, NULL::text AS character_set_catalog,
    NULL::text AS character_set_schema, NULL::text AS character_set_name, NULL::text AS collation_catalog,
    NULL::text AS collation_schema, NULL::text AS collation_name, NULL::text AS domain_name, remarks
  FROM redshift.columns_of;
CREATE VIEW redshift.svv_all_columns AS
  SELECT current_setting('asl.db_name') AS database_name, schema_name::text AS schema_name, table_name::text AS table_name,
    column_name::text AS column_name, ordinal_position, column_default::text AS column_default,
    CASE WHEN attnotnull THEN 'NO' ELSE 'YES' END AS is_nullable, redshift.bare_type(atttypid) AS data_type,
    length AS character_maximum_length, digits AS numeric_precision, scale AS numeric_scale, remarks
  FROM redshift.columns_of;
CREATE VIEW redshift.svv_redshift_columns AS
  SELECT c.database_name, c.schema_name, c.table_name, c.column_name, c.ordinal_position, c.data_type, c.column_default,
    c.is_nullable, coalesce(d.encoding, 'none') AS encoding, coalesce(d.distkey, false) AS distkey, coalesce(d.sortkey, 0) AS sortkey,
    NULL::text AS column_acl, c.remarks
  FROM redshift.svv_all_columns c LEFT JOIN redshift.pg_table_def d
    ON d.schemaname = c.schema_name AND d.tablename = c.table_name AND d."column" = c.column_name;
CREATE VIEW redshift.svv_all_schemas AS
  SELECT current_setting('asl.db_name') AS database_name, nspname::text AS schema_name, nspowner AS schema_owner,
    CASE WHEN redshift.external_source(oid) IS NULL THEN 'local' ELSE 'external' END AS schema_type, NULL::text AS schema_acl,
    redshift.external_source(oid) AS source_database, NULL::text AS schema_option
  FROM redshift.pg_namespace WHERE nspname !~ '^pg_(temp|internal)';
CREATE VIEW redshift.svv_redshift_schemas AS
  SELECT database_name, schema_name, schema_owner, schema_type, schema_acl, schema_option FROM redshift.svv_all_schemas WHERE schema_type = 'local';
CREATE VIEW redshift.svv_redshift_databases AS
  SELECT datname::text AS database_name, datdba AS database_owner, 'local'::text AS database_type, NULL::text AS database_acl, NULL::text AS database_options FROM redshift.pg_database;
CREATE VIEW redshift.svv_redshift_functions AS
  SELECT current_setting('asl.db_name') AS database_name, n.nspname::text AS schema_name, p.proname::text AS function_name,
    CASE p.prokind WHEN 'p' THEN 'STORED PROCEDURE' ELSE 'REGULAR FUNCTION' END AS function_type,
    pg_get_function_identity_arguments(p.oid) AS argument_type, CASE WHEN p.prokind = 'f' THEN format_type(p.prorettype, NULL) END AS result_type
  FROM redshift.pg_proc p JOIN pg_catalog.pg_namespace n ON n.oid = p.pronamespace;
CREATE VIEW redshift.svv_user_info AS
  SELECT usename::text AS user_name, usesysid AS user_id, usecreatedb AS createdb, usesuper AS superuser, usecatupd AS catalog_update,
    'UNLIMITED'::text AS connection_limit, 'RESTRICTED'::text AS syslog_access, NULL::timestamp AS last_ddl_timestamp,
    NULL::integer AS session_timeout, NULL::text AS external_user_id FROM redshift.pg_user;
CREATE VIEW redshift.svv_roles AS
  SELECT (99 + row_number() OVER (ORDER BY oid))::integer AS role_id, redshift.shown_role(rolname::text) AS role_name, 'awsuser'::text AS role_owner, NULL::text AS external_id
  FROM pg_catalog.pg_roles WHERE starts_with(rolname::text, redshift.own_prefix()) AND redshift.role_kind(rolname::text) = 'role';
CREATE VIEW redshift.svv_user_grants AS
  SELECT u.usesysid AS user_id, u.usename::text AS user_name, redshift.user_number(redshift.shown_role(g.rolname::text)) AS role_id,
    redshift.shown_role(g.rolname::text) AS role_name, m.admin_option
  FROM pg_auth_members m JOIN redshift.pg_user u ON u.role_oid = m.member JOIN pg_catalog.pg_roles g ON g.oid = m.roleid
  WHERE redshift.role_kind(g.rolname::text) = 'role' AND starts_with(g.rolname::text, redshift.own_prefix());
CREATE VIEW redshift.svv_role_grants AS
  SELECT NULL::integer AS role_id, redshift.shown_role(r.rolname::text) AS role_name, NULL::integer AS granted_role_id, redshift.shown_role(g.rolname::text) AS granted_role_name
  FROM pg_auth_members m JOIN pg_catalog.pg_roles r ON r.oid = m.member JOIN pg_catalog.pg_roles g ON g.oid = m.roleid
  WHERE starts_with(r.rolname::text, redshift.own_prefix()) AND redshift.role_kind(r.rolname::text) = 'role' AND redshift.role_kind(g.rolname::text) = 'role';
CREATE VIEW redshift.svv_relation_privileges AS
  SELECT r.schema_name::text AS namespace_name, r.table_name::text AS relation_name, a.privilege_type::text AS privilege_type,
    redshift.user_number(redshift.shown_role(coalesce(g.rolname::text, 'public'))) AS identity_id,
    CASE WHEN a.grantee = 0 THEN 'public' ELSE redshift.shown_role(g.rolname::text) END AS identity_name,
    CASE WHEN a.grantee = 0 THEN 'public' ELSE redshift.role_kind(g.rolname::text) END AS identity_type, a.is_grantable AS admin_option
  FROM redshift.relations r JOIN pg_catalog.pg_class c ON c.oid = r.oid, aclexplode(c.relacl) a LEFT JOIN pg_catalog.pg_roles g ON g.oid = a.grantee
  WHERE a.privilege_type IN ('SELECT', 'INSERT', 'UPDATE', 'DELETE', 'REFERENCES', 'TRUNCATE') AND a.grantee <> c.relowner;
CREATE VIEW redshift.svv_schema_privileges AS
  SELECT n.nspname::text AS namespace_name, a.privilege_type::text AS privilege_type, redshift.user_number(redshift.shown_role(coalesce(g.rolname::text, 'public'))) AS identity_id,
    CASE WHEN a.grantee = 0 THEN 'public' ELSE redshift.shown_role(g.rolname::text) END AS identity_name,
    CASE WHEN a.grantee = 0 THEN 'public' ELSE redshift.role_kind(g.rolname::text) END AS identity_type, a.is_grantable AS admin_option
  FROM pg_catalog.pg_namespace n, aclexplode(n.nspacl) a LEFT JOIN pg_catalog.pg_roles g ON g.oid = a.grantee
  WHERE n.nspname !~ '^pg_' AND n.nspname NOT IN ('redshift', 'information_schema') AND a.grantee <> n.nspowner;
CREATE VIEW redshift.svv_default_privileges AS
  SELECT coalesce(n.nspname::text, '') AS schema_name, CASE d.defaclobjtype WHEN 'r' THEN 'RELATION' ELSE 'FUNCTION' END AS object_type,
    redshift.user_number(redshift.shown_role(o.rolname::text)) AS owner_id, redshift.shown_role(o.rolname::text) AS owner_name, 'user'::text AS owner_type,
    a.privilege_type::text AS privilege_type, redshift.user_number(redshift.shown_role(coalesce(g.rolname::text, 'public'))) AS grantee_id,
    CASE WHEN a.grantee = 0 THEN 'public' ELSE redshift.shown_role(g.rolname::text) END AS grantee_name,
    CASE WHEN a.grantee = 0 THEN 'public' ELSE redshift.role_kind(g.rolname::text) END AS grantee_type, a.is_grantable AS admin_option
  FROM pg_catalog.pg_default_acl d JOIN pg_catalog.pg_roles o ON o.oid = d.defaclrole LEFT JOIN pg_catalog.pg_namespace n ON n.oid = d.defaclnamespace,
    aclexplode(d.defaclacl) a LEFT JOIN pg_catalog.pg_roles g ON g.oid = a.grantee
  WHERE d.defaclobjtype IN ('r', 'f') AND a.grantee <> d.defaclrole AND starts_with(o.rolname::text, redshift.own_prefix());
CREATE VIEW redshift.stv_tbl_perm AS
  SELECT 0 AS slice, r.oid::integer AS id, r.table_name::char(72) AS name, redshift.row_count(r.oid) AS rows, redshift.row_count(r.oid) AS sorted_rows,
    CASE r.relpersistence WHEN 't' THEN 1 ELSE 0 END AS temp, (SELECT oid FROM pg_catalog.pg_database WHERE datname = current_database())::integer AS db_id, 0 AS insert_pristine, 0 AS delete_pristine, 1 AS backup
  FROM redshift.relations r WHERE r.relkind = 'r' AND redshift.sees_all();
CREATE VIEW redshift.svv_mv_info AS
  SELECT current_setting('asl.db_name') AS database_name, schema_name::text AS schema_name, owner AS user_name, table_name::text AS name,
    NOT relispopulated AS is_stale, 1 AS state, 'f'::char(1) AS autorefresh, 'f'::char(1) AS autorewrite
  FROM redshift.relations r JOIN pg_catalog.pg_class c USING (oid) WHERE r.relkind = 'm';
CREATE VIEW redshift.stv_mv_info AS SELECT database_name AS db_name, schema_name AS schema, name, 0 AS updated_upto_xid, is_stale, user_name AS owner_user_name, state, autorewrite, autorefresh FROM redshift.svv_mv_info;
CREATE VIEW redshift.svv_transactions AS
  SELECT redshift.shown_role(a.usename::text) AS txn_owner, current_setting('asl.db_name') AS txn_db, l.pid::bigint AS xid, l.pid, NULL::timestamp AS txn_start,
    l.mode AS lock_mode, l.locktype AS lockable_object_type, l.relation::bigint AS relation, l.granted
  FROM pg_catalog.pg_locks l JOIN pg_catalog.pg_stat_activity a USING (pid)
  WHERE a.datname = current_database() AND l.locktype = 'relation' AND l.relation >= 16384 AND redshift.sees_all();
CREATE VIEW redshift.information_tables AS
  SELECT current_setting('asl.db_name') AS table_catalog, schema_name::text AS table_schema, table_name::text AS table_name,
    CASE WHEN relpersistence = 't' THEN 'LOCAL TEMPORARY' WHEN relkind = 'r' THEN 'BASE TABLE' ELSE 'VIEW' END AS table_type FROM redshift.relations;
CREATE VIEW redshift.information_columns AS
  SELECT table_catalog, table_schema, table_name, column_name, ordinal_position, column_default, is_nullable, data_type, character_maximum_length,
    numeric_precision, numeric_scale, datetime_precision FROM redshift.svv_columns;
CREATE VIEW redshift.information_schemata AS
  SELECT current_setting('asl.db_name') AS catalog_name, nspname::text AS schema_name,
    (SELECT usename FROM redshift.pg_user WHERE usesysid = nspowner)::text AS schema_owner FROM redshift.pg_namespace;
CREATE VIEW redshift.information_views AS
  SELECT current_setting('asl.db_name') AS table_catalog, schemaname::text AS table_schema, viewname::text AS table_name, definition AS view_definition FROM redshift.pg_views;
CREATE VIEW redshift.constraints_of AS
  SELECT r.schema_name, r.table_name, c.key AS name, (pg_catalog.regexp_match(c.value, '^(PRIMARY KEY|UNIQUE|FOREIGN KEY)'))[1] AS kind,
    pg_catalog.string_to_array((pg_catalog.regexp_match(c.value, '\\(([^)]*)\\)'))[1], ', ') AS columns
  FROM redshift.relations r, jsonb_each_text(redshift.attributes_of(r.oid) -> 'constraints') c;
CREATE VIEW redshift.information_table_constraints AS
  SELECT current_setting('asl.db_name') AS constraint_catalog, schema_name::text AS constraint_schema, name AS constraint_name, current_setting('asl.db_name') AS table_catalog,
    schema_name::text AS table_schema, table_name::text AS table_name, kind AS constraint_type, 'NO'::text AS is_deferrable, 'NO'::text AS initially_deferred FROM redshift.constraints_of;
CREATE VIEW redshift.information_key_column_usage AS
  SELECT current_setting('asl.db_name') AS constraint_catalog, schema_name::text AS constraint_schema, name AS constraint_name, current_setting('asl.db_name') AS table_catalog,
    schema_name::text AS table_schema, table_name::text AS table_name, btrim(one, '"') AS column_name, place::integer AS ordinal_position
  FROM redshift.constraints_of, unnest(columns) WITH ORDINALITY AS u (one, place);
CREATE VIEW redshift.information_table_privileges AS
  SELECT NULL::text AS grantor, identity_name AS grantee, current_setting('asl.db_name') AS table_catalog, namespace_name AS table_schema,
    relation_name AS table_name, privilege_type, CASE WHEN admin_option THEN 'YES' ELSE 'NO' END AS is_grantable, 'NO'::text AS with_hierarchy FROM redshift.svv_relation_privileges;
"""

# Redshift's attributes of a table have no place in PostgreSQL: a check that always holds keeps
# them, so that they are copied, saved and undone with the table.
_KEYS = """
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

-- An external schema is one whose comment says so; an external table is a view that says what it is
-- about. Its rows come from files: who asks without them is told so, loads them and asks again.
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

-- A late-binding view keeps its query's text. Where the query can't be bound, it is a view that
-- stands for nothing; who asks it has it bound anew.
CREATE FUNCTION redshift.late(query text) RETURNS boolean LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$ SELECT true $$;
CREATE FUNCTION redshift.unbound(query text) RETURNS text LANGUAGE plpgsql VOLATILE AS $$
BEGIN
  RAISE EXCEPTION 'unbound' USING ERRCODE = 'ASL01';
END $$;
CREATE FUNCTION redshift.late_query(relation oid) RETURNS text LANGUAGE sql STABLE AS $$
  SELECT CASE WHEN d LIKE '%redshift.late(%' THEN redshift.quoted_in(substr(d, strpos(d, 'redshift.late(')))
              WHEN d LIKE '%redshift.unbound(%' THEN redshift.quoted_in(substr(d, strpos(d, 'redshift.unbound('))) END
  FROM pg_get_viewdef(relation) d $$;
CREATE FUNCTION redshift.bind_view(name text, query text) RETURNS boolean LANGUAGE plpgsql AS $$
BEGIN
  EXECUTE format('CREATE VIEW %s AS SELECT * FROM (%s) AS late_binding WHERE redshift.late(%L)', name, query, query);
  RETURN true;
EXCEPTION WHEN undefined_table OR undefined_column OR invalid_schema_name OR undefined_function OR insufficient_privilege
               OR datatype_mismatch OR SQLSTATE 'ASL01' THEN
  EXECUTE format('CREATE VIEW %s AS SELECT redshift.unbound(%L) AS late_binding_view', name, query);
  RETURN false;
END $$;
-- Frees what late-binding views over a relation hold of it, before it is changed or dropped.
CREATE FUNCTION redshift.loosen(wanted text) RETURNS void LANGUAGE plpgsql SECURITY DEFINER AS $$
DECLARE it record; rights text[]; kept_owner text; one text;
BEGIN
  FOR it IN
    SELECT DISTINCT v.oid, v.oid::regclass::text AS name, redshift.late_query(v.oid) AS query, v.relacl, pg_get_userbyid(v.relowner) AS owner
    FROM pg_catalog.pg_depend d JOIN pg_catalog.pg_rewrite r ON r.oid = d.objid AND d.classid = 'pg_rewrite'::regclass
    JOIN pg_catalog.pg_class v ON v.oid = r.ev_class
    WHERE d.refobjid = to_regclass(wanted) AND v.relkind = 'v' AND v.oid <> to_regclass(wanted) AND redshift.late_query(v.oid) IS NOT NULL
  LOOP
    IF to_regclass(it.name) IS NULL THEN CONTINUE; END IF;
    PERFORM redshift.loosen(it.name);
    EXECUTE format('DROP VIEW %s', it.name);
    EXECUTE format('CREATE VIEW %s AS SELECT redshift.unbound(%L) AS late_binding_view', it.name, it.query);
    PERFORM redshift.restore_rights(it.name, it.owner, it.relacl);
  END LOOP;
END $$;
CREATE FUNCTION redshift.restore_rights(name text, owner name, acl aclitem[]) RETURNS void LANGUAGE plpgsql AS $$
DECLARE a record;
BEGIN
  EXECUTE format('ALTER VIEW %s OWNER TO %I', name, owner);
  FOR a IN SELECT x.privilege_type, x.grantee, x.is_grantable FROM aclexplode(acl) x LOOP
    EXECUTE format('GRANT %s ON %s TO %s%s', a.privilege_type, name,
      CASE WHEN a.grantee = 0 THEN 'PUBLIC' ELSE quote_ident(pg_get_userbyid(a.grantee)) END,
      CASE WHEN a.is_grantable THEN ' WITH GRANT OPTION' ELSE '' END);
  END LOOP;
END $$;
-- Binds what can be bound by now; whether anything was.
CREATE FUNCTION redshift.bind_all() RETURNS boolean LANGUAGE plpgsql SECURITY DEFINER AS $$
DECLARE it record; anything boolean := false; again boolean := true;
BEGIN
  WHILE again LOOP
    again := false;
    FOR it IN SELECT v.oid, v.oid::regclass::text AS name, redshift.late_query(v.oid) AS query, v.relacl, pg_get_userbyid(v.relowner) AS owner
      FROM pg_catalog.pg_class v WHERE v.relkind = 'v' AND v.relnamespace <> 'redshift'::regnamespace
        AND pg_get_viewdef(v.oid) LIKE '%redshift.unbound(%' LOOP
      EXECUTE format('DROP VIEW %s', it.name);
      IF redshift.bind_view(it.name, it.query) THEN anything := true; again := true; END IF;
      PERFORM redshift.restore_rights(it.name, it.owner, it.relacl);
    END LOOP;
  END LOOP;
  RETURN anything;
END $$;
"""

_LEDGER = """
CREATE VIEW redshift.stl_load_errors AS
  SELECT redshift.user_number(e."user") AS userid, 0 AS slice, to_regclass(concat_ws('.', quote_ident(nullif(e."schema", '')), quote_ident(e."table")))::oid::integer AS tbl, redshift.at(e.at) AS starttime,
    0 AS session, e.query, e.filename::char(256) AS filename, e.line AS line_number, e."column"::char(127) AS colname, e.type::char(10) AS type,
    coalesce(nullif(e.length, ''), '0')::char(10) AS col_length, e.position, left(e.raw_line, 1024)::char(1024) AS raw_line, left(e.raw_value, 1024)::char(1024) AS raw_field_value,
    e.code AS err_code, left(e.reason, 100)::char(100) AS err_reason, false AS is_partial, 0::bigint AS start_offset, 0::bigint AS copy_job_id
  FROM jsonb_to_recordset(redshift.ledger('load_errors')) AS e(query bigint, "user" text, at numeric, filename text, line bigint, code integer, reason text,
    "column" text, type text, length text, position integer, raw_line text, raw_value text, "table" text, "schema" text)
  WHERE redshift.sees_all() OR e."user" = current_setting('asl.db_user');
CREATE VIEW redshift.stl_loaderror_detail AS
  SELECT userid, slice, session, query, filename, line_number, 0 AS field, colname, raw_field_value AS value, 0 AS is_null, type, col_length FROM redshift.stl_load_errors;
CREATE VIEW redshift.sys_load_error_detail AS
  SELECT userid AS user_id, query AS query_id, 0::bigint AS transaction_id, session AS session_id, current_setting('asl.db_name') AS database_name,
    tbl AS table_id, starttime AS start_time, trim(filename) AS file_name, line_number, trim(colname) AS column_name, trim(type) AS column_type, trim(col_length) AS column_length,
    position, err_code AS error_code, trim(err_reason) AS error_message FROM redshift.stl_load_errors;
CREATE VIEW redshift.loads AS
  SELECT l.*, redshift.user_number(l."user") AS userid, redshift.at(l.at) AS started
  FROM jsonb_to_recordset(redshift.ledger('loads')) AS l(query bigint, xid bigint, pid integer, "user" text, database text, at numeric, "table" text, source text,
    filename text, lines bigint, bytes bigint, loaded bigint, errors integer, format text)
  WHERE redshift.sees_all() OR l."user" = current_setting('asl.db_user');
CREATE VIEW redshift.stl_load_commits AS
  SELECT userid, query, 0 AS slice, 0 AS name, filename::char(256) AS filename, 0 AS byte_offset, lines AS lines_scanned, errors, started AS curtime, 1 AS status, format::char(16) AS file_format, 0::bigint AS copy_job_id FROM redshift.loads;
CREATE VIEW redshift.stl_file_scan AS
  SELECT userid, query, 0 AS slice, filename::char(90) AS name, lines, bytes, 0::bigint AS loadtime, started AS curtime, 0 AS is_partial, 0::bigint AS start_offset FROM redshift.loads;
CREATE VIEW redshift.sys_load_history AS
  SELECT userid AS user_id, query AS query_id, xid AS transaction_id, pid AS session_id, database AS database_name, 'completed'::text AS status, "table" AS table_name,
    min(started) AS start_time, min(started) AS end_time, 0::bigint AS duration, source AS data_source, format AS file_format, max(loaded) AS loaded_rows, sum(bytes)::bigint AS loaded_bytes,
    count(*) AS source_file_count, sum(bytes)::bigint AS source_file_bytes, count(*) AS file_count_scanned, sum(bytes)::bigint AS file_bytes_scanned, max(errors)::bigint AS error_count
  FROM redshift.loads GROUP BY userid, query, xid, pid, database, "table", source, format;
CREATE VIEW redshift.sys_load_detail AS
  SELECT userid AS user_id, query AS query_id, filename AS file_name, lines AS lines_scanned, started AS start_time FROM redshift.loads;
CREATE VIEW redshift.unloads AS
  SELECT u.*, redshift.user_number(u."user") AS userid, redshift.at(u.at) AS started
  FROM jsonb_to_recordset(redshift.ledger('unloads')) AS u(query bigint, xid bigint, pid integer, "user" text, database text, at numeric, path text, rows bigint, size bigint, format text)
  WHERE redshift.sees_all() OR u."user" = current_setting('asl.db_user');
CREATE VIEW redshift.stl_unload_log AS
  SELECT userid, query, 0 AS slice, pid, path::char(1280) AS path, started AS start_time, started AS end_time, rows AS line_count, size AS transfer_size, format::char(10) AS file_format FROM redshift.unloads;
CREATE VIEW redshift.sys_unload_history AS
  SELECT userid AS user_id, query AS query_id, pid AS session_id, xid AS transaction_id, database AS database_name, 'completed'::text AS status, min(started) AS start_time,
    min(started) AS end_time, 0::bigint AS duration, format AS file_format, NULL::text AS compression_type, sum(rows)::bigint AS unloaded_rows, count(*) AS unloaded_files_count,
    sum(size)::bigint AS unloaded_files_size, NULL::text AS error_message FROM redshift.unloads GROUP BY userid, query, pid, xid, database, format;
CREATE VIEW redshift.sys_unload_detail AS
  SELECT userid AS user_id, query AS query_id, database AS database_name, pid AS session_id, xid AS transaction_id, started AS start_time, path AS file_name, size AS file_size, rows AS line_count, format AS file_format FROM redshift.unloads;
CREATE VIEW redshift.messages AS
  SELECT m.*, redshift.user_number(m."user") AS userid, redshift.at(m.at) AS recorded
  FROM jsonb_to_recordset(redshift.ledger('messages')) AS m(query bigint, xid bigint, pid integer, "user" text, at numeric, level text, number integer, text text,
    line integer, call text, aborted boolean)
  WHERE redshift.sees_all() OR m."user" = current_setting('asl.db_user');
CREATE VIEW redshift.svl_stored_proc_messages AS
  SELECT userid, userid AS session_userid, pid, xid, query::integer AS query, recorded AS recordtime, number AS loglevel, level::char(10) AS loglevel_text, left(text, 1024)::char(1024) AS message,
    line AS linenum, left(call, 500)::char(500) AS querytxt, 'default'::char(320) AS label, aborted::integer AS aborted, xid AS message_xid FROM redshift.messages;
CREATE VIEW redshift.sys_procedure_messages AS
  SELECT userid AS user_id, xid AS transaction_id, query::integer AS query_id, pid AS session_id, recorded AS record_time, level::char(10) AS log_level, left(text, 1024)::char(1024) AS message,
    line AS line_number FROM redshift.messages;
CREATE VIEW redshift.calls AS
  SELECT c.*, redshift.user_number(c."user") AS userid, redshift.at(c.at) AS started, redshift.at(coalesce(c.ended_ms, c.at)) AS ended
  FROM jsonb_to_recordset(redshift.ledger('calls')) AS c(query bigint, xid bigint, pid integer, "user" text, database text, at numeric, ended_ms numeric, call bigint, caller bigint,
    text text, aborted boolean)
  WHERE redshift.sees_all() OR c."user" = current_setting('asl.db_user');
CREATE VIEW redshift.svl_stored_proc_call AS
  SELECT userid, userid AS session_userid, call::integer AS query, 'default'::char(320) AS label, xid, pid, database::char(32) AS database, left(text, 500)::char(500) AS querytxt,
    started AS starttime, ended AS endtime, aborted::integer AS aborted, caller::integer AS from_sp_call FROM redshift.calls;
CREATE VIEW redshift.sys_procedure_call AS
  SELECT userid AS session_user_id, userid AS security_user_id, call::integer AS query_id, left(text, 4000)::char(4000) AS query_text, started AS start_time, ended AS end_time,
    CASE WHEN aborted THEN 'canceled' ELSE 'success' END::char(10) AS status, caller::integer AS caller_procedure_query_id FROM redshift.calls;
CREATE VIEW redshift.queries AS
  SELECT q.*, redshift.user_number(q."user") AS userid, redshift.at(q.started_ms) AS started, redshift.at(q.ended_ms) AS ended
  FROM jsonb_to_recordset(redshift.ledger('queries')) AS q(query bigint, xid bigint, pid integer, "user" text, database text, text text, kind text,
    started_ms numeric, ended_ms numeric, error text, rows bigint, aborted boolean, running boolean, caller bigint)
  WHERE redshift.sees_all() OR q."user" = current_setting('asl.db_user');
CREATE VIEW redshift.stl_query AS
  SELECT userid, query, 'default'::char(320) AS label, xid, pid, database::char(32) AS database, left(text, 4000)::char(4000) AS querytxt, started AS starttime, ended AS endtime,
    (aborted OR error <> '')::integer AS aborted, 0 AS insert_pristine, 0 AS concurrency_scaling_status FROM redshift.queries WHERE NOT running AND kind NOT IN ('BEGIN', 'COMMIT', 'ROLLBACK', 'SET');
CREATE VIEW redshift.stl_querytext AS
  SELECT q.userid, q.xid, q.pid, q.query, n AS sequence, substr(q.text, n * 200 + 1, 200)::char(200) AS text
  FROM redshift.queries q, generate_series(0, (greatest(length(q.text), 1) - 1) / 200) n;
CREATE VIEW redshift.svl_qlog AS
  SELECT userid, query, xid, pid, started AS starttime, ended AS endtime, (ended_ms - started_ms)::bigint * 1000 AS elapsed, (aborted OR error <> '')::integer AS aborted,
    'default'::char(320) AS label, left(text, 60)::char(60) AS substring, NULL::bigint AS source_query, caller::integer AS from_sp_call FROM redshift.queries WHERE NOT running;
CREATE VIEW redshift.stl_ddltext AS
  SELECT q.userid, q.xid, q.pid, 'default'::char(320) AS label, q.started AS starttime, q.ended AS endtime, n AS sequence, substr(q.text, n * 200 + 1, 200)::char(200) AS text
  FROM redshift.queries q, generate_series(0, (greatest(length(q.text), 1) - 1) / 200) n WHERE NOT running AND kind IN ('CREATE', 'DROP', 'ALTER', 'COMMENT');
CREATE VIEW redshift.stl_utilitytext AS
  SELECT q.userid, q.xid, q.pid, 'default'::char(320) AS label, q.started AS starttime, q.ended AS endtime, n AS sequence, substr(q.text, n * 200 + 1, 200)::char(200) AS text
  FROM redshift.queries q, generate_series(0, (greatest(length(q.text), 1) - 1) / 200) n WHERE NOT running AND kind NOT IN ('CREATE', 'DROP', 'ALTER', 'COMMENT', 'SELECT', 'INSERT', 'UPDATE', 'DELETE', 'MERGE', '');
CREATE VIEW redshift.svl_statementtext AS
  SELECT userid, xid, pid, 'default'::char(320) AS label, started AS starttime, ended AS endtime, 0 AS sequence,
    CASE WHEN kind IN ('SELECT', 'INSERT', 'UPDATE', 'DELETE', 'MERGE', 'COPY', 'UNLOAD') THEN 'QUERY' WHEN kind IN ('CREATE', 'DROP', 'ALTER', 'GRANT', 'REVOKE') THEN 'DDL' ELSE 'UTILITY' END::char(10) AS type,
    left(text, 200)::char(200) AS text FROM redshift.queries;
CREATE VIEW redshift.stv_recents AS
  SELECT userid, CASE WHEN running THEN 'Running' ELSE 'Done' END::char(20) AS status, started AS starttime, (ended_ms - started_ms)::integer * 1000 AS duration,
    "user"::char(50) AS user_name, database::char(50) AS db_name, left(text, 600)::char(600) AS query, CASE WHEN running THEN pid ELSE -1 END AS pid FROM redshift.queries;
CREATE VIEW redshift.stv_inflight AS
  SELECT userid, 0 AS slice, query, 'default'::char(30) AS label, xid, pid, started AS starttime, left(text, 100)::char(100) AS text, 0 AS suspended, 0 AS insert_pristine, 0 AS concurrency_scaling_status FROM redshift.queries WHERE running;
CREATE VIEW redshift.sys_query_history AS
  SELECT userid AS user_id, query AS query_id, 'default'::text AS query_label, xid AS transaction_id, pid AS session_id, database AS database_name,
    CASE WHEN kind IN ('SELECT', 'INSERT', 'UPDATE', 'DELETE', 'COPY', 'UNLOAD', 'MERGE') THEN kind WHEN kind IN ('CREATE', 'DROP', 'ALTER', 'GRANT', 'REVOKE') THEN 'DDL' WHEN kind = 'CALL' THEN 'CALL' ELSE 'UTILITY' END AS query_type,
    CASE WHEN running THEN 'running' WHEN error <> '' THEN 'failed' WHEN aborted THEN 'canceled' ELSE 'success' END AS status, false AS result_cache_hit,
    started AS start_time, ended AS end_time, (ended_ms - started_ms)::bigint * 1000 AS elapsed_time, 0::bigint AS queue_time, (ended_ms - started_ms)::bigint * 1000 AS execution_time,
    nullif(error, '') AS error_message, CASE WHEN kind = 'SELECT' THEN rows ELSE 0 END AS returned_rows, 0::bigint AS returned_bytes, left(text, 4000) AS query_text, NULL::text AS redshift_version,
    NULL::text AS usage_limit, 'primary'::text AS compute_type, 0::bigint AS compile_time, 0::bigint AS planning_time, 0::bigint AS lock_wait_time FROM redshift.queries;
CREATE VIEW redshift.sys_query_text AS
  SELECT userid AS user_id, query AS query_id, xid AS transaction_id, pid AS session_id, started AS start_time, sequence, part AS text FROM (
    SELECT q.*, n AS sequence, substr(q.text, n * 4000 + 1, 4000) AS part FROM redshift.queries q, generate_series(0, (greatest(length(q.text), 1) - 1) / 4000) n) AS parts;
"""

_EXTERNAL = """
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

SYSTEM_VIEWS = (
    _BASE
    + _KEYS
    + _CATALOGUE
    + _LEDGER
    + _EXTERNAL
    + "GRANT SELECT ON ALL TABLES IN SCHEMA redshift TO PUBLIC;"
)
