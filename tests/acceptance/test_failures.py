"""The customer's document line by line: what a failure leaves, and what the next run makes of it.

The number in each name is the line's, and its docstring what the document asks there, in our words.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from simulator import Execution, Simulator

FACT = "StoreSalesFactLoadJob"
EARLIER, DAY = "2024-01-07", "2024-01-08"
TABLES = ("customer_address", "item", "store_sales")
# it is stopped after every so many entries of the trace; a run writes some 400
STEP = 31
Make = Callable[..., Any]


def rows(simulator: Simulator, table: str) -> list[tuple[Any, ...]]:
    return sorted(simulator.query(f"SELECT * FROM sales.{table}").rows, key=repr)


def load(simulator: Simulator, day: str, name: str) -> Execution:
    execution = simulator.start({"refresh_date": day}, name=name)
    simulator.run()
    return execution


def count_events(simulator: Simulator) -> Callable[[], int]:
    """How much happened since now."""
    first = len(simulator.trace.entries)
    return lambda: len(simulator.trace.entries) - first


def expected(oracle: ModuleType, lake: Path) -> dict[str, list[tuple[Any, ...]]]:
    """The tables with both days loaded."""
    days = [date.fromisoformat(day) for day in (EARLIER, DAY)]
    right = oracle.Oracle(lake)
    return {name: sorted(getattr(right, name)(days), key=repr) for name in TABLES}


def day_keys(simulator: Simulator, day: str) -> set[Any]:
    sql = f"SELECT d_date_sk FROM sales.date_dim WHERE d_date = '{day}'"
    return {row[0] for row in simulator.query(sql).rows}


def test_29_stopped_anywhere_and_run_again_by_another_name_it_gives_the_right_tables(
    shipped: Make, simulate: Make, oracle: ModuleType, small_lake: Path
) -> None:
    """An engineer starts it again, at once and with another name, wherever it was stopped: nothing
    is to be cleaned up, the day is loaded once, and the other days stay as they were."""
    simulator = simulate(shipped())
    assert load(simulator, EARLIER, "earlier").status == "SUCCEEDED"
    (other,) = day_keys(simulator, EARLIER)
    before = [row for row in rows(simulator, "store_sales") if row[0] == other]
    assert before
    right = expected(oracle, small_lake)
    client = simulator.client("stepfunctions")
    stopped = 0
    for events in range(1, 1000, STEP):
        happened = count_events(simulator)
        first = simulator.start({"refresh_date": DAY}, name=f"stopped-{events}")
        simulator.world.scheduler.run(
            lambda first=first, happened=happened, events=events: (
                first.status != "RUNNING" or happened() >= events
            )
        )
        client.stop_execution(executionArn=first.arn)
        if first.status == "SUCCEEDED":
            break
        stopped += 1
        again = load(simulator, DAY, f"again-{events}")
        assert (first.status, again.status) == ("ABORTED", "SUCCEEDED"), again.cause
        assert {name: rows(simulator, name) for name in TABLES} == right, events
        kept = [row for row in rows(simulator, "store_sales") if row[0] == other]
        assert kept == before
    assert stopped > 8


# the lock, the delete, the insert, the last
@pytest.mark.parametrize("number", [1, 5, 6, 8])
def test_29_a_fact_load_that_fails_at_any_of_its_statements_leaves_nothing_to_clean_up(
    shipped: Make, simulate: Make, oracle: ModuleType, small_lake: Path, number: int
) -> None:
    """The staging table is recreated, and the day deleted and loaded, by the next run alone."""
    project = shipped()
    simulator = simulate(project, outcomes=(picked := {}))
    assert load(simulator, EARLIER, "earlier").status == "SUCCEEDED"
    before = rows(simulator, "store_sales")
    picked[FACT] = f"FAILED@{number}"
    failed = load(simulator, DAY, "failed")
    assert (failed.status, failed.error) == ("FAILED", f"{FACT}Failed")
    assert f"FAILED in statement {number} of 8" in failed.cause
    assert rows(simulator, "store_sales") == before
    picked.clear()
    again = load(simulator, DAY, "again")
    assert again.status == "SUCCEEDED", again.cause
    assert {name: rows(simulator, name) for name in TABLES} == expected(oracle, small_lake)
