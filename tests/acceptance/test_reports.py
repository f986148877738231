"""The customer's document line by line: what a run shows of itself, and the reports it is for."""

from __future__ import annotations

import csv
import dataclasses
import gzip
import json
import shutil
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator
from datetime import date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from types import ModuleType
from typing import Any

import botocore.session
import pandas as pd
import pytest
from botocore.validate import ParamValidator

from simulator import Execution, Simulator
from simulator import project as projects
from simulator.engine.timing import Timing
from simulator.report.critical import critical_path
from simulator.report.rows import timeline_rows
from simulator.report.visits import read_history
from simulator.services.queries import result_of

DAYS = [date(2024, 1, day) for day in range(2, 9)]
BETHEL = "Bethel, OH: daily orders and sales"
NORTH_AMERICA = "North America: weekly store sales"
BRANCHES = ("CustomerAddressDimensionLoadJob", "ItemDimensionLoadJob")
CleanRun = tuple[Simulator, Execution]
Make = Callable[..., Any]


def query(simulator: Simulator, title: str) -> Any:
    """One of the project's named queries."""
    assert simulator.project is not None
    (settings,) = [one for one in simulator.project.queries if one.title == title]
    return simulator.query(settings.sql)


def run_days(simulator: Simulator, *days: date) -> None:
    for day in days:
        execution = simulator.start({"refresh_date": day.isoformat()})
        simulator.run()
        assert execution.status == "SUCCEEDED", execution.cause


# --- what a run shows of itself ------------------------------------------------------------------


def test_22_the_timeline_tells_where_the_time_went(clean_run: CleanRun) -> None:
    """The time spent in each state is shown, so that there is something to improve: worked out
    here from the events alone."""
    _, execution = clean_run
    events = execution.history()
    start: datetime = events[0]["timestamp"]
    ms = {
        event["id"]: (event["timestamp"] - start) // timedelta(milliseconds=1) for event in events
    }
    spent: dict[str, int] = defaultdict(int)
    open_at: dict[str, int] = {}
    ends: dict[str, int] = {}
    for event in events:
        if entered := event.get("stateEnteredEventDetails"):
            open_at[entered["name"]] = ms[event["id"]]
        if left := event.get("stateExitedEventDetails"):
            ends[left["name"]] = ms[event["id"]]
            spent[left["name"]] += ms[event["id"]] - open_at[left["name"]]
    run = read_history(events)
    critical = critical_path(run)
    rows = {row.label: row for row in timeline_rows(run, critical) if row.kind == "state"}
    assert {name: row.duration_ms for name, row in rows.items()} == spent
    # a branch ends with its last state, and has as much slack as the later one ended later
    ended = {name: ends[f"{name}Finished"] for name in BRANCHES}
    slowest = max(ended, key=lambda name: ended[name])
    slack = {branch.visits[0].name: ms for branch, ms in critical.slack_ms.items()}
    # all of it is a branch that has none beside it
    assert slack.pop("GetClusterStatus") == 0
    assert slack == {f"Initialize{name}": ended[slowest] - ended[name] for name in BRANCHES}
    (other,) = set(BRANCHES) - {slowest}
    assert ended[other] < ended[slowest]
    inside = {name: [label for label in rows if name in label] for name in BRANCHES}
    off_path = {label for label, row in rows.items() if not row.is_critical}
    assert off_path == set(inside[other])
    # the path's states, and the transitions between them, are the whole run
    on_path = {name: spent[name] for name in spent if name not in off_path}
    del on_path["LoadDay"], on_path["ParallelizeDimensionLoadJob"]
    visits = sum(rows[name].visits for name in on_path)
    transitions_ms = Timing().transition_ms * visits
    # entering each Parallel is one more, and so is its branch's beginning
    total_ms = ms[events[-1]["id"]]
    gap_ms = total_ms - sum(on_path.values()) - transitions_ms
    assert 0 <= gap_ms <= 4 * Timing().transition_ms


