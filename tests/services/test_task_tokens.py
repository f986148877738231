"""Callbacks: a task waits until its token comes back, or until it has waited long enough."""

from __future__ import annotations

import json
from typing import Any

import pytest

from simulator import Execution, Simulator

QUEUE = "https://sqs.us-east-1.amazonaws.com/123456789012/work"


class Waiting:
    """An execution whose task has handed its token out through a queue."""

    def __init__(self, **fields: Any) -> None:
        self.simulator = Simulator()
        task = {
            "Type": "Task",
            "Resource": "arn:aws:states:::sqs:sendMessage.waitForTaskToken",
            "Parameters": {"QueueUrl": QUEUE, "MessageBody": {"token.$": "$$.Task.Token"}},
            "End": True,
            **fields,
        }
        self.simulator.create_state_machine({"StartAt": "Ask", "States": {"Ask": task}})
        self.execution: Execution = self.simulator.start()
        self.states = self.simulator.client("stepfunctions")
        self.sqs = self.simulator.client("sqs")
        self.token = self.receive()

    def receive(self) -> str:
        (message,) = self.sqs.receive_message(QueueUrl=QUEUE, WaitTimeSeconds=20)["Messages"]
        self.sqs.delete_message(QueueUrl=QUEUE, ReceiptHandle=message["ReceiptHandle"])
        return str(json.loads(message["Body"])["token"])

    @property
    def types(self) -> list[str]:
        return [event["type"] for event in self.execution.history()]


def test_a_token_brings_the_result_back_once() -> None:
    waiting = Waiting()
    waiting.states.send_task_success(taskToken=waiting.token, output='{"rows": 3}')
    assert waiting.execution.output == {"rows": 3}
    with pytest.raises(waiting.states.exceptions.TaskTimedOut):
        waiting.states.send_task_success(taskToken=waiting.token, output="{}")


def test_a_failure_has_the_error_that_the_callback_names() -> None:
    retry = {"ErrorEquals": ["Busy"], "MaxAttempts": 1, "IntervalSeconds": 1}
    waiting = Waiting(Retry=[retry])
    waiting.states.send_task_failure(taskToken=waiting.token, error="Busy", cause="c")
    # each try has a token of its own
    second = waiting.receive()
    assert second != waiting.token
    waiting.states.send_task_failure(taskToken=second)
    waiting.simulator.run()
    assert (waiting.execution.status, waiting.execution.error) == ("FAILED", None)


def test_a_heartbeat_starts_the_time_anew() -> None:
    waiting = Waiting(HeartbeatSeconds=10)
    began = waiting.simulator.now
    for _ in range(3):
        waiting.sqs.receive_message(QueueUrl=QUEUE, WaitTimeSeconds=8)
        waiting.states.send_task_heartbeat(taskToken=waiting.token)
    waiting.simulator.run()
    assert waiting.execution.error == "States.Timeout"
    assert waiting.types[-3:] == ["TaskSubmitted", "TaskTimedOut", "ExecutionFailed"]
    assert 34_000 <= waiting.simulator.now - began <= 35_000


def test_what_is_no_token_and_what_is_no_json_are_refused() -> None:
    waiting = Waiting()
    with pytest.raises(waiting.states.exceptions.InvalidToken):
        waiting.states.send_task_success(taskToken="none", output="{}")
    for output in ("{", "NaN", "[" * 100_000):
        with pytest.raises(waiting.states.exceptions.InvalidOutput):
            waiting.states.send_task_success(taskToken=waiting.token, output=output)
    assert waiting.execution.status == "RUNNING"


def test_a_function_may_answer_before_it_returns() -> None:
    simulator = Simulator()

    def handler(event: Any, _context: Any) -> None:
        import boto3

        boto3.client("stepfunctions").send_task_success(taskToken=event["token"], output="1")

    simulator.add_lambda("quick", handler)
    task = {
        "Type": "Task",
        "Resource": "arn:aws:states:::lambda:invoke.waitForTaskToken",
        "Parameters": {"FunctionName": "quick", "Payload": {"token.$": "$$.Task.Token"}},
        "End": True,
    }
    simulator.create_state_machine({"StartAt": "T", "States": {"T": task}})
    execution = simulator.start()
    simulator.run()
    assert execution.output == 1
