"""Redrive, by the developer guide's "Restarting state machine executions with redrive"."""

from __future__ import annotations

import itertools
from typing import Any

import pytest

from simulator.engine.ports import TaskSuccess
from simulator.engine.quotas import Quotas
from simulator.engine.retry import DATA_LIMIT

FUNCTION = "arn:aws:lambda:us-east-1:123456789012:function:f"
DAY_MS = 86_400_000


def task(**fields: Any) -> dict[str, Any]:
    return {"Type": "Task", "Resource": FUNCTION, "End": True, **fields}


def again(run: Any) -> None:
    run.execution.redrive()
    run.world.scheduler.run()


def names(run: Any, kind: str) -> list[str]:
    entered = [e["stateEnteredEventDetails"] for e in run.history if e["type"] == kind]
    return [one["name"] for one in entered]


def calls(run: Any) -> list[str]:
    return [request.state_name for request in run.tasks.requests]


def test_a_failed_task_is_scheduled_again_on_its_own_input(lab: Any, fails: Any) -> None:
    # the guide's own example: a Pass, then a Task that fails
    states = {"P": {"Type": "Pass", "Result": {"a": 1}, "Next": "T"}, "T": task()}
    run = lab.run(states, tasks={"T": [fails(), TaskSuccess("done")]})
    assert run.execution.status == "FAILED"
    run.world.scheduler.run(until_ms=run.world.scheduler.now_ms + DAY_MS)
    again(run)
    assert run.execution.status == "SUCCEEDED"
    assert (run.execution.error, run.execution.cause) == (None, None)
    assert run.execution.output == "done"
    assert [request.parameters for request in run.tasks.requests] == [{"a": 1}, {"a": 1}]
    assert run.types == [
        "ExecutionStarted",
        "PassStateEntered",
        "PassStateExited",
        "TaskStateEntered",
        "LambdaFunctionScheduled",
        "LambdaFunctionStarted",
        "LambdaFunctionFailed",
        "ExecutionFailed",
        "ExecutionRedriven",
        "LambdaFunctionScheduled",
        "LambdaFunctionStarted",
        "LambdaFunctionSucceeded",
        "TaskStateExited",
        "ExecutionSucceeded",
    ]
    assert [event["id"] for event in run.history] == list(range(1, 15))
    redriven = run.history[8]
    assert redriven["executionRedrivenEventDetails"] == {"redriveCount": 1}
    assert run.history[9]["previousEventId"] == 9


def test_a_fail_state_is_reentered_and_fails_again(lab: Any, fails: Any) -> None:
    # "Reenters the Fail state and fails again": what led to it is not run again
    caught = [{"ErrorEquals": ["States.ALL"], "Next": "F"}]
    states = {"T": task(Catch=caught), "F": {"Type": "Fail", "Error": "Bad", "Cause": "known"}}
    run = lab.run(states, tasks={"T": [fails(), TaskSuccess("done")]})
    again(run)
    assert (run.execution.status, run.execution.error) == ("FAILED", "Bad")
    assert calls(run) == ["T"]
    assert run.types[-5:] == [
        "FailStateEntered",
        "ExecutionFailed",
        "ExecutionRedriven",
        "FailStateEntered",
        "ExecutionFailed",
    ]
    assert names(run, "FailStateEntered") == ["F", "F"]


def test_retries_count_from_zero_again(lab: Any, fails: Any) -> None:
    # "the retry attempt count for these states is reset to 0"
    retry = [{"ErrorEquals": ["States.ALL"], "IntervalSeconds": 1, "MaxAttempts": 2}]
    run = lab.run({"T": task(Retry=retry)}, tasks={"T": [fails()]})
    assert [request.attempt for request in run.tasks.requests] == [1, 2, 3]
    again(run)
    assert [request.attempt for request in run.tasks.requests] == [1, 2, 3, 1, 2, 3]


def test_a_stopped_wait_begins_anew_and_one_for_a_past_moment_ends_at_once(lab: Any) -> None:
    for wait, seconds in (({"Seconds": 60}, 60), ({"Timestamp": "2024-01-09T10:01:00Z"}, 0)):
        run = lab.start({"W": {"Type": "Wait", **wait, "End": True}})
        run.world.scheduler.run(until_ms=run.execution.start_ms + 30_000)
        run.execution.stop()
        run.world.scheduler.run(until_ms=run.execution.start_ms + DAY_MS)
        again(run)
        assert run.execution.status == "SUCCEEDED"
        since_ms = run.execution.stop_ms - run.execution.start_ms - DAY_MS
        # the redrive itself is a transition
        assert since_ms == seconds * 1000 + 5
        assert run.types.count("WaitStateEntered") == 1


