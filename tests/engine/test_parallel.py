"""Parallel: branches beside each other, their join, and what one that fails does to the others."""

from __future__ import annotations

from typing import Any

import pytest

from simulator.engine.ports import TaskSuccess

FUNCTION = "arn:aws:lambda:us-east-1:123456789012:function:f"


def _task(name: str, **fields: Any) -> dict[str, Any]:
    state = {"Type": "Task", "Resource": FUNCTION, "End": True, **fields}
    return {"StartAt": name, "States": {name: state}}


def _parallel(*branches: dict[str, Any], **fields: Any) -> dict[str, Any]:
    states = {"P": {"Type": "Parallel", "Branches": list(branches), "End": True, **fields}}
    if "Catch" in fields:
        states["Caught"] = {"Type": "Pass", "End": True}
    return states


def _pass(name: str) -> dict[str, Any]:
    return {"StartAt": name, "States": {name: {"Type": "Pass", "End": True}}}


def test_branches_overlap_and_join_in_their_order(lab: Any) -> None:
    run = lab.run(
        _parallel(_task("A"), _task("B")),
        tasks={"A": [(3_000, TaskSuccess("a"))], "B": [(1_000, TaskSuccess("b"))]},
    )
    assert run.execution.output == ["a", "b"]
    # two transitions, and the longer of the two
    assert run.elapsed_ms == 3_010


def test_each_branch_has_the_states_input(lab: Any) -> None:
    run = lab.run(
        _parallel(_pass("A"), _pass("B"), Parameters={"n.$": "$.n"}, ResultPath="$.out"), {"n": 4}
    )
    assert run.execution.output == {"n": 4, "out": [{"n": 4}, {"n": 4}]}


def test_the_events_of_a_join_follow_the_branch_that_ended_last(lab: Any) -> None:
    run = lab.run(_parallel(_pass("A"), _pass("B")))
    # AWS recorded these ids in test_parallel_state: ParallelStateExited follows the last event of
    # the last branch; the recording lost the Succeeded event between them, its id is missing
    assert run.links == [
        (1, 0, "ExecutionStarted"),
        (2, 0, "ParallelStateEntered"),
        (3, 2, "ParallelStateStarted"),
        (4, 3, "PassStateEntered"),
        (5, 4, "PassStateExited"),
        (6, 3, "PassStateEntered"),
        (7, 6, "PassStateExited"),
        (8, 7, "ParallelStateSucceeded"),
        (9, 7, "ParallelStateExited"),
        (10, 9, "ExecutionSucceeded"),
    ]


def test_a_branch_that_fails_aborts_the_others(lab: Any, fails: Any) -> None:
    run = lab.run(
        _parallel(_task("A"), _task("B")),
        tasks={"A": [(2_000, fails("Mine", "why"))], "B": [(9_000, TaskSuccess("b"))]},
    )
    assert (run.execution.error, run.execution.cause) == ("Mine", "why")
    assert run.elapsed_ms == 2_010
    # AWS recorded the first TaskStateAborted in test_parallel_catch_error: that of the task that
    # failed. Users measured the second, of the task that was cut: all follow the failure.
    assert run.links[-5:] == [
        (10, 8, "LambdaFunctionFailed"),
        (11, 10, "TaskStateAborted"),
        (12, 10, "TaskStateAborted"),
        (13, 10, "ParallelStateFailed"),
        (14, 13, "ExecutionFailed"),
    ]


def test_a_branch_between_two_states_is_aborted_in_none(lab: Any, fails: Any) -> None:
    two = _pass("B")
    two["States"]["B"] |= {"Next": "C"}
    del two["States"]["B"]["End"]
    two["States"]["C"] = _pass("C")["States"]["C"]
    # the pass has ended, and what follows it begins after the transition's 5 ms
    run = lab.run(_parallel(_task("A"), two), tasks={"A": [(2, fails())]})
    assert run.types[-4:] == [
        "LambdaFunctionFailed",
        "TaskStateAborted",
        "ParallelStateFailed",
        "ExecutionFailed",
    ]
    assert run.types.count("PassStateEntered") == run.types.count("PassStateExited")


