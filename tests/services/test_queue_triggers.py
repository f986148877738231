"""Queues that call functions, as event source mappings do, and rules that fill them. Expected
values: "Using Lambda with Amazon SQS" in Lambda's developer guide."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from simulator import Simulator
from simulator.project import ProjectError

PROJECT = """
[definition]
file = "m.asl.json"
[lambda.take]
path = "take"
[queue.work]
lambda = "take"
batch_size = 2
visibility_seconds = 60
max_receives = 2
dead_letter_queue = "dead"
[rule.ended]
target = { queue = "work" }
pattern = { source = ["aws.states"], detail = { status = ["SUCCEEDED"] } }
[rule.told]
target = { topic = "told" }
pattern = { source = ["aws.states"], detail = { status = [{ prefix = "SUCC" }] } }
"""
TAKE = """
def handler(event, context):
    bodies = [record["body"] for record in event["Records"]]
    print("+".join(bodies))
    if "all fail" in bodies:
        raise RuntimeError("as asked")
    return {
        "batchItemFailures": [
            {"itemIdentifier": record["messageId"]}
            for record in event["Records"]
            if record["body"] == "fails"
        ]
    }
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "simulator.toml").write_text(PROJECT)
    passing = {"StartAt": "P", "States": {"P": {"Type": "Pass", "End": True}}}
    (tmp_path / "m.asl.json").write_text(json.dumps(passing))
    (tmp_path / "take").mkdir()
    (tmp_path / "take" / "index.py").write_text(TAKE)
    return tmp_path


def sent(simulator: Simulator, *bodies: str) -> None:
    client = simulator.client("sqs")
    url = client.get_queue_url(QueueName="work")["QueueUrl"]
    entries = [{"Id": str(n), "MessageBody": body} for n, body in enumerate(bodies)]
    client.send_message_batch(QueueUrl=url, Entries=entries)
    simulator.run()


def left(simulator: Simulator, queue: str) -> list[str]:
    client = simulator.client("sqs")
    url = client.get_queue_url(QueueName=queue)["QueueUrl"]
    answer = client.receive_message(QueueUrl=url, MaxNumberOfMessages=10, VisibilityTimeout=0)
    return [message["Body"] for message in answer.get("Messages", ())]


def test_messages_come_in_batches_and_are_deleted(folder: Path) -> None:
    with Simulator.from_project(folder) as simulator:
        sent(simulator, "a", "b", "c")
        assert [one.output for one in simulator.invocations] == ["a+b\n", "c\n"]
        assert left(simulator, "work") == []


def test_a_message_that_fails_comes_again_and_then_lies_in_the_dead_letter_queue(
    folder: Path,
) -> None:
    with Simulator.from_project(folder) as simulator:
        sent(simulator, "fails", "a")
        printed = [one.output for one in simulator.invocations]
        starts = [one.started_ms for one in simulator.invocations]
        assert printed == ["fails+a\n", "fails\n"]
        # when its visibility has run out; the first time an environment was made meanwhile
        assert 59_500 <= starts[1] - starts[0] <= 60_000
        assert left(simulator, "dead") == ["fails"]


def test_where_the_handler_fails_the_whole_batch_comes_again(folder: Path) -> None:
    with Simulator.from_project(folder) as simulator:
        sent(simulator, "all fail", "a")
        assert [one.output for one in simulator.invocations] == ["all fail+a\n"] * 2
        assert sorted(left(simulator, "dead")) == ["a", "all fail"]


def test_the_event_is_lambda_s(folder: Path) -> None:
    seen: list[Any] = []
    with Simulator.from_project(folder) as simulator:
        (folder / "take" / "index.py").write_text("")
        simulator.add_lambda("take", lambda event, _context: seen.append(event))
        client = simulator.client("sqs")
        url = client.get_queue_url(QueueName="work")["QueueUrl"]
        kind = {"DataType": "String", "StringValue": "orders"}
        answer = client.send_message(
            QueueUrl=url, MessageBody="text", MessageAttributes={"kind": kind}
        )
        simulator.run()
    ((record,),) = (event["Records"] for event in seen)
    attributes = record.pop("attributes")
    assert record.pop("receiptHandle")
    assert record == {
        "messageId": answer["MessageId"],
        "body": "text",
        "messageAttributes": {
            "kind": {
                "dataType": "String",
                "stringValue": "orders",
                "stringListValues": [],
                "binaryListValues": [],
            }
        },
        "md5OfBody": answer["MD5OfMessageBody"],
        "eventSource": "aws:sqs",
        "eventSourceARN": "arn:aws:sqs:us-east-1:123456789012:work",
        "awsRegion": "us-east-1",
    }
    assert attributes["ApproximateReceiveCount"] == "1"


def test_a_rule_puts_its_event_into_a_queue_and_on_a_topic(folder: Path) -> None:
    with Simulator.from_project(folder) as simulator:
        execution = simulator.start({})
        simulator.run()
        (invocation,) = simulator.invocations
        event = json.loads(invocation.output)
        assert event["detail"]["executionArn"] == execution.arn
        (published,) = simulator.trace.of_kind("MessagePublished")
        assert published[2] == "arn:aws:sns:us-east-1:123456789012:told"


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ('lambda = "take"', 'lambda = "tako"', r"\[queue.work\] lambda: .*\n.*did you mean 'take'"),
        ("batch_size = 2", "batch_size = 11", r"batch_size: expected 1 to 10, got 11"),
        ("max_receives = 2", "", r"'max_receives' and 'dead_letter_queue' together"),
        ('{ topic = "told" }', '{ bus = "x" }', r"target: expected one of lambda, state_machine"),
    ],
)
def test_mistakes_are_named(folder: Path, old: str, new: str, message: str) -> None:
    file = folder / "simulator.toml"
    file.write_text(file.read_text().replace(old, new))
    with pytest.raises(ProjectError, match=message):
        Simulator.from_project(folder)
