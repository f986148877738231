"""One state machine runs another and waits for its end, or doesn't."""

from __future__ import annotations

import json
from typing import Any

import pytest

from simulator import Execution, Simulator


def run(pattern: str, child: dict[str, Any], **fields: Any) -> tuple[Simulator, Execution]:
    simulator = Simulator()
    inner = simulator.create_state_machine({"StartAt": "In", "States": {"In": child}}, name="Inner")
    task = {
        "Type": "Task",
        "Resource": f"arn:aws:states:::states:startExecution{pattern}",
        "Parameters": {"StateMachineArn": inner, "Name": "child", "Input": {"n.$": "$.n"}},
        "End": True,
        **fields,
    }
    simulator.create_state_machine({"StartAt": "Out", "States": {"Out": task}}, name="Outer")
    execution = simulator.start({"n": 1})
    simulator.run()
    return simulator, execution


PASS = {"Type": "Pass", "End": True}
CHILD = "arn:aws:states:us-east-1:123456789012:execution:Inner:child"


def test_the_answer_to_a_start_is_the_result() -> None:
    _, execution = run("", PASS)
    assert execution.output["ExecutionArn"] == CHILD
    assert "SdkHttpMetadata" in execution.output


@pytest.mark.parametrize(("pattern", "output"), [(".sync", '{"n":1}'), (".sync:2", {"n": 1})])
def test_the_end_of_the_execution_is_the_result(pattern: str, output: Any) -> None:
    _, execution = run(pattern, PASS)
    assert (execution.output["Status"], execution.output["Output"]) == ("SUCCEEDED", output)
    types = [event["type"] for event in execution.history()]
    assert types[2:6] == ["TaskScheduled", "TaskStarted", "TaskSubmitted", "TaskSucceeded"]


def test_a_child_that_fails_fails_the_task_with_its_description() -> None:
    _, execution = run(".sync:2", {"Type": "Fail", "Error": "Inner", "Cause": "why"})
    assert execution.error == "States.TaskFailed"
    described = json.loads(execution.cause or "")
    assert (described["Status"], described["Error"], described["Cause"]) == (
        "FAILED",
        "Inner",
        "why",
    )


def test_a_child_is_stopped_when_its_task_has_waited_too_long() -> None:
    wait = {"Type": "Wait", "Seconds": 3600, "End": True}
    simulator, execution = run(".sync", wait, TimeoutSeconds=60)
    assert execution.error == "States.Timeout"
    child = simulator.execution(CHILD)
    assert (child.status, round(child.virtual_seconds)) == ("ABORTED", 60)
    # as users measured it, of a task that a failure beside it cut
    assert child.error is None
    assert child.cause == (
        f"The Task state in AWS Step Functions execution [{execution.arn}] which was managing this"
        " resource was aborted"
    )


def test_a_child_is_stopped_when_a_failure_beside_its_task_cuts_it() -> None:
    simulator = Simulator()
    wait = {"Type": "Wait", "Seconds": 3600, "End": True}
    inner = simulator.create_state_machine({"StartAt": "In", "States": {"In": wait}}, name="Inner")
    task = {
        "Type": "Task",
        "Resource": "arn:aws:states:::states:startExecution.sync:2",
        "Parameters": {"StateMachineArn": inner, "Name": "child"},
        "End": True,
    }
    boom = {
        "W": {"Type": "Wait", "Seconds": 5, "Next": "F"},
        "F": {"Type": "Fail", "Error": "Boom"},
    }
    branches = [
        {"StartAt": "T", "States": {"T": task}},
        {"StartAt": "W", "States": boom},
    ]
    parallel = {"Type": "Parallel", "Branches": branches, "End": True}
    simulator.create_state_machine({"StartAt": "P", "States": {"P": parallel}}, name="Outer")
    execution = simulator.start({})
    simulator.run()
    child = simulator.execution(CHILD)
    assert (execution.error, child.status) == ("Boom", "ABORTED")
    assert child.virtual_seconds < 6
    assert f"[{execution.arn}]" in (child.cause or "")


def test_an_execution_without_name_or_machine_fails_in_awss_words() -> None:
    parameters = {"StateMachineArn": "arn:aws:states:us-east-1:123456789012:stateMachine:None"}
    _, execution = run(".sync", PASS, Parameters=parameters)
    assert execution.error == "StepFunctions.StateMachineDoesNotExistException"


@pytest.mark.parametrize("given", [5, True, [1, 2], "1"])
def test_an_input_that_is_no_text_is_handed_over_as_json(given: Any) -> None:
    parameters = {"StateMachineArn": "", "Name": "child", "Input.$": "$.n"}
    simulator = Simulator()
    inner = simulator.create_state_machine({"StartAt": "In", "States": {"In": PASS}}, name="Inner")
    task = {
        "Type": "Task",
        "Resource": "arn:aws:states:::states:startExecution.sync:2",
        "Parameters": {**parameters, "StateMachineArn": inner},
        "End": True,
    }
    simulator.create_state_machine({"StartAt": "Out", "States": {"Out": task}}, name="Outer")
    execution = simulator.start({"n": given})
    simulator.run()
    assert execution.output["Output"] == (1 if given == "1" else given)
