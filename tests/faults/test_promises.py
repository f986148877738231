from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from simulator import Happened, Simulator, promise
from simulator.engine.ports import World
from simulator.engine.trace import BranchId
from simulator.faults.promises import Promise, PromiseError, Watch, promises_of
from tests.support.worlds import make_world

ARN = "arn:aws:states:us-east-1:123456789012:execution:M:run-1"


@pytest.fixture
def world() -> World:
    return make_world()


def promised(*functions: Any) -> tuple[Promise, ...]:
    return promises_of({function.__name__: function for function in functions})


def test_a_function_keeps_its_meaning_and_its_first_line_is_the_promise():
    @promise
    def two_is_two() -> str | None:
        """Two is two.

        And more that isn't the promise.
        """
        return None

    (one,) = promised(two_is_two)
    assert two_is_two() is None
    assert (one.name, one.sentence, one.moment) == ("two_is_two", "Two is two.", "event")


def test_promises_come_in_the_order_in_which_they_are_written_and_nothing_else_does():
    @promise
    def b(happened: Happened) -> str | None:
        """B."""

    @promise(at="end")
    def a(happened: Happened) -> str | None:
        """A."""

    def no_promise() -> None:
        """C."""

    found = promises_of({"x": 1, "b": b, "no_promise": no_promise, "a": a, "again": b})
    assert [one.name for one in found] == ["b", "a"]


def test_a_parameter_that_nothing_fills_is_refused():
    with pytest.raises(PromiseError, match=r"promise wants: expected parameters of .* \['wish'\]"):

        @promise
        def wants(wish: object) -> str | None:
            """Wants."""


def test_a_promise_without_its_sentence_is_refused():
    with pytest.raises(PromiseError, match="promise silent: expected a docstring"):

        @promise
        def silent() -> str | None:
            return None


def test_the_first_breach_is_kept_with_its_moment_and_what_was_seen(world: World):
    @promise
    def few_entries(happened: Happened) -> str | None:
        """There are at most two entries."""
        return None if happened.seen <= 2 else f"{happened.seen} entries"

    watch = Watch(promised(few_entries), world)
    for at_ms in (10, 20, 30, 40):
        world.scheduler.now_ms = at_ms
        world.trace.add(at_ms, "ClusterStatus", "c", "paused")
        watch.look()
    (broken,) = watch.broken
    assert (broken.promise, broken.at_ms, broken.entry) == ("few_entries", 30, 2)
    assert broken.sentence == "There are at most two entries."
    assert broken.evidence == "3 entries"


def test_a_failed_assertion_breaks_a_promise_and_another_error_is_told_as_one(world: World):
    @promise
    def asserts() -> str | None:
        """Asserts."""
        assert world.trace.entries == [], "something happened"
        return None

    @promise
    def raises(happened: Happened) -> str | None:
        """Raises."""
        return str(1 / (2 - happened.seen))

    world.trace.add(0, "ClusterStatus", "c", "paused")
    watch = Watch(promised(asserts), world)
    watch.look()
    # pytest adds what it compared
    assert [broken.evidence.split("\n")[0] for broken in watch.broken] == ["something happened"]
    world.trace.add(0, "ClusterStatus", "c", "resuming")
    with pytest.raises(PromiseError, match="raises: expected it to look, got ZeroDivisionError"):
        Watch(promised(raises), world).look()


def test_a_truth_is_no_evidence(world: World):
    @promise
    def holds() -> Any:
        """Holds."""
        return True

    world.trace.add(0, "ClusterStatus", "c", "paused")
    with pytest.raises(PromiseError, match="expected None or the evidence as text, got True"):
        Watch(promised(holds), world).look()


class Rows:
    def query(self, sql: str) -> list[tuple[Any, ...]]:
        return []

    def rows(self, table: str) -> list[tuple[Any, ...]] | None:
        return [(1,)]


