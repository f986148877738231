"""What the dialect's commands call inside PostgreSQL, in the schema of the overlay's functions."""

# ruff: noqa: E501 - SQL, one function a line where it fits
from __future__ import annotations

_USERS = """
-- A system view by its bare name, to which no search path leads.
CREATE FUNCTION redshift.table_meant(what text) RETURNS text LANGUAGE sql STABLE AS $$
  SELECT coalesce('redshift.' || (SELECT relname FROM pg_catalog.pg_class WHERE relnamespace = 'redshift'::regnamespace AND relname = what AND to_regclass(what) IS NULL), what) $$;
-- "RESTRICT: deletes the role only if it's not granted and has no permissions" ("DROP ROLE").
CREATE FUNCTION redshift.check_unused_role(wanted text) RETURNS void LANGUAGE plpgsql AS $$
DECLARE it oid := (SELECT oid FROM pg_roles WHERE rolname = wanted);
BEGIN
  IF EXISTS (SELECT FROM pg_auth_members WHERE roleid = it OR member = it)
     OR EXISTS (SELECT FROM pg_shdepend WHERE refclassid = 'pg_authid'::regclass AND refobjid = it) THEN
    RAISE EXCEPTION 'role "%" cannot be dropped because some objects depend on it', wanted USING ERRCODE = '2BP01';
  END IF;
END $$;
"""

_ROUTINES = """
-- A new procedure is run by its owner and superusers alone; one that is replaced keeps its rights.
CREATE FUNCTION redshift.close_procedure(wanted text) RETURNS void LANGUAGE plpgsql AS $$
DECLARE it record;
BEGIN
  FOR it IN SELECT oid::regprocedure AS name FROM pg_proc
               WHERE proname = wanted AND prokind = 'p' AND proacl IS NULL AND pg_has_role(proowner, 'USAGE') LOOP
    EXECUTE format('REVOKE ALL ON PROCEDURE %s FROM PUBLIC', it.name);
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

_SESSION = (
    "".join(
        f"CREATE FUNCTION redshift.pg_last_{name}() RETURNS bigint LANGUAGE sql STABLE AS"
        f" $$ SELECT coalesce(nullif(current_setting('asl.last_{name}', true), ''), '{none}')::bigint $$;"
        for name, none in (
            ("copy_id", -1),
            ("copy_count", 0),
            ("query_id", -1),
            ("unload_id", -1),
            ("unload_count", 0),
        )
    )
    + """
CREATE FUNCTION redshift.current_user_id() RETURNS integer LANGUAGE sql STABLE AS $$ SELECT redshift.user_number(current_setting('asl.db_user')) $$;
CREATE FUNCTION redshift.context_variable(name text, needed boolean) RETURNS varchar LANGUAGE plpgsql STABLE AS $$
DECLARE
  found text := nullif(current_setting('asl.context.' || name, true), '');
BEGIN
  IF found IS NULL AND needed THEN
    RAISE EXCEPTION 'unrecognized configuration parameter "%"', name USING ERRCODE = '42704';
  END IF;
  RETURN substr(found, 2);
END $$;
CREATE FUNCTION redshift.pg_backend_pid() RETURNS integer LANGUAGE sql STABLE AS
$$ SELECT coalesce(nullif(current_setting('asl.last_pid', true), ''), '0')::integer $$;
"""
    + "".join(
        f"CREATE FUNCTION redshift.has_{kind}_privilege(who text, what text, privilege text) RETURNS boolean LANGUAGE sql STABLE AS"
        f" $$ SELECT pg_catalog.has_{kind}_privilege((redshift.own_prefix() || who)::name, {shown}, privilege) $$;"
        f"CREATE FUNCTION redshift.has_{kind}_privilege(what text, privilege text) RETURNS boolean LANGUAGE sql STABLE AS"
        f" $$ SELECT pg_catalog.has_{kind}_privilege({shown}, privilege) $$;"
        for kind, shown in (
            ("table", "redshift.table_meant(what)"),
            ("schema", "what"),
            ("database", "redshift.own_prefix() || what"),
        )
    )
)

_SHOWN = """
-- The headers of the procedures of a name, with what PostgreSQL knows of them.
CREATE FUNCTION redshift.headers_of(space text, wanted text)
RETURNS TABLE (schema_name text, header jsonb, body text, definer boolean) LANGUAGE sql STABLE AS $$
  SELECT n.nspname::text, substr(prosrc, 13, strpos(prosrc, chr(10)) - 13)::jsonb, substr(prosrc, strpos(prosrc, chr(10)) + 1), prosecdef
  FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace
  WHERE p.proname = wanted AND p.prokind = 'p' AND prosrc LIKE '-- redshift %'
    AND CASE WHEN space = '' THEN pg_function_is_visible(p.oid) ELSE n.nspname = space END $$;