def test_22_critical_path_and_slack_of_a_run_worked_out_by_hand() -> None:
    """Two branches of 30 and 10 seconds, then 5 more: the short branch has 20 seconds of slack."""
    wait: dict[str, Any] = {"Type": "Wait", "End": True}
    branches = [
        {"StartAt": name, "States": {name: {**wait, "Seconds": seconds}}}
        for name, seconds in [("Long", 30), ("Short", 10)]
    ]
    states = {
        "Both": {"Type": "Parallel", "Branches": branches, "Next": "After"},
        "After": {**wait, "Seconds": 5},
    }
    with Simulator() as simulator:
        simulator.create_state_machine({"StartAt": "Both", "States": states})
        execution = simulator.start()
        simulator.run()
        run = read_history(execution.history())
    critical = critical_path(run)
    rows = timeline_rows(run, critical)
    durations = {row.label: row.duration_ms for row in rows if row.kind == "state"}
    for name, seconds in {"Both": 30, "Long": 30, "Short": 10, "After": 5}.items():
        # entering a branch's first state is a transition, which costs a few milliseconds
        assert 0 <= durations[name] - seconds * 1000 < 50
    assert {row.label for row in rows if row.is_critical and row.kind == "state"} == {
        "Both",
        "Long",
        "After",
    }
    labels = [row.label for row in rows if row.kind == "branch"]
    assert labels == ["branch 1  critical", "branch 2  slack 20.0 s"]
    assert sorted(critical.slack_ms.values()) == [0, 20_000]


def unknown_members(value: Any, shape: Any, where: str = "") -> list[str]:
    """Members that the service's model doesn't have; the validator lets them pass."""
    if shape.type_name == "structure":
        found = [f"{where}.{name}" for name in value if name not in shape.members]
        for name in value.keys() & shape.members.keys():
            found += unknown_members(value[name], shape.members[name], f"{where}.{name}")
        return found
    if shape.type_name == "list":
        items = [unknown_members(item, shape.member, f"{where}[]") for item in value]
        return [text for found in items for text in found]
    return []


def test_23_the_exported_history_is_complete_and_aws_s(copied_project: Path, command: Make) -> None:
    """The event history is there as AWS gives it, and can be exported: everything entered is left,
    and AWS's own model of the answer holds."""
    code, out, _ = command("run", "--json", "--history", "events.json")
    assert code == 0
    document = json.loads((copied_project / "events.json").read_text(encoding="utf-8"))
    events = document["events"]
    assert len(events) == json.loads(out)["history_events"]
    assert [event["id"] for event in events] == list(range(1, len(events) + 1))
    assert [event["previousEventId"] < event["id"] for event in events] == [True] * len(events)
    times = [datetime.fromisoformat(event["timestamp"]) for event in events]
    assert times == sorted(times)
    entered, left = (
        Counter(event[details]["name"] for event in events if details in event)
        for details in ("stateEnteredEventDetails", "stateExitedEventDetails")
    )
    assert entered == left
    assert len(entered) > 25
    kinds = Counter(event["type"] for event in events)
    calls = {kind: n for kind, n in kinds.items() if kind.startswith("LambdaFunction")}
    assert set(calls) == {f"LambdaFunction{end}" for end in ("Scheduled", "Started", "Succeeded")}
    assert len(set(calls.values())) == 1
    assert (events[0]["type"], events[-1]["type"]) == ("ExecutionStarted", "ExecutionSucceeded")
    model = botocore.session.get_session().get_service_model("stepfunctions")
    shape = model.operation_model("GetExecutionHistory").output_shape
    report = ParamValidator().validate(document, shape)
    assert not report.has_errors(), report.generate_report()
    assert unknown_members(document, shape) == []
    type_shape = shape.members["events"].member.members["type"]
    assert set(kinds) <= set(type_shape.enum)


def test_23_the_history_is_read_through_boto3(clean_run: CleanRun) -> None:
    """A program asks for the same events page by page."""
    simulator, execution = clean_run
    pages = simulator.client("stepfunctions").get_paginator("get_execution_history")
    found = pages.paginate(executionArn=execution.arn, PaginationConfig={"PageSize": 50})
    numbers = [len(page["events"]) for page in found]
    assert len(numbers) > 2
    assert sum(numbers) == len(execution.history())


