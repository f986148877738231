"""An execution's life: its start, its end, its timeout, and AWS's quotas."""

from __future__ import annotations

from typing import Any

import pytest

from simulator.engine.quotas import Quotas

FUNCTION = "arn:aws:lambda:us-east-1:123456789012:function:f"
LOOP = {
    "A": {"Type": "Pass", "Next": "B"},
    "B": {
        "Type": "Choice",
        "Choices": [{"Variable": "$.stop", "IsPresent": True, "Next": "S"}],
        "Default": "A",
    },
    "S": {"Type": "Succeed"},
}


def test_nothing_runs_before_the_scheduler_does(lab: Any) -> None:
    run = lab.start({"P": {"Type": "Pass", "End": True}})
    assert (run.execution.status, run.types) == ("RUNNING", ["ExecutionStarted"])
    run.world.scheduler.run()
    assert run.execution.status == "SUCCEEDED"


def test_entering_a_state_costs_a_transition(lab: Any) -> None:
    states = {f"S{n}": {"Type": "Pass", "Next": f"S{n + 1}"} for n in range(9)}
    run = lab.run({**states, "S9": {"Type": "Pass", "End": True}})
    assert run.elapsed_ms == 10 * 5


def test_a_chain_lets_what_is_due_earlier_go_first(lab: Any) -> None:
    states = {f"S{n}": {"Type": "Pass", "Next": f"S{n + 1}"} for n in range(9)}
    run = lab.start({**states, "S9": {"Type": "Pass", "End": True}})
    seen: list[int] = []
    run.world.scheduler.after(22, lambda: seen.append(len(run.world.trace.entries)))
    run.world.scheduler.run()
    # four states were entered and left by then: at 5, 10, 15 and 20 ms
    assert seen == [1 + 2 * 4]
    assert run.elapsed_ms == 50


def test_a_loop_without_a_wait_reaches_the_timeout(lab: Any) -> None:
    run = lab.run(LOOP, TimeoutSeconds=2)
    assert (run.execution.status, run.elapsed_ms) == ("TIMED_OUT", 2_000)
    assert run.types[-1] == "ExecutionTimedOut"
    assert (run.execution.error, run.execution.cause) == (None, None)


def test_the_history_ends_at_its_quota(lab: Any) -> None:
    run = lab.run(LOOP)
    # "If the event number 25,000 isn't ExecutionSucceeded, the ExecutionFailed event is logged"
    assert len(run.history) == 25_000
    assert run.history[-1]["type"] == "ExecutionFailed"
    assert (run.execution.error, run.execution.cause) == (
        "States.Runtime",
        "The execution reached the maximum number of history events (25000).",
    )


@pytest.mark.parametrize(("states", "status"), [(4, "SUCCEEDED"), (5, "FAILED")])
def test_the_last_event_of_the_quota_may_be_success(
    lab_with: Any, states: int, status: str
) -> None:
    chain = {f"S{n}": {"Type": "Pass", "Next": f"S{n + 1}"} for n in range(states - 1)}
    chain[f"S{states - 1}"] = {"Type": "Pass", "End": True}
    run = lab_with(quotas=Quotas(history_events=10)).run(chain)
    # started, two for each state, and the end: 10 for four states
    assert (run.execution.status, len(run.history)) == (status, 10)


@pytest.mark.parametrize("quota", range(4, 30))
def test_no_history_passes_its_quota_whatever_it_holds(
    lab_with: Any, fails: Any, quota: int
) -> None:
    states = {
        "M": {
            "Type": "Map",
            "ItemProcessor": {
                "StartAt": "P",
                "States": {
                    "P": {
                        "Type": "Parallel",
                        "Branches": [
                            {
                                "StartAt": "T",
                                "States": {
                                    "T": {"Type": "Task", "Resource": FUNCTION, "End": True}
                                },
                            },
                            {
                                "StartAt": "W",
                                "States": {"W": {"Type": "Wait", "Seconds": 9, "End": True}},
                            },
                        ],
                        "End": True,
                    }
                },
            },
            "Retry": [{"ErrorEquals": ["Boom"]}],
            "End": True,
        }
    }
    run = lab_with(quotas=Quotas(history_events=quota)).run(states, [1, 2], tasks={"T": [fails()]})
    assert len(run.history) == quota
    assert run.execution.cause == (
        f"The execution reached the maximum number of history events ({quota})."
    )
    # the abandoned call goes on for its 10 ms, the Wait of 9 s doesn't
    assert run.world.scheduler.now_ms <= run.execution.stop_ms + 10


def test_an_express_execution_has_no_history_quota_but_five_minutes(lab: Any) -> None:
    run = lab.run(LOOP, is_express=True)
    assert (run.execution.status, run.elapsed_ms) == ("TIMED_OUT", 300_000)


