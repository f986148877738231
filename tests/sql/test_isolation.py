"""Two transactions at once on a real PostgreSQL, after Redshift's developer guide.

Sources: "Isolation levels in Amazon Redshift", "Concurrent write examples", "Write and read/write
operations", "Troubleshooting serializable isolation errors".
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from simulator.sql.errors import LockUnavailable, SqlError
from simulator.sql.isolation import History
from simulator.sql.loading.lake import Lake
from simulator.sql.transaction import Transaction
from simulator.sql.warehouse import User, Warehouse

NOW_MS = 1_704_794_400_000
CONFLICT = "ERROR: could not complete because of conflict with concurrent transaction"
VIOLATION = (
    r"ERROR: 1023 DETAIL: Serializable isolation violation on table - \d{6},"
    r" transactions forming the cycle are: \d+, \d+ \(pid:7\)"
)
both = pytest.mark.parametrize("level", ["SNAPSHOT", "SERIALIZABLE"])


class Session:
    """One open transaction."""

    def __init__(self, transaction: Transaction, xid: int) -> None:
        self.transaction = transaction
        transaction.identify(pid=7, xid=xid)

    def __call__(self, sql: str) -> list[tuple[Any, ...]]:
        return list(self.transaction.execute(sql, None, now_ms=NOW_MS).rows)

    def waits(self, sql: str) -> LockUnavailable:
        with pytest.raises(LockUnavailable) as raised:
            self(sql)
        return raised.value

    def fails(self, sql: str) -> str:
        with pytest.raises(SqlError) as raised:
            self(sql)
        with pytest.raises(SqlError, match="current transaction is aborted"):
            self.commit()
        return raised.value.message

    def commit(self) -> None:
        self.transaction.commit()

    def rollback(self) -> None:
        self.transaction.rollback()


class House:
    """A warehouse of some isolation level and a bucket `lake`."""

    def __init__(self, level: str, folder: Path) -> None:
        users = (User("awsuser", superuser=True), User("inserter"))
        self.begun = 0
        self.warehouse = Warehouse(lake=Lake({"lake": folder}), users=users, isolation=level)

    def begin(self, user: str = "awsuser") -> Session:
        self.begun += 1
        return Session(self.warehouse.begin("dev", user, now_ms=NOW_MS), xid=self.begun)

    def run(self, *statements: str) -> list[tuple[Any, ...]]:
        session = self.begin()
        rows = [session(one) for one in statements]
        session.commit()
        return rows[-1]


@pytest.fixture
def make(tmp_path: Path) -> Iterator[Callable[[str], House]]:
    """Makes warehouses; `lake/listing` holds two rows."""
    (tmp_path / "listing").write_bytes(b"1\n2\n")
    made: list[House] = []

    def make_one(level: str) -> House:
        made.append(House(level, tmp_path))
        return made[-1]

    yield make_one
    for one in made:
        one.warehouse.close()


COPY = "copy listing from 's3://lake/listing' iam_role default csv"


# "Concurrent write examples"


@both
@pytest.mark.parametrize("write", [COPY, "insert into listing values (3)"])
@pytest.mark.parametrize("other", [COPY, "insert into listing values (4)"])
def test_a_second_load_of_the_same_table_waits_for_the_first_and_proceeds(
    make, level, write, other
):
    house = make(level)
    house.run("create table listing (id int)")
    first, second = house.begin(), house.begin()
    first(write)
    refused = second.waits(other)
    assert refused.holders == (first.transaction,)
    first.commit()
    second(other)
    second.commit()
    counts = {COPY: 2}
    expected = counts.get(write, 1) + counts.get(other, 1)
    assert house.run("select count(*) from listing") == [(expected,)]


@both
@pytest.mark.parametrize(
    "write", ["delete from listing where id = 1", "update listing set id = 5 where id = 1"]
)
@pytest.mark.parametrize(
    "other", ["delete from listing where id = 2", "update listing set id = 6 where id = 2"]
)
def test_a_second_delete_or_update_waits_even_for_other_rows_and_succeeds(
    make, level, write, other
):
    house = make(level)
    house.run("create table listing (id int)", "insert into listing values (1), (2)")
    first, second = house.begin(), house.begin()
    first(write)
    second.waits(other)
    first.commit()
    second(other)
    second.commit()
    kept = {"delete": [], "update": [5]}[write.split()[0]] + {"delete": [], "update": [6]}[
        other.split()[0]
    ]
    assert house.run("select id from listing order by 1") == [(one,) for one in kept]


@both
def test_the_same_row_is_no_conflict_where_the_second_has_no_snapshot_yet(make, level):
    # "It will not be stale, because the second transaction does not obtain its snapshot of data
    # until after the first transaction has released its lock."
    house = make(level)
    house.run("create table stock (amount int)", "insert into stock values (10)")
    first, second = house.begin(), house.begin()
    first("update stock set amount = amount - 1")
    second.waits("update stock set amount = amount - 2")
    first.commit()
    second("update stock set amount = amount - 2")
    second.commit()
    assert house.run("select amount from stock") == [(7,)]


@both
def test_a_mixture_of_reads_and_writes_waits_and_counts_what_was_loaded(make, level):
    house = make(level)
    house.run("create table listing (id int)", "insert into listing values (8), (9)")
    first, second = house.begin(), house.begin()
    first("delete from listing where id = 8")
    first(COPY)
    assert first("select count(*) from listing") == [(3,)]
    first("analyze listing")
    second.waits(COPY)
    first.commit()
    second(COPY)
    # Its count is "based on the load it has completed"
    assert second("select count(*) from listing") == [(5,)]
    second("analyze listing")
    second.commit()


# "Isolation levels in Amazon Redshift": the timeline of two users


def numbers(house: House) -> tuple[Session, Session]:
    """The timeline up to user 1's commit."""
    house.run("create table numbers (digits int)", "insert into numbers values (0), (1)")
    first, second = house.begin(), house.begin()
    assert sorted(first("select * from numbers")) == [(0,), (1,)]
    assert sorted(second("select * from numbers")) == [(0,), (1,)]
    first("update numbers set digits = 0 where digits = 1")
    assert first("select * from numbers") == [(0,), (0,)]
    first.commit()
    return first, second


