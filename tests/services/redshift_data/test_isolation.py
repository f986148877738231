"""Batches at once on a real PostgreSQL, in virtual time, under both isolation levels.

A statement starts 300 ms after its submission and takes 1,000 ms, so a batch of two that starts at
300 commits at 2,300. Sources, in Redshift's developer guide: "Concurrent write examples",
"Isolation levels in Amazon Redshift", "Write and read/write operations".
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from simulator.engine.timing import StatementTiming, Timing
from simulator.services.api import Caller
from simulator.services.redshift.clusters import RedshiftCluster
from simulator.services.redshift_data import RedshiftData
from simulator.sql.warehouse import Warehouse
from tests.support.worlds import make_world

START_MS = 1_704_794_400_000
TIMING = Timing(
    statement_submitted_ms=100,
    statement_picked_ms=200,
    statement=StatementTiming(base_ms=1000, base_by_kind_ms={}, per_row_us=0, noise=0.0),
)
CALLER = Caller("client", "arn:aws:iam::123456789012:role/client")
LOGIN = {"ClusterIdentifier": "store-sales", "Database": "dev", "DbUser": "awsuser"}
DROPPED = r"Query #\d failed with ERROR: table \d{6} dropped by concurrent transaction"
VIOLATION = (
    r"Query #\d failed with ERROR: 1023 DETAIL: Serializable isolation violation on table - \d{6},"
    r" transactions forming the cycle are: \d+, \d+ \(pid:\d+\)"
)
CONFLICT = r"Query #\d failed with ERROR: could not complete because of conflict with concurrent .*"
both = pytest.mark.parametrize("level", ["SNAPSHOT", "SERIALIZABLE"])


class Api:
    """The service over a warehouse of its own."""

    def __init__(self, level: str) -> None:
        self.world = make_world(start_ms=START_MS, timing=TIMING)
        self.warehouse = Warehouse(isolation=level)
        self.service = RedshiftData(
            self.world, lambda identifier: self.warehouse, RedshiftCluster(self.world)
        )

    def given(self, *sqls: str) -> None:
        """What exists before the test's batches; takes no virtual time."""
        self.warehouse.setup(";".join(sqls), database="dev", user="awsuser", now_ms=START_MS)

    def batch(self, *sqls: str) -> str:
        request = {"Sqls": list(sqls), **LOGIN}
        return str(self.service.batch_execute_statement(request, CALLER)["Id"])

    def run(self, until_ms: int | None = None) -> None:
        self.world.scheduler.run(until_ms=None if until_ms is None else START_MS + until_ms)

    def run_at_once(self, *batches: list[str]) -> list[Any]:
        """Runs the batches, each submitted 10 ms after the one before; their views."""
        made = []
        for sqls in batches:
            made.append(self.batch(*sqls))
            self.run(self.world.scheduler.now_ms - START_MS + 10)
        self.run()
        return [self.view(one) for one in made]

    def view(self, statement_id: str) -> Any:
        return next(view for view in self.service.statements if view.id == statement_id)

    def rows(self, sql: str) -> list[tuple[Any, ...]]:
        """What is committed."""
        transaction = self.warehouse.begin("dev", "awsuser", now_ms=START_MS, observes=True)
        try:
            return list(transaction.execute(sql, None, now_ms=START_MS).rows)
        finally:
            transaction.rollback()


@pytest.fixture
def make() -> Iterator[Callable[[str], Api]]:
    made: list[Api] = []

    def make_one(level: str) -> Api:
        made.append(Api(level))
        return made[-1]

    yield make_one
    for one in made:
        one.service.close()
        one.warehouse.close()


def ended_ms(view: Any) -> int:
    return int(view.finished_ms) - START_MS


