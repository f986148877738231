"""Which rule takes an error, how long a retry waits, and what a catcher hands on."""

from __future__ import annotations

from typing import Any

import pytest

from simulator.asl.model import Retrier
from simulator.engine.ports import TaskSuccess
from simulator.engine.retry import backoff_delay_ms, is_taken

FUNCTION = "arn:aws:lambda:us-east-1:123456789012:function:f"


@pytest.mark.parametrize(
    ("error_equals", "error", "expected"),
    [
        (["Mine"], "Mine", True),
        (["Other"], "Mine", False),
        (["States.ALL"], "Mine", True),
        (["States.ALL"], "States.Timeout", True),
        # a Fail without Error
        (["States.ALL"], None, True),
        (["States.TaskFailed"], "Mine", True),
        (["States.TaskFailed"], "States.Timeout", False),
        (["States.Timeout"], "States.Timeout", True),
        # developer guide: "can't catch the States.DataLimitExceeded terminal error and the
        # States.Runtime error type"; the first is caught by its name (recorded)
        (["States.ALL"], "States.DataLimitExceeded", False),
        (["States.DataLimitExceeded"], "States.DataLimitExceeded", True),
        (["States.ALL"], "States.Runtime", False),
        # AWS recorded this in test_catch_states_runtime
        (["States.Runtime"], "States.Runtime", False),
    ],
)
def test_an_error_is_taken_as_aws_takes_it(
    error_equals: list[str], error: str | None, expected: bool
) -> None:
    assert is_taken(error_equals, error) is expected


def test_a_heartbeat_timeout_is_taken_by_both_of_its_names() -> None:
    assert is_taken(["States.HeartbeatTimeout"], "States.Timeout", is_heartbeat=True)
    assert is_taken(["States.Timeout"], "States.Timeout", is_heartbeat=True)
    assert not is_taken(["States.HeartbeatTimeout"], "States.Timeout")


def test_each_retry_waits_longer_up_to_the_cap() -> None:
    retrier = Retrier(("States.ALL",), interval_seconds=3, backoff_rate=2.0, max_delay_seconds=10)
    delays = [backoff_delay_ms(retrier, attempt=n, fraction=0.5) for n in (1, 2, 3, 4)]
    assert delays == [3_000, 6_000, 10_000, 10_000]


def test_full_jitter_takes_a_fraction_of_the_capped_delay() -> None:
    retrier = Retrier(("States.ALL",), interval_seconds=4, jitter_strategy="FULL")
    assert backoff_delay_ms(retrier, attempt=2, fraction=0.25) == 2_000
    assert backoff_delay_ms(retrier, attempt=2, fraction=0.0) == 1


def test_a_huge_number_of_attempts_has_a_finite_delay() -> None:
    retrier = Retrier(("States.ALL",), backoff_rate=10.0, max_delay_seconds=60)
    assert backoff_delay_ms(retrier, attempt=99_999, fraction=0.0) == 60_000


def _task(**fields: Any) -> dict[str, Any]:
    states = {
        "T": {"Type": "Task", "Resource": FUNCTION, "Next": "Done", **fields},
        "Done": {"Type": "Pass", "End": True},
    }
    if "Catch" in fields:
        states["Caught"] = {"Type": "Pass", "End": True}
    return states


def _starts_s(run: Any) -> list[float]:
    first = run.tasks.started_ms[0]
    return [(started - first) / 1000 for started in run.tasks.started_ms]


def test_a_task_is_tried_again_with_backoff_until_it_succeeds(lab: Any, fails: Any) -> None:
    run = lab.run(
        _task(Retry=[{"ErrorEquals": ["Boom"], "IntervalSeconds": 2, "MaxAttempts": 3}]),
        tasks={"T": [fails(), fails(), TaskSuccess("fine")]},
    )
    # each try takes 10 ms
    assert _starts_s(run) == [0, 2.01, 6.02]
    assert [request.attempt for request in run.tasks.requests] == [1, 2, 3]
    assert run.execution.output == "fine"


def test_zero_attempts_mean_never(lab: Any, fails: Any) -> None:
    run = lab.run(
        _task(Retry=[{"ErrorEquals": ["Boom"], "MaxAttempts": 0}]), tasks={"T": [fails()]}
    )
    assert (run.execution.status, len(run.tasks.requests)) == ("FAILED", 1)


