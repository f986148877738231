from __future__ import annotations

import gzip
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from simulator.services.queries import QueryFailed

DAYS = [f"2024-01-0{day}" for day in range(4, 9)]
ORDERS = [
    ["2024-01-08", "2024-01-06", "2024-01-07"],
    ["2024-01-07", "2024-01-08", "2024-01-06"],
    ["2024-01-06", "2024-01-07", "2024-01-08"],
]


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_five_days_one_after_another_equal_the_oracle(
    make_pipeline: Callable[..., Any], make_lake: Callable[..., Any], seed: int
) -> None:
    pipeline = make_pipeline(make_lake(scale=0.1, seed=seed))
    for number, day in enumerate(DAYS, 1):
        execution = pipeline.load(day)
        assert execution.status == "SUCCEEDED", execution.cause
        assert pipeline.tables() == pipeline.expected(*DAYS[:number])


def test_the_default_lake_equals_the_oracle_in_under_three_minutes(
    make_pipeline: Callable[..., Any], make_lake: Callable[..., Any]
) -> None:
    pipeline = make_pipeline(make_lake())
    execution = pipeline.load(None)
    assert execution.status == "SUCCEEDED", execution.cause
    assert execution.virtual_seconds < 180
    # the day before 10:00 in UTC on 9 January in New York
    assert execution.output["refresh_date"] == "2024-01-08"
    assert pipeline.tables() == pipeline.expected("2024-01-08")


@pytest.mark.parametrize("order", ORDERS)
def test_dates_may_be_loaded_in_any_order(
    make_pipeline: Callable[..., Any], order: list[str]
) -> None:
    pipeline = make_pipeline()
    for day in order:
        assert pipeline.load(day).status == "SUCCEEDED"
    assert pipeline.tables() == pipeline.expected(*order)


def test_the_same_date_twice_changes_nothing(make_pipeline: Callable[..., Any]) -> None:
    pipeline = make_pipeline()
    first = pipeline.load("2024-01-07")
    tables, counts = pipeline.tables(), pipeline.simulator.tables()
    second = pipeline.load("2024-01-07")
    assert (first.status, second.status) == ("SUCCEEDED", "SUCCEEDED")
    assert pipeline.tables() == tables == pipeline.expected("2024-01-07")
    assert pipeline.simulator.tables() == counts
    assert first.output["store_sales"] == second.output["store_sales"]


def test_two_dates_add_up_and_neither_touches_the_other(make_pipeline: Callable[..., Any]) -> None:
    pipeline = make_pipeline()
    pipeline.load("2024-01-06")
    before = set(pipeline.tables()["store_sales"])
    pipeline.load("2024-01-07")
    both = pipeline.tables()["store_sales"]
    assert before < set(both)
    apart = [pipeline.expected(day)["store_sales"] for day in ("2024-01-06", "2024-01-07")]
    assert both == apart[0] + apart[1]


def test_what_is_left_out_of_a_days_files_is_in_the_output(
    make_pipeline: Callable[..., Any],
) -> None:
    pipeline = make_pipeline()
    output = pipeline.load("2024-01-07").output
    assert output["store_sales"] == pipeline.oracle.report(pipeline.day("2024-01-07"))
    assert output["store_sales"]["rows_of_other_dates"] > 0


@pytest.mark.parametrize("order", [["2024-01-06", "2024-01-07"], ["2024-01-07", "2024-01-06"]])
def test_sales_without_a_match_are_left_out_and_counted_whatever_is_loaded_first(
    make_pipeline: Callable[..., Any],
    make_lake: Callable[..., Path],
    tmp_path: Path,
    order: list[str],
) -> None:
    lake = Path(shutil.copytree(make_lake(scale=0.1), tmp_path / "lake"))
    # what is first heard of on the 7th, and what is never heard of
    log = gzip.decompress((lake / "customer_address/2024-01-07/part-0000.csv.gz").read_bytes())
    tomorrows_address = log.decode().splitlines()[-1].split(",")[0]
    part = lake / "store_sales/2024-01-06/part-0000.csv.gz"
    text = gzip.decompress(part.read_bytes()).decode()
    good = text.splitlines()[1].split(",")
    bad = [
        [*good[:5], tomorrows_address, *good[6:]],
        [*good[:3], "NOSUCHSTORE00000", *good[4:]],
        [*good[:6], "NOSUCHITEM000000", *good[7:]],
    ]
    text += "".join(",".join(row) + "\n" for row in bad)
    part.write_bytes(gzip.compress(text.encode()))
    pipeline = make_pipeline(lake)
    outputs = {day: pipeline.load(day).output for day in order}
    assert outputs["2024-01-06"]["store_sales"]["rows_without_match"] == 3
    assert outputs["2024-01-07"]["store_sales"]["rows_without_match"] == 0
    assert pipeline.tables() == pipeline.expected(*order)