@both
@pytest.mark.parametrize(
    "write",
    [
        "insert into listing values (9)",
        "delete from listing where id = 9",
        "update listing set a = 1",
    ],
)
def test_the_second_writer_of_a_table_waits_for_the_firsts_commit(make, level, write):
    api = make(level)
    api.given("create table listing (id int, a int)", "insert into listing values (1, 0)")
    first, second = api.run_at_once([write, "select 1"], [write, "select 2"])
    assert (first.status, second.status) == ("FINISHED", "FINISHED")
    assert ended_ms(first) == 2300
    # it starts at 310, holds the lock from 2,300
    assert second.started_ms - START_MS == 310
    assert ended_ms(second) == 4300


@both
def test_writers_of_different_tables_do_not_wait(make, level):
    api = make(level)
    api.given("create table a (n int)", "create table b (n int)")
    first, second = api.run_at_once(
        ["insert into a values (1)"] * 2, ["insert into b values (1)"] * 2
    )
    assert [ended_ms(one) for one in (first, second)] == [2300, 2310]


@both
def test_a_reader_beside_a_writer_sees_the_committed_rows_at_once(make, level):
    api = make(level)
    api.given("create table a (n int)", "insert into a values (1)")
    _, reader = api.run_at_once(["update a set n = 2", "select 1"], ["select n from a"])
    assert ended_ms(reader) == 1310
    page = api.service.get_statement_result({"Id": f"{reader.id}:1"}, CALLER)
    assert page["Records"] == [[{"longValue": 1}]]


def numbers(api: Api) -> list[Any]:
    """The guide's timeline of two users: both read, then the first one writes and commits."""
    api.given("create table numbers (digits int)", "insert into numbers values (0), (1)")
    return api.run_at_once(
        [
            "select * from numbers",
            "update numbers set digits = 0 where digits = 1",
            "select * from numbers",
        ],
        [
            "select * from numbers",
            "update numbers set digits = 1 where digits = 0",
            "select * from numbers",
        ],
    )


def test_under_snapshot_both_users_of_the_guides_timeline_commit(make):
    api = make("SNAPSHOT")
    assert [one.status for one in numbers(api)] == ["FINISHED", "FINISHED"]
    assert sorted(api.rows("select digits from numbers")) == [(0,), (1,)]


def test_under_serializable_the_guides_second_user_ends_with_1023(make):
    api = make("SERIALIZABLE")
    first, second = numbers(api)
    assert (first.status, second.status) == ("FINISHED", "FAILED")
    assert re.fullmatch(VIOLATION, second.error)
    assert api.rows("select digits from numbers") == [(0,), (0,)]


def test_1023_shows_the_batchs_own_pid_and_the_same_numbers_in_every_run(make):
    told = set()
    for _ in range(2):
        api = make("SERIALIZABLE")
        _, second = numbers(api)
        told.add(second.error)
        pid = api.service.describe_statement({"Id": second.id}, CALLER)["RedshiftPid"]
        assert second.error.endswith(f"(pid:{pid})")
    assert len(told) == 1


def test_under_serializable_reads_that_cross_inserts_end_one_of_the_two(make):
    # the guide's example of "Troubleshooting serializable isolation errors"
    api = make("SERIALIZABLE")
    api.given("create table tab1 (a int)", "create table tab2 (a int)")
    first, second = api.run_at_once(
        ["select * from tab1", "insert into tab2 values (1)"],
        ["insert into tab1 values (1)", "select * from tab2"],
    )
    assert (first.status, second.status) == ("FINISHED", "FAILED")
    assert re.fullmatch(VIOLATION, second.error)
    assert api.rows("select * from tab1") == []


@both
def test_the_guides_deadlock_ends_one_though_a_third_goes_on(make, level):
    api = make(level)
    api.given("create table a (n int)", "create table b (n int)", "create table c (n int)")
    third, first, second = api.run_at_once(
        ["insert into c values (0)"] * 9,
        ["insert into a values (1)", "insert into b values (1)"],
        ["insert into b values (2)", "insert into a values (2)"],
    )
    assert [one.status for one in (third, first, second)] == ["FINISHED", "FINISHED", "FAILED"]
    assert second.error == "Query #2 failed with ERROR: deadlock detected"
    assert ended_ms(second) < ended_ms(third)
    assert api.rows("select n from a") == api.rows("select n from b") == [(1,)]