def test_a_choice_looks_at_its_rules_again(lab: Any) -> None:
    # "Reevaluates the Choice state rules"
    rule = {"Variable": "$$.Execution.RedriveCount", "NumericEquals": 2, "Next": "Done"}
    states = {"C": {"Type": "Choice", "Choices": [rule]}, "Done": {"Type": "Succeed"}}
    run = lab.run(states)
    assert run.execution.error == "States.Runtime"
    again(run)
    assert run.execution.error == "States.Runtime"
    again(run)
    assert run.execution.status == "SUCCEEDED"
    assert names(run, "ChoiceStateEntered") == ["C"]


def test_a_pass_that_failed_on_its_own_is_run_again(lab: Any) -> None:
    state = {"Type": "Pass", "Parameters": {"at.$": "$$.Execution.RedriveTime"}, "End": True}
    run = lab.run({"P": state})
    assert run.execution.error == "States.Runtime"
    again(run)
    assert run.execution.output == {"at": "2024-01-09T10:00:00.005Z"}


def test_a_state_that_was_not_entered_yet_is_entered(lab: Any) -> None:
    run = lab.start({"P": {"Type": "Pass", "End": True}})
    run.execution.stop("Why", "because")
    assert run.types == ["ExecutionStarted", "ExecutionAborted"]
    again(run)
    assert run.types[2:] == [
        "ExecutionRedriven",
        "PassStateEntered",
        "PassStateExited",
        "ExecutionSucceeded",
    ]
    assert run.execution.error is None


def branches(*ends: dict[str, Any], **fields: Any) -> dict[str, Any]:
    flows = [{"StartAt": next(iter(states)), "States": states} for states in ends]
    return {"P": {"Type": "Parallel", "Branches": flows, "End": True, **fields}}


def test_of_a_parallel_only_failed_and_aborted_branches_run_again(lab: Any, fails: Any) -> None:
    states = branches({"A": task()}, {"B1": task(Next="B2", End=None), "B2": task()}, {"C": task()})
    del states["P"]["Branches"][1]["States"]["B1"]["End"]
    script = {
        "A": [(10, TaskSuccess("a"))],
        "B1": [(10, TaskSuccess("b1"))],
        "B2": [(10, fails()), (10, TaskSuccess("b2"))],
        "C": [(1000, TaskSuccess("c"))],
    }
    run = lab.run(states, tasks=script)
    assert run.execution.status == "FAILED"
    again(run)
    assert run.execution.output == ["a", "b2", "c"]
    assert calls(run) == ["A", "B1", "C", "B2", "B2", "C"]
    assert run.types.count("ParallelStateStarted") == 1
    # of the task that failed its branch, and of the one that was cut
    assert run.types.count("TaskStateAborted") == 2
    assert run.types[-3:] == ["ParallelStateSucceeded", "ParallelStateExited", "ExecutionSucceeded"]


def test_branches_inside_branches_go_on_where_they_stood(lab: Any, fails: Any) -> None:
    inner = branches({"A": task()}, {"B": task()})
    states = branches(inner, {"C": task()})
    states["P"]["Branches"][0]["States"] = {"Q": inner["P"]}
    states["P"]["Branches"][0]["StartAt"] = "Q"
    run = lab.run(states, tasks={"B": [(50, fails()), (50, TaskSuccess("b"))]})
    assert run.execution.status == "FAILED"
    again(run)
    assert run.execution.output == [[{}, "b"], {}]
    assert calls(run) == ["C", "A", "B", "B"]


def test_a_parallel_over_the_data_quota_is_run_again_as_a_whole(lab_with: Any) -> None:
    # "If the state failed because of a States.DataLimitExceeded error, the Parallel state is
    # rerun, including the branches that were successful"
    lab = lab_with(quotas=Quotas(state_data_bytes=100))
    run = lab.run(
        branches({"A": task()}, {"B": task()}), tasks={"A": [TaskSuccess("x" * 60)] * 2}
        | {"B": [TaskSuccess("x" * 60), TaskSuccess("b")]}
    )  # fmt: skip
    assert run.execution.error == DATA_LIMIT
    again(run)
    assert run.execution.output == ["x" * 60, "b"]
    assert calls(run) == ["A", "B", "A", "B"]


