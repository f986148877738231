"""LOCK on a real PostgreSQL, after the page "LOCK" of Redshift's developer guide."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from simulator.sql.errors import LockUnavailable, SqlError
from simulator.sql.transaction import Transaction
from simulator.sql.warehouse import User, Warehouse


@pytest.fixture(params=["SNAPSHOT", "SERIALIZABLE"])
def warehouse(request: pytest.FixtureRequest) -> Iterator[Warehouse]:
    house = Warehouse(
        users=(User("awsuser", superuser=True), User("etl"), User("reader")),
        isolation=request.param,
    )
    house.setup(
        "CREATE TABLE gate (a int); CREATE TABLE t (a int); CREATE TABLE other (a int);"
        "INSERT INTO t VALUES (1); ALTER TABLE gate OWNER TO etl; GRANT ALL ON t, other TO etl;"
        "GRANT SELECT ON gate TO reader",
        database="dev",
        user="awsuser",
        now_ms=0,
    )
    yield house
    house.close()


def begin(warehouse: Warehouse, user: str = "etl") -> Transaction:
    return warehouse.begin("dev", user, now_ms=0)


def run(transaction: Transaction, *statements: str) -> list[object]:
    rows: list[object] = []
    for sql in statements:
        rows = [value for row in transaction.execute(sql, None, now_ms=0).rows for value in row]
    return rows


def test_a_second_lock_waits_and_then_sees_what_the_first_committed(warehouse: Warehouse) -> None:
    # LOCK is none of the statements that take a transaction's snapshot: see "Isolation levels"
    first, second = begin(warehouse), begin(warehouse)
    run(first, "LOCK gate")
    for _ in range(2):
        with pytest.raises(LockUnavailable):
            run(second, "LOCK TABLE gate")
    run(first, "DELETE FROM t", "INSERT INTO t VALUES (2)")
    first.commit()
    assert run(second, "LOCK TABLE gate", "SELECT a FROM t") == [2]
    run(second, "DELETE FROM t")
    second.commit()


def test_a_locked_table_is_not_read_either(warehouse: Warehouse) -> None:
    first, reader = begin(warehouse), begin(warehouse, "reader")
    run(first, "LOCK gate")
    with pytest.raises(LockUnavailable):
        run(reader, "SELECT a FROM gate")
    first.rollback()
    assert run(reader, "SELECT a FROM gate") == []
    reader.rollback()


def test_a_lock_is_kept_while_a_later_statement_waits(warehouse: Warehouse) -> None:
    first, second, third = begin(warehouse), begin(warehouse), begin(warehouse)
    run(third, "INSERT INTO other VALUES (1)")
    run(first, "LOCK gate", "SELECT 1")
    with pytest.raises(LockUnavailable):
        run(first, "DELETE FROM other")
    with pytest.raises(LockUnavailable):
        run(second, "LOCK gate")
    third.commit()
    run(first, "DELETE FROM other")
    first.commit()
    run(second, "LOCK gate")
    second.rollback()


def test_several_tables_in_one_statement(warehouse: Warehouse) -> None:
    first, second = begin(warehouse, "awsuser"), begin(warehouse)
    run(first, "LOCK gate, t")
    for sql in ("SELECT a FROM t", "LOCK gate"):
        with pytest.raises(LockUnavailable):
            run(second, sql)
    first.rollback()
    second.rollback()


def test_who_may_only_read_may_not_lock(warehouse: Warehouse) -> None:
    reader = begin(warehouse, "reader")
    with pytest.raises(SqlError, match="permission denied"):
        run(reader, "LOCK gate")
    reader.rollback()
