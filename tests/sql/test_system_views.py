"""The system tables and views that scripts ask, by their pages in Redshift's developer guide."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import pytest

from simulator.sql.errors import NotSupported, SqlError
from simulator.sql.system.relations import INFORMATION, VIEWS

# 2024-01-09T10:00:00Z
NOW_MS = 1_704_794_400_000


def test_every_view_can_be_asked(desk: Any) -> None:
    for name in [*sorted(VIEWS), *(f"information_schema.{one}" for one in sorted(INFORMATION))]:
        assert desk.run(f"SELECT * FROM {name} LIMIT 1", user="analyst").columns, name


def test_tables_and_columns_are_described(desk: Any) -> None:
    desk.run(
        "CREATE SCHEMA sales",
        "CREATE TABLE sales.t (a int NOT NULL, b varchar(10) DEFAULT 'x', c decimal(8,2))",
        "CREATE VIEW sales.v AS SELECT a FROM sales.t",
        "INSERT INTO sales.t VALUES (1, 'x', 2.5), (2, 'y', NULL)",
    )
    assert desk.rows(
        "SELECT table_name, table_type FROM svv_tables WHERE table_schema = 'sales' ORDER BY 1"
    ) == [("t", "BASE TABLE"), ("v", "VIEW")]
    assert desk.rows(
        "SELECT column_name, data_type, character_maximum_length, numeric_precision, numeric_scale,"
        " is_nullable FROM svv_columns WHERE table_name = 't' ORDER BY ordinal_position"
    ) == [
        ("a", "integer", None, 32, 0, "NO"),
        ("b", "character varying", 10, None, None, "YES"),
        ("c", "numeric", None, 8, 2, "YES"),
    ]
    assert desk.rows('SELECT "schema", "table", tbl_rows FROM svv_table_info') == [
        ("sales", "t", 2)
    ]
    # a table that the user has no right on is not there for them
    assert desk.rows("SELECT * FROM svv_tables WHERE table_schema = 'sales'", user="analyst") == []


def test_pg_table_def_shows_schemas_of_the_search_path_alone(desk: Any) -> None:
    desk.run("CREATE SCHEMA sales", "CREATE TABLE sales.t (a int)", "CREATE TABLE u (b char(3))")
    asked = 'SELECT tablename, "column", type, "notnull" FROM pg_table_def'
    assert desk.rows(asked) == [("u", "b", "character(3)", False)]
    assert desk.rows("SET search_path TO sales", asked) == [("t", "a", "integer", False)]


def test_statements_are_remembered_in_virtual_time(desk: Any) -> None:
    transaction = desk.warehouse.begin("dev", "awsuser", now_ms=NOW_MS)
    transaction.execute("CREATE TABLE t (a int)", None, now_ms=NOW_MS)
    transaction.execute("INSERT INTO t VALUES (1)", None, now_ms=NOW_MS + 1500)
    transaction.commit(NOW_MS + 2000)
    with pytest.raises(SqlError):
        desk.run("SELECT * FROM gone")
    said = desk.rows(
        "SELECT query_type, status, query_text, start_time, elapsed_time, error_message"
        " FROM sys_query_history WHERE status <> 'running' ORDER BY query_id"
    )
    at = datetime(2024, 1, 9, 10)  # noqa: DTZ001 - Redshift's TIMESTAMP has no time zone
    assert said == [
        ("DDL", "success", "CREATE TABLE t (a int)", at, 1_500_000, None),
        ("INSERT", "success", "INSERT INTO t VALUES (1)", at.replace(second=1, microsecond=500_000),
         500_000, None),
        ("UTILITY", "failed", "SELECT * FROM gone", at, 0,
         'ERROR: relation "gone" does not exist'),
    ]  # fmt: skip
    assert desk.rows("SELECT trim(status), trim(query) FROM stv_recents WHERE pid <> -1") == [
        ("Running", "SELECT trim(status), trim(query) FROM stv_recents WHERE pid <> -1")
    ]


def test_an_ordinary_user_sees_their_own_statements(desk: Any) -> None:
    desk.run("CREATE TABLE t (a int)")
    assert desk.rows("SELECT count(*) FROM sys_query_history", user="analyst") == [(1,)]


def test_users_groups_roles_and_rights(desk: Any) -> None:
    desk.run(
        "CREATE GROUP readers WITH USER analyst", "CREATE ROLE senior", "GRANT ROLE senior TO etl",
        "CREATE TABLE t (a int)", "GRANT SELECT ON t TO GROUP readers",
        "GRANT INSERT ON t TO ROLE senior",
    )  # fmt: skip
    assert desk.rows("SELECT usename, usesuper FROM pg_user ORDER BY usesysid") == [
        ("awsuser", True), ("analyst", False), ("etl", False),
    ]  # fmt: skip
    assert desk.rows(
        "SELECT groname FROM pg_group g JOIN pg_user u ON u.usesysid = ANY (g.grolist)"
    ) == [("readers",)]
    assert desk.rows("SELECT user_name, role_name FROM svv_user_grants") == [("etl", "senior")]
    assert desk.rows(
        "SELECT identity_type, identity_name, privilege_type FROM svv_relation_privileges"
        " WHERE relation_name = 't' ORDER BY 1"
    ) == [("group", "readers", "SELECT"), ("role", "senior", "INSERT")]


def test_what_is_not_there_is_refused_and_nothing_is_changed(desk: Any) -> None:
    with pytest.raises(NotSupported, match="system relation stl_wlm_query"):
        desk.run("SELECT * FROM stl_wlm_query")
    with pytest.raises(SqlError):
        desk.run("DELETE FROM stl_query")
    with pytest.raises(NotSupported, match="system relation"):
        desk.run("TRUNCATE stl_query")


def test_the_catalogue_tells_keys_owners_and_what_depends_on_what(desk: Any) -> None:
    """As administration scripts, SQLAlchemy's dialect and dbt's adapter ask for it."""
    desk.run(
        "CREATE TABLE public.pg_shop (id int IDENTITY(10, 2) NOT NULL, name varchar(20) DEFAULT 'x'"
        " ENCODE zstd DISTKEY, at datetime SORTKEY, PRIMARY KEY (id), UNIQUE (name, at))",
        "CREATE TABLE sale (shop int REFERENCES public.pg_shop)",
        "CREATE VIEW shops AS SELECT id FROM public.pg_shop",
        "CREATE VIEW late_shops AS SELECT id FROM public.pg_shop WITH NO SCHEMA BINDING",
        "CREATE MATERIALIZED VIEW kept_shops AS SELECT id FROM public.pg_shop",
        "GRANT SELECT ON public.pg_shop TO analyst",
    )
    columns = (
        "SELECT attname, format_type(atttypid, atttypmod), attisdistkey, attsortkeyord,"
        " format_encoding(attencodingtype::integer) FROM pg_attribute"
        " WHERE attrelid = 'public.pg_shop'::regclass AND attnum > 0 ORDER BY attnum"
    )
    assert desk.rows(columns) == [
        ("id", "integer", False, 0, "az64"),
        ("name", "character varying(20)", True, 0, "zstd"),
        ("at", "timestamp without time zone", False, 1, "none"),
    ]
    keys = (
        "SELECT conname, contype, conkey, confkey, pg_catalog.pg_get_constraintdef(oid, true)"
        " FROM pg_constraint ORDER BY conname"
    )
    assert desk.rows(keys) == [
        ("pg_shop_name_key", "u", [2, 3], None, "UNIQUE (name, at)"),
        ("pg_shop_pkey", "p", [1], None, "PRIMARY KEY (id)"),
        ("sale_shop_fkey", "f", [1], [1], "FOREIGN KEY (shop) REFERENCES public.pg_shop(id)"),
    ]
    owners = (
        "SELECT c.relname, u.usename, pg_get_userbyid(c.relowner), c.relkind, c.reldiststyle,"
        " array_to_string(c.relacl, ';') FROM pg_class c JOIN pg_user u ON u.usesysid = c.relowner"
        " JOIN pg_namespace n ON n.oid = c.relnamespace WHERE n.nspname = 'public' AND 1 ORDER BY 1"
    )
    granted = "awsuser=arwdRxtD/awsuser;analyst=r/awsuser"
    assert desk.rows(owners) == [
        ("kept_shops", "awsuser", "awsuser", "v", 0, None),
        ("late_shops", "awsuser", "awsuser", "v", 0, None),
        ("pg_shop", "awsuser", "awsuser", "r", 1, granted),
        ("sale", "awsuser", "awsuser", "r", 9, None),
        ("shops", "awsuser", "awsuser", "v", 0, None),
    ]
    dependents = (
        "SELECT DISTINCT v.relname FROM pg_depend d JOIN pg_rewrite r ON r.oid = d.objid"
        " JOIN pg_class v ON v.oid = r.ev_class"
        " WHERE d.refobjid = 'public.pg_shop'::regclass ORDER BY 1"
    )
    assert desk.rows(dependents) == [("kept_shops",), ("shops",)]
    defaults = (
        "SELECT adnum, position('10,2' IN adsrc) > 0, pg_get_expr(adbin, adrelid) LIKE '%identity%'"
        " FROM pg_attrdef WHERE adrelid = 'public.pg_shop'::regclass ORDER BY adnum"
    )
    assert desk.rows(defaults) == [(1, True, True), (2, False, False)]
    definitions = "SELECT table_name FROM information_schema.views WHERE view_definition ILIKE"
    assert desk.rows(f"{definitions} '%create materialized view%'") == [("kept_shops",)]
    assert desk.rows("SELECT indexdef FROM pg_indexes WHERE indexname = 'pg_shop_name_key'") == [
        ("CREATE UNIQUE INDEX pg_shop_name_key ON public.pg_shop USING btree (name, at)",)
    ]


def test_what_drivers_ask_of_the_leader_node(desk: Any) -> None:
    desk.run("CREATE SCHEMA kept", "GRANT USAGE ON SCHEMA kept TO analyst")
    acl = "SELECT array_to_string(nspacl, ';') FROM pg_namespace WHERE nspname = 'kept'"
    assert desk.rows(acl) == [("awsuser=UC/awsuser;analyst=U/awsuser",)]
    found = "SELECT count(*) FROM pg_class WHERE relkind = ANY (ARRAY['m', 'S'])"
    assert desk.rows(found) == [(0,)]
    assert desk.rows("SHOW TRANSACTION ISOLATION LEVEL") == [("serializable",)]
    assert desk.value("has_table_privilege(current_user, 'svv_table_info', 'SELECT')") is True


def test_a_comment_in_dollar_quotes_and_rights_on_a_procedure_with_a_cursor(desk: Any) -> None:
    desk.run(
        "CREATE TABLE t (a int)",
        "COMMENT ON COLUMN dev.public.t.a IS $note$it's a number$note$",
        "CREATE PROCEDURE p(INOUT rows refcursor) LANGUAGE plpgsql AS $$ BEGIN"
        " OPEN rows FOR SELECT a FROM t; END $$",
        "GRANT EXECUTE ON PROCEDURE p(refcursor) TO analyst",
    )
    said = "SELECT col_description('t'::regclass::oid, 1), trim(remarks) FROM svv_columns"
    assert desk.rows(f"{said} WHERE table_name = 't'") == [("it's a number", "it's a number")]
    desk.run("REVOKE EXECUTE ON PROCEDURE p(refcursor) FROM analyst", "DROP PROCEDURE p(refcursor)")