def test_what_a_parallel_made_of_good_branches_is_made_again(lab: Any) -> None:
    selector = {"n.$": "$$.Execution.RedriveTime"}
    run = lab.run(branches({"A": task()}, ResultSelector=selector))
    assert run.execution.status == "FAILED"
    again(run)
    assert run.execution.output == {"n": "2024-01-09T10:00:00.020Z"}
    assert calls(run) == ["A"]


def test_a_parallel_that_waited_for_its_retry_goes_on_in_its_failed_branch(
    lab: Any, fails: Any
) -> None:
    retry = [{"ErrorEquals": ["States.ALL"], "IntervalSeconds": 60}]
    states = branches({"A": task()}, {"B": task()}, Retry=retry)
    run = lab.start(states, tasks={"B": [(50, fails()), TaskSuccess("b")]})
    run.world.scheduler.run(until_ms=run.execution.start_ms + 10_000)
    run.execution.stop()
    again(run)
    assert run.execution.output == [{}, "b"]
    assert calls(run) == ["A", "B", "B"]


def items(count: int, **fields: Any) -> dict[str, Any]:
    processor = {"StartAt": "T", "States": {"T": task()}}
    return {
        "M": {"Type": "Map", "ItemsPath": "$", "ItemProcessor": processor, "End": True, **fields}
    }


def test_of_a_map_only_failed_and_aborted_iterations_run_again(lab: Any, fails: Any) -> None:
    outcomes = [(10, TaskSuccess("0")), (20, fails()), (999, TaskSuccess("-"))]
    run = lab.run(items(3), [0, 1, 2], tasks={"T": [*outcomes, TaskSuccess("x")]})
    assert run.execution.status == "FAILED"
    again(run)
    assert run.execution.output == ["0", "x", "x"]
    assert [request.parameters for request in run.tasks.requests] == [0, 1, 2, 1, 2]
    assert run.types.count("MapIterationStarted") == 3
    assert run.types.count("MapIterationSucceeded") == 3


def test_a_redriven_map_keeps_its_concurrency_and_starts_what_had_not_begun(
    lab: Any, fails: Any
) -> None:
    script = {"T": [TaskSuccess("a"), fails(), TaskSuccess("b")]}
    run = lab.run(items(5, MaxConcurrency=1), [0, 1, 2, 3, 4], tasks=script)
    assert run.execution.status == "FAILED"
    again(run)
    assert run.execution.output == ["a", "b", "b", "b", "b"]
    assert [request.parameters for request in run.tasks.requests] == [0, 1, 1, 2, 3, 4]
    started = run.tasks.started_ms
    assert all(after - before >= 10 for before, after in itertools.pairwise(started))


def test_an_iteration_whose_item_could_not_be_made_is_started_again(lab: Any) -> None:
    selector = {"t.$": "$$.Execution.RedriveTime", "v.$": "$$.Map.Item.Value"}
    run = lab.run(items(2, ItemSelector=selector), [1, 2])
    assert run.execution.error == "States.Runtime"
    again(run)
    assert [one["v"] for one in run.execution.output] == [1, 2]


def test_the_timeout_counts_from_the_redrive(lab: Any) -> None:
    # "the state machine level timeout, if defined, is reset to 0"
    run = lab.run({"W": {"Type": "Wait", "Seconds": 60, "End": True}}, TimeoutSeconds=50)
    assert (run.execution.status, run.elapsed_ms) == ("TIMED_OUT", 50_000)
    run.world.scheduler.run(until_ms=run.execution.start_ms + 1_000_000)
    again(run)
    assert (run.execution.status, run.elapsed_ms) == ("TIMED_OUT", 1_050_000)


def test_what_the_first_attempt_started_is_not_heard_after_a_redrive(lab: Any) -> None:
    script = {"T": [(1000, TaskSuccess("late")), (5000, TaskSuccess("again"))]}
    run = lab.start({"T": task()}, tasks=script)
    run.world.scheduler.run(until_ms=run.execution.start_ms + 500)
    run.execution.stop()
    again(run)
    assert run.execution.output == "again"