@both
def test_a_reader_of_a_table_that_is_dropped_waits_and_is_refused(make, level):
    api = make(level)
    api.given("create table a (n int)")
    job, reader = api.run_at_once(["drop table a", "create table a (n int)"], ["select * from a"])
    assert job.status == "FINISHED"
    assert reader.status == "FAILED"
    assert re.fullmatch(DROPPED, reader.error)
    assert ended_ms(reader) == 3300


@both
def test_a_reader_goes_on_where_the_drop_was_rolled_back(make, level):
    api = make(level)
    api.given("create table a (n int)", "insert into a values (7)")
    job, reader = api.run_at_once(["drop table a", "select 1/0"], ["select * from a"])
    assert (job.status, reader.status) == ("FAILED", "FINISHED")
    assert ended_ms(reader) == 3300


@both
def test_who_comes_later_stands_behind_a_change_that_waits(make, level):
    # "Once ALTER enters the queue, it blocks all subsequent queries"
    api = make(level)
    api.given("create table a (n int)")
    reader, change, later, aside = api.run_at_once(
        ["select * from a", "select 1"],
        ["alter table a add column m int"],
        ["select * from a"],
        ["select 1"],
    )
    assert {one.status for one in (reader, change, later, aside)} == {"FINISHED"}
    assert [ended_ms(one) for one in (reader, change, later, aside)] == [2300, 3300, 4300, 1330]


@both
def test_who_holds_a_lock_does_not_stand_behind_those_that_wait_for_it(make, level):
    api = make(level)
    api.given("create table a (n int)")
    first, change = api.run_at_once(
        ["select * from a", "insert into a values (1)", "select * from a"],
        ["alter table a add column m int"],
    )
    assert (first.status, change.status) == ("FINISHED", "FINISHED")
    assert [ended_ms(one) for one in (first, change)] == [3300, 4300]


@both
def test_waiting_writers_get_the_lock_in_the_order_of_their_asking(make, level):
    api = make(level)
    api.given("create table a (n int)")
    views = api.run_at_once(*([f"insert into a values ({n})", "select 1"] for n in range(4)))
    assert [ended_ms(one) for one in views] == [2300, 4300, 6300, 8300]


# Jobs of the shape of an incremental load.


def rebuild(date: int, staging: str = "stg") -> list[str]:
    """Stages one day and puts it in the place of what the fact table holds of it."""
    return [
        f"drop table if exists {staging}",
        f"create table {staging} (d int, amount int)",
        f"insert into {staging} values ({date}, {date * 10})",
        f"delete from fact where d = {date}",
        f"insert into fact select d, amount from {staging} where d = {date}",
    ]


@both
@pytest.mark.parametrize("dates", [(1, 1), (1, 2)])
def test_of_two_jobs_with_one_staging_table_the_second_waits_and_is_refused_by_name(
    make, level, dates
):
    api = make(level)
    api.given("create table fact (d int, amount int)", "create table stg (d int, amount int)")
    api.given("insert into fact values (1, 5), (3, 30)")
    first, second = api.run_at_once(*map(rebuild, dates))
    assert (first.status, second.status) == ("FINISHED", "FAILED")
    assert re.fullmatch(DROPPED, second.error)
    assert api.rows("select * from fact order by 1") == [(1, 10), (3, 30)]
    # It may be started again, and then has its effect once.
    (again,) = api.run_at_once(rebuild(dates[1]))
    assert again.status == "FINISHED"
    expected = sorted({(1, 10), (dates[1], dates[1] * 10), (3, 30)})
    assert api.rows("select * from fact order by 1") == expected


@both
def test_of_two_first_jobs_the_second_finds_the_staging_table_made(make, level):
    # Nothing was there to drop, so both make it.
    api = make(level)
    api.given("create table fact (d int, amount int)")
    first, second = api.run_at_once(rebuild(1), rebuild(2))
    assert (first.status, second.status) == ("FINISHED", "FAILED")
    assert second.error == 'Query #2 failed with ERROR: relation "stg" already exists'
    assert api.rows("select * from fact") == [(1, 10)]