@pytest.mark.parametrize("depth", [1, 2])
def test_a_runtime_error_ends_the_execution_however_deep_it_is(lab: Any, depth: int) -> None:
    # measured on AWS: no StateFailed event, nothing aborted, and no Retry or Catch takes it
    broken = _pass("Fast")
    broken["States"]["Fast"]["Parameters"] = {"m.$": "$.nope"}
    wait = {"StartAt": "W", "States": {"W": {"Type": "Wait", "Seconds": 60, "End": True}}}
    every = {"ErrorEquals": ["States.ALL"]}
    handled = {"Retry": [every], "Catch": [{**every, "Next": "Caught"}]}
    states = _parallel(broken, wait, **handled)
    if depth == 2:
        states["Inside"] = states.pop("Caught")
        states["P"]["Catch"] = [{**every, "Next": "Inside"}]
        outer = _parallel({"StartAt": "P", "States": states}, **handled)
        states = {"Q": outer["P"], "Caught": outer["Caught"]}
    run = lab.run(states, {"x": "a"})
    assert run.execution.error == "States.Runtime"
    assert "state 'Fast'" in run.execution.cause
    kinds = [kind for kind in run.types if "Failed" in kind or "Aborted" in kind]
    assert kinds == ["ExecutionFailed"]
    entered = [event for event in run.history if event["type"] == "PassStateEntered"]
    assert run.links[-1][1] == entered[-1]["id"]
    assert run.world.scheduler.now_ms == run.execution.stop_ms


def test_a_caught_failure_goes_on(lab: Any, fails: Any) -> None:
    run = lab.run(
        _parallel(_task("A"), Catch=[{"ErrorEquals": ["States.ALL"], "Next": "Caught"}]),
        tasks={"A": [fails("Mine", "why")]},
    )
    assert run.execution.output == {"Error": "Mine", "Cause": "why"}
    # AWS recorded these in test_parallel_catch_error
    assert run.links[6:10] == [
        (7, 6, "LambdaFunctionFailed"),
        (8, 7, "TaskStateAborted"),
        (9, 7, "ParallelStateFailed"),
        (10, 9, "ParallelStateExited"),
    ]


def test_a_retry_starts_all_branches_again(lab: Any, fails: Any) -> None:
    run = lab.run(
        _parallel(
            _task("A"),
            _task("B"),
            Retry=[{"ErrorEquals": ["Mine"], "IntervalSeconds": 4, "MaxAttempts": 1}],
        ),
        tasks={"A": [fails("Mine"), TaskSuccess("a")], "B": [(100, TaskSuccess("b"))]},
    )
    assert run.execution.output == ["a", "b"]
    assert [request.state_name for request in run.tasks.requests] == ["A", "B", "A", "B"]
    assert run.types.count("ParallelStateStarted") == 2
    assert "ParallelStateFailed" not in run.types
    # AWS recorded this in test_parallel_state_retry: it follows the failed branch's last event
    second = [link for link in run.links if link[2] == "ParallelStateStarted"][1]
    assert run.links[second[1] - 1][2] == "LambdaFunctionFailed"


def test_branches_of_one_state_have_ids_of_their_own_at_each_entry(lab: Any, fails: Any) -> None:
    run = lab.run(
        _parallel(_task("A"), Retry=[{"ErrorEquals": ["Boom"], "MaxAttempts": 1}]),
        tasks={"A": [fails(), TaskSuccess(1)]},
    )
    paths = [e[2].path for e in run.world.trace.of_kind("TaskStateEntered")]
    assert paths == [(("P", 1, 0),), (("P", 2, 0),)]


def test_what_an_aborted_branch_waited_for_holds_nothing_up(lab: Any, fails: Any) -> None:
    waiting = {
        "StartAt": "W",
        "States": {"W": {"Type": "Wait", "Seconds": 1_000_000, "End": True}},
    }
    run = lab.run(_parallel(_task("A"), waiting), tasks={"A": [fails()]})
    assert run.world.scheduler.now_ms == run.execution.stop_ms
    assert "WaitStateAborted" in run.types


def test_deeply_nested_parallels_join_all_the_way_up(lab: Any) -> None:
    flow = _pass("leaf")
    for depth in range(40):
        name = f"P{depth}"
        flow = {
            "StartAt": name,
            "States": {name: {"Type": "Parallel", "Branches": [flow], "End": True}},
        }
    run = lab.run(flow["States"], {"x": 1})
    output = run.execution.output
    for _ in range(40):
        (output,) = output
    assert output == {"x": 1}


def test_a_loop_through_parallels_grows_no_stack(lab_with: Any) -> None:
    from simulator.engine.quotas import Quotas

    states = {
        "P": {
            "Type": "Parallel",
            "Branches": [_pass("A")],
            "ResultSelector": {"n.$": "States.MathAdd($[0].n, 1)"},
            "Next": "C",
        },
        "C": {
            "Type": "Choice",
            "Choices": [{"Variable": "$.n", "NumericLessThan": 3_000, "Next": "P"}],
            "Default": "S",
        },
        "S": {"Type": "Succeed"},
    }
    run = lab_with(quotas=Quotas(history_events=100_000)).run(states, {"n": 0})
    assert run.execution.output == {"n": 3_000}
