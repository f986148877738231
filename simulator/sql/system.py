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

SYSTEM = _USERS
