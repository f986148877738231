"""Each fault of a SQL statement does what it says, to a real database as well."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from simulator.faults.choices import PlannedChoices
from simulator.faults.plan import Fault, Plan
from simulator.services.redshift_data.statements import StatementView
from simulator.simulator import Simulator

LOGIN = {"ClusterIdentifier": "warehouse", "Database": "dev", "DbUser": "awsuser"}
ITEMS = "create table item (id int)"


class Warehouse:
    """One simulation that follows a plan; its table `item` is there before anything goes wrong."""

    def __init__(self, *faults: tuple[str, str]) -> None:
        plan = Plan(tuple(Fault("statement", name, outcome) for name, outcome in faults))
        self.choices = PlannedChoices(plan)
        self.simulator = Simulator(choices=self.choices)
        self.client = self.simulator.client("redshift-data")
        self.submit("setup", ITEMS)
        self.simulator.run()

    def submit(self, name: str, *sqls: str) -> str:
        answer = self.client.batch_execute_statement(Sqls=list(sqls), StatementName=name, **LOGIN)
        return str(answer["Id"])

    def view(self, name: str) -> StatementView:
        (found,) = [one for one in self.simulator.statements if one.name == name]
        return found

    def items(self) -> list[int]:
        return [row[0] for row in self.simulator.query("select id from item order by id").rows]


@pytest.fixture
def make() -> Iterator[Callable[..., Warehouse]]:
    made: list[Warehouse] = []

    def of(*faults: tuple[str, str]) -> Warehouse:
        made.append(Warehouse(*faults))
        return made[-1]

    yield of
    for warehouse in made:
        warehouse.simulator.close()


THREE = [f"insert into item values ({number})" for number in (1, 2, 3)]


@pytest.mark.parametrize(
    ("outcome", "number"), [("FAILED@1", 1), ("FAILED@2", 2), ("FAILED@3", 3), ("FAILED", 3)]
)
def test_a_failure_at_the_kth_statement_undoes_those_before_it(
    make: Callable[..., Warehouse], outcome: str, number: int
) -> None:
    warehouse = make(("load", outcome))
    batch = warehouse.submit("load", *THREE)
    warehouse.simulator.run()
    answer = warehouse.client.describe_statement(Id=batch)
    assert answer["Status"] == "FAILED"
    assert answer["Error"].startswith(f"Query #{number} failed with ERROR: injected")
    expected = ["FINISHED"] * (number - 1) + ["FAILED"] + ["ABORTED"] * (3 - number)
    assert [sub["Status"] for sub in answer["SubStatements"]] == expected
    assert warehouse.items() == []
    warehouse.choices.check()


def test_a_failure_shows_when_its_statement_would_have_ended(
    make: Callable[..., Warehouse],
) -> None:
    early, late = make(("load", "FAILED@1")), make(("load", "FAILED@3"))
    for warehouse in (early, late):
        warehouse.submit("load", *THREE)
        warehouse.simulator.run()
    # three INSERTs of 250 ms each, give or take a fifth, by the timing model
    assert 200 <= (early.view("load").duration_ms or 0) <= 301
    assert 600 <= (late.view("load").duration_ms or 0) <= 903


def test_a_statements_own_error_comes_before_the_injected_one(
    make: Callable[..., Warehouse],
) -> None:
    warehouse = make(("load", "FAILED@2"))
    warehouse.submit("load", "select 1/0", "select 1")
    warehouse.simulator.run()
    assert "Query #1 failed with ERROR: " in (warehouse.view("load").error or "")
    assert "injected" not in (warehouse.view("load").error or "")


def test_only_the_planned_occurrence_fails(make: Callable[..., Warehouse]) -> None:
    warehouse = make(("load", "FAILED"))
    for _ in range(2):
        warehouse.submit("load", *THREE)
        warehouse.simulator.run()
    assert warehouse.items() == [1, 2, 3]


def test_an_aborted_statement_ran_and_left_nothing(make: Callable[..., Warehouse]) -> None:
    warehouse = make(("load", "ABORTED"))
    warehouse.submit("load", *THREE)
    warehouse.simulator.run()
    view = warehouse.view("load")
    statuses = [sub.status for sub in view.sub_statements]
    assert (view.status, statuses) == ("ABORTED", ["FINISHED", "FINISHED", "ABORTED"])
    assert warehouse.items() == []


def test_a_stuck_statement_holds_its_locks_and_shows_nothing_until_it_is_cancelled(
    make: Callable[..., Warehouse],
) -> None:
    warehouse = make(("load", "STUCK"))
    stuck = warehouse.submit("load", "insert into item values (1)")
    warehouse.simulator.run()
    warehouse.submit("next", "delete from item", "insert into item values (2)")
    warehouse.simulator.run()
    assert [warehouse.view(name).status for name in ("load", "next")] == ["STARTED", "STARTED"]
    assert warehouse.items() == []
    warehouse.client.cancel_statement(Id=stuck)
    warehouse.simulator.run()
    assert [warehouse.view(name).status for name in ("load", "next")] == ["ABORTED", "FINISHED"]
    assert warehouse.items() == [2]


def test_a_slow_statement_takes_twenty_times_as_long_and_is_overtaken(
    make: Callable[..., Warehouse],
) -> None:
    durations = []
    for faults in ((), (("slow", "SLOW"),)):
        warehouse = make(*faults)
        warehouse.submit("slow", "select count(*) from item")
        warehouse.submit("other", "insert into item values (2)", "insert into item values (3)")
        warehouse.simulator.run()
        durations.append((warehouse.view("slow").duration_ms or 0, _order(warehouse)))
        assert warehouse.items() == [2, 3]
    (nominal_ms, first), (slow_ms, second) = durations
    assert slow_ms == 20 * nominal_ms
    assert (first, second) == (["setup", "slow", "other"], ["setup", "other", "slow"])


@pytest.mark.parametrize(
    ("faults", "order"),
    [
        ((), ["setup", "short", "long"]),
        ((("short", "YIELDED"),), ["setup", "long", "short"]),
        # nothing runs beside it any more when the longer one comes to its end
        ((("long", "YIELDED"),), ["setup", "short", "long"]),
        ((("short", "YIELDED"), ("long", "YIELDED")), ["setup", "long", "short"]),
        # what never ends is nobody to wait for
        ((("short", "YIELDED"), ("long", "STUCK")), ["setup", "short"]),
    ],
)
def test_a_statement_that_yields_ends_just_after_the_one_beside_it(
    make: Callable[..., Warehouse], faults: tuple[tuple[str, str], ...], order: list[str]
) -> None:
    warehouse = make(*faults)
    warehouse.submit("short", "select count(*) from item")
    warehouse.submit("long", *THREE)
    warehouse.simulator.run()
    assert _order(warehouse) == order
    ended = {name: warehouse.view(name).finished_ms or 0 for name in ("short", "long")}
    if order[-2:] == ["long", "short"]:
        assert ended["short"] == ended["long"] + 1
    if ("long", "STUCK") not in faults:
        assert warehouse.items() == [1, 2, 3]


def test_a_statement_does_not_yield_to_one_that_waits_for_it(
    make: Callable[..., Warehouse],
) -> None:
    warehouse = make(("first", "YIELDED"))
    warehouse.submit("first", "insert into item values (1)")
    warehouse.submit("second", "delete from item", "insert into item values (2)")
    warehouse.simulator.run()
    assert _order(warehouse) == ["setup", "first", "second"]
    assert warehouse.view("second").status == "FINISHED"


def test_a_lone_statement_that_would_yield_ends_as_ever(make: Callable[..., Warehouse]) -> None:
    ends = []
    for faults in ((), (("load", "YIELDED"),)):
        warehouse = make(*faults)
        warehouse.submit("load", *THREE)
        warehouse.simulator.run()
        ends.append(warehouse.view("load").finished_ms)
    assert ends[0] == ends[1]


def _order(warehouse: Warehouse) -> list[Any]:
    """The names of what committed, in that order."""
    names = {view.id: view.name for view in warehouse.simulator.statements}
    commits = warehouse.simulator.trace.of_kind("Commit")
    return [names[data["statement"]] for _, _, _, data in commits]