def test_under_snapshot_two_users_swap_different_rows_of_one_table(make):
    house = make("SNAPSHOT")
    _, second = numbers(house)
    second("update numbers set digits = 1 where digits = 0")
    assert second("select * from numbers") == [(1,), (1,)]
    second.commit()
    assert sorted(house.run("select * from numbers")) == [(0,), (1,)]


def test_under_serializable_the_second_user_ends_with_1023(make):
    house = make("SERIALIZABLE")
    _, second = numbers(house)
    assert re.fullmatch(VIOLATION, second.fails("update numbers set digits = 1 where digits = 0"))
    assert sorted(house.run("select * from numbers")) == [(0,), (0,)]


@pytest.mark.parametrize("change", ["delete from numbers", "update numbers set digits = 7"])
def test_changing_rows_that_another_has_changed_since_the_snapshot_is_a_conflict(make, change):
    snapshot = make("SNAPSHOT")
    _, second = numbers(snapshot)
    assert second.fails(change) == CONFLICT
    serializable = make("SERIALIZABLE")
    _, second = numbers(serializable)
    assert re.fullmatch(VIOLATION, second.fails(change))


def test_inserting_beside_an_insert_after_a_read_of_the_table_is_a_cycle_only_if_serializable(
    make,
):
    for level in ("SNAPSHOT", "SERIALIZABLE"):
        house = make(level)
        house.run("create table t (a int)", "create table other (a int)")
        first, second, third = house.begin(), house.begin(), house.begin()
        second("select * from t")
        third("select * from other")
        first("insert into t values (1)")
        first.commit()
        # It read nothing that the first wrote, and inserting is no reading.
        third("insert into t values (3)")
        third.commit()
        if level == "SNAPSHOT":
            second("insert into t values (2)")
            second.commit()
        else:
            assert re.match("ERROR: 1023 ", second.fails("insert into t values (2)"))


# "Troubleshooting serializable isolation errors"


