"""Users, groups, roles and rights, in Redshift's forms and words."""

from __future__ import annotations

from typing import Any

import pytest

from simulator.sql.errors import NotSupported, SqlError


def refused(desk: Any, *statements: str, **options: Any) -> str:
    with pytest.raises(SqlError) as caught:
        desk.run(*statements, **options)
    return caught.value.message


@pytest.mark.parametrize(
    "options",
    [
        "PASSWORD 'Abcd1234'",
        "WITH PASSWORD DISABLE",
        # "CREATE USER": md5, then the hash of password and name
        "PASSWORD 'md5153c434b4b77c89e6b94f12c5393af5b'",
        "PASSWORD 'sha256|Mypassword1'",
        "PASSWORD 'Abcd1234' CREATEDB CREATEUSER",
        "PASSWORD 'Abcd1234' VALID UNTIL '2030-06-10'",
        "PASSWORD 'Abcd1234' CONNECTION LIMIT UNLIMITED SESSION TIMEOUT 120",
        "PASSWORD 'Abcd1234' SYSLOG ACCESS UNRESTRICTED",
    ],
)
def test_a_user_is_made_with_any_option(desk: Any, options: str) -> None:
    desk.run(f"CREATE USER somebody {options}")
    assert desk.value("current_user", user="somebody") == "somebody"


@pytest.mark.parametrize("word", ["short1A", "alllowercase1", "ALLUPPERCASE1", "NoDigitsHere"])
def test_a_weak_password_is_refused(desk: Any, word: str) -> None:
    assert refused(desk, f"CREATE USER somebody PASSWORD '{word}'").startswith("ERROR: password")


@pytest.mark.parametrize(
    "change",
    [
        "PASSWORD 'Efgh5678'",
        "PASSWORD 'md5153c434b4b77c89e6b94f12c5393af5b' VALID UNTIL '2030-01-01'",
        "PASSWORD DISABLE",
        "WITH CREATEDB",
        "CONNECTION LIMIT 5",
        "SESSION TIMEOUT 600",
        "RESET SESSION TIMEOUT",
        "SET search_path TO sales, public",
        "RESET search_path",
        "SET query_group = 'a'",
    ],
)
def test_a_user_is_changed_in_any_form(desk: Any, change: str) -> None:
    desk.run(f"ALTER USER analyst {change}")
    assert refused(desk, f"ALTER USER nobody {change}") == 'ERROR: user "nobody" does not exist'


def test_a_user_made_twice_exists_already(desk: Any) -> None:
    message = refused(desk, "CREATE USER analyst PASSWORD 'Abcd1234'")
    assert message == 'ERROR: user "analyst" already exists'


def test_a_renamed_user_works_under_the_new_name(desk: Any) -> None:
    desk.run("ALTER USER analyst RENAME TO scientist")
    assert desk.value("current_user", user="scientist") == "scientist"
    with pytest.raises(SqlError, match='user "analyst" does not exist'):
        desk.value("1", user="analyst")


def test_createuser_makes_a_superuser(desk: Any) -> None:
    desk.run("CREATE TABLE t (a int)")
    desk.run("ALTER USER analyst CREATEUSER")
    assert desk.rows("SELECT * FROM t", user="analyst") == []
    desk.run("ALTER USER analyst NOCREATEUSER")
    assert refused(desk, "SELECT * FROM t", user="analyst") == (
        "ERROR: permission denied for relation t"
    )


def test_only_a_superuser_makes_changes_and_drops_users(desk: Any) -> None:
    for verb, statement in (
        ("create", "CREATE USER somebody PASSWORD 'Abcd1234'"),
        ("alter", "ALTER USER etl CREATEDB"),
        ("drop", "DROP USER etl"),
    ):
        message = refused(desk, statement, user="analyst")
        assert message == f"ERROR: must be superuser to {verb} users"


def test_a_user_who_owns_something_is_not_dropped(desk: Any) -> None:
    desk.run("CREATE TABLE t (a int)", user="etl")
    message = refused(desk, "DROP USER etl")
    assert message == 'ERROR: user "etl" cannot be dropped because some objects depend on it'
    desk.run("DROP TABLE t", "DROP USER IF EXISTS etl, nobody")


def test_a_groups_rights_are_its_members(desk: Any) -> None:
    desk.run(
        "CREATE GROUP readers WITH USER analyst",
        "CREATE TABLE t (a int)",
        "GRANT SELECT ON t TO GROUP readers",
    )
    assert desk.rows("SELECT * FROM t", user="analyst") == []
    assert refused(desk, "SELECT * FROM t", user="etl") == "ERROR: permission denied for relation t"
    desk.run("ALTER GROUP readers ADD USER etl", "ALTER GROUP readers DROP USER analyst")
    assert desk.rows("SELECT * FROM t", user="etl") == []
    assert refused(desk, "INSERT INTO t VALUES (1)", user="etl") == (
        "ERROR: permission denied for relation t"
    )
    refused(desk, "SELECT * FROM t", user="analyst")


def test_a_group_and_a_user_may_share_a_name(desk: Any) -> None:
    desk.run("CREATE GROUP analyst", "ALTER GROUP analyst RENAME TO analysts")
    assert refused(desk, "CREATE GROUP analysts") == 'ERROR: group "analysts" already exists'
    assert refused(desk, "DROP GROUP none") == 'ERROR: group "none" does not exist'
    desk.run("DROP GROUP analysts")
    with pytest.raises(SqlError, match="does not exist"):
        desk.value("1", user="group!analyst")


