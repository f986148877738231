"""A Task's events, its time limits, and outcomes that come too late."""

from __future__ import annotations

from typing import Any

import pytest

from simulator.asl.resources import split_resource
from simulator.engine.ports import TaskSuccess

FUNCTION = "arn:aws:lambda:us-east-1:123456789012:function:f"
INVOKE = "arn:aws:states:::lambda:invoke"


def _task(resource: str = FUNCTION, **fields: Any) -> dict[str, Any]:
    return (
        {
            "T": {"Type": "Task", "Resource": resource, "End": True, **fields},
            "Caught": {"Type": "Pass", "End": True},
        }
        if "Catch" in fields
        else {"T": {"Type": "Task", "Resource": resource, "End": True, **fields}}
    )


def test_a_functions_events(lab: Any) -> None:
    run = lab.run(_task(TimeoutSeconds=5), {"a": 1})
    # AWS recorded this in test_comments_as_per_docs, test_fixed_timeout_lambda
    assert run.links == [
        (1, 0, "ExecutionStarted"),
        (2, 0, "TaskStateEntered"),
        (3, 2, "LambdaFunctionScheduled"),
        (4, 3, "LambdaFunctionStarted"),
        (5, 4, "LambdaFunctionSucceeded"),
        (6, 5, "TaskStateExited"),
        (7, 6, "ExecutionSucceeded"),
    ]
    assert run.history[2]["lambdaFunctionScheduledEventDetails"] == {
        "resource": FUNCTION,
        "input": '{"a": 1}',
        "inputDetails": {"truncated": False},
        "timeoutInSeconds": 5,
    }
    assert run.history[4]["lambdaFunctionSucceededEventDetails"] == {
        "output": '{"a": 1}',
        "outputDetails": {"truncated": False},
    }


def test_an_integrations_events(lab: Any) -> None:
    run = lab.run(
        _task(
            "arn:aws:states:::aws-sdk:redshiftdata:executeStatement",
            Parameters={"Sql": "select 1"},
            TimeoutSeconds=60,
            HeartbeatSeconds=10,
            Credentials={"RoleArn": "arn:aws:iam::123456789012:role/other"},
        )
    )
    assert run.history[2]["taskScheduledEventDetails"] == {
        "resourceType": "aws-sdk:redshiftdata",
        "resource": "executeStatement",
        "region": "us-east-1",
        "parameters": '{"Sql":"select 1"}',
        "timeoutInSeconds": 60,
        "heartbeatInSeconds": 10,
        "taskCredentials": {"roleArn": "arn:aws:iam::123456789012:role/other"},
    }
    assert run.tasks.requests[0].role_arn == "arn:aws:iam::123456789012:role/other"
    of_call = {"resourceType": "aws-sdk:redshiftdata", "resource": "executeStatement"}
    assert run.history[3]["taskStartedEventDetails"] == of_call
    assert run.history[4]["taskSucceededEventDetails"]["output"] == '{"Sql":"select 1"}'


@pytest.mark.parametrize(
    ("resource", "expected"),
    [
        (INVOKE, ("lambda", "invoke")),
        ("arn:aws:states:::aws-sdk:s3:getObject", ("aws-sdk:s3", "getObject")),
        ("arn:aws:states:::states:startExecution.sync:2", ("states", "startExecution.sync:2")),
        (FUNCTION, None),
        ("arn:aws:states:us-east-1:123456789012:activity:a", None),
    ],
)
def test_a_resource_is_split_as_events_show_it(resource: str, expected: Any) -> None:
    assert split_resource(resource) == expected


def test_a_failed_task_fails_the_execution_with_its_own_error(lab: Any, fails: Any) -> None:
    run = lab.run(_task(INVOKE), tasks={"T": [fails("Mine", "because")]})
    assert run.history[4]["taskFailedEventDetails"] == {
        "resourceType": "lambda",
        "resource": "invoke",
        "error": "Mine",
        "cause": "because",
    }
    assert run.history[5]["executionFailedEventDetails"] == {"error": "Mine", "cause": "because"}


