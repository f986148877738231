"""A redriven execution's history: the same visits go on, and what ended before is reopened."""

from __future__ import annotations

import itertools
from typing import Any

from simulator import Simulator
from simulator.report.critical import critical_path
from simulator.report.visits import Run, Visit, read_history


def redriven(states: dict[str, Any], failures: dict[str, int]) -> Run:
    """Run Tasks that each fail so often, redriving until the execution succeeds."""
    simulator = Simulator()
    left = dict(failures)

    def handler(event: dict[str, Any], _context: Any) -> str:
        name = event["name"]
        if left.get(name, 0):
            left[name] -= 1
            raise RuntimeError(f"{name} failed")
        return str(name)

    arn = simulator.add_lambda("f", handler)
    text_states = {
        name: {**state, "Resource": arn} if state["Type"] == "Task" else state
        for name, state in states.items()
    }
    for state in text_states.values():
        for branch in state.get("Branches", []):
            for inner in branch["States"].values():
                inner["Resource"] = arn
    definition = {"StartAt": next(iter(states)), "States": text_states}
    simulator.create_state_machine(definition)
    execution = simulator.start()
    simulator.run()
    client = simulator.client("stepfunctions")
    for _ in itertools.repeat(None, 5):
        if execution.status == "SUCCEEDED":
            break
        client.redrive_execution(executionArn=execution.arn)
        simulator.run()
    return read_history(execution.history())


def task(name: str) -> dict[str, Any]:
    return {"Type": "Task", "Parameters": {"name": name}, "End": True}


def visit_of(run: Run, name: str) -> Visit:
    (visit,) = [visit for visit in run.visits() if visit.name == name]
    return visit


def test_a_task_that_was_redriven_is_one_visit_of_two_tries() -> None:
    run = redriven({"T": task("T")}, {"T": 1})
    visit = visit_of(run, "T")
    assert (run.status, run.output, run.error) == ("SUCCEEDED", '"T"', None)
    assert (visit.attempts, len(visit.failures), visit.output) == (2, 1, '"T"')


def test_a_redriven_parallel_is_one_try_that_ended_well() -> None:
    flows = [{"StartAt": name, "States": {name: task(name)}} for name in "ABC"]
    run = redriven({"P": {"Type": "Parallel", "Branches": flows, "End": True}}, {"B": 2})
    group = visit_of(run, "P")
    assert run.status == "SUCCEEDED"
    assert group.attempts == 1
    assert [succeeded for _, succeeded, _ in group.group_ends] == [True]
    assert [[visit.name for visit in branch.visits] for branch in group.branches] == [
        ["A"],
        ["B"],
        ["C"],
    ]
    assert visit_of(run, "B").attempts == 3
    assert group.event_id in critical_path(run).visits


def test_a_run_that_failed_again_is_told_by_its_last_end(history: Any) -> None:
    history.add(0, "FailStateEntered", name="F", input="{}")
    history.add(0, "ExecutionFailed", error="E", cause="first")
    history.add(60, "ExecutionRedriven", redriveCount=1)
    history.add(60, "FailStateEntered", name="F", input="{}")
    history.add(61, "ExecutionFailed", error="E", cause="second")
    run = read_history(history.events)
    assert (run.status, run.cause) == ("FAILED", "second")
    assert run.end_ms - run.start_ms == 61_000
    assert [visit.name for visit in run.visits()] == ["F", "F"]