def test_a_user_joins_groups_when_made(desk: Any) -> None:
    desk.run(
        "CREATE GROUP readers", "CREATE TABLE t (a int)", "GRANT ALL ON t TO GROUP readers",
        "CREATE USER somebody PASSWORD 'Abcd1234' IN GROUP readers",
    )  # fmt: skip
    desk.run("INSERT INTO t VALUES (1)", user="somebody")


def test_roles_are_granted_to_users_and_to_roles(desk: Any) -> None:
    desk.run(
        "CREATE ROLE reader", "CREATE ROLE senior", "CREATE TABLE t (a int)",
        "GRANT SELECT ON TABLE t TO ROLE reader",
        "GRANT ROLE reader TO ROLE senior",
        "GRANT ROLE senior TO analyst WITH ADMIN OPTION",
    )  # fmt: skip
    assert desk.rows("SELECT * FROM t", user="analyst") == []
    message = refused(desk, "DROP ROLE reader")
    assert message == 'ERROR: role "reader" cannot be dropped because some objects depend on it'
    desk.run("REVOKE ADMIN OPTION FOR ROLE senior FROM analyst")
    desk.run("REVOKE ROLE senior FROM analyst")
    refused(desk, "SELECT * FROM t", user="analyst")
    desk.run("DROP ROLE reader FORCE", "DROP ROLE senior")


def test_rights_on_schemas_databases_and_all_tables(desk: Any) -> None:
    desk.run(
        "CREATE SCHEMA sales",
        "CREATE TABLE sales.a (x int)",
        "CREATE TABLE sales.b (x int)",
    )
    assert refused(desk, "SELECT * FROM sales.a", user="analyst") == (
        "ERROR: permission denied for schema sales"
    )
    desk.run(
        "GRANT USAGE ON SCHEMA sales TO analyst, PUBLIC",
        "GRANT SELECT, INSERT ON ALL TABLES IN SCHEMA sales TO analyst",
        "GRANT TEMP ON DATABASE dev TO analyst",
        "GRANT USAGE ON LANGUAGE plpgsql TO analyst",
    )
    desk.run("INSERT INTO sales.a VALUES (1)", "SELECT * FROM sales.b", user="analyst")
    assert refused(desk, "CREATE TABLE sales.c (x int)", user="analyst") == (
        "ERROR: permission denied for schema sales"
    )
    desk.run("REVOKE INSERT ON ALL TABLES IN SCHEMA sales FROM analyst")
    refused(desk, "INSERT INTO sales.a VALUES (1)", user="analyst")


def test_rights_on_columns(desk: Any) -> None:
    desk.run("CREATE TABLE t (a int, secret int)", "GRANT SELECT (a) ON t TO analyst")
    assert desk.rows("SELECT a FROM t", user="analyst") == []
    refused(desk, "SELECT secret FROM t", user="analyst")


def test_a_grant_option_is_for_users_alone(desk: Any) -> None:
    desk.run(
        "CREATE TABLE t (a int)",
        "CREATE GROUP readers",
        "GRANT SELECT ON t TO analyst WITH GRANT OPTION",
    )
    desk.run("GRANT SELECT ON t TO etl", user="analyst")
    assert desk.rows("SELECT * FROM t", user="etl") == []
    for grantee in ("GROUP readers", "PUBLIC"):
        message = refused(desk, f"GRANT SELECT ON t TO {grantee} WITH GRANT OPTION")
        assert message == "ERROR: grant options can only be granted to individual users"


def test_default_privileges_reach_later_tables(desk: Any) -> None:
    desk.run(
        "CREATE SCHEMA sales",
        "CREATE GROUP readers WITH USER analyst",
        "GRANT USAGE ON SCHEMA sales TO GROUP readers",
        "ALTER DEFAULT PRIVILEGES IN SCHEMA sales GRANT SELECT ON TABLES TO GROUP readers",
        "CREATE TABLE sales.a (x int)",
    )
    assert desk.rows("SELECT * FROM sales.a", user="analyst") == []
    desk.run(
        "ALTER DEFAULT PRIVILEGES FOR USER awsuser IN SCHEMA sales"
        " REVOKE SELECT ON TABLES FROM GROUP readers",
        "CREATE TABLE sales.b (x int)",
    )
    assert refused(desk, "SELECT * FROM sales.b", user="analyst") == (
        "ERROR: permission denied for relation b"
    )


def test_who_may_not_drop_or_alter_is_told_so(desk: Any) -> None:
    desk.run("CREATE TABLE t (a int)")
    for statement in ("DROP TABLE t", "ALTER TABLE t ADD COLUMN b int"):
        assert refused(desk, statement, user="analyst") == "ERROR: must be owner of relation t"


@pytest.mark.parametrize(
    "statement",
    [
        "GRANT DROP ON TABLE t TO analyst",
        "GRANT CREATE USER TO ROLE r",
        "GRANT ROLE sys:superuser TO analyst",
        "GRANT SELECT FOR TABLES IN SCHEMA public TO ROLE r",
        "GRANT ASSUMEROLE ON ALL TO analyst FOR COPY",
        "CREATE USER u PASSWORD DISABLE EXTERNALID 'x'",
    ],
)
def test_what_is_not_simulated_is_refused_by_name(desk: Any, statement: str) -> None:
    with pytest.raises(NotSupported):
        desk.run(statement)