-- "You can only replace a procedure with a new procedure that defines an identical set of data types" ("CREATE PROCEDURE").
CREATE FUNCTION redshift.check_outputs(space text, wanted text, inputs text, outputs jsonb) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
  IF EXISTS (SELECT FROM redshift.headers_of(space, wanted) h WHERE h.header ->> 'inputs' = inputs AND h.header -> 'outputs' <> outputs) THEN
    RAISE EXCEPTION 'cannot change return type of existing function' USING ERRCODE = '42P13', HINT = 'Use DROP PROCEDURE first.';
  END IF;
END $$;
CREATE FUNCTION redshift.show_procedure(space text, wanted text, inputs text) RETURNS text LANGUAGE plpgsql STABLE AS $$
DECLARE it record; found_one integer; arguments text;
BEGIN
  SELECT count(*) INTO found_one FROM redshift.headers_of(space, wanted) h WHERE inputs IS NULL OR h.header ->> 'inputs' = inputs;
  IF found_one = 0 THEN
    RAISE EXCEPTION 'procedure %(%) does not exist', wanted, pg_catalog.replace(coalesce(inputs, ''), ',', ', ') USING ERRCODE = '42883';
  ELSIF found_one > 1 THEN
    RAISE EXCEPTION 'procedure name "%" is not unique', wanted USING ERRCODE = '42725', HINT = 'Specify the argument list to select the procedure unambiguously.';
  END IF;
  SELECT * INTO it FROM redshift.headers_of(space, wanted) h WHERE inputs IS NULL OR h.header ->> 'inputs' = inputs;
  SELECT string_agg(concat_ws(' ', nullif(a.one ->> 1, 'IN'), nullif(a.one ->> 0, ''), it.header -> 'shown' ->> (a.place - 1)::integer), ', ' ORDER BY a.place)
    INTO arguments FROM jsonb_array_elements(it.header -> 'arguments') WITH ORDINALITY AS a(one, place);
  RETURN 'CREATE OR REPLACE PROCEDURE ' || it.schema_name || '.' || quote_ident(wanted) || '(' || coalesce(arguments, '') || ')' || chr(10)
    || CASE WHEN (it.header ->> 'nonatomic')::boolean THEN 'NONATOMIC' || chr(10) ELSE '' END || 'LANGUAGE plpgsql'
    || CASE WHEN it.definer THEN ' SECURITY DEFINER' ELSE '' END
    || coalesce((SELECT string_agg(' SET ' || s, '') FROM jsonb_array_elements_text(it.header -> 'settings') s), '')
    || chr(10) || 'AS $_$' || it.body || '$_$' || chr(10);
END $$;
CREATE FUNCTION redshift.check_no_external(wanted text) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
  IF to_regclass(wanted) IS NOT NULL AND redshift.is_external(to_regclass(wanted)) THEN
    RAISE EXCEPTION 'External tables are not supported in views' USING ERRCODE = '0A000', HINT = 'Use WITH NO SCHEMA BINDING.';
  END IF;
END $$;
CREATE FUNCTION redshift.shown_path() RETURNS text LANGUAGE sql STABLE AS $$
  SELECT CASE WHEN path IN (quote_ident(current_setting('asl.db_user')) || ', public', '"' || current_setting('asl.db_user') || '", public', '"$user", public') THEN '$user,public' ELSE path END
  FROM current_setting('search_path') path $$;
CREATE FUNCTION redshift.shown_default(relation oid, name text, kept text, identity "char") RETURNS text LANGUAGE sql STABLE AS $$
  SELECT CASE WHEN identity <> '' THEN (SELECT 'identity(' || s.seqstart || ',' || s.seqincrement || ')' FROM pg_catalog.pg_sequence s
      WHERE s.seqrelid = pg_get_serial_sequence(relation::regclass::text, name)::regclass)
    WHEN kept IS NOT NULL THEN 'DEFAULT ' || pg_catalog.replace(kept, 'redshift.', '') END $$;
