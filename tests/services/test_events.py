"""Status-change events, rules that match them, and the functions that they call."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from simulator import Simulator
from simulator.engine.identity import Identity
from simulator.engine.ports import World
from simulator.engine.scheduler import Scheduler
from simulator.engine.timing import Timing
from simulator.engine.trace import Trace
from simulator.project import ProjectError
from simulator.services.api import Caller, ServiceError
from simulator.services.eventbridge.bus import EventBus, Rule
from simulator.services.eventbridge.patterns import check_pattern, matches

START_MS = 1_704_794_400_000  # 2024-01-09T10:00:00Z, where simulations begin
STATUS_CHANGE = {
    "source": ["aws.states"],
    "detail-type": ["Step Functions Execution Status Change"],
}
FAIL = {"StartAt": "F", "States": {"F": {"Type": "Fail", "Error": "E", "Cause": "c"}}}
PASS = {"StartAt": "P", "States": {"P": {"Type": "Pass", "End": True}}}
WAIT = {"StartAt": "W", "States": {"W": {"Type": "Wait", "Seconds": 60, "End": True}}}


class Listener:
    """A simulation with a function that keeps what it is called with, and when."""

    def __init__(self, definition: Any, pattern: Any = STATUS_CHANGE, **options: Any) -> None:
        self.simulator = Simulator(**options)
        self.events: list[dict[str, Any]] = []
        self.heard_ms: list[int] = []
        self.failures = 0
        self.simulator.add_lambda("listen", self._hear)
        self.simulator.add_rule("ended", pattern=pattern, function="listen")
        self.simulator.create_state_machine(definition, name="machine")

    def _hear(self, event: dict[str, Any], _context: Any) -> None:
        self.events.append(event)
        self.heard_ms.append(self.simulator.now - START_MS)
        if self.failures:
            self.failures -= 1
            raise RuntimeError("not now")

    @property
    def statuses(self) -> list[str]:
        return [event["detail"]["status"] for event in self.events]


def test_an_execution_that_failed_is_told_in_awss_shape() -> None:
    listener = Listener(FAIL, {**STATUS_CHANGE, "detail": {"status": ["FAILED"]}})
    execution = listener.simulator.start({"n": 1}, name="run-1")
    listener.simulator.run()
    (event,) = listener.events
    assert len(event.pop("id")) == 36
    assert event == {
        "version": "0",
        "detail-type": "Step Functions Execution Status Change",
        "source": "aws.states",
        "account": "123456789012",
        "time": "2024-01-09T10:00:00Z",
        "region": "us-east-1",
        "resources": [execution.arn],
        "detail": {
            "executionArn": execution.arn,
            "stateMachineArn": "arn:aws:states:us-east-1:123456789012:stateMachine:machine",
            "name": "run-1",
            "status": "FAILED",
            "startDate": START_MS,
            "stopDate": START_MS + 5,
            "input": '{"n": 1}',
            "output": None,
            "stateMachineVersionArn": None,
            "stateMachineAliasArn": None,
            "redriveCount": 0,
            "redriveDate": None,
            "redriveStatus": "REDRIVABLE",
            "redriveStatusReason": None,
            "inputDetails": {"included": True},
            "outputDetails": None,
            "error": "E",
            "cause": "c",
        },
    }


def test_start_and_end_are_told_after_the_delivery_and_the_start_of_the_function() -> None:
    timing = Timing(event_delivery_ms=700, lambda_overhead_ms=15, lambda_cold_start_ms=100)
    listener = Listener(PASS, timing=timing)
    listener.simulator.start()
    listener.simulator.run()
    assert listener.statuses == ["RUNNING", "SUCCEEDED"]
    # the Pass begins and ends 5 ms after the start, when the first environment is still busy
    assert listener.heard_ms == [700 + 115, 705 + 115]
    succeeded = listener.events[1]["detail"]
    assert (succeeded["output"], succeeded["outputDetails"]) == ("{}", {"included": True})
    assert succeeded["redriveStatusReason"] == "Execution is SUCCEEDED and cannot be redriven"


def test_a_stop_a_timeout_and_a_redrive_are_told() -> None:
    listener = Listener({**WAIT, "TimeoutSeconds": 50})
    stepfunctions = listener.simulator.client("stepfunctions")
    execution = listener.simulator.start()
    stepfunctions.stop_execution(executionArn=execution.arn)
    stepfunctions.redrive_execution(executionArn=execution.arn)
    listener.simulator.run()
    assert listener.statuses == ["RUNNING", "ABORTED", "RUNNING", "TIMED_OUT"]
    assert [event["detail"]["redriveCount"] for event in listener.events] == [0, 0, 1, 1]
    redrive_ms = listener.events[2]["detail"]["redriveDate"]
    # one call of 40 ms each: the stop, then the redrive
    assert redrive_ms == START_MS + 80


def test_only_standard_executions_are_told() -> None:
    listener = Listener(PASS)
    listener.simulator.create_state_machine(PASS, name="express", kind="EXPRESS")
    listener.simulator.start()
    listener.simulator.run()
    assert listener.events == []


def test_what_is_too_large_for_an_event_is_left_out() -> None:
    # 248 KiB for input and output together, as escaped JSON text
    listener = Listener(PASS)
    listener.simulator.start("x" * 130_000)
    listener.simulator.run()
    started, ended = (event["detail"] for event in listener.events)
    assert started["inputDetails"] == {"included": True}
    assert (ended["input"], ended["inputDetails"]) == (None, {"included": False})
    assert ended["outputDetails"] == {"included": True}
    # each of 130,000 quotation marks is escaped twice
    listener.simulator.start('"' * 130_000)
    listener.simulator.run()
    assert listener.events[2]["detail"]["inputDetails"] == {"included": False}
    assert listener.events[3]["detail"]["outputDetails"] == {"included": False}


def test_a_function_that_fails_is_tried_after_one_minute_and_after_two_more() -> None:
    listener = Listener(FAIL, {"detail": {"status": ["FAILED"]}})
    listener.failures = 9
    listener.simulator.start()
    listener.simulator.run()
    first, second, third = listener.heard_ms
    overhead_ms = listener.simulator.world.timing.lambda_overhead_ms
    assert second - first == 60_000 + overhead_ms
    assert third - second == 120_000 + overhead_ms
    assert len({event["id"] for event in listener.events}) == 1


def test_a_function_that_failed_once_is_left_alone_after_it_worked() -> None:
    listener = Listener(FAIL, {"detail": {"status": ["FAILED"]}})
    listener.failures = 1
    listener.simulator.start()
    listener.simulator.run()
    assert len(listener.events) == 2


def test_deliveries_are_in_the_trace() -> None:
    listener = Listener(FAIL, {"detail": {"status": ["FAILED"]}})
    execution = listener.simulator.start()
    listener.simulator.run()
    ((now_ms, _, rule, data),) = listener.simulator.trace.of_kind("EventDelivered")
    assert (now_ms, rule) == (START_MS + 505, "ended")
    assert (data["target"], data["resources"]) == ("listen", [execution.arn])


def test_a_rule_for_a_function_that_is_not_there_is_refused() -> None:
    with pytest.raises(ServiceError, match="ResourceNotFoundException"):
        Simulator().add_rule("r", pattern=STATUS_CHANGE, function="nobody")


# -- patterns -----------------------------------------------------------------------------------

EVENT = {
    "source": "aws.states",
    "resources": ["arn:1", "arn:2"],
    "detail": {"status": "FAILED", "count": 300, "is_last": True, "stopDate": None},
}


@pytest.mark.parametrize(
    ("pattern", "expected"),
    [
        ({"source": ["aws.states"]}, True),
        ({"source": ["aws.ec2", "aws.states"]}, True),
        ({"source": ["aws.ec2"]}, False),
        ({"source": ["AWS.STATES"]}, False),
        ({"source": ["aws.states"], "detail": {"status": ["ABORTED"]}}, False),
        ({"detail": {"status": ["FAILED", "ABORTED"]}}, True),
        ({"detail": {"name": ["x"]}}, False),
        ({"source": {"name": ["x"]}}, False),
        # one value of an array is enough
        ({"resources": ["arn:2"]}, True),
        ({"resources": ["arn:3"]}, False),
        # "values ... are compared as strings": how a number is written counts
        ({"detail": {"count": [300]}}, True),
        ({"detail": {"count": [300.0]}}, False),
        ({"detail": {"count": ["300"]}}, False),
        ({"detail": {"is_last": [1]}}, False),
        ({"detail": {"stopDate": [None]}}, True),
    ],
)
def test_a_pattern_matches_as_on_eventbridge(pattern: Any, expected: bool) -> None:
    assert matches(pattern, EVENT) is expected


@pytest.mark.parametrize(
    ("pattern", "message"),
    [
        ({}, "p: expected fields and their values, got {}"),
        ({"source": "aws.states"}, "p.source: expected a list of values, got 'aws.states'"),
        ({"detail": {"status": []}}, r"p.detail.status: expected a list of values, got \[\]"),
        ({"a": [["b"]]}, r"p.a: expected text, numbers or booleans, got \['b'\]"),
    ],
)
def test_what_is_no_pattern_is_refused(pattern: Any, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        check_pattern(pattern, where="p")


def test_each_matching_rule_gets_the_same_event_and_no_rule_costs_nothing() -> None:
    world = World(Scheduler(0), Trace(), Identity(0), Timing(), "123456789012", "us-east-1")
    called: list[tuple[str, Any]] = []

    def invoke(function: str, payload: bytes, _caller: Caller, _event_id: str) -> None:
        called.append((function, json.loads(payload)))

    bus = EventBus(world, invoke)
    bus.put("s", "t", {}, [])
    assert world.scheduler.next_due_ms() is None
    for name in ("one", "two"):
        bus.add(Rule(name, {"source": ["s"]}, f"f-{name}"))
    bus.put("s", "t", {"a": 1}, ["r"])
    bus.put("other", "t", {}, [])
    world.scheduler.run()
    assert [function for function, _ in called] == ["f-one", "f-two"]
    assert called[0][1] == called[1][1]


def test_a_project_s_rule_calls_its_function(tmp_path: Path) -> None:
    (tmp_path / "fn").mkdir()
    (tmp_path / "fn" / "index.py").write_text(
        "def handler(event, context):\n    print(event['detail']['status'])\n"
    )
    (tmp_path / "m.asl.json").write_text(json.dumps(FAIL))
    settings = tmp_path / "simulator.toml"
    text = """
