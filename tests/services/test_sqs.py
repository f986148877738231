"""Queues in virtual time."""

from __future__ import annotations

import time
from typing import Any

import pytest
from botocore.exceptions import ClientError

from simulator import Simulator
from simulator.services.api import NotModelled


@pytest.fixture
def simulator() -> Simulator:
    return Simulator()


@pytest.fixture
def sqs(simulator: Simulator) -> Any:
    return simulator.client("sqs")


@pytest.fixture
def url(sqs: Any) -> str:
    return str(sqs.create_queue(QueueName="work")["QueueUrl"])


def test_a_message_comes_back_until_it_is_deleted(sqs: Any, url: str, simulator: Simulator) -> None:
    attributes = {"n": {"DataType": "String", "StringValue": "1"}}
    sent = sqs.send_message(QueueUrl=url, MessageBody="hello", MessageAttributes=attributes)
    # MD5 of "hello"
    assert sent["MD5OfMessageBody"] == "5d41402abc4b2a76b9719d911017c592"
    (first,) = sqs.receive_message(QueueUrl=url, MessageAttributeNames=["All"])["Messages"]
    assert (first["Body"], first["MessageAttributes"]) == ("hello", attributes)
    assert "Messages" not in sqs.receive_message(QueueUrl=url)
    # "The default visibility timeout for a queue is 30 seconds"
    simulator.call(time.sleep, 30)
    (again,) = sqs.receive_message(QueueUrl=url)["Messages"]
    assert again["MessageId"] == first["MessageId"]
    sqs.delete_message(QueueUrl=url, ReceiptHandle=again["ReceiptHandle"])
    state = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["All"])["Attributes"]
    assert state["ApproximateNumberOfMessages"] == "0"


def test_whoever_waits_is_woken_by_a_message_that_was_delayed(
    sqs: Any, url: str, simulator: Simulator
) -> None:
    sqs.send_message(QueueUrl=url, MessageBody="late", DelaySeconds=7)
    before = simulator.now
    (message,) = sqs.receive_message(QueueUrl=url, WaitTimeSeconds=20)["Messages"]
    assert message["Body"] == "late"
    assert 6_900 <= simulator.now - before <= 7_100


def test_waiting_for_nothing_ends_when_it_was_to_end(
    sqs: Any, url: str, simulator: Simulator
) -> None:
    before = simulator.now
    assert "Messages" not in sqs.receive_message(QueueUrl=url, WaitTimeSeconds=5)
    assert 5_000 <= simulator.now - before <= 5_100


def test_with_a_queue_of_their_own_others_are_not_there(sqs: Any, url: str) -> None:
    with pytest.raises(sqs.exceptions.QueueDoesNotExist):
        sqs.send_message(QueueUrl=url + "2", MessageBody="x")


def test_fifo_queues_are_refused_by_name(sqs: Any) -> None:
    with pytest.raises(NotModelled, match=r"orders\.fifo"):
        sqs.create_queue(QueueName="orders.fifo", Attributes={"FifoQueue": "true"})


def test_a_message_is_shown_again_when_its_reader_says_so(
    sqs: Any, url: str, simulator: Simulator
) -> None:
    sqs.send_message_batch(
        QueueUrl=url, Entries=[{"Id": "a", "MessageBody": "1"}, {"Id": "b", "MessageBody": "2"}]
    )
    got = sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10)["Messages"]
    assert "Messages" not in sqs.receive_message(QueueUrl=url)
    sqs.change_message_visibility(
        QueueUrl=url, ReceiptHandle=got[0]["ReceiptHandle"], VisibilityTimeout=0
    )
    (again,) = sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10)["Messages"]
    assert again["MessageId"] == got[0]["MessageId"]
    entries = [
        {"Id": "x", "ReceiptHandle": again["ReceiptHandle"]},
        {"Id": "y", "ReceiptHandle": got[1]["ReceiptHandle"]},
    ]
    assert len(sqs.delete_message_batch(QueueUrl=url, Entries=entries)["Successful"]) == 2
    asked = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"]
    counts = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=asked)["Attributes"]
    assert counts == dict.fromkeys(asked, "0")


def test_a_queue_is_emptied_and_deleted(sqs: Any, url: str) -> None:
    sqs.send_message(QueueUrl=url, MessageBody="1")
    sqs.purge_queue(QueueUrl=url)
    assert "Messages" not in sqs.receive_message(QueueUrl=url)
    sqs.delete_queue(QueueUrl=url)
    with pytest.raises(sqs.exceptions.QueueDoesNotExist):
        sqs.send_message(QueueUrl=url, MessageBody="1")


@pytest.mark.parametrize(
    "attributes",
    [
        {"VisibilityTimeout": "43201"},
        {"DelaySeconds": "soon"},
        {"RedrivePolicy": "{"},
        {"RedrivePolicy": '{"maxReceiveCount": 2}'},
    ],
)
def test_attributes_that_no_queue_can_have_are_refused(
    sqs: Any, url: str, attributes: dict[str, str]
) -> None:
    with pytest.raises(ClientError, match=next(iter(attributes))):
        sqs.set_queue_attributes(QueueUrl=url, Attributes=attributes)
    sqs.send_message(QueueUrl=url, MessageBody="1")
    assert len(sqs.receive_message(QueueUrl=url)["Messages"]) == 1


@pytest.mark.parametrize(
    ("given", "says"),
    [
        ({"DelaySeconds": 901}, "Value 901 for parameter DelaySeconds is invalid. Reason"),
        ({"MessageAttributes": {"a": {"DataType": "String"}}}, "attribute 'a' must contain"),
        ({"MessageAttributes": {"a": {"DataType": "Text"}}}, "invalid message attribute type"),
    ],
)
def test_what_no_message_can_have_is_refused(
    sqs: Any, url: str, given: dict[str, Any], says: str
) -> None:
    with pytest.raises(ClientError, match=says):
        sqs.send_message(QueueUrl=url, MessageBody="1", **given)