def test_reads_that_cross_inserts_end_the_last_operation_with_1023(make):
    house = make("SERIALIZABLE")
    house.run("create table tab1 (a int)", "create table tab2 (a int)")
    first, second = house.begin(), house.begin()
    first("select * from tab1")
    first("insert into tab2 values (1)")
    second("insert into tab1 values (1)")
    # neither has committed
    assert re.fullmatch(VIOLATION, second.fails("select * from tab2"))
    first.commit()
    assert house.run("select * from tab2") == [(1,)]
    assert house.run("select * from tab1") == []


def test_reads_that_cross_inserts_pass_under_snapshot(make):
    house = make("SNAPSHOT")
    house.run("create table tab1 (a int)", "create table tab2 (a int)")
    first, second = house.begin(), house.begin()
    first("select * from tab1")
    first("insert into tab2 values (1)")
    second("insert into tab1 values (1)")
    assert second("select * from tab2") == []
    second.commit()
    first.commit()


def test_the_same_reads_outside_of_the_transactions_are_serializable(make):
    house = make("SERIALIZABLE")
    house.run("create table tab1 (a int)", "create table tab2 (a int)")
    first, second = house.begin(), house.begin()
    first("insert into tab1 values (1)")
    house.run("select * from tab1")
    second("insert into tab2 values (1)")
    first.commit()
    house.run("select * from tab2")
    second.commit()


def test_a_view_and_another_name_lead_to_the_same_table(make):
    house = make("SERIALIZABLE")
    house.run(
        "create table tab1 (a int)",
        "create table tab2 (a int)",
        "create view v as select * from tab1",
    )
    first, second = house.begin(), house.begin()
    first("select * from v")
    first("insert into public.tab2 values (1)")
    second("insert into tab1 values (1)")
    assert re.fullmatch(VIOLATION, second.fails("select * from tab2"))


def test_a_cycle_through_a_transaction_that_has_committed_is_seen(make):
    # a reader of an old version, a writer of it that read what is newer, and back
    house = make("SERIALIZABLE")
    house.run("create table x (a int)", "create table y (a int)")
    pivot, writer = house.begin(), house.begin()
    pivot("select * from y")
    writer("insert into y values (1)")
    writer.commit()
    reader = house.begin()
    assert reader("select * from y") == [(1,)]
    assert reader("select * from x") == []
    reader.commit()
    # pivot before writer before reader; now reader before pivot
    with pytest.raises(SqlError, match="forming the cycle are: 2, 3, 4 "):
        pivot("insert into x values (1)")


def test_a_rolled_back_transaction_violates_nothing(make):
    house = make("SERIALIZABLE")
    house.run("create table tab1 (a int)", "create table tab2 (a int)")
    first, second = house.begin(), house.begin()
    first("select * from tab1")
    first("insert into tab2 values (1)")
    first.rollback()
    second("insert into tab1 values (1)")
    assert second("select * from tab2") == []
    second.commit()


def test_an_observer_is_no_part_of_a_cycle(make):
    house = make("SERIALIZABLE")
    house.run("create table x (a int)", "create table y (a int)")
    pivot, writer = house.begin(), house.begin()
    pivot("select * from y")
    pivot("insert into x values (1)")
    writer("insert into y values (1)")
    writer.commit()
    observer = house.warehouse.begin("dev", "awsuser", now_ms=NOW_MS, observes=True)
    for table, seen in (("y", ((1,),)), ("x", ())):
        found = observer.execute(f"select * from {table}", None, now_ms=NOW_MS)
        assert found.rows == seen
    observer.rollback()
    pivot.commit()


@both
def test_a_table_made_after_the_snapshot_does_not_exist_for_it(make, level):
    house = make(level)
    house.run("create table before (a int)", "create table a (id int)")
    second = house.begin()
    second("select * from before")
    house.run("drop table a")
    house.run("create table a (id int)", "insert into a values (1)")
    assert second.fails("select * from a") == "ERROR: 1018 DETAIL: Relation does not exist."


@both
def test_begin_alone_takes_no_snapshot_nor_does_a_select_without_a_table(make, level):
    house = make(level)
    house.run("create schema s")
    second = house.begin()
    second("set search_path to s, public")
    second("select 1")
    house.run("create table s.a (id int)", "insert into s.a values (1)")
    assert second("select * from a") == [(1,)]
    house.run("insert into s.a values (2)")
    assert second("select * from a") == [(1,)]


