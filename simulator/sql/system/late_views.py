"""Late-binding views as PostgreSQL has them.

Such a view keeps its query's text. Where the query can't be bound, it is a view that stands for
nothing; who asks it has it bound anew.
"""

# ruff: noqa: E501 - SQL
from __future__ import annotations

LATE_VIEWS = """
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
CREATE FUNCTION redshift.check_bound(name text) RETURNS void LANGUAGE plpgsql STABLE AS $$
BEGIN
  IF EXISTS (SELECT FROM pg_catalog.pg_class WHERE oid = to_regclass(name) AND relkind = 'v' AND pg_get_viewdef(oid) LIKE '%redshift.unbound(%') THEN
    RAISE EXCEPTION 'unbound' USING ERRCODE = 'ASL01';
  END IF;
END $$;
-- Frees what late-binding views over a relation hold of it, before it is changed or dropped.
CREATE FUNCTION redshift.loosen(wanted text) RETURNS void LANGUAGE plpgsql SECURITY DEFINER AS $$
DECLARE it record; rights text[]; kept_owner text; one text;
BEGIN
  FOR it IN
    SELECT DISTINCT v.oid, v.oid::regclass::text AS name, redshift.late_query(v.oid) AS query, redshift.view_text(v.oid) AS said, v.relacl, pg_get_userbyid(v.relowner) AS owner
    FROM pg_catalog.pg_depend d JOIN pg_catalog.pg_rewrite r ON r.oid = d.objid AND d.classid = 'pg_rewrite'::regclass
    JOIN pg_catalog.pg_class v ON v.oid = r.ev_class
    WHERE d.refobjid = to_regclass(wanted) AND v.relkind = 'v' AND v.oid <> to_regclass(wanted) AND redshift.late_query(v.oid) IS NOT NULL
  LOOP
    IF to_regclass(it.name) IS NULL THEN CONTINUE; END IF;
    PERFORM redshift.loosen(it.name);
    EXECUTE format('DROP VIEW %s', it.name);
    EXECUTE format('CREATE VIEW %s AS SELECT redshift.unbound(%L) AS late_binding_view', it.name, it.query);
    PERFORM redshift.restore_rights(it.name, it.owner, it.relacl, it.said);
  END LOOP;
END $$;
CREATE FUNCTION redshift.restore_rights(name text, owner name, acl aclitem[], said text) RETURNS void LANGUAGE plpgsql AS $$
DECLARE a record;
BEGIN
  EXECUTE format('COMMENT ON RULE "_RETURN" ON %s IS %L', name, said);
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
    FOR it IN SELECT v.oid, v.oid::regclass::text AS name, redshift.late_query(v.oid) AS query, redshift.view_text(v.oid) AS said, v.relacl, pg_get_userbyid(v.relowner) AS owner
      FROM pg_catalog.pg_class v WHERE v.relkind = 'v' AND v.relnamespace <> 'redshift'::regnamespace
        AND pg_get_viewdef(v.oid) LIKE '%redshift.unbound(%' LOOP
      EXECUTE format('DROP VIEW %s', it.name);
      IF redshift.bind_view(it.name, it.query) THEN anything := true; again := true; END IF;
      PERFORM redshift.restore_rights(it.name, it.owner, it.relacl, it.said);
    END LOOP;
  END LOOP;
  RETURN anything;
END $$;
"""
