"""Each fault of a Lambda invocation does what it says, to the database as well."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import boto3
import pytest
from botocore.config import Config

from simulator.faults.choices import PlannedChoices
from simulator.faults.plan import Fault, Plan
from simulator.simulator import Execution, Simulator

LOGIN = {"ClusterIdentifier": "warehouse", "Database": "dev", "DbUser": "awsuser"}
RETRY = {"IntervalSeconds": 2, "MaxAttempts": 2, "BackoffRate": 1.0}

_made: list[Simulator] = []


@pytest.fixture(autouse=True)
def _closed() -> Iterator[None]:
    yield
    while _made:
        _made.pop().close()


def faulty(*faults: Fault) -> Simulator:
    """A simulation that follows these faults; its table `item` is there before them."""
    simulator = Simulator(choices=PlannedChoices(Plan(faults)))
    _made.append(simulator)
    simulator.client("redshift-data").execute_statement(Sql="create table item (id int)", **LOGIN)
    simulator.run()
    return simulator


def at(outcome: str, occurrence: int = 1, subject: str = "run-1/Load") -> Fault:
    return Fault("lambda", subject, outcome, occurrence)


def insert(event: Any, context: Any) -> str:
    """A handler that submits one row, prints, and answers with the statement's id."""
    print("submitting")
    legacy = Config(retries={"mode": "legacy"})
    answer = boto3.client("redshift-data", config=legacy).execute_statement(
        Sql="insert into item values (1)", StatementName="load", **LOGIN
    )
    return str(answer["Id"])


def run(simulator: Simulator, *, timeout_seconds: int = 60, **members: Any) -> Execution:
    arn = simulator.add_lambda("insert", insert, timeout_seconds=timeout_seconds)
    state = {"Type": "Task", "Resource": arn, "End": True, **members}
    simulator.create_state_machine({"StartAt": "Load", "States": {"Load": state}})
    execution = simulator.start(name="run-1")
    simulator.run()
    return execution


def rows(simulator: Simulator) -> int:
    return len(simulator.query("select id from item").rows)


@pytest.mark.parametrize(
    ("outcome", "error"),
    [
        ("throttled", "Lambda.TooManyRequestsException"),
        ("service_error", "Lambda.ServiceException"),
    ],
)
def test_a_refused_invocation_runs_nothing_and_is_retried_by_the_states_retry(
    outcome: str, error: str
) -> None:
    simulator = faulty(at(outcome, 1), at(outcome, 2))
    execution = run(simulator, Retry=[{"ErrorEquals": [error], **RETRY}])
    assert execution.status == "SUCCEEDED"
    assert execution.states()[0]["attempts"] == 3
    # the two refused ones came to no environment, so there is no record of them
    assert [one.error for one in simulator.invocations] == [None]
    assert execution.virtual_seconds > 2 * RETRY["IntervalSeconds"]
    assert rows(simulator) == 1


def test_a_refusal_that_no_retry_names_fails_the_execution() -> None:
    simulator = faulty(at("throttled"))
    execution = run(simulator)
    assert execution.error == "Lambda.TooManyRequestsException"
    # as recorded for other refusals of Lambda
    assert (execution.cause or "").startswith(
        "Rate Exceeded. (Service: AWSLambda; Status Code: 429; Error Code:"
        " TooManyRequestsException; Request ID: "
    )
    assert (simulator.invocations, rows(simulator)) == ([], 0)


@pytest.mark.parametrize("timeout_seconds", [3, 60])
def test_an_invocation_that_times_out_hangs_for_the_functions_timeout_and_leaves_nothing(
    timeout_seconds: int,
) -> None:
    simulator = faulty(at("timed_out"))
    execution = run(simulator, timeout_seconds=timeout_seconds)
    (invocation,) = simulator.invocations
    assert execution.error == "Sandbox.Timedout"
    assert f"Task timed out after {timeout_seconds}.00 seconds" in (execution.cause or "")
    assert invocation.ended_ms - invocation.started_ms == timeout_seconds * 1000
    assert invocation.output == ""
    assert [view for view in simulator.statements if view.name == "load"] == []
    assert rows(simulator) == 0


def test_the_environment_that_timed_out_is_gone() -> None:
    simulator = faulty()
    retry = [{"ErrorEquals": ["Sandbox.Timedout"], **RETRY}]
    run(simulator, Retry=retry)
    simulator.start(name="run-1-again")
    simulator.run()
    assert [one.is_cold_start for one in simulator.invocations] == [True, False]
    simulator = faulty(at("timed_out", 1))
    run(simulator, Retry=retry)
    assert [one.is_cold_start for one in simulator.invocations] == [True, True]