# --- reports -------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def loaded(small_lake: Path) -> Iterator[Simulator]:
    """The pipeline after all seven days of a small lake. Query it, load nothing."""
    with Simulator.from_project(project_on(small_lake)) as simulator:
        run_days(simulator, *DAYS)
        yield simulator


def project_on(lake: Path) -> Any:
    """The shipped project on another lake."""
    project = projects.read(Path(__file__).resolve().parents[2])
    lakes = {
        bucket: dataclasses.replace(settings, folder=lake, fill=None)
        for bucket, settings in project.lake.items()
    }
    return dataclasses.replace(project, lake=lakes)


def test_25_daily_orders_and_sales_of_all_stores_in_bethel(
    loaded: Simulator, oracle: ModuleType, small_lake: Path
) -> None:
    """Total orders and sales of each day over all stores in Bethel, OH."""
    result = query(loaded, BETHEL)
    assert result.columns == ("d_date", "total_orders", "total_sales")
    assert list(result.rows) == oracle.Oracle(small_lake).bethel_daily(DAYS)
    assert [row[0] for row in result.rows] == DAYS


def test_25_a_sale_elsewhere_is_not_in_it(small_lake: Path, tmp_path: Path) -> None:
    """Two sales more, one in Bethel, OH and one in the Bethel of another state: only the first is
    in the report."""
    lake = tmp_path / "lake"
    shutil.copytree(small_lake, lake)
    file = lake / "store_sales" / "2024-01-08" / "part-0000.csv.gz"
    with gzip.open(file, "rt", encoding="utf-8", newline="") as text:
        lines = list(csv.DictReader(text))
    with gzip.open(lake / "store" / "part-0000.csv.gz", "rt", encoding="utf-8") as text:
        stores = list(csv.DictReader(text))
    ids = {
        state: next(
            store["s_store_id"]
            for store in stores
            if (store["s_city"], store["s_state"]) == ("Bethel", state)
        )
        for state in ("OH", "CT")
    }
    sale = next(line for line in lines if line["ss_sold_date"] == "2024-01-08")
    with Simulator.from_project(project_on(small_lake)) as simulator:
        run_days(simulator, DAYS[-1])
        before = query(simulator, BETHEL).rows
        sales = simulator.tables()["sales.store_sales"]
    price = {"ss_quantity": "2", "ss_sales_price": "10.25"}
    more = [
        {**sale, **price, "s_store_id": ids["OH"], "ss_ticket_number": "1"},
        {**sale, **price, "s_store_id": ids["CT"], "ss_ticket_number": "2"},
    ]
    with gzip.open(file, "wt", encoding="utf-8", newline="") as text:
        writer = csv.DictWriter(text, list(sale))
        writer.writeheader()
        writer.writerows([*lines, *more])
    with Simulator.from_project(project_on(lake)) as simulator:
        run_days(simulator, DAYS[-1])
        ((day, orders, amount),) = query(simulator, BETHEL).rows
        assert simulator.tables()["sales.store_sales"] == sales + 2
    ((day_before, orders_before, amount_before),) = before
    assert (day, orders, amount) == (
        day_before,
        orders_before + 1,
        amount_before + Decimal("20.50"),
    )


