"""What the dialect's commands call inside PostgreSQL, in the schema of the overlay's functions."""

# ruff: noqa: E501 - SQL, one function a line where it fits
from __future__ import annotations

_USERS = """
-- "RESTRICT: deletes the role only if it's not granted and has no permissions" ("DROP ROLE").
CREATE FUNCTION redshift.check_unused_role(wanted text) RETURNS void LANGUAGE plpgsql AS $$
DECLARE found oid := (SELECT oid FROM pg_roles WHERE rolname = wanted);
BEGIN
  IF EXISTS (SELECT FROM pg_auth_members WHERE roleid = found OR member = found)
     OR EXISTS (SELECT FROM pg_shdepend WHERE refclassid = 'pg_authid'::regclass AND refobjid = found) THEN
    RAISE EXCEPTION 'role "%" cannot be dropped because some objects depend on it', wanted USING ERRCODE = '2BP01';
  END IF;
END $$;
"""

_ROUTINES = """
-- A new procedure is run by its owner and superusers alone; one that is replaced keeps its rights.
CREATE FUNCTION redshift.close_procedure(wanted text) RETURNS void LANGUAGE plpgsql AS $$
DECLARE found record;
BEGIN
  FOR found IN SELECT oid::regprocedure AS name FROM pg_proc
               WHERE proname = wanted AND prokind = 'p' AND proacl IS NULL AND pg_has_role(proowner, 'USAGE') LOOP
    EXECUTE format('REVOKE ALL ON PROCEDURE %s FROM PUBLIC', found.name);
  END LOOP;
END $$;

-- The procedures of a name that are seen, with how many arguments they take, their text, the role
-- whose rights they have (empty: the caller's) and whether this user may run them.
CREATE FUNCTION redshift.procedures_named(space text, wanted text)
RETURNS TABLE (arguments integer, source text, owner text, allowed boolean) LANGUAGE sql STABLE AS $$
  SELECT p.pronargs::integer, p.prosrc, CASE WHEN p.prosecdef THEN r.rolname::text END,
         has_function_privilege(p.oid, 'EXECUTE')
  FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace JOIN pg_roles r ON r.oid = p.proowner
  WHERE p.proname = wanted AND p.prokind = 'p'
    AND CASE WHEN space = '' THEN pg_function_is_visible(p.oid) ELSE n.nspname = space END
$$;
"""

SYSTEM = _USERS + _ROUTINES