def test_a_crash_after_the_work_loses_the_result_and_leaves_what_the_calls_did() -> None:
    simulator = faulty(at("crashed_after"))
    execution = run(simulator)
    assert (execution.status, execution.error) == ("FAILED", "Runtime.ExitError")
    message = json.loads(execution.cause or "")["errorMessage"]
    assert message.endswith("Error: Runtime exited with error: signal: killed")
    (invocation,) = simulator.invocations
    assert (invocation.error, invocation.output) == ("Runtime.ExitError", "submitting\n")
    (statement,) = [view for view in simulator.statements if view.name == "load"]
    assert statement.status == "FINISHED"
    assert rows(simulator) == 1


def test_a_function_that_exits_takes_its_environment_with_it() -> None:
    counts: list[int] = []
    simulator = Simulator()

    def exits(_event: object, _context: object) -> None:
        counts.append(len(counts) + 1)
        raise SystemExit(3)

    simulator.add_lambda("exits", exits)
    function = "arn:aws:lambda:us-east-1:123456789012:function:exits"
    retry = {"ErrorEquals": ["Runtime.ExitError"], "MaxAttempts": 1}
    task = {"Type": "Task", "Resource": function, "Retry": [retry], "End": True}
    simulator.create_state_machine({"StartAt": "T", "States": {"T": task}})
    simulator.start()
    simulator.run()
    # the second try finds no warm environment
    assert [one.is_cold_start for one in simulator.invocations] == [True, True]
    assert counts == [1, 2]


def test_a_retry_after_a_crash_does_the_work_a_second_time_in_a_new_environment() -> None:
    simulator = faulty(at("crashed_after"))
    execution = run(simulator, Retry=[{"ErrorEquals": ["Runtime.ExitError"], **RETRY}])
    assert execution.status == "SUCCEEDED"
    assert [one.is_cold_start for one in simulator.invocations] == [True, True]
    assert rows(simulator) == 2


def test_the_place_of_an_invocation_is_its_task_or_else_the_functions_name() -> None:
    simulator = faulty()
    inner = simulator.add_lambda("inner", lambda event, context: event)

    def outer(event: Any, context: Any) -> Any:
        boto3.client("lambda").invoke(FunctionName="inner", Payload=b"1")

    arn = simulator.add_lambda("outer", outer)
    task = {"Type": "Task", "Resource": arn, "Next": "Invoke"}
    parameters = {"FunctionName": inner, "Payload": 1}
    invoke = {
        "Type": "Task",
        "Resource": "arn:aws:states:::lambda:invoke",
        "Parameters": parameters,
        "End": True,
    }
    simulator.create_state_machine({"StartAt": "Load", "States": {"Load": task, "Invoke": invoke}})
    simulator.start(name="run-1")
    simulator.run()
    simulator.client("lambda").invoke(FunctionName="inner", Payload=b"1")
    choices = simulator.world.choices
    assert isinstance(choices, PlannedChoices)
    places = [(p.subject, p.occurrence) for p in choices.asked if p.kind == "lambda"]
    assert places == [("run-1/Load", 1), ("inner", 1), ("run-1/Invoke", 1), ("inner", 2)]


def test_an_asynchronous_invocation_that_is_throttled_comes_again_by_itself() -> None:
    simulator = faulty(at("throttled", subject="insert"))
    simulator.add_lambda("insert", insert)
    simulator.client("lambda").invoke(FunctionName="insert", InvocationType="Event")
    simulator.run()
    assert rows(simulator) == 1


FIRST_CALL = Fault("api", "redshift-data:ExecuteStatement run-1/Submit", "throttled")
SECOND_CALL = Fault("api", "redshift-data:ExecuteStatement run-1/Submit", "throttled", 2)


@pytest.mark.parametrize(
    ("faults", "status", "count"),
    [((), "FINISHED", 1), ((Fault("statement", "load", "STUCK"),), "STARTED", 0)],
)
def test_a_submission_that_an_aborted_branch_finishes_late_leaves_a_statement_running(
    faults: tuple[Fault, ...], status: str, count: int
) -> None:
    simulator = faulty(FIRST_CALL, SECOND_CALL, *faults)

    def fail(event: Any, context: Any) -> None:
        raise ValueError("the other branch")

    branches = [
        {
            "StartAt": name,
            "States": {
                name: {"Type": "Task", "Resource": simulator.add_lambda(name, fn), "End": True}
            },
        }
        for name, fn in (("Submit", insert), ("Break", fail))
    ]
    parallel = {"Type": "Parallel", "Branches": branches, "End": True}
    simulator.create_state_machine({"StartAt": "Both", "States": {"Both": parallel}})
    execution = simulator.start(name="run-1")
    simulator.run()
    assert (execution.status, execution.error) == ("FAILED", "ValueError")
    (statement,) = [view for view in simulator.statements if view.name == "load"]
    # the execution had ended when the call was at last accepted
    assert execution.stop is not None
    assert statement.created_ms > execution.stop
    assert statement.status == status
    assert rows(simulator) == count
