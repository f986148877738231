"""Isolated warehouses, transactions that never wait, rights, and names as users see them."""

from __future__ import annotations

from typing import Any

import pytest

from simulator.sql.errors import LockUnavailable, NotSupported, SqlError
from simulator.sql.warehouse import User, Warehouse

NOW_MS = 1_704_794_400_000


def begin(desk: Any, user: str = "awsuser") -> Any:
    return desk.warehouse.begin("dev", user, now_ms=NOW_MS)


def test_two_warehouses_do_not_see_each_other(desk: Any) -> None:
    other = Warehouse(users=(User("awsuser", superuser=True), User("other")))
    desk.run("CREATE TABLE t (a int)", "CREATE USER maker PASSWORD 'Secret123'")
    transaction = other.begin("dev", "awsuser", now_ms=NOW_MS)
    transaction.execute("CREATE TABLE u (a int)", None, now_ms=NOW_MS)
    transaction.commit()
    assert (desk.warehouse.table_counts(), other.table_counts()) == ({"t": 0}, {"u": 0})
    assert desk.warehouse.has_user("maker")
    assert not other.has_user("maker")
    other.close()


def test_unknown_databases_and_users() -> None:
    warehouse = Warehouse(databases=("dev", "prod"))
    assert warehouse.has_database("PROD")
    assert not warehouse.has_database("test")
    assert not warehouse.has_user("nobody")
    with pytest.raises(SqlError, match='database "test" does not exist'):
        warehouse.begin("test", "awsuser", now_ms=NOW_MS)
    with pytest.raises(SqlError, match='user "nobody" does not exist'):
        warehouse.begin("dev", "nobody", now_ms=NOW_MS)


def test_a_transaction_is_invisible_until_it_commits(desk: Any) -> None:
    desk.run("CREATE TABLE t (a int)")
    writer = begin(desk)
    writer.execute("INSERT INTO t VALUES (1)", None, now_ms=NOW_MS)
    assert desk.rows("SELECT * FROM t") == []
    assert desk.warehouse.table_counts() == {"t": 0}
    writer.commit()
    assert desk.warehouse.table_counts() == {"t": 1}


def test_a_transaction_reads_one_snapshot(desk: Any) -> None:
    desk.run("CREATE TABLE t (a int)")
    reader = begin(desk)
    assert reader.execute("SELECT * FROM t", None, now_ms=NOW_MS).rows == ()
    desk.run("INSERT INTO t VALUES (1)")
    assert reader.execute("SELECT * FROM t", None, now_ms=NOW_MS).rows == ()
    reader.rollback()


def test_a_held_lock_undoes_the_statement_and_never_waits(desk: Any) -> None:
    desk.run("CREATE TABLE t (a int)", "INSERT INTO t VALUES (1)", "CREATE TABLE log (a int)")
    holder, other = begin(desk), begin(desk)
    holder.execute("ALTER TABLE t ADD COLUMN b int", None, now_ms=NOW_MS)
    with pytest.raises(LockUnavailable):
        other.execute("SELECT * FROM t", None, now_ms=NOW_MS)
    other.execute("INSERT INTO log VALUES (1)", None, now_ms=NOW_MS)
    with pytest.raises(LockUnavailable):
        other.execute("SELECT * FROM t WHERE a = :a", {"a": "1"}, now_ms=NOW_MS)
    holder.commit()
    # asked again after the holder ended, in the same transaction
    assert other.execute("SELECT a FROM t", None, now_ms=NOW_MS).rows == ((1,),)
    other.commit()
    assert desk.warehouse.table_counts() == {"log": 1, "t": 1}


def test_a_copy_that_meets_a_lock_may_be_asked_again(desk: Any, put: Any) -> None:
    put("x", b"1\n")
    desk.run("CREATE TABLE t (a int)")
    holder, other = begin(desk), begin(desk)
    holder.execute("DROP TABLE t", None, now_ms=NOW_MS)
    copy = "COPY t FROM 's3://lake/x' IAM_ROLE default CSV"
    with pytest.raises(LockUnavailable):
        other.execute(copy, None, now_ms=NOW_MS)
    holder.rollback()
    assert other.execute(copy, None, now_ms=NOW_MS).row_count == 1
    other.commit()


def test_counting_beside_an_open_drop_says_so(desk: Any) -> None:
    desk.run("CREATE TABLE t (a int)")
    holder = begin(desk)
    holder.execute("DROP TABLE t", None, now_ms=NOW_MS)
    with pytest.raises(LockUnavailable):
        desk.warehouse.table_counts()
    holder.rollback()
    assert desk.warehouse.table_counts() == {"t": 0}


def test_after_an_error_only_rollback_is_left(desk: Any) -> None:
    desk.run("CREATE TABLE t (a int)")
    transaction = begin(desk)
    transaction.execute("INSERT INTO t VALUES (1)", None, now_ms=NOW_MS)
    with pytest.raises(SqlError):
        transaction.execute("SELECT * FROM gone", None, now_ms=NOW_MS)
    with pytest.raises(SqlError, match="transaction is aborted"):
        transaction.commit()
    assert desk.warehouse.table_counts() == {"t": 0}


def test_a_failing_commit_is_not_possible_twice(desk: Any) -> None:
    transaction = begin(desk)
    transaction.execute("CREATE TABLE t (a int)", None, now_ms=NOW_MS)
    transaction.commit()
    transaction.rollback()
    assert desk.warehouse.table_counts() == {"t": 0}