# Locks, after "How do I find and release locks in Amazon Redshift?"


@both
def test_readers_see_the_committed_rows_beside_a_writer(make, level):
    house = make(level)
    house.run("create table t (a int)", "insert into t values (1)")
    writer = house.begin()
    writer("update t set a = 2")
    assert house.run("select a from t") == [(1,)]
    writer.commit()
    assert house.run("select a from t") == [(2,)]


@both
@pytest.mark.parametrize("change", ["drop table t", "alter table t add column b int"])
def test_readers_and_writers_wait_beside_a_change_of_the_table_and_it_waits_for_them(
    make, level, change
):
    house = make(level)
    house.run("create table t (a int)")
    for other in ("select * from t", "insert into t values (1)", COPY.replace("listing", "t", 1)):
        changing, second = house.begin(), house.begin()
        changing(change)
        assert second.waits(other).holders == (changing.transaction,)
        changing.rollback()
        second(other)
        changing = house.begin()
        assert changing.waits(change).holders == (second.transaction,)
        second.rollback()
        changing(change)
        changing.rollback()


@both
@pytest.mark.parametrize(
    "waiting", ["select * from t", "delete from t", "drop table if exists t", COPY.replace(
        "listing", "t", 1)]
)  # fmt: skip
def test_who_waited_for_a_table_that_was_dropped_is_refused(make, level, waiting):
    house = make(level)
    house.run("create table t (id int)")
    first, second = house.begin(), house.begin()
    first("drop table if exists t")
    first("create table t (id int)")
    second.waits(waiting)
    first.commit()
    told = second.fails(waiting)
    assert re.fullmatch(r"ERROR: table \d{6} dropped by concurrent transaction", told)


@both
def test_who_waited_for_a_drop_that_was_rolled_back_goes_on(make, level):
    house = make(level)
    house.run("create table t (id int)", "insert into t values (1)")
    first, second = house.begin(), house.begin()
    first("drop table t")
    second.waits("select * from t")
    second.waits("select * from t")
    first.rollback()
    assert second("select * from t") == [(1,)]


def test_the_messages_are_the_same_in_every_run(make):
    told = set()
    for _ in range(2):
        house = make("SERIALIZABLE")
        house.run("create table unrelated (a int)")
        _, second = numbers(house)
        told.add(second.fails("delete from numbers"))
    assert len(told) == 1


@both
def test_who_may_only_insert_takes_the_write_lock_too(make, level):
    house = make(level)
    house.run("create table t (a int)", "grant insert on t to inserter")
    first = house.begin("inserter")
    first("insert into t values (1)")
    house.begin().waits("insert into t values (2)")
    assert first.fails("delete from t") == "ERROR: permission denied for relation t"


@both
def test_a_table_that_does_not_exist_is_told_as_before(make, level):
    house = make(level)
    assert house.begin().fails("insert into t values (1)") == 'ERROR: relation "t" does not exist'
    assert house.begin().fails(COPY) == "ERROR: Cannot COPY into nonexistent table listing"


# The bookkeeping itself


def test_nothing_is_kept_of_transactions_that_nobody_overlaps():
    history = History("SERIALIZABLE")
    for _ in range(3):
        one = history.begin()
        history.see(one)
        assert history.touch(one, {1}, {2}) is None
        history.end(one, committed=True, defined=False)
        assert history.kept == 0


def test_what_an_open_transaction_overlaps_is_kept_until_it_ends():
    history = History("SERIALIZABLE")
    reader = history.begin()
    history.see(reader)
    history.touch(reader, {1}, set())
    for _ in range(1200):
        writer = history.begin()
        history.see(writer)
        assert history.touch(writer, set(), {1}) is None
        history.end(writer, committed=True, defined=False)
    assert history.kept == 1201
    # it comes before the first writer; writing puts it after each
    found = history.touch(reader, set(), {1})
    assert found is not None
    assert found.transactions == (1, 2)
    history.end(reader, committed=False, defined=False)
    assert history.kept == 0