@both
@pytest.mark.parametrize("dates", [(1, 1), (1, 2)])
def test_of_two_jobs_that_replace_days_without_staging_the_second_waits_and_succeeds(
    make, level, dates
):
    api = make(level)
    api.given("create table fact (d int, amount int)", "insert into fact values (1, 5), (3, 30)")
    first, second = api.run_at_once(
        *(
            [f"delete from fact where d = {n}", f"insert into fact values ({n}, {n * 10})"]
            for n in dates
        )
    )
    assert (first.status, second.status) == ("FINISHED", "FINISHED")
    expected = sorted({(n, n * 10) for n in dates} | {(3, 30)})
    assert api.rows("select * from fact order by 1") == expected


def with_own_staging(api: Api, dates: tuple[int, int]) -> tuple[Any, Any]:
    """Each job makes its staging table first, which takes its snapshot before it waits."""
    api.given("create table fact (d int, amount int)", "insert into fact values (1, 5), (3, 30)")
    first, second = api.run_at_once(rebuild(dates[0], "stg_a"), rebuild(dates[1], "stg_b"))
    return first, second


def test_under_snapshot_jobs_with_their_own_staging_replace_two_days_at_once(make):
    api = make("SNAPSHOT")
    first, second = with_own_staging(api, (1, 2))
    assert (first.status, second.status) == ("FINISHED", "FINISHED")
    assert api.rows("select * from fact order by 1") == [(1, 10), (2, 20), (3, 30)]


def test_under_snapshot_jobs_with_their_own_staging_conflict_over_one_days_rows(make):
    api = make("SNAPSHOT")
    first, second = with_own_staging(api, (1, 1))
    assert (first.status, second.status) == ("FINISHED", "FAILED")
    assert re.fullmatch(CONFLICT, second.error)
    assert api.rows("select * from fact order by 1") == [(1, 10), (3, 30)]


def test_under_snapshot_jobs_with_their_own_staging_double_a_day_that_had_no_rows(make):
    # "protection against update and delete conflicts" ("CREATE DATABASE") is none for inserts: the
    # second job's snapshot is older than the first job's rows, so its delete does not see them.
    api = make("SNAPSHOT")
    first, second = with_own_staging(api, (2, 2))
    assert (first.status, second.status) == ("FINISHED", "FINISHED")
    assert api.rows("select * from fact order by 1") == [(1, 5), (2, 20), (2, 20), (3, 30)]


@pytest.mark.parametrize("dates", [(1, 1), (1, 2), (2, 2)])
def test_under_serializable_jobs_with_their_own_staging_end_one_of_the_two(make, dates):
    api = make("SERIALIZABLE")
    first, second = with_own_staging(api, dates)
    assert (first.status, second.status) == ("FINISHED", "FAILED")
    assert re.fullmatch(VIOLATION, second.error)
    kept = [(1, 10), (3, 30)] if dates[0] == 1 else [(1, 5), (2, 20), (3, 30)]
    assert api.rows("select * from fact order by 1") == kept


@both
@pytest.mark.parametrize("dates", [(1, 1), (1, 2), (2, 2)])
def test_jobs_that_lock_one_table_first_run_one_after_the_other(make, level, dates):
    # LOCK takes no snapshot, so the second job's first statement after it sees the first job's work
    api = make(level)
    api.given("create table fact (d int, amount int)", "create table stg (d int, amount int)")
    api.given("create table turn (n int)", "insert into fact values (1, 5), (3, 30)")
    first, second = api.run_at_once(*(["lock turn", *rebuild(date)] for date in dates))
    assert (first.status, second.status) == ("FINISHED", "FINISHED")
    assert (ended_ms(first), ended_ms(second)) == (6300, 12300)
    expected = {1: 5, 3: 30, **{date: date * 10 for date in dates}}
    assert api.rows("select * from fact order by 1") == sorted(expected.items())
    assert api.rows("select * from stg") == [(dates[1], dates[1] * 10)]
