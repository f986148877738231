"""Amazon SNS: topics that keep what is published, and tell functions and queues.

Without a topic of their own making any topic's ARN in the account names one, as any cluster does.
What a person or a server outside would get is kept with the topic and goes nowhere.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from simulator.engine.ports import World
from simulator.services.api import Caller, NotModelled, ServiceError

if TYPE_CHECKING:
    from simulator.services.sqs import SQS

Request = dict[str, Any]
# (function, payload, who calls)
Invoke = Callable[[str, bytes, Caller], object]

_INSIDE = ("lambda", "sqs")


@dataclass(frozen=True, slots=True)
class Notification:
    """What was published."""

    id: str
    message: str
    subject: str | None
    attributes: dict[str, Request]
    published_ms: int


@dataclass(frozen=True, slots=True)
class Subscription:
    """Who is told, and how."""

    arn: str
    protocol: str
    endpoint: str
    is_raw: bool


@dataclass(slots=True)
class Topic:
    """A topic with what was published to it."""

    arn: str
    attributes: dict[str, str] = field(default_factory=dict)
    subscriptions: dict[str, Subscription] = field(default_factory=dict)
    notifications: list[Notification] = field(default_factory=list)


class SNS:
    """Answers SNS's API. `invoke` calls a function asynchronously; `queues` gives SQS."""

    name = "sns"

    def __init__(self, world: World, invoke: Invoke, queues: Callable[[], SQS]) -> None:
        self._world = world
        self._invoke = invoke
        self._queues = queues
        self.topics: dict[str, Topic] = {}
        self._has_made_one = False

    def create_topic(self, request: Request, _caller: Caller) -> Request:
        """Make a topic; the same one again is answered with what is there."""
        name = request["Name"]
        if name.endswith(".fifo"):
            raise NotModelled(f"topic {name!r}: FIFO topics are not simulated")
        self._has_made_one = True
        arn = f"arn:aws:sns:{self._world.region}:{self._world.account_id}:{name}"
        topic = self.topics.setdefault(arn, Topic(arn))
        topic.attributes.update(request.get("Attributes") or {})
        return {"TopicArn": arn}

    def delete_topic(self, request: Request, _caller: Caller) -> Request:
        """Delete a topic; one that isn't there is no error."""
        self._has_made_one = True
        self.topics.pop(request["TopicArn"], None)
        return {}

    def list_topics(self, _request: Request, _caller: Caller) -> Request:
        """The topics."""
        return {"Topics": [{"TopicArn": arn} for arn in self.topics]}

    def get_topic_attributes(self, request: Request, _caller: Caller) -> Request:
        """A topic's attributes."""
        topic = self._topic(request["TopicArn"])
        return {
            "Attributes": {
                "TopicArn": topic.arn,
                "Owner": self._world.account_id,
                "SubscriptionsConfirmed": str(len(topic.subscriptions)),
                **topic.attributes,
            }
        }

    def subscribe(self, request: Request, _caller: Caller) -> Request:
        """Have somebody told of what is published."""
        topic = self._topic(request["TopicArn"])
        attributes = request.get("Attributes") or {}
        if "FilterPolicy" in attributes:
            raise NotModelled(f"topic {topic.arn}: filter policies are not simulated")
        protocol, endpoint = request["Protocol"], request.get("Endpoint", "")
        # whoever subscribes again has the same subscription, and is told once
        known = [
            one
            for one in topic.subscriptions.values()
            if (one.protocol, one.endpoint) == (protocol, endpoint)
        ]
        place = f"{topic.arn}:{protocol}:{endpoint}"
        subscription = Subscription(
            known[0].arn
            if known
            else f"{topic.arn}:{self._world.identity.uuid('sns-subscription', place)}",
            protocol,
            endpoint,
            attributes.get("RawMessageDelivery") == "true",
        )
        topic.subscriptions[subscription.arn] = subscription
        if subscription.protocol in _INSIDE or request.get("ReturnSubscriptionArn"):
            return {"SubscriptionArn": subscription.arn}
        return {"SubscriptionArn": "pending confirmation"}

    def unsubscribe(self, request: Request, _caller: Caller) -> Request:
        """Tell somebody no longer."""
        for topic in self.topics.values():
            topic.subscriptions.pop(request["SubscriptionArn"], None)
        return {}

    def list_subscriptions_by_topic(self, request: Request, _caller: Caller) -> Request:
        """Who is told of what is published to a topic."""
        topic = self._topic(request["TopicArn"])
        return {
            "Subscriptions": [
                {
                    "SubscriptionArn": one.arn,
                    "Owner": self._world.account_id,
                    "Protocol": one.protocol,
                    "Endpoint": one.endpoint,
                    "TopicArn": topic.arn,
                }
                for one in topic.subscriptions.values()
            ]
        }

    def publish(self, request: Request, caller: Caller) -> Request:
        """Publish a message."""
        arn = request.get("TopicArn") or request.get("TargetArn")
        if arn is None:
            if "PhoneNumber" in request:
                raise NotModelled("publish: messages to a phone number are not simulated")
            raise ServiceError("InvalidParameter", "Invalid parameter: TopicArn or TargetArn")
        topic = self._topic(arn)
        if not request["Message"]:
            raise ServiceError("InvalidParameter", "Invalid parameter: Empty message")
        notification = Notification(
            self._world.identity.uuid("sns-message", arn),
            _default_text(request),
            request.get("Subject"),
            request.get("MessageAttributes") or {},
            self._world.scheduler.now_ms,
        )
        topic.notifications.append(notification)
        self._world.trace.add(
            self._world.scheduler.now_ms,
            "MessagePublished",
            arn,
            {"id": notification.id, "caller": caller.name, "subject": notification.subject},
        )
        for subscription in topic.subscriptions.values():
            self._deliver(topic, subscription, notification)
        return {"MessageId": notification.id}

    def _deliver(self, topic: Topic, to: Subscription, notification: Notification) -> None:
        if to.protocol not in _INSIDE:
            return
        shown = self._shown(topic, notification)
        caller = Caller(f"topic:{topic.arn.rpartition(':')[2]}", "sns.amazonaws.com")
        if to.protocol == "lambda":
            record = {
                "EventSource": "aws:sns",
                "EventVersion": "1.0",
                "EventSubscriptionArn": to.arn,
                "Sns": shown,
            }
            self._invoke(to.endpoint, json.dumps({"Records": [record]}).encode(), caller)
            return
        queues = self._queues()
        body = notification.message if to.is_raw else json.dumps(shown)
        url = queues.find_by_arn(to.endpoint).url
        queues.send_message({"QueueUrl": url, "MessageBody": body}, caller)

    def _shown(self, topic: Topic, notification: Notification) -> Request:
        moment = datetime.fromtimestamp(notification.published_ms // 1000, UTC)
        shown: Request = {
            "Type": "Notification",
            "MessageId": notification.id,
            "TopicArn": topic.arn,
            "Subject": notification.subject,
            "Message": notification.message,
            "Timestamp": f"{moment:%Y-%m-%dT%H:%M:%S}.{notification.published_ms % 1000:03d}Z",
            "MessageAttributes": {
                name: {"Type": one["DataType"], "Value": one.get("StringValue")}
                for name, one in notification.attributes.items()
            },
        }
        return {name: value for name, value in shown.items() if value is not None}

    def _topic(self, arn: str) -> Topic:
        found = self.topics.get(arn)
        if found is not None:
            return found
        parts = arn.split(":")
        is_ours = parts[2:5] == ["sns", self._world.region, self._world.account_id]
        if len(parts) != 6 or parts[0] != "arn":
            raise ServiceError("InvalidParameter", "Invalid parameter: TopicArn")
        if self._has_made_one or not is_ours:
            raise ServiceError("NotFound", "Topic does not exist", status=404)
        return self.topics.setdefault(arn, Topic(arn))


def _default_text(request: Request) -> str:
    """The message as most protocols get it: with MessageStructure "json", its "default"."""
    text: str = request["Message"]
    if request.get("MessageStructure") != "json":
        return text
    try:
        chosen = json.loads(text)["default"]
    except (ValueError, KeyError, TypeError):
        raise ServiceError(
            "InvalidParameter",
            "Invalid parameter: Message Structure - No default entry in JSON message body",
        ) from None
    return str(chosen)