def test_26_a_result_is_fetched_by_statement_id_into_pandas(loaded: Simulator) -> None:
    """An analyst submits a query on one store, keeps the statement's Id, and fetches the result by
    it: column metadata and rows, page by page, into a data frame."""
    client = loaded.client("redshift-data")
    statement_id = client.execute_statement(
        ClusterIdentifier="store-sales",
        Database="dev",
        DbUser="analyst",
        Sql="SELECT d.d_date, s.s_store_name, ss.ss_quantity, ss.ss_customer_sk,"
        " ss.ss_ext_sales_price, ss.ss_quantity * 0.5::FLOAT8 AS half,"
        " ss.ss_quantity > 1 AS several"
        " FROM sales.store_sales ss JOIN sales.store s ON s.s_store_sk = ss.ss_store_sk"
        " JOIN sales.date_dim d ON d.d_date_sk = ss.ss_sold_date_sk"
        " CROSS JOIN (SELECT 1 UNION ALL SELECT 2 UNION ALL SELECT 3 UNION ALL SELECT 4"
        " UNION ALL SELECT 5 UNION ALL SELECT 6 UNION ALL SELECT 7 UNION ALL SELECT 8"
        " UNION ALL SELECT 9 UNION ALL SELECT 10 UNION ALL SELECT 11 UNION ALL SELECT 12) AS twelve"
        " WHERE s.s_store_sk = :store ORDER BY 1, 5",
        Parameters=[{"name": "store", "value": "1"}],
    )["Id"]
    loaded.run()
    described = client.describe_statement(Id=statement_id)
    assert (described["Status"], described["HasResultSet"]) == ("FINISHED", True)
    pages = list(client.get_paginator("get_statement_result").paginate(Id=statement_id))
    assert len(pages) > 1
    assert {page["TotalNumRows"] for page in pages} == {described["ResultRows"]}
    result = result_of(pages)
    frame = result.to_pandas()
    assert len(frame) == described["ResultRows"] == sum(len(page["Records"]) for page in pages)
    assert [(one["name"], one["typeName"]) for one in result.metadata] == [
        ("d_date", "date"),
        ("s_store_name", "varchar"),
        ("ss_quantity", "int4"),
        ("ss_customer_sk", "int4"),
        ("ss_ext_sales_price", "numeric"),
        ("half", "float8"),
        ("several", "bool"),
    ]
    assert [str(kind) for kind in frame.dtypes][2:] == [
        "Int64",
        "Int64",
        "object",
        "Float64",
        "boolean",
    ]
    assert pd.api.types.is_datetime64_any_dtype(frame["d_date"])
    assert {type(value) for value in frame["ss_ext_sales_price"]} == {Decimal}
    # twelve times what one store sold in the week
    (expected,) = loaded.query(
        "SELECT SUM(ss_quantity), SUM(ss_ext_sales_price) FROM sales.store_sales"
        " WHERE ss_store_sk = 1"
    ).rows
    assert frame["ss_quantity"].sum() == 12 * expected[0]
    assert frame["ss_ext_sales_price"].sum() == 12 * expected[1]


def test_27_the_weekly_report_of_north_america_adds_up(
    loaded: Simulator, oracle: ModuleType, small_lake: Path
) -> None:
    """Store sales by week for the North America region: the days' add up to the weeks', and the
    regions' to all that was sold."""
    weekly = query(loaded, NORTH_AMERICA)
    rows = list(weekly.rows)
    assert weekly.columns == ("week_start", "days", "total_orders", "total_sales")
    # the second week has begun with the last day
    assert [(row[0], row[1]) for row in rows] == [(date(2024, 1, 1), 6), (date(2024, 1, 8), 1)]
    truth = oracle.Oracle(small_lake)
    assert rows == truth.north_america_weekly(DAYS)
    days = [truth.north_america_weekly([day])[0] for day in DAYS]
    for monday, number, orders, amount in rows:
        own = [day for day in days if day[0] == monday]
        assert len(own) == number
        assert sum(day[2] for day in own) == orders
        assert sum(day[3] for day in own) == amount
    regions = dict(
        loaded.query(
            "SELECT s.s_division_name, SUM(ss.ss_ext_sales_price) FROM sales.store_sales ss"
            " JOIN sales.store s ON s.s_store_sk = ss.ss_store_sk GROUP BY 1"
        ).rows
    )
    assert len(regions) == 3
    assert regions["North America"] == sum(row[3] for row in rows)
    # the 13th column of a fact row is what the sale brought in
    assert sum(regions.values()) == sum(row[12] for row in truth.store_sales(DAYS))