def test_users_hold_only_what_they_were_granted(desk: Any) -> None:
    desk.run(
        "CREATE SCHEMA IF NOT EXISTS private AUTHORIZATION etl",
        "CREATE TABLE private.t (a int)",
        "INSERT INTO private.t VALUES (1)",
    )
    with pytest.raises(SqlError) as caught:
        desk.run("SELECT * FROM private.t", user="analyst")
    assert caught.value.message == "ERROR: permission denied for schema private"
    desk.run("GRANT USAGE ON SCHEMA private TO analyst")
    with pytest.raises(SqlError, match=r"permission denied for \w+ t"):
        desk.run("SELECT * FROM private.t", user="analyst")
    desk.run("GRANT SELECT ON ALL TABLES IN SCHEMA private TO analyst, etl")
    assert desk.rows("SELECT * FROM private.t", user="analyst") == [(1,)]
    with pytest.raises(SqlError, match="permission denied"):
        desk.run("DELETE FROM private.t", user="analyst")
    desk.run("REVOKE SELECT ON private.t FROM analyst")
    with pytest.raises(SqlError, match="permission denied"):
        desk.run("SELECT * FROM private.t", user="analyst")


def test_default_privileges_reach_later_tables(desk: Any) -> None:
    desk.run(
        "CREATE SCHEMA s",
        "GRANT USAGE ON SCHEMA s TO PUBLIC",
        "ALTER DEFAULT PRIVILEGES IN SCHEMA s GRANT SELECT ON TABLES TO analyst",
        "CREATE TABLE s.t (a int)",
    )
    assert desk.rows("SELECT * FROM s.t", user="analyst") == []
    with pytest.raises(SqlError, match="permission denied"):
        desk.run("SELECT * FROM s.t", user="etl")


def test_a_created_user_may_begin_after_the_commit(desk: Any) -> None:
    transaction = begin(desk)
    transaction.execute("CREATE USER late PASSWORD DISABLE", None, now_ms=NOW_MS)
    assert not desk.warehouse.has_user("late")
    transaction.commit()
    assert desk.value("current_user", user="late") == "late"
    with pytest.raises(SqlError, match=r'user "late" already exists'):
        desk.run("CREATE USER late PASSWORD DISABLE")
    desk.run("DROP USER late")
    assert not desk.warehouse.has_user("late")


def test_users_see_their_own_names_only(desk: Any) -> None:
    row = desk.rows("SELECT current_user, user, current_database(), current_schema()")[0]
    assert row == ("awsuser", "awsuser", "dev", "public")
    with pytest.raises(SqlError) as caught:
        desk.run("GRANT SELECT ON t TO stranger")
    assert desk.warehouse.prefix not in caught.value.message + caught.value.detail
    with pytest.raises(SqlError) as caught:
        desk.run("CREATE TABLE t (a int)", "GRANT SELECT ON t TO stranger")
    assert caught.value.message == 'ERROR: user "stranger" does not exist'


def test_an_ordinary_user_may_not_make_users(desk: Any) -> None:
    with pytest.raises(SqlError, match="must be superuser to create users"):
        desk.run("CREATE USER x PASSWORD 'Secret123'", user="analyst")


@pytest.mark.parametrize(
    "sql",
    ["GRANT DROP ON t TO analyst", "GRANT SELECT ON t TO GROUP g", "GRANT ROLE a TO b",
     "GRANT EXECUTE ON FUNCTION f() TO analyst"],
)  # fmt: skip
def test_rights_that_are_not_simulated_are_refused(desk: Any, sql: str) -> None:
    with pytest.raises((NotSupported, SqlError)):
        desk.run("CREATE TABLE t (a int)", sql)


def test_setup_runs_several_statements(desk: Any) -> None:
    text = "CREATE SCHEMA s; -- one\nCREATE TABLE s.t (a varchar);\nINSERT INTO s.t VALUES (';');"
    desk.warehouse.setup(text, database="dev", user="awsuser", now_ms=NOW_MS)
    assert desk.warehouse.table_counts() == {"s.t": 1}


def test_rows_and_kinds_of_outcomes(desk: Any) -> None:
    assert desk.run("CREATE TABLE t (a int)").row_count == -1
    inserted = desk.run("INSERT INTO t VALUES (1), (2)")
    assert (inserted.kind, inserted.row_count, inserted.rows_touched) == ("INSERT", 2, 2)
    read = desk.run("WITH x AS (SELECT a FROM t) SELECT count(*) FROM x")
    assert (read.kind, read.row_count) == ("SELECT", 1)
    # what is read costs too: a page of 8,192 bytes at 100 bytes a row, and the row returned
    assert read.rows_touched == 81 + 1
    deleted = desk.run("DELETE FROM t WHERE a = 1")
    assert (deleted.kind, deleted.row_count, deleted.columns) == ("DELETE", 1, ())


def test_close_leaves_nothing_on_the_server() -> None:
    from simulator.sql.postgres import server

    warehouse = Warehouse()
    warehouse.begin("dev", "awsuser", now_ms=NOW_MS)
    prefix = warehouse.prefix
    warehouse.close()
    import psycopg

    with psycopg.connect(**server.current().address, dbname="postgres") as connection:
        query = (
            "SELECT rolname FROM pg_roles WHERE starts_with(rolname, %(p)s) UNION ALL"
            " SELECT datname FROM pg_database WHERE starts_with(datname, %(p)s)"
        )
        assert connection.execute(query, {"p": prefix}).fetchall() == []