def test_a_standard_execution_has_a_year(lab: Any) -> None:
    states = {"W": {"Type": "Wait", "Seconds": 40_000_000, "End": True}}
    assert lab.run(states).elapsed_ms == 31_536_000_000


def test_a_result_over_256_kib_ends_the_execution(lab: Any) -> None:
    grow = {
        "A": {"Type": "Pass", "Parameters": {"x.$": "$", "y.$": "$"}, "Next": "A2"},
        "A2": {"Type": "Pass", "End": True},
    }
    run = lab.run(grow, "x" * 140_000)
    # AWS recorded this in test_start_large_input (no prefix)
    assert (run.execution.error, run.execution.cause) == (
        "States.DataLimitExceeded",
        (
            "The state/task 'A' returned a result with a size exceeding the maximum number of "
            "bytes service limit."
        ),
    )
    assert run.types == ["ExecutionStarted", "PassStateEntered", "ExecutionFailed"]


def test_the_quota_counts_utf_8_bytes_exactly(lab_with: Any) -> None:
    quotas = Quotas(state_data_bytes=100)
    # {"a":"..."} has 8 bytes around; an e with an acute accent takes two bytes
    states = {"P": {"Type": "Pass", "Parameters": {"a.$": "$"}, "End": True}}
    assert lab_with(quotas=quotas).run(states, "\u00e9" * 46).execution.status == "SUCCEEDED"
    assert lab_with(quotas=quotas).run(states, "\u00e9" * 47).execution.status == "FAILED"


def test_a_bound_that_passes_the_quota_does_not_refuse_what_is_small(lab_with: Any) -> None:
    states = {
        "A": {
            "Type": "Pass",
            "Parameters": {"n.$": "$.n", "m.$": "$.n", "k.$": "$.n"},
            "Next": "C",
        },
        "C": {
            "Type": "Choice",
            "Choices": [{"Variable": "$.n", "NumericEquals": 2, "Next": "S"}],
            "Default": "A",
        },
        "S": {"Type": "Succeed"},
    }
    # the bound triples at each turn; the value stays at 23 bytes
    run = lab_with(quotas=Quotas(state_data_bytes=200, history_events=400)).run(states, {"n": 1})
    assert "history events" in run.execution.cause


def test_a_tasks_result_over_the_quota_fails_the_task(lab_with: Any) -> None:
    from simulator.engine.ports import TaskSuccess

    states = {
        "T": {
            "Type": "Task",
            "Resource": FUNCTION,
            "Catch": [
                {"ErrorEquals": ["States.DataLimitExceeded"], "Next": "Caught"},
                {"ErrorEquals": ["States.ALL"], "Next": "Other"},
            ],
            "End": True,
        },
        "Caught": {"Type": "Succeed"},
        "Other": {"Type": "Fail"},
    }
    run = lab_with(quotas=Quotas(state_data_bytes=300)).run(
        states, tasks={"T": [TaskSuccess("x" * 301)]}
    )
    # AWS recorded this in test_task_lambda_data_limit_exceeded_on_large_utf8_response
    assert run.execution.output == {
        "Error": "States.DataLimitExceeded",
        "Cause": f"The state/task '{FUNCTION}' returned a result with a size exceeding the maximum "
        "number of bytes service limit.",
    }


def test_stopping_leaves_what_runs_alone(lab: Any) -> None:
    run = lab.start({"W": {"Type": "Wait", "Seconds": 60, "End": True}})
    run.world.scheduler.run(until_ms=run.execution.start_ms + 1_000)
    run.execution.stop("Mine", "enough")
    # AWS recorded this in test_stop_execution: the event follows nothing, no state is aborted
    assert run.links == [
        (1, 0, "ExecutionStarted"),
        (2, 0, "WaitStateEntered"),
        (3, 0, "ExecutionAborted"),
    ]
    assert run.history[2]["executionAbortedEventDetails"] == {"error": "Mine", "cause": "enough"}
    run.world.scheduler.run()
    assert run.elapsed_ms == 1_000
    assert len(run.history) == 3


def test_whoever_waits_hears_of_the_end_once(lab: Any) -> None:
    run = lab.start({"P": {"Type": "Pass", "End": True}})
    heard: list[str] = []
    run.execution.when_ended(lambda ended: heard.append(ended.status))
    run.world.scheduler.run()
    run.execution.when_ended(lambda ended: heard.append(ended.status))
    assert heard == ["SUCCEEDED", "SUCCEEDED"]


@pytest.mark.parametrize("value", [0, -1, 1.5, True, "25000"])
def test_a_quota_is_a_positive_integer(value: Any) -> None:
    with pytest.raises(ValueError, match="history_events: expected an integer >= 1"):
        Quotas(history_events=value)
