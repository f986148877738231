"""Who may do what, who is whose member, and what columns views have: SVV views of privileges and
the functions "ROLE_IS_MEMBER_OF", "USER_IS_MEMBER_OF", "PG_GET_COLS", "CURRENT_SCHEMAS".

Sources: the pages of these names in Redshift's developer guide.
"""

# ruff: noqa: E501, S608 - SQL
from __future__ import annotations

# Who was given a thing, as the views of privileges have it, of an exploded list `a` whose grantee
# is the role `g`.
_IDENTITY = """redshift.user_number(redshift.shown_role(coalesce(g.rolname::text, 'public'))) AS identity_id,
    CASE WHEN a.grantee = 0 THEN 'public' ELSE redshift.shown_role(g.rolname::text) END AS identity_name,
    CASE WHEN a.grantee = 0 THEN 'public' ELSE redshift.role_kind(g.rolname::text) END AS identity_type, a.is_grantable AS admin_option"""
_GRANTEE = "LEFT JOIN pg_catalog.pg_roles g ON g.oid = a.grantee"

_PRIVILEGES = f"""
CREATE VIEW redshift.svv_function_privileges AS
  SELECT n.nspname::text AS namespace_name, p.proname::text AS function_name, pg_get_function_identity_arguments(p.oid) AS argument_types,
    a.privilege_type::text AS privilege_type, {_IDENTITY}
  FROM pg_catalog.pg_proc p JOIN pg_catalog.pg_namespace n ON n.oid = p.pronamespace,
    aclexplode(coalesce(p.proacl, acldefault('f', p.proowner))) a {_GRANTEE}
  WHERE n.nspname !~ '^pg_' AND n.nspname NOT IN ('redshift', 'information_schema') AND a.grantee <> p.proowner;
CREATE VIEW redshift.svv_database_privileges AS
  SELECT current_setting('asl.db_name') AS database_name,
    CASE a.privilege_type WHEN 'TEMPORARY' THEN 'TEMP' WHEN 'CONNECT' THEN 'USAGE' ELSE a.privilege_type::text END AS privilege_type, {_IDENTITY}, 'DATABASE'::text AS privilege_scope
  FROM pg_catalog.pg_database d, aclexplode(coalesce(d.datacl, acldefault('d', d.datdba))) a {_GRANTEE}
  WHERE d.datname = current_database() AND a.grantee <> d.datdba AND (a.grantee <> 0 OR a.privilege_type = 'TEMPORARY');
CREATE VIEW redshift.svv_column_privileges AS
  SELECT c.schema_name::text AS namespace_name, c.table_name::text AS relation_name, c.column_name::text AS column_name,
    a.privilege_type::text AS privilege_type, {_IDENTITY}
  FROM redshift.columns_of c JOIN pg_catalog.pg_attribute t ON t.attrelid = c.oid AND t.attnum = c.ordinal_position,
    aclexplode(t.attacl) a {_GRANTEE};
CREATE VIEW redshift.pg_user_info AS
  SELECT usename, usesysid, usecreatedb, usesuper, usecatupd, passwd, valuntil, useconfig, 'UNLIMITED'::text AS useconnlimit FROM redshift.pg_user;
"""

# "current_schemas": a list as PostgreSQL writes an array's text.
_FUNCTIONS = """
CREATE FUNCTION redshift.current_schemas(all_of_them boolean) RETURNS text LANGUAGE sql STABLE AS $$
  SELECT ARRAY(SELECT u.one FROM unnest(pg_catalog.current_schemas(all_of_them)) WITH ORDINALITY AS u (one, place)
    -- A connection that once had temporary tables keeps their schema, of which the session knows nothing.
    WHERE u.one <> 'redshift' AND (u.one !~ '^pg_temp_' OR EXISTS (SELECT FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace WHERE n.nspname = u.one))
    ORDER BY u.place)::text $$;
-- The role of one of the warehouse's users, roles or groups by its name.
CREATE FUNCTION redshift.role_of(kinds text[], wanted text) RETURNS oid LANGUAGE sql STABLE AS $$
  SELECT oid FROM pg_catalog.pg_roles
  WHERE rolname::text = ANY (SELECT redshift.own_prefix() || k || lower(wanted) FROM unnest(kinds) k) LIMIT 1 $$;
-- Whether a role was given to the member, directly or by way of roles that it was given to.
CREATE FUNCTION redshift.was_given(member oid, wanted oid) RETURNS boolean LANGUAGE sql STABLE AS $$
  WITH RECURSIVE given(one) AS (
    SELECT m.roleid FROM pg_auth_members m WHERE m.member = was_given.member
    UNION SELECT m.roleid FROM pg_auth_members m JOIN given ON m.member = given.one)
  SELECT EXISTS (SELECT FROM given WHERE one = wanted) $$;
CREATE FUNCTION redshift.user_is_member_of(user_name text, wanted text) RETURNS boolean LANGUAGE plpgsql STABLE STRICT AS $$
BEGIN
  IF redshift.role_of('{""}', user_name) IS NULL THEN RAISE EXCEPTION 'user "%" does not exist', user_name USING ERRCODE = '42704'; END IF;
  IF redshift.role_of('{role!,group!}', wanted) IS NULL THEN RAISE EXCEPTION 'role "%" does not exist', wanted USING ERRCODE = '42704'; END IF;
  RETURN redshift.was_given(redshift.role_of('{""}', user_name), redshift.role_of('{role!}', wanted))
    OR redshift.was_given(redshift.role_of('{""}', user_name), redshift.role_of('{group!}', wanted));
END $$;
CREATE FUNCTION redshift.role_is_member_of(role_name text, wanted text) RETURNS boolean LANGUAGE plpgsql STABLE STRICT AS $$
DECLARE one text;
BEGIN
  FOREACH one IN ARRAY ARRAY[role_name, wanted] LOOP
    IF redshift.role_of('{role!}', one) IS NULL THEN RAISE EXCEPTION 'role "%" does not exist', one USING ERRCODE = '42704'; END IF;
  END LOOP;
  RETURN redshift.was_given(redshift.role_of('{role!}', role_name), redshift.role_of('{role!}', wanted));
END $$;
CREATE FUNCTION redshift.pg_get_cols(name text) RETURNS TABLE (view_schema name, view_name name, col_name name, col_type varchar, col_num integer) LANGUAGE plpgsql STABLE AS $$
BEGIN
  IF to_regclass(name) IS NULL THEN RAISE EXCEPTION 'relation "%" does not exist', name USING ERRCODE = '42P01'; END IF;
  RETURN QUERY SELECT c.schema_name, c.table_name, c.column_name, redshift.shown_type(c.atttypid, c.atttypmod)::varchar, c.ordinal_position
    FROM redshift.columns_of c WHERE c.oid = to_regclass(name) ORDER BY c.ordinal_position;
END $$;
CREATE FUNCTION redshift.pg_get_late_binding_view_cols() RETURNS TABLE (view_schema name, view_name name, col_name name, col_type varchar, col_num integer) LANGUAGE sql STABLE AS $$
  SELECT c.schema_name, c.table_name, c.column_name, redshift.shown_type(c.atttypid, c.atttypmod)::varchar, c.ordinal_position
  FROM redshift.columns_of c WHERE c.relkind = 'v' AND pg_get_viewdef(c.oid) LIKE '%redshift.late(%'
  ORDER BY c.oid, c.ordinal_position $$;
"""

RIGHTS = _PRIVILEGES + _FUNCTIONS
