"""Topics keep what is published, and tell functions and queues."""

from __future__ import annotations

import json
from typing import Any

import pytest

from simulator import Simulator


def test_functions_and_queues_are_told_in_their_own_shapes() -> None:
    simulator = Simulator()
    events: list[Any] = []
    arn = simulator.add_lambda("told", lambda event, _context: events.append(event))
    sns, sqs = simulator.client("sns"), simulator.client("sqs")
    topic = sns.create_topic(Name="nightly")["TopicArn"]
    url = sqs.create_queue(QueueName="inbox")["QueueUrl"]
    queue = "arn:aws:sqs:us-east-1:123456789012:inbox"
    for protocol, endpoint in (("lambda", arn), ("sqs", queue), ("email", "a@example.com")):
        sns.subscribe(TopicArn=topic, Protocol=protocol, Endpoint=endpoint)
    message_id = sns.publish(TopicArn=topic, Message="done", Subject="Load")["MessageId"]
    simulator.run()
    (record,) = events[0]["Records"]
    assert (record["EventSource"], record["Sns"]["Message"]) == ("aws:sns", "done")
    (received,) = sqs.receive_message(QueueUrl=url)["Messages"]
    body = json.loads(received["Body"])
    assert (body["MessageId"], body["Subject"], body["Message"]) == (message_id, "Load", "done")


def test_a_topic_of_another_account_is_not_there() -> None:
    sns = Simulator().client("sns")
    sns.publish(TopicArn="arn:aws:sns:us-east-1:123456789012:any", Message="x")
    with pytest.raises(sns.exceptions.NotFoundException):
        sns.publish(TopicArn="arn:aws:sns:us-east-1:999999999999:any", Message="x")


def test_whoever_subscribes_twice_is_told_once() -> None:
    simulator = Simulator()
    sns, sqs = simulator.client("sns"), simulator.client("sqs")
    topic = sns.create_topic(Name="loaded")["TopicArn"]
    url = sqs.create_queue(QueueName="inbox")["QueueUrl"]
    asked = ["QueueArn"]
    queue = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=asked)["Attributes"]["QueueArn"]
    first, second = (
        sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=queue)["SubscriptionArn"]
        for _ in range(2)
    )
    assert first == second
    listed = sns.list_subscriptions_by_topic(TopicArn=topic)["Subscriptions"]
    assert [one["SubscriptionArn"] for one in listed] == [first]
    assert sns.get_topic_attributes(TopicArn=topic)["Attributes"]["SubscriptionsConfirmed"] == "1"
    sns.publish(TopicArn=topic, Message="day")
    simulator.run()
    assert len(sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10)["Messages"]) == 1
    sqs.purge_queue(QueueUrl=url)
    sns.unsubscribe(SubscriptionArn=first)
    sns.publish(TopicArn=topic, Message="another")
    simulator.run()
    assert "Messages" not in sqs.receive_message(QueueUrl=url)
