"""The projection of the trace: AWS's numbering, and members that botocore's model knows."""

from __future__ import annotations

import json
from typing import Any

import botocore.session
import pytest

from simulator.engine.quotas import Quotas

FUNCTION = "arn:aws:lambda:us-east-1:123456789012:function:f"
ENDS = {"ExecutionSucceeded", "ExecutionFailed", "ExecutionAborted", "ExecutionTimedOut"}


def _everything() -> dict[str, Any]:
    """A definition that writes events of nearly every kind."""
    task = {
        "Type": "Task",
        "Resource": "arn:aws:states:::lambda:invoke",
        "Parameters": {"FunctionName": "f", "Payload.$": "$"},
        "TimeoutSeconds": 5,
        "HeartbeatSeconds": 4,
        "End": True,
    }
    beside = {"Type": "Task", "Resource": FUNCTION, "End": True}
    wait = {"Type": "Wait", "Seconds": 100, "End": True}
    branches = [
        {"StartAt": "T", "States": {"T": task}},
        {"StartAt": "U", "States": {"U": beside}},
        {"StartAt": "W", "States": {"W": wait}},
    ]
    parallel = {
        "Type": "Parallel",
        "Branches": branches,
        "Retry": [{"ErrorEquals": ["Boom"], "MaxAttempts": 1}],
        "Catch": [{"ErrorEquals": ["States.ALL"], "Next": "Ok", "ResultPath": "$.e"}],
        "Next": "Ok",
    }
    return {
        "M": {
            "Type": "Map",
            "ItemProcessor": {
                "StartAt": "P",
                "States": {"P": parallel, "Ok": {"Type": "Succeed"}},
            },
            "MaxConcurrency": 2,
            "ResultPath": "$.m",
            "Next": "C",
        },
        "C": {
            "Type": "Choice",
            "InputPath": "$.m",
            "Choices": [{"Variable": "$[0]", "IsPresent": True, "Next": "F"}],
            "Default": "Pass",
        },
        "Pass": {"Type": "Pass", "End": True},
        "F": {"Type": "Fail", "Error": "E"},
    }


def _run(lab: Any, fails: Any) -> Any:
    states = _everything()
    states["M"]["ItemsPath"] = "$.items"
    return lab.run(states, {"items": [{"i": n} for n in range(3)]}, tasks={"T": [fails()]})


def test_ids_count_up_and_each_event_follows_an_earlier_one(lab: Any, fails: Any) -> None:
    history = _run(lab, fails).history
    assert len({event["type"] for event in history}) > 20
    assert [event["id"] for event in history] == list(range(1, len(history) + 1))
    assert all(event["previousEventId"] < event["id"] for event in history)
    assert [event["type"] in ENDS for event in history].count(True) == 1
    assert history[-1]["type"] == "ExecutionFailed"


def test_time_never_goes_back(lab: Any, fails: Any) -> None:
    history = _run(lab, fails).history
    times = [event["timestamp"] for event in history]
    assert times == sorted(times)
    assert all(moment.tzinfo is not None for moment in times)


def test_a_states_events_follow_its_entry(lab: Any, fails: Any) -> None:
    """Whatever a branch does, its previous events lead back to the execution's start."""
    history = _run(lab, fails).history
    by_id = {event["id"]: event for event in history}
    for event in history[1:]:
        first = event
        while first["previousEventId"]:
            first = by_id[first["previousEventId"]]
        # ids only fall on the way, so it ends; the first state's event follows nothing
        assert first["type"] == "MapStateEntered"


@pytest.fixture(scope="module")
def model() -> Any:
    session = botocore.session.get_session()
    return session.get_service_model("stepfunctions").shape_for("HistoryEvent")


def _check(shape: Any, value: Any, where: str) -> None:
    if shape.type_name == "structure":
        unknown = set(value) - set(shape.members)
        assert not unknown, f"{where}: botocore knows no {unknown}"
        missing = set(shape.required_members) - set(value)
        assert not missing, f"{where}: botocore wants {missing}"
        for name, member in value.items():
            _check(shape.members[name], member, f"{where}.{name}")
    elif shape.type_name == "string":
        assert isinstance(value, str), where
        assert not shape.enum or value in shape.enum, f"{where}: {value!r}"


def test_every_event_fits_botocores_model(lab: Any, fails: Any, model: Any) -> None:
    for event in _run(lab, fails).history:
        _check(model, event, event["type"])


@pytest.mark.parametrize("event", ["TaskSubmitFailed", "TaskStartFailed", "TaskTimedOut"])
def test_failures_of_a_call_fit_botocores_model(
    lab: Any, fails: Any, model: Any, event: str
) -> None:
    states = {"T": {"Type": "Task", "Resource": "arn:aws:states:::lambda:invoke", "End": True}}
    run = lab.run(states, tasks={"T": [fails(event=event)]})
    assert event in run.types
    for each in run.history:
        _check(model, each, each["type"])


def test_the_input_keeps_the_text_that_it_came_as(lab: Any) -> None:
    run = lab.run({"P": {"Type": "Pass", "End": True}}, {"a": [1, 2]})
    # AWS recorded this for a list with blanks in test_map_state_config_inline_parameters
    texts = [
        run.history[0]["executionStartedEventDetails"]["input"],
        run.history[1]["stateEnteredEventDetails"]["input"],
        run.history[2]["stateExitedEventDetails"]["output"],
    ]
    assert texts == ['{"a": [1, 2]}'] * 3


def test_equal_values_of_other_types_keep_their_own_texts(lab: Any) -> None:
    states = {
        "A": {"Type": "Pass", "Result": {"v": 1}, "Next": "B"},
        "B": {"Type": "Pass", "Result": {"v": True}, "Next": "C"},
        "C": {"Type": "Pass", "Result": {"v": 1.0}, "End": True},
    }
    run = lab.run(states)
    outputs = [
        event["stateExitedEventDetails"]["output"]
        for event in run.history
        if "stateExitedEventDetails" in event
    ]
    assert outputs == ['{"v":1}', '{"v":true}', '{"v":1.0}']


def test_text_beyond_ascii_is_shown_as_it_is(lab: Any) -> None:
    run = lab.run({"P": {"Type": "Pass", "Result": "\u20ac", "End": True}})
    assert run.history[-1]["executionSucceededEventDetails"]["output"] == '"\u20ac"'


def test_a_long_history_is_shaped_with_bounded_memory_for_texts(lab_with: Any) -> None:
    states = {
        "A": {"Type": "Pass", "Parameters": {"n.$": "States.MathAdd($.n, 1)"}, "Next": "C"},
        "C": {
            "Type": "Choice",
            "Choices": [{"Variable": "$.n", "NumericLessThan": 200, "Next": "A"}],
            "Default": "S",
        },
        "S": {"Type": "Succeed"},
    }
    run = lab_with(quotas=Quotas(history_events=10_000)).run(states, {"n": 0})
    outputs = [
        json.loads(event["stateExitedEventDetails"]["output"])["n"]
        for event in run.history
        if event["type"] == "PassStateExited"
    ]
    assert outputs == list(range(1, 201))