CREATE FUNCTION redshift.show_table(name text) RETURNS text LANGUAGE plpgsql STABLE AS $$
DECLARE it record; keys record; kept jsonb; columns text; constraints text; style text; relation oid := to_regclass(name);
BEGIN
  SELECT r.oid, r.schema_name, r.table_name, r.relkind INTO it FROM redshift.relations r WHERE r.oid = relation AND r.relkind = 'r';
  IF NOT FOUND THEN
    RAISE EXCEPTION 'relation "%" does not exist', pg_catalog.replace(name, '"', '') USING ERRCODE = '42P01';
  END IF;
  SELECT * INTO keys FROM redshift.keys_of(relation);
  kept := redshift.attributes_of(relation);
  SELECT string_agg(quote_ident(c.column_name) || ' ' || redshift.shown_type(c.atttypid, c.atttypmod)
      || coalesce(' ' || redshift.shown_default(relation, c.column_name::text, c.column_default, c.attidentity), '')
      || CASE WHEN c.attnotnull THEN ' NOT NULL' ELSE '' END
      || CASE WHEN e.encoding <> 'none' THEN ' ENCODE ' || e.encoding WHEN keys.encodings ? c.column_name::text THEN ' ENCODE raw' ELSE '' END
      || CASE WHEN keys.distkey = c.column_name THEN ' distkey' ELSE '' END, ',' || chr(10) ORDER BY c.ordinal_position)
    INTO columns FROM redshift.columns_of c, LATERAL (SELECT redshift.encoding_of(keys.encodings, keys.sortkeys, c.column_name, c.atttypid) AS encoding) e WHERE c.oid = relation;
  SELECT string_agg(',' || chr(10) || c.value, '' ORDER BY c.key) INTO constraints FROM jsonb_each_text(coalesce(kept -> 'constraints', '{}')) c;
  style := CASE WHEN keys.distkey IS NOT NULL THEN 'KEY' WHEN coalesce(keys.diststyle, '') LIKE 'AUTO%' OR keys.diststyle IS NULL THEN 'AUTO' ELSE keys.diststyle END;
  RETURN 'CREATE TABLE ' || quote_ident(it.schema_name) || '.' || quote_ident(it.table_name) || ' (' || chr(10) || columns || coalesce(constraints, '') || chr(10) || ')' || chr(10)
    || 'DISTSTYLE ' || style || coalesce(' SORTKEY ( ' || pg_catalog.array_to_string(keys.sortkeys, ', ') || ' )', '') || ';';
END $$;
"""

_TABLES = """
CREATE FUNCTION redshift.add_constraint(relation regclass, name text, kind text) RETURNS void LANGUAGE plpgsql AS $$
DECLARE kept jsonb := coalesce(redshift.attributes_of(relation) -> 'constraints', '{}');
BEGIN
  IF kept ? name THEN
    RAISE EXCEPTION 'constraint "%" for relation "%" already exists', name, relation USING ERRCODE = '42710';
  END IF;
  IF kind LIKE 'PRIMARY KEY%' AND EXISTS (SELECT FROM jsonb_each_text(kept) WHERE value LIKE 'PRIMARY KEY%') THEN
    RAISE EXCEPTION 'multiple primary keys for table "%" are not allowed', relation USING ERRCODE = '42P16';
  END IF;
  PERFORM redshift.set_attributes(relation, jsonb_build_object('constraints', kept || jsonb_build_object(name, kind))::text);
END $$;
CREATE FUNCTION redshift.drop_constraint(relation regclass, name text) RETURNS void LANGUAGE plpgsql AS $$
DECLARE kept jsonb := coalesce(redshift.attributes_of(relation) -> 'constraints', '{}');
BEGIN
  IF NOT kept ? name THEN
    RAISE EXCEPTION 'constraint "%" does not exist', name USING ERRCODE = '42704';
  END IF;
  PERFORM redshift.set_attributes(relation, jsonb_build_object('constraints', kept - name)::text);
END $$;
-- "You can't add a primary-key constraint to a nullable column" ("ALTER TABLE"). The words are ours.
CREATE FUNCTION redshift.check_not_null(relation regclass, wanted text) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
  IF NOT (SELECT attnotnull FROM pg_attribute WHERE attrelid = relation AND attname = wanted) THEN
    RAISE EXCEPTION 'cannot add a primary key to nullable column "%" of relation "%"', wanted, relation USING ERRCODE = '42P16';
  END IF;