def test_data_is_looked_at_after_commits_ends_and_when_all_is_done(world: World):
    moments: list[int] = []

    @promise
    def looks(tables: Any) -> str | None:
        """Looks."""
        moments.append(len(world.trace.entries))
        return None

    watch = Watch(promised(looks), world, tables=Rows)
    world.trace.add(0, "ExecutionStarted", BranchId(ARN), ({}, "{}", "role"))
    watch.look()
    world.trace.add(1, "Commit", "dev", {})
    watch.look()
    world.trace.add(2, "ClusterStatus", "c", "paused")
    watch.look()
    world.trace.add(3, "ExecutionFailed", BranchId(ARN), ("E", "C"))
    watch.look()
    watch.finish()
    assert moments == [2, 4, 4]


def test_a_table_that_is_being_changed_is_looked_at_later(world: World):
    tries: list[int] = []

    @promise
    def looks(tables: Any) -> str | None:
        """Looks."""
        tries.append(1)
        if len(tries) == 1:
            raise TimeoutError
        return "seen"

    watch = Watch(promised(looks), world, tables=Rows, not_now=(TimeoutError,))
    world.trace.add(1, "Commit", "dev", {})
    watch.look()
    assert watch.broken == []
    world.trace.add(2, "ClusterStatus", "c", "paused")
    watch.look()
    assert [broken.evidence for broken in watch.broken] == ["seen"]


def test_data_promises_need_a_warehouse(world: World):
    @promise
    def looks(tables: Any) -> str | None:
        """Looks."""

    world.trace.add(1, "Commit", "dev", {})
    with pytest.raises(PromiseError, match=r"\['looks'\]: expected a \[warehouse\] to read"):
        Watch(promised(looks), world).look()


def test_executions_and_statements_are_seen_as_their_entries_tell(world: World):
    happened = Happened()
    root = BranchId(ARN)
    world.trace.add(5, "ExecutionStarted", root, ({"day": 1}, "{}", "role"))
    world.trace.add(6, "TaskStateEntered", root, ("Load", {"day": 1}))
    world.trace.add(7, "StatementStatus", "s1", {"status": "SUBMITTED", "name": "M:run-1:Load"})
    world.trace.add(8, "StatementStatus", "s1", {"status": "STARTED", "sub_id": "s1:1"})
    happened.take(world.trace.entries, 8)
    assert happened.executions[ARN].name == "run-1"
    assert [(one.name, state) for one, state, _ in happened.entered()] == [("run-1", "Load")]
    assert list(happened.running) == ["s1"]
    world.trace.add(9, "StatementStatus", "s1", {"status": "FAILED", "error": "ERROR: no"})
    world.trace.add(10, "ExecutionFailed", root, ("LoadFailed", "no"))
    happened.take(world.trace.entries, 12)
    assert happened.running == {}
    assert happened.statements["s1"].statuses == [(7, "SUBMITTED"), (9, "FAILED")]
    seen = happened.executions[ARN]
    assert (seen.status, seen.error, seen.ended_ms, seen.seconds(12)) == (
        "FAILED",
        "LoadFailed",
        10,
        0.005,
    )
    world.trace.add(20, "ExecutionRedriven", root, 1)
    happened.take(world.trace.entries, 30)
    assert (seen.status, seen.redrives, seen.entered, seen.seconds(30)) == ("RUNNING", 1, [], 0.01)


PROMISES = '''
from simulator import promise

@promise
def one_state(happened):
    """An execution enters one state."""
    late = [name for _, name, _ in happened.entered() if name != "A"]
    return f"entered {late}" if late else None
'''


def test_a_project_names_its_promises_and_a_run_checks_them_at_each_state(tmp_path: Path):
    (tmp_path / "promises.py").write_text(PROMISES)
    (tmp_path / "machine.json").write_text(
        '{"StartAt": "A", "States": {"A": {"Type": "Pass", "Next": "B"},'
        ' "B": {"Type": "Pass", "Next": "C"}, "C": {"Type": "Pass", "End": true}}}'
    )
    (tmp_path / "simulator.toml").write_text(
        '[definition]\nfile = "machine.json"\n[promises]\nfile = "promises.py"\n'
    )
    with Simulator.from_project(tmp_path) as simulator:
        simulator.start()
        simulator.run()
        (broken,) = simulator.broken
    assert broken.evidence == "entered ['B']"
    with Simulator.from_project(tmp_path, promises=False) as simulator:
        simulator.start()
        simulator.run()
        assert simulator.broken == ()