def test_each_retrier_counts_its_own_tries_and_later_ones_are_not_asked(
    lab: Any, fails: Any
) -> None:
    run = lab.run(
        _task(
            Retry=[
                {"ErrorEquals": ["A"], "IntervalSeconds": 1, "MaxAttempts": 1},
                {"ErrorEquals": ["States.ALL"], "IntervalSeconds": 5, "MaxAttempts": 1},
            ]
        ),
        tasks={"T": [fails("A"), fails("B"), fails("A")]},
    )
    # the second A has used up its retrier and doesn't fall through to States.ALL
    assert _starts_s(run) == [0, 1.01, 6.02]
    assert run.execution.error == "A"


def test_a_new_entry_into_the_state_starts_counting_anew(lab: Any, fails: Any) -> None:
    states = {
        "T": {
            "Type": "Task",
            "Resource": FUNCTION,
            "Retry": [{"ErrorEquals": ["Boom"], "IntervalSeconds": 1, "MaxAttempts": 1}],
            "Next": "C",
        },
        "C": {
            "Type": "Choice",
            "Choices": [{"Variable": "$.again", "BooleanEquals": True, "Next": "T"}],
            "Default": "S",
        },
        "S": {"Type": "Succeed"},
    }
    ok, again = TaskSuccess({"again": False}), TaskSuccess({"again": True})
    run = lab.run(states, tasks={"T": [fails(), again, fails(), ok]})
    assert run.execution.status == "SUCCEEDED"
    assert [request.attempt for request in run.tasks.requests] == [1, 2, 1, 2]


def test_jitter_comes_from_the_seed(lab_with: Any, fails: Any) -> None:
    states = _task(
        Retry=[
            {
                "ErrorEquals": ["States.ALL"],
                "IntervalSeconds": 100,
                "MaxAttempts": 2,
                "JitterStrategy": "FULL",
            }
        ]
    )
    runs = [lab_with(seed=seed).run(states, tasks={"T": [fails()]}) for seed in (1, 1, 2)]
    first, second, third = (_starts_s(run) for run in runs)
    assert first == second != third
    assert all(0 < start <= 100.01 for start in (first[1], third[1]))


def test_a_catcher_puts_the_error_into_the_raw_input(lab: Any, fails: Any) -> None:
    run = lab.run(
        _task(
            InputPath="$.a",
            OutputPath="$.nowhere",
            Catch=[{"ErrorEquals": ["States.ALL"], "Next": "Caught", "ResultPath": "$.error"}],
        ),
        {"a": 1},
        tasks={"T": [fails()]},
    )
    # as AWS recorded, OutputPath is not applied to what a catcher hands on
    assert run.execution.output == {"a": 1, "error": {"Error": "Boom", "Cause": "it broke"}}


def test_the_first_catcher_that_takes_the_error_wins(lab: Any, fails: Any) -> None:
    states = _task(
        Catch=[
            {"ErrorEquals": ["Other"], "Next": "Done"},
            {"ErrorEquals": ["States.TaskFailed"], "Next": "Caught"},
            {"ErrorEquals": ["States.ALL"], "Next": "Done"},
        ]
    )
    run = lab.run(states, tasks={"T": [fails()]})
    entered = [e[3][0] for e in run.world.trace.of_kind("PassStateEntered")]
    assert entered == ["Caught"]
    assert run.execution.output == {"Error": "Boom", "Cause": "it broke"}


def test_a_catch_comes_after_the_retries(lab: Any, fails: Any) -> None:
    run = lab.run(
        _task(
            Retry=[{"ErrorEquals": ["States.ALL"], "MaxAttempts": 2}],
            Catch=[{"ErrorEquals": ["States.ALL"], "Next": "Caught"}],
        ),
        tasks={"T": [fails()]},
    )
    assert (len(run.tasks.requests), run.execution.status) == (3, "SUCCEEDED")


def test_an_error_in_the_states_own_paths_is_not_caught(lab: Any) -> None:
    run = lab.run(
        _task(
            OutputPath="$.no",
            Retry=[{"ErrorEquals": ["States.ALL"]}],
            Catch=[{"ErrorEquals": ["States.Runtime", "Boom"], "Next": "Caught"}],
        )
    )
    assert (run.execution.error, len(run.tasks.requests)) == ("States.Runtime", 1)


def test_a_failing_intrinsic_function_is_caught_by_name(lab: Any) -> None:
    run = lab.run(
        _task(
            Parameters={"n.$": "States.MathAdd($.a, 1)"},
            Catch=[{"ErrorEquals": ["States.IntrinsicFailure"], "Next": "Caught"}],
        ),
        {"a": "text"},
    )
    assert run.execution.output["Error"] == "States.IntrinsicFailure"
    assert run.tasks.requests == []