END $$;
-- What ALTER DISTSTYLE, DISTKEY and ENCODE can't change ("ALTER TABLE"). The words are ours.
CREATE FUNCTION redshift.check_attributes(relation regclass, changed jsonb) RETURNS void LANGUAGE plpgsql AS $$
DECLARE kept jsonb := redshift.attributes_of(relation); it record;
BEGIN
  IF (kept ->> 'interleaved')::boolean AND changed ?| ARRAY['diststyle', 'encodings'] THEN
    RAISE EXCEPTION 'ALTER TABLE is not supported for table "%" with an interleaved sort key', relation USING ERRCODE = '0A000';
  END IF;
  FOR it IN SELECT key, value FROM jsonb_each_text(changed -> 'encodings') LOOP
    IF kept -> 'encodings' ->> it.key = it.value THEN
      RAISE EXCEPTION 'column "%" of relation "%" has encoding % already', it.key, relation, it.value USING ERRCODE = '0A000';
    END IF;
  END LOOP;
END $$;
CREATE FUNCTION redshift.check_constraint(relation regclass, wanted text) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
  IF NOT coalesce(redshift.attributes_of(relation) -> 'constraints' ? wanted, false) THEN
    RAISE EXCEPTION 'constraint "%" for table "%" does not exist', wanted, relation USING ERRCODE = '42704';
  END IF;
END $$;
CREATE FUNCTION redshift.check_database(wanted text) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
  IF wanted <> current_setting('asl.db_name') THEN
    RAISE EXCEPTION 'database "%" does not exist', wanted USING ERRCODE = '3D000';
  END IF;
END $$;
-- "You can't drop a column ... that is a distribution key ... or sort key" ("ALTER TABLE").
CREATE FUNCTION redshift.check_no_key(relation regclass, wanted text) RETURNS void LANGUAGE plpgsql AS $$
DECLARE kept jsonb := redshift.attributes_of(relation);
BEGIN
  IF kept ->> 'distkey' = wanted THEN
    RAISE EXCEPTION 'cannot drop distkey column "%"', wanted USING ERRCODE = '0A000';
  ELSIF kept -> 'sortkeys' ? wanted THEN
    RAISE EXCEPTION 'cannot drop sortkey column "%"', wanted USING ERRCODE = '0A000';
  END IF;
END $$;
CREATE FUNCTION redshift.resize(relation regclass, wanted text, bytes integer) RETURNS void LANGUAGE plpgsql AS $$
DECLARE it record; longest integer; one text;
BEGIN
  SELECT atttypid, atttypmod - 4 AS length, attnum INTO it FROM pg_attribute WHERE attrelid = relation AND attname = wanted AND attnum > 0;
  IF NOT FOUND THEN
    RAISE EXCEPTION 'column "%" of relation "%" does not exist', wanted, relation USING ERRCODE = '42703';
  ELSIF it.atttypid <> 'varchar'::regtype THEN
    RAISE EXCEPTION 'cannot alter column "%" of relation "%", only VARCHAR columns may be resized', wanted, relation USING ERRCODE = '0A000';
  ELSIF it.length = bytes THEN
    RAISE EXCEPTION 'cannot alter column "%" of relation "%", target column size should be different', wanted, relation USING ERRCODE = '0A000';
  ELSIF EXISTS (SELECT FROM jsonb_each_text(redshift.attributes_of(relation) -> 'constraints') c
                WHERE quote_ident(wanted) = ANY (pg_catalog.string_to_array((pg_catalog.regexp_match(c.value, '\\(([^)]*)\\)'))[1], ', '))) THEN
    RAISE EXCEPTION 'cannot alter column "%" of relation "%", columns with UNIQUE, PRIMARY KEY or FOREIGN KEY cannot be altered', wanted, relation USING ERRCODE = '0A000';
  ELSIF EXISTS (SELECT FROM pg_attrdef WHERE adrelid = relation AND adnum = it.attnum) THEN
    RAISE EXCEPTION 'cannot alter column "%" of relation "%", columns with default values cannot be altered', wanted, relation USING ERRCODE = '0A000';
  ELSIF upper(redshift.attributes_of(relation) -> 'encodings' ->> wanted) IN ('BYTEDICT', 'RUNLENGTH', 'TEXT255', 'TEXT32K') THEN
    RAISE EXCEPTION 'cannot alter column "%" of relation "%", its encoding does not allow it', wanted, relation USING ERRCODE = '0A000';
  END IF;
  EXECUTE format('SELECT max(octet_length(%I)) FROM %s', wanted, relation) INTO longest;
  IF longest > bytes THEN
    RAISE EXCEPTION 'cannot alter column "%" of relation "%", target column size should be greater or equal to current maximum column size (%)', wanted, relation, longest USING ERRCODE = '0A000';
  END IF;
  FOR one IN SELECT conname FROM pg_constraint WHERE conrelid = relation AND conname LIKE 'redshift\\_bytes\\_%' AND it.attnum = ANY (conkey) LOOP
    EXECUTE format('ALTER TABLE %s DROP CONSTRAINT %I', relation, one);
  END LOOP;
  EXECUTE format('ALTER TABLE %s ALTER COLUMN %I TYPE varchar(%s)', relation, wanted, bytes);
  PERFORM redshift.seal(relation);