[definition]
file = "m.asl.json"
[lambda.listen]
path = "fn"
[rule.ended]
target = { lambda = "listen" }
pattern = { detail = { status = ["FAILED"] } }
"""
    settings.write_text(text)
    with Simulator.from_project(tmp_path) as simulator:
        simulator.start()
        simulator.run()
        (invocation,) = simulator.invocations
    assert (invocation.caller, invocation.output) == ("rule:ended", "FAILED\n")
    settings.write_text(text.replace('["FAILED"]', "[{ prefix = 1 }]"))
    message = r"toml:8: \[rule.ended\] pattern: pattern.detail.status.prefix: expected text, got 1"
    with pytest.raises(ProjectError, match=message):
        Simulator.from_project(tmp_path)


INPUTS = """
[definition]
file = "m.asl.json"
name = "m"
[lambda.listen]
path = "fn"
[rule.fixed]
target = { lambda = "listen" }
pattern = { detail = { status = ["FAILED"] } }
input = { what = "fixed", of = [1, true] }
[rule.part]
target = { lambda = "listen" }
pattern = { detail = { status = ["FAILED"] } }
input_path = "$.detail.status"
[rule.made]
target = { lambda = "listen" }
pattern = { detail = { status = ["FAILED"] } }
[rule.made.input_transformer]
paths = { s = "$.detail.status" }
template = '{"was": <s>, "by": <aws.events.rule-name>}'
"""


def test_a_project_s_rule_says_what_its_target_is_handed(tmp_path: Path) -> None:
    """ "Amazon EventBridge input transformation" has the placeholders."""
    (tmp_path / "fn").mkdir()
    code = "import json\n\n\ndef handler(event, context):\n    print(json.dumps(event))\n"
    (tmp_path / "fn" / "index.py").write_text(code)
    (tmp_path / "m.asl.json").write_text(json.dumps(FAIL))
    (tmp_path / "simulator.toml").write_text(INPUTS)
    with Simulator.from_project(tmp_path) as simulator:
        simulator.start()
        simulator.run()
        handed = [json.loads(one.output) for one in simulator.invocations]
    assert {"what": "fixed", "of": [1, True]} in handed
    assert "FAILED" in handed
    assert {"was": "FAILED", "by": "made"} in handed
    (tmp_path / "simulator.toml").write_text(INPUTS.replace('"$.detail.status"\n', '"status"\n'))
    with pytest.raises(ProjectError, match="Invalid JsonPath: status"):
        Simulator.from_project(tmp_path)