@pytest.mark.parametrize(
    ("resource", "event"),
    [
        (FUNCTION, "LambdaFunctionScheduleFailed"),
        (FUNCTION, "LambdaFunctionStartFailed"),
        (INVOKE, "TaskStartFailed"),
    ],
)
def test_a_call_that_never_started_has_no_started_event(
    lab: Any, fails: Any, resource: str, event: str
) -> None:
    run = lab.run(_task(resource), tasks={"T": [(0, fails("E", "c", event))]})
    assert run.types[3:] == [event, "ExecutionFailed"]


def test_a_call_that_fails_when_submitted_had_started(lab: Any, fails: Any) -> None:
    run = lab.run(_task(INVOKE), tasks={"T": [(0, fails("E", "c", "TaskSubmitFailed"))]})
    assert run.types[3:] == ["TaskStarted", "TaskSubmitFailed", "ExecutionFailed"]


@pytest.mark.parametrize("fields", [{"TimeoutSeconds": 5}, {"TimeoutSecondsPath": "$.t"}])
def test_a_task_over_its_timeout_ends_then_and_its_late_outcome_is_not_heard(
    lab: Any, fields: Any
) -> None:
    run = lab.run(_task(**fields), {"t": 5}, tasks={"T": [(60_000, TaskSuccess("late"))]})
    # AWS recorded this in test_fixed_timeout_lambda
    assert run.types[4:] == ["LambdaFunctionTimedOut", "ExecutionFailed"]
    assert run.history[4]["lambdaFunctionTimedOutEventDetails"] == {"error": "States.Timeout"}
    assert run.history[5]["executionFailedEventDetails"] == {"error": "States.Timeout"}
    assert run.elapsed_ms == 5_005


def test_a_task_without_heartbeats_ends_at_its_heartbeat(lab: Any) -> None:
    catch = [{"ErrorEquals": ["States.HeartbeatTimeout"], "Next": "Caught"}]
    run = lab.run(
        _task(TimeoutSeconds=50, HeartbeatSeconds=5, Catch=catch),
        tasks={"T": [(10_000, TaskSuccess("late"))]},
    )
    # recorded for a callback: the event's error is States.Timeout (test_heartbeat_no_timeout)
    assert run.execution.output == {"Error": "States.Timeout"}


def test_a_task_that_answers_in_time_leaves_no_timer_behind(lab: Any) -> None:
    run = lab.run(_task(TimeoutSeconds=3600))
    assert run.world.scheduler.now_ms == run.execution.stop_ms


def test_a_timeout_path_must_find_a_positive_integer(lab: Any) -> None:
    run = lab.run(_task(TimeoutSecondsPath="$.t"), {"t": "5"})
    assert run.execution.error == "States.Runtime"
    run = lab.run(_task(TimeoutSecondsPath="$.no"))
    # AWS recorded this in test_invalid_jsonpath[ST.INVALID_JSONPATH_IN_TIMEOUTSECONDSPATH]
    assert run.execution.cause.endswith("Invalid path '$.no' : No results for path: $['no']")


def test_retry_count_and_attempts_are_seen_in_context_and_trace(lab: Any, fails: Any) -> None:
    run = lab.run(
        _task(
            Parameters={"n.$": "$$.State.RetryCount"},
            Retry=[{"ErrorEquals": ["States.ALL"], "MaxAttempts": 2}],
        ),
        tasks={"T": [fails(), fails(), TaskSuccess("done")]},
    )
    # AWS recorded this in test_lambda_invoke_with_retry_extended_input
    assert [request.parameters for request in run.tasks.requests] == [{"n": 0}, {"n": 1}, {"n": 2}]
    assert run.types.count("LambdaFunctionScheduled") == 3


def test_an_error_of_our_own_in_a_task_port_is_not_made_an_executions_failure(lab: Any) -> None:
    run = lab.start(_task())

    def broken(*_arguments: Any) -> None:
        raise ZeroDivisionError("our bug")

    run.tasks.start = broken
    with pytest.raises(ZeroDivisionError):
        run.world.scheduler.run()
    assert run.execution.status == "RUNNING"
