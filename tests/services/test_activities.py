"""Activities: what workers ask for, take and answer. Rules: API reference (CreateActivity,
GetActivityTask), developer guide ("Activities", "Task")."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError

from simulator import Execution, Simulator
from simulator.project import ProjectError

ARN = "arn:aws:states:us-east-1:123456789012:activity:approve"


class Work:
    """A state machine whose only task is an activity's."""

    def __init__(self, **fields: Any) -> None:
        self.simulator = Simulator()
        self.states = self.simulator.client("stepfunctions")
        self.states.create_activity(name="approve")
        task = {"Type": "Task", "Resource": ARN, "End": True, **fields}
        self.simulator.create_state_machine({"StartAt": "Ask", "States": {"Ask": task}})

    def start(self, **given: Any) -> Execution:
        return self.simulator.start(given)

    def take(self, **more: Any) -> Any:
        return self.states.get_activity_task(activityArn=ARN, **more)


def types(execution: Execution) -> list[str]:
    return [event["type"] for event in execution.history()]


def test_a_worker_takes_a_task_and_answers_it() -> None:
    work = Work(TimeoutSeconds=300, HeartbeatSeconds=60)
    execution = work.start(amount=3)
    task = work.take(workerName="ada")
    assert json.loads(task["input"]) == {"amount": 3}
    work.states.send_task_heartbeat(taskToken=task["taskToken"])
    work.states.send_task_success(taskToken=task["taskToken"], output='{"ok": true}')
    work.simulator.run()
    assert execution.output == {"ok": True}
    history = execution.history()
    assert [event["type"] for event in history[2:5]] == [
        "ActivityScheduled",
        "ActivityStarted",
        "ActivitySucceeded",
    ]
    assert history[2]["activityScheduledEventDetails"] == {
        "resource": ARN,
        "input": '{"amount": 3}',
        "inputDetails": {"truncated": False},
        "timeoutInSeconds": 300,
        "heartbeatInSeconds": 60,
    }
    assert history[3]["activityStartedEventDetails"] == {"workerName": "ada"}
    assert history[4]["activitySucceededEventDetails"]["output"] == '{"ok":true}'


def test_a_poll_without_a_task_is_answered_after_a_minute() -> None:
    work = Work()
    before = work.simulator.now
    assert "taskToken" not in work.take()
    assert 60_000 <= work.simulator.now - before <= 61_000


def test_tasks_are_taken_first_in_first_out_and_a_failure_is_retried() -> None:
    retry = {"ErrorEquals": ["Refused"], "IntervalSeconds": 5, "MaxAttempts": 1}
    work = Work(Retry=[retry])
    first, second = work.start(n=1), work.start(n=2)
    tasks = [work.take(), work.take()]
    assert [json.loads(task["input"])["n"] for task in tasks] == [1, 2]
    work.states.send_task_failure(taskToken=tasks[0]["taskToken"], error="Refused", cause="no")
    work.states.send_task_success(taskToken=tasks[1]["taskToken"], output="2")
    again = work.take()
    assert json.loads(again["input"]) == {"n": 1}
    assert again["taskToken"] != tasks[0]["taskToken"]
    work.states.send_task_failure(taskToken=again["taskToken"], error="Refused")
    work.simulator.run()
    assert (first.status, first.error, second.output) == ("FAILED", "Refused", 2)


def test_the_time_counts_from_when_a_worker_has_taken_it() -> None:
    work = Work(TimeoutSeconds=30)
    execution = work.start()
    # nobody asks for ten minutes
    queue = work.simulator.client("sqs")
    url = "https://sqs.us-east-1.amazonaws.com/123456789012/q"
    for _ in range(30):
        queue.receive_message(QueueUrl=url, WaitTimeSeconds=20)
    assert execution.status == "RUNNING"
    token, taken = work.take()["taskToken"], work.simulator.now
    work.simulator.run()
    assert 30_000 <= work.simulator.now - taken <= 31_000
    assert (execution.status, execution.error) == ("FAILED", "States.Timeout")
    assert types(execution)[-2:] == ["ActivityTimedOut", "ExecutionFailed"]
    with pytest.raises(work.states.exceptions.TaskTimedOut):
        work.states.send_task_success(taskToken=token, output="{}")


def test_a_task_of_an_execution_that_was_stopped_is_offered_to_nobody() -> None:
    work = Work()
    stopped = work.start(n=1)
    work.states.stop_execution(executionArn=stopped.arn)
    other = work.start(n=2)
    assert json.loads(work.take()["input"]) == {"n": 2}
    assert (stopped.status, other.status) == ("ABORTED", "RUNNING")


