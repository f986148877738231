"""Redshift's system views over PostgreSQL's catalogue.

Sources: the pages of the views in "System tables and views reference" of Redshift's developer
guide. An ordinary user sees rows about what is theirs where the page says so. Sizes are those of
PostgreSQL's own storage in blocks of 1 MB, at least one for a table with rows.
"""

# ruff: noqa: E501 - SQL
from __future__ import annotations

CATALOG = """
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

CREATE FUNCTION redshift.isolation(database text) RETURNS text LANGUAGE sql STABLE AS $$
  SELECT CASE WHEN strpos(coalesce(current_setting('asl.isolation', true), ''), '/' || database || '/') > 0 THEN 'Serializable' ELSE 'Snapshot Isolation' END $$;
CREATE VIEW redshift.pg_user AS
  SELECT redshift.shown_role(rolname::text)::name AS usename,
    (99 + row_number() OVER (ORDER BY oid))::integer AS usesysid, rolcreatedb OR rolsuper AS usecreatedb,
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

-- Rights with users' names; in PL/pgSQL, since what it calls is made later.
CREATE FUNCTION redshift.acl_texts(acl aclitem[], owner oid, everything text) RETURNS text[] LANGUAGE plpgsql STABLE AS $$
BEGIN
  RETURN pg_catalog.string_to_array(redshift.shown_acl(acl, owner, everything), '~');
END $$;
CREATE VIEW redshift.pg_namespace AS
  SELECT oid, nspname, coalesce(redshift.user_number(redshift.shown_role(pg_get_userbyid(nspowner)::text)), 1) AS nspowner, redshift.acl_texts(nspacl, nspowner, 'UC') AS nspacl
  FROM pg_catalog.pg_namespace WHERE nspname NOT IN ('redshift', 'pg_toast') AND nspname !~ '^pg_toast_temp';
CREATE VIEW redshift.pg_type AS
  SELECT oid, typname, typnamespace, typowner, typlen, typtype FROM pg_catalog.pg_type;
CREATE VIEW redshift.pg_description AS SELECT objoid, classoid, objsubid, description FROM pg_catalog.pg_description WHERE classoid <> 'pg_rewrite'::regclass;
CREATE VIEW redshift.pg_database AS
  SELECT oid, substr(datname::text, length(redshift.own_prefix()) + 1)::name AS datname,
    coalesce(redshift.user_number(redshift.shown_role(pg_get_userbyid(datdba)::text)), 1) AS datdba, 6 AS encoding, datistemplate, datallowconn
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

CATALOG_VIEWS = """
CREATE VIEW redshift.pg_tables AS
  SELECT schema_name AS schemaname, table_name AS tablename, owner AS tableowner, NULL::name AS tablespace,
    false AS hasindexes, false AS hasrules, false AS hastriggers FROM redshift.relations WHERE relkind = 'r';
CREATE VIEW redshift.pg_views AS
  SELECT schema_name AS schemaname, table_name AS viewname, owner AS viewowner, coalesce(redshift.view_text(oid), pg_get_viewdef(oid)) AS definition
  FROM redshift.relations WHERE relkind IN ('v', 'm') AND NOT redshift.is_external(oid);
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
  SELECT datname::text AS database_name, datdba AS database_owner, 'local'::text AS database_type, NULL::text AS database_acl, NULL::text AS database_options,
    redshift.isolation(datname::text) AS database_isolation_level FROM redshift.pg_database;
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
CREATE VIEW redshift.stv_locks AS
  SELECT relation::integer AS table_id, NULL::timestamp AS last_commit, NULL::timestamp AS last_update, xid AS lock_owner, pid::bigint AS lock_owner_pid,
    'Holding write lock'::char(22) AS lock_status FROM redshift.svv_transactions WHERE granted AND lock_mode <> 'AccessShareLock';
-- One node with one slice, as all the views have it that show a slice.
CREATE VIEW redshift.stv_slices AS SELECT 0 AS node, 0 AS slice, 0 AS localslice, 'D'::char(1) AS type;
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