def test_an_execution_can_be_stopped_and_redriven_between_any_two_actions(lab: Any) -> None:
    states = branches({"A": task()}, {"B": task()})
    states["P"] |= {"Next": "W"}
    del states["P"]["End"]
    states |= {"W": {"Type": "Wait", "Seconds": 5, "Next": "M"}}
    states |= items(2, ItemsPath="$")
    steps = 0
    run = lab.start(states)
    while run.execution.is_running:
        steps += 1
        run = lab.start(states)
        left = iter(range(steps))
        run.world.scheduler.run(lambda left=left: next(left, None) is None)
        if run.execution.is_running:
            for _ in range(2):
                run.execution.stop()
                run.execution.redrive()
            run.world.scheduler.run()
            assert run.execution.output == [{}, {}], steps
            assert run.execution.redrive_count == 2
            run = lab.start(states)
    assert steps > 12


def test_a_redriven_run_repeats_itself(lab: Any, fails: Any) -> None:
    histories = []
    for _ in range(2):
        run = lab.run({"T": task()}, tasks={"T": [fails(), TaskSuccess(1)]})
        again(run)
        histories.append(run.history)
    assert histories[0] == histories[1]


@pytest.mark.parametrize("is_watched", [False, True])
def test_with_someone_looking_on_the_engine_gives_back_control_after_each_state(
    lab: Any, is_watched: bool
) -> None:
    states: dict[str, Any] = {f"P{i}": {"Type": "Pass", "Next": f"P{i + 1}"} for i in range(4)}
    states["P4"] = {"Type": "Pass", "End": True}
    run = lab.start(states)
    seen: list[int] = []
    if is_watched:
        run.world.scheduler.after_action = lambda: seen.append(run.execution.events)
    run.world.scheduler.run()
    # the start, then Entered and Exited of each, and the end with the last
    assert seen == ([3, 5, 7, 9, 12] if is_watched else [])
    assert run.elapsed_ms == 25


def test_a_redriven_task_sees_the_count_and_was_entered_when_it_was(lab: Any, fails: Any) -> None:
    # users' tracing tells that EnteredTime is the same across redrives of a Task
    # (DataDog/datadog-lambda-python, pull request 545)
    parameters = {
        "count.$": "$$.Execution.RedriveCount",
        "retry.$": "$$.State.RetryCount",
        "entered.$": "$$.State.EnteredTime",
    }
    retry = [{"ErrorEquals": ["States.ALL"], "IntervalSeconds": 9, "MaxAttempts": 1}]
    state = task(Parameters=parameters, Retry=retry)
    run = lab.run({"T": state}, tasks={"T": [fails(), fails(), TaskSuccess(None)]})
    again(run)
    entered = "2024-01-09T10:00:00.005Z"
    assert [request.parameters for request in run.tasks.requests] == [
        {"count": 0, "retry": 0, "entered": entered},
        {"count": 0, "retry": 1, "entered": entered},
        {"count": 1, "retry": 0, "entered": entered},
    ]


def test_a_choice_leads_a_redriven_execution_back_to_what_failed(lab: Any) -> None:
    # what a pipeline can do instead of a Fail state, which would only fail again
    redriven = {
        "Variable": "$$.Execution.RedriveCount",
        "NumericGreaterThanPath": "$.redrives",
        "Next": "Begin",
    }
    states = {
        "Begin": {
            "Type": "Pass",
            "Parameters": {"redrives.$": "$$.Execution.RedriveCount"},
            "Next": "Job",
        },
        "Job": task(ResultPath="$.status", Next="Check", End=None),
        "Check": {
            "Type": "Choice",
            "Choices": [{"Variable": "$.status", "StringEquals": "FINISHED", "Next": "Done"}],
            "Default": "JobFailed",
        },
        "JobFailed": {"Type": "Choice", "Choices": [redriven]},
        "Done": {"Type": "Succeed"},
    }
    del states["Job"]["End"]
    outcomes = [TaskSuccess("FAILED"), TaskSuccess("FAILED"), TaskSuccess("FINISHED")]
    run = lab.run(states, tasks={"Job": outcomes})
    for count in (1, 2):
        assert run.execution.error == "States.Runtime"
        again(run)
        assert len(run.tasks.requests) == count + 1
    assert run.execution.status == "SUCCEEDED"