def test_an_activity_that_was_deleted_fails_the_state() -> None:
    work = Work(Catch=[{"ErrorEquals": ["States.ALL"], "Next": "Ask"}])
    work.states.delete_activity(activityArn=ARN)
    execution = work.start()
    work.simulator.run()
    # AWS recorded this in test_activity_task_on_deleted
    assert types(execution) == ["ExecutionStarted", "TaskStateEntered", "ExecutionFailed"]
    assert execution.error == "States.Runtime"
    assert execution.cause == (
        "An error occurred while executing the state 'Ask' (entered at the event id #2). "
        f"The activity {ARN} does not exist."
    )


def test_activities_are_kept_listed_and_tagged() -> None:
    states = Simulator().client("stepfunctions")
    tags = [{"key": "team", "value": "etl"}]
    made = states.create_activity(name="approve", tags=tags)
    assert states.create_activity(name="approve")["creationDate"] == made["creationDate"]
    own_key = {"type": "CUSTOMER_MANAGED_KMS_KEY", "kmsKeyId": "k"}
    with pytest.raises(states.exceptions.ActivityAlreadyExists):
        states.create_activity(name="approve", encryptionConfiguration=own_key)
    with pytest.raises(states.exceptions.InvalidName):
        states.create_activity(name="a b")
    states.create_activity(name="b")
    pages = states.get_paginator("list_activities").paginate(PaginationConfig={"PageSize": 1})
    assert [one["name"] for page in pages for one in page["activities"]] == ["approve", "b"]
    assert states.describe_activity(activityArn=ARN)["name"] == "approve"
    assert states.list_tags_for_resource(resourceArn=ARN)["tags"] == tags
    states.tag_resource(resourceArn=ARN, tags=[{"key": "x", "value": "1"}])
    states.untag_resource(resourceArn=ARN, tagKeys=["team"])
    assert states.list_tags_for_resource(resourceArn=ARN)["tags"] == [{"key": "x", "value": "1"}]
    states.delete_activity(activityArn=ARN)
    for ask in (states.describe_activity, states.get_activity_task):
        with pytest.raises(states.exceptions.ActivityDoesNotExist):
            ask(activityArn=ARN)
    with pytest.raises(states.exceptions.InvalidArn):
        states.describe_activity(activityArn="approve")
    with pytest.raises(ClientError, match="Resource not found"):
        states.list_tags_for_resource(resourceArn=ARN)


def test_a_project_declares_activities(tmp_path: Path) -> None:
    task = {"Type": "Task", "Resource": "${approve_arn}", "End": True}
    definition = {"StartAt": "Ask", "States": {"Ask": task}}
    (tmp_path / "a.asl.json").write_text(json.dumps(definition))
    toml = tmp_path / "simulator.toml"
    text = (
        '[definition]\nfile = "a.asl.json"\n'
        '[definition.substitutions]\napprove_arn = { activity = "approve" }\n'
    )
    toml.write_text(text)
    with pytest.raises(ProjectError, match=r"expected one of \[activity\.\*\], got 'approve'"):
        Simulator.from_project(tmp_path)
    toml.write_text(text + "[activity.approve]\n")
    with Simulator.from_project(tmp_path) as simulator:
        execution = simulator.start({})
        states = simulator.client("stepfunctions")
        token = states.get_activity_task(activityArn=ARN)["taskToken"]
        states.send_task_success(taskToken=token, output='"yes"')
        simulator.run()
        assert execution.output == "yes"


def test_a_template_declares_activities(tmp_path: Path) -> None:
    (tmp_path / "template.yaml").write_text(
        """
Resources:
  Approve: {Type: "AWS::StepFunctions::Activity", Properties: {Name: approve}}
  Machine:
    Type: AWS::StepFunctions::StateMachine
    Properties:
      Definition: {StartAt: Ask, States: {Ask: {Type: Task, Resource: !Ref Approve, End: true}}}
"""
    )
    (tmp_path / "simulator.toml").write_text('[template]\nfile = "template.yaml"\n')
    with Simulator.from_project(tmp_path) as simulator:
        execution = simulator.start({})
        states = simulator.client("stepfunctions")
        token = states.get_activity_task(activityArn=ARN)["taskToken"]
        states.send_task_success(taskToken=token, output="1")
        simulator.run()
        assert execution.output == 1