def test_the_named_queries_equal_the_oracle(make_pipeline: Callable[..., Any]) -> None:
    pipeline = make_pipeline()
    days = ["2024-01-07", "2024-01-08"]
    for day in days:
        pipeline.load(day)
    dates = [pipeline.day(day) for day in days]
    queries = {query.title: query.sql for query in pipeline.project.queries}
    bethel = pipeline.simulator.query(queries["Bethel, OH: daily orders and sales"])
    assert list(bethel.rows) == pipeline.oracle.bethel_daily(dates)
    weeks = pipeline.simulator.query(queries["North America: weekly store sales"])
    assert list(weeks.rows) == pipeline.oracle.north_america_weekly(dates)


def test_the_analyst_reads_the_reports_and_writes_nothing(
    make_pipeline: Callable[..., Any],
) -> None:
    pipeline = make_pipeline()
    pipeline.load("2024-01-08")
    for query in pipeline.project.queries:
        assert pipeline.simulator.query(query.sql, db_user="analyst").rows
    with pytest.raises(QueryFailed, match="permission denied"):
        pipeline.simulator.query("DELETE FROM sales.store_sales", db_user="analyst")
    assert pipeline.tables() == pipeline.expected("2024-01-08")


def test_both_dimensions_finish_before_the_fact_load_and_run_side_by_side(
    make_pipeline: Callable[..., Any],
) -> None:
    pipeline = make_pipeline()
    pipeline.load("2024-01-07")
    views = {view.name.rsplit(":", 1)[-1]: view for view in pipeline.simulator.statements}
    assert list(views) == [
        "BuildDB",
        "CustomerAddressDimensionLoadJob",
        "ItemDimensionLoadJob",
        "StoreSalesFactLoadJob",
        "ValidateSalesMetric",
    ]
    address, item = views["CustomerAddressDimensionLoadJob"], views["ItemDimensionLoadJob"]
    assert max(address.started_ms, item.started_ms) < min(address.finished_ms, item.finished_ms)
    assert max(address.finished_ms, item.finished_ms) < views["StoreSalesFactLoadJob"].created_ms
    assert {view.db_user for view in views.values()} == {"etl_user"}


def test_a_wrong_date_is_refused_by_name_before_any_sql_runs(
    make_pipeline: Callable[..., Any],
) -> None:
    pipeline = make_pipeline()
    execution = pipeline.load("2024-02-30")
    assert (execution.status, execution.error) == ("FAILED", "WrongRefreshDate")
    assert execution.cause == "refresh_date: expected a day as YYYY-MM-DD, got '2024-02-30'"
    assert pipeline.simulator.statements == []


def test_a_scheduled_start_decides_the_date(make_pipeline: Callable[..., Any]) -> None:
    pipeline = make_pipeline()
    # 23:30 in New York on 6 January
    execution = pipeline.load(None, scheduled_time="2024-01-07T04:30:00Z")
    assert execution.output["refresh_date"] == "2024-01-05"


def test_a_paused_cluster_is_resumed_and_paused_again_where_that_is_set(
    make_pipeline: Callable[..., Any],
) -> None:
    pipeline = make_pipeline(first_status="paused", pause_cluster_after=True)
    execution = pipeline.load("2024-01-07")
    assert execution.status == "SUCCEEDED", execution.cause
    statuses = [entry[3] for entry in pipeline.simulator.trace.of_kind("ClusterStatus")]
    assert statuses == ["resuming", "available", "pausing", "paused"]


def test_a_cluster_that_does_not_come_back_fails_the_run_by_name_before_any_sql(
    make_pipeline: Callable[..., Any],
) -> None:
    pipeline = make_pipeline(first_status="paused", cluster_timeout_seconds=120)
    execution = pipeline.load("2024-01-07")
    assert (execution.status, execution.error) == ("FAILED", "ClusterNotAvailable")
    assert execution.cause == "cluster store-sales: store-sales is resuming"
    assert execution.virtual_seconds < 180
    assert pipeline.simulator.statements == []


def test_a_job_of_two_hours_succeeds_while_every_call_stays_short(
    make_pipeline: Callable[..., Any],
) -> None:
    # the item job has two UPDATE statements, the address job one
    hour = {"statement": {"base_by_kind_ms": {"UPDATE": 3_600_000}, "noise": 0}}
    pipeline = make_pipeline(timing=hour)
    execution = pipeline.load("2024-01-07")
    assert execution.status == "SUCCEEDED", execution.cause
    assert execution.virtual_seconds > 7200
    assert pipeline.tables() == pipeline.expected("2024-01-07")
    calls = pipeline.simulator.invocations
    assert len(calls) > 480
    assert max(call.ended_ms - call.started_ms for call in calls) < 1000