END $$;
CREATE FUNCTION redshift.append(target regclass, source regclass, mode text) RETURNS void LANGUAGE plpgsql AS $$
DECLARE lacking text; extra text; differing text; names text;
BEGIN
  IF target = source THEN
    RAISE EXCEPTION 'ALTER TABLE APPEND source and target are the same table' USING ERRCODE = '42809';
  END IF;
  WITH t AS (SELECT attname, format_type(atttypid, atttypmod) AS kind FROM pg_attribute WHERE attrelid = target AND attnum > 0 AND NOT attisdropped),
       s AS (SELECT attname, format_type(atttypid, atttypmod) AS kind FROM pg_attribute WHERE attrelid = source AND attnum > 0 AND NOT attisdropped)
  SELECT (SELECT string_agg(attname, ', ') FROM t WHERE attname NOT IN (SELECT attname FROM s)),
         (SELECT string_agg(attname, ', ') FROM s WHERE attname NOT IN (SELECT attname FROM t)),
         (SELECT string_agg(t.attname, ', ') FROM t JOIN s USING (attname) WHERE t.kind <> s.kind),
         (SELECT string_agg(quote_ident(t.attname), ', ') FROM t JOIN s USING (attname))
    INTO lacking, extra, differing, names;
  IF differing IS NOT NULL THEN
    RAISE EXCEPTION 'ALTER TABLE APPEND requires columns of equal types: %', differing USING ERRCODE = '42804';
  ELSIF extra IS NOT NULL AND mode <> 'IGNOREEXTRA' THEN
    RAISE EXCEPTION 'ALTER TABLE APPEND: source has extra columns %', extra USING ERRCODE = '42703', HINT = 'Use IGNOREEXTRA.';
  ELSIF lacking IS NOT NULL AND mode <> 'FILLTARGET' THEN
    RAISE EXCEPTION 'ALTER TABLE APPEND: target has extra columns %', lacking USING ERRCODE = '42703', HINT = 'Use FILLTARGET.';
  ELSIF names IS NULL THEN
    RAISE EXCEPTION 'ALTER TABLE APPEND: the tables have no column in common' USING ERRCODE = '42703';
  END IF;
  EXECUTE format('INSERT INTO %s (%s) OVERRIDING SYSTEM VALUE SELECT %s FROM %s', target, names, names, source);
  EXECUTE format('TRUNCATE %s', source);
END $$;
CREATE FUNCTION redshift.late_view(name text, query text, replaces boolean) RETURNS void LANGUAGE plpgsql AS $$
DECLARE it record;
BEGIN
  SELECT relkind, relacl, pg_get_userbyid(relowner) AS owner INTO it FROM pg_class WHERE oid = to_regclass(name);
  IF FOUND AND (NOT replaces OR it.relkind <> 'v') THEN
    RAISE EXCEPTION 'relation "%" already exists', pg_catalog.replace(name, '"', '') USING ERRCODE = '42P07';
  END IF;
  IF FOUND THEN
    PERFORM redshift.loosen(name);
    EXECUTE format('DROP VIEW %s', name);
  END IF;
  PERFORM redshift.bind_view(name, query);
  IF it.owner IS NOT NULL THEN PERFORM redshift.restore_rights(name, it.owner, it.relacl, NULL); END IF;
END $$;
"""

SYSTEM = _USERS + _ROUTINES + _TABLES
# After the views that these read.
SHOWN = _SESSION + _SHOWN
