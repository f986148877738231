"""RedriveExecution: who may be redriven, client tokens, and what the API shows of it."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from simulator.engine.identity import Identity
from simulator.engine.ports import World
from simulator.engine.quotas import Quotas
from simulator.engine.scheduler import Scheduler
from simulator.engine.timing import Timing
from simulator.engine.trace import Trace
from simulator.services.api import Caller, ServiceError
from simulator.services.stepfunctions import StepFunctions

CALLER = Caller("client", "arn:aws:iam::123456789012:role/client")
START = datetime(2024, 1, 9, 10, tzinfo=UTC)
FAIL = {"StartAt": "F", "States": {"F": {"Type": "Fail", "Error": "E", "Cause": "c"}}}
PASS = {"StartAt": "P", "States": {"P": {"Type": "Pass", "End": True}}}
WAIT = {"StartAt": "W", "States": {"W": {"Type": "Wait", "Seconds": 60, "End": True}}}
LOOP = {
    "StartAt": "A",
    "States": {
        "A": {"Type": "Pass", "Next": "B"},
        "B": {
            "Type": "Choice",
            "Choices": [{"Variable": "$", "IsNull": True, "Next": "C"}],
            "Default": "A",
        },
        "C": {"Type": "Succeed"},
    },
}


class NoTasks:
    def check(self, resource: str, state_name: str) -> str | None:
        return None

    def start(self, request: Any, done: Any) -> None:
        raise AssertionError("no definition here has a Task")


class Api:
    """One machine, its service, and a clock."""

    def __init__(
        self, definition: dict[str, Any], *, quotas: Quotas | None = None, kind: str = "STANDARD"
    ) -> None:
        scheduler = Scheduler(int(START.timestamp() * 1000))
        self.world = World(scheduler, Trace(), Identity(0), Timing(), "123456789012", "us-east-1")
        self.service = StepFunctions(self.world, NoTasks(), quotas)
        self.machine = self(
            "create_state_machine",
            name="machine",
            definition=json.dumps(definition),
            roleArn="arn:aws:iam::123456789012:role/machine",
            type=kind,
        )["stateMachineArn"]

    def __call__(self, operation: str, **request: Any) -> Any:
        return getattr(self.service, operation)(request, CALLER)

    def start(self, name: str = "run") -> str:
        return self("start_execution", stateMachineArn=self.machine, name=name)["executionArn"]

    def pass_by(self, **time: float) -> None:
        after = timedelta(**time) // timedelta(milliseconds=1)
        self.world.scheduler.run(until_ms=self.world.scheduler.now_ms + after)

    def refusal(self, operation: str, **request: Any) -> tuple[str, str]:
        with pytest.raises(ServiceError) as refused:
            self(operation, **request)
        return refused.value.code, refused.value.message

    def described(self, arn: str) -> dict[str, Any]:
        return self("describe_execution", executionArn=arn)


def test_a_failed_execution_runs_again_under_its_arn() -> None:
    api = Api(FAIL)
    arn = api.start()
    api.pass_by(hours=1)
    assert api.described(arn)["redriveStatus"] == "REDRIVABLE"
    assert "redriveStatusReason" not in api.described(arn)
    assert api("redrive_execution", executionArn=arn) == {"redriveDate": START + timedelta(hours=1)}
    running = api.described(arn)
    assert (running["status"], running["redriveCount"]) == ("RUNNING", 1)
    assert running["redriveDate"] == START + timedelta(hours=1)
    assert running["redriveStatus"] == "NOT_REDRIVABLE"
    assert running["redriveStatusReason"] == "Execution is RUNNING and cannot be redriven"
    assert not {"stopDate", "error", "cause"} & running.keys()
    api.pass_by(minutes=1)
    ended = api.described(arn)
    assert (ended["status"], ended["error"], ended["redriveCount"]) == ("FAILED", "E", 1)
    assert ended["startDate"] == START
    assert ended["stopDate"] > START + timedelta(hours=1)
    history = api("get_execution_history", executionArn=arn)["events"]
    assert [event["type"] for event in history] == [
        "ExecutionStarted",
        "FailStateEntered",
        "ExecutionFailed",
        "ExecutionRedriven",
        "FailStateEntered",
        "ExecutionFailed",
    ]


def test_one_that_runs_or_succeeded_is_refused_with_awss_reason() -> None:
    for definition, status in ((WAIT, "RUNNING"), (PASS, "SUCCEEDED")):
        api = Api(definition)
        arn = api.start()
        api.pass_by(seconds=1)
        reason = f"Execution is {status} and cannot be redriven"
        assert api.refusal("redrive_execution", executionArn=arn) == (
            "ExecutionNotRedrivable",
            reason,
        )
        assert api.described(arn)["redriveStatusReason"] == reason


def test_the_redrivable_period_is_14_days_from_the_end() -> None:
    api = Api(WAIT)
    arn = api.start()
    api.pass_by(seconds=30)
    api("stop_execution", executionArn=arn)
    api.pass_by(days=14)
    assert api.described(arn)["redriveStatus"] == "REDRIVABLE"
    api.pass_by(milliseconds=1)
    assert api.refusal("redrive_execution", executionArn=arn)[1] == (
        "Execution redrivable period exceeded"
    )


def test_the_period_begins_again_with_each_end_but_a_year_is_the_most() -> None:
    api = Api(FAIL)
    arn = api.start()
    for _ in range(26):
        api.pass_by(days=14)
        api("redrive_execution", executionArn=arn)
    api.pass_by(days=1)
    assert api.described(arn)["redriveStatusReason"] == (
        "Execution has exceeded the max execution time"
    )
    assert api.described(arn)["redriveCount"] == 26


def test_a_full_history_cannot_be_redriven() -> None:
    api = Api(LOOP, quotas=Quotas(history_events=100))
    arn = api.start()
    api.pass_by(hours=1)
    assert api.described(arn)["status"] == "FAILED"
    assert api.refusal("redrive_execution", executionArn=arn) == (
        "ExecutionNotRedrivable",
        "Execution history event limit exceeded",
    )


def test_a_history_may_hold_two_events_less_than_its_quota() -> None:
    # "less than 24,999 events": here 3 of 5, and 3 of 4 are too many
    for quota, may in ((5, True), (4, False)):
        api = Api(FAIL, quotas=Quotas(history_events=quota))
        arn = api.start()
        api.pass_by(seconds=1)
        assert (api.described(arn)["redriveStatus"] == "REDRIVABLE") is may


def test_a_machine_that_is_being_deleted_is_redriven_no_more() -> None:
    api = Api(WAIT)
    stopped = api.start("stopped")
    api.start("running")
    api("stop_execution", executionArn=stopped)
    api("delete_state_machine", stateMachineArn=api.machine)
    assert api.refusal("redrive_execution", executionArn=stopped)[1] == (
        "State machine is in DELETING status"
    )


def test_a_client_token_redrives_once_within_15_minutes() -> None:
    api = Api(FAIL)
    arn = api.start()
    api.pass_by(seconds=1)
    first = api("redrive_execution", executionArn=arn, clientToken="t")
    api.pass_by(minutes=15)
    assert api("redrive_execution", executionArn=arn, clientToken="t") == first
    assert api.described(arn)["redriveCount"] == 1
    api.pass_by(milliseconds=1)
    assert api("redrive_execution", executionArn=arn, clientToken="t") != first
    assert api.described(arn)["redriveCount"] == 2


def test_the_last_ten_client_tokens_are_remembered() -> None:
    api = Api(FAIL)
    arn = api.start()
    api.pass_by(seconds=1)
    for number in range(11):
        api("redrive_execution", executionArn=arn, clientToken=f"t{number}")
        api.pass_by(seconds=1)
    api("redrive_execution", executionArn=arn, clientToken="t1")
    assert api.described(arn)["redriveCount"] == 11
    api("redrive_execution", executionArn=arn, clientToken="t0")
    assert api.described(arn)["redriveCount"] == 12


def test_a_refused_redrive_leaves_its_token_unused() -> None:
    api = Api(WAIT)
    arn = api.start()
    assert api.refusal("redrive_execution", executionArn=arn, clientToken="t")
    api("stop_execution", executionArn=arn)
    api("redrive_execution", executionArn=arn, clientToken="t")
    assert api.described(arn)["redriveCount"] == 1


def test_unknown_and_express_executions_are_refused() -> None:
    api = Api(FAIL, kind="EXPRESS")
    express = api.start()
    assert api.refusal("redrive_execution", executionArn=express)[0] == "InvalidArn"
    unknown = "arn:aws:states:us-east-1:123456789012:execution:machine:none"
    assert api.refusal("redrive_execution", executionArn=unknown)[0] == "ExecutionDoesNotExist"


def test_lists_show_and_filter_redriven_executions() -> None:
    api = Api(FAIL)
    once, never = api.start("once"), api.start("never")
    api.pass_by(hours=1)
    api("redrive_execution", executionArn=once)

    def listed(**request: Any) -> dict[str, dict[str, Any]]:
        found = api("list_executions", stateMachineArn=api.machine, **request)["executions"]
        return {one["executionArn"]: one for one in found}

    assert listed().keys() == {once, never}
    assert listed(redriveFilter="NOT_REDRIVEN").keys() == {never}
    shown = listed(redriveFilter="REDRIVEN")[once]
    assert (shown["redriveCount"], shown["redriveDate"]) == (1, START + timedelta(hours=1))
    assert "redriveDate" not in listed()[never]
