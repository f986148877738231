"""Amazon SQS: standard queues that keep messages, in virtual time.

Without a queue of their own making any queue's URL in the account names one, as any cluster does.
Messages come in the order in which they were sent, each once until its visibility runs out; AWS
promises less. FIFO queues are refused by name.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from simulator.engine.ports import Pending, World
from simulator.services.api import Caller, NotModelled, ServiceError
from simulator.services.sqs_parameters import check_message, check_queue, check_seconds

Request = dict[str, Any]

# "The default visibility timeout for a queue is 30 seconds"
_VISIBILITY_SECONDS = 30
# MessageRetentionPeriod: four days by default
_RETENTION_SECONDS = 345_600
# "up to 1 MiB" since August 2025 (SendMessage)
_MOST_BYTES = 1_048_576


@dataclass(slots=True)
class Message:
    """A message; it can be received from `visible_ms` on."""

    id: str
    body: str
    attributes: dict[str, Request]
    sent_ms: int
    visible_ms: int
    sender: str
    receives: int = 0
    first_received_ms: int = 0
    handle: str = ""


@dataclass(slots=True)
class Queue:
    """A queue and who waits at it."""

    name: str
    url: str
    arn: str
    attributes: dict[str, str] = field(default_factory=dict)
    messages: list[Message] = field(default_factory=list)
    waiting: list[Callable[[], bool]] = field(default_factory=list)
    # told whenever a message may have become visible
    listeners: list[Callable[[], None]] = field(default_factory=list)

    def seconds(self, attribute: str, default: int) -> int:
        """An attribute that is a number of seconds."""
        return int(self.attributes.get(attribute, default))


class SQS:
    """Answers SQS's API."""

    name = "sqs"

    def __init__(self, world: World) -> None:
        self._world = world
        self.queues: dict[str, Queue] = {}
        self._has_made_one = False

    # -- queues -------------------------------------------------------------------------------

    def create_queue(self, request: Request, _caller: Caller) -> Request:
        """Make a queue; the same one again is answered with what is there."""
        name = request["QueueName"]
        if name.endswith(".fifo"):
            raise NotModelled(f"queue {name!r}: FIFO queues are not simulated")
        check_queue(request.get("Attributes") or {})
        self._has_made_one = True
        queue = self.queues.get(name) or self._made(name)
        queue.attributes.update(request.get("Attributes") or {})
        return {"QueueUrl": queue.url}

    def get_queue_url(self, request: Request, _caller: Caller) -> Request:
        """A queue's URL."""
        return {"QueueUrl": self._named(request["QueueName"]).url}

    def list_queues(self, request: Request, _caller: Caller) -> Request:
        """The queues' URLs."""
        prefix = request.get("QueueNamePrefix", "")
        urls = [queue.url for name, queue in self.queues.items() if name.startswith(prefix)]
        return {"QueueUrls": urls} if urls else {}

    def delete_queue(self, request: Request, _caller: Caller) -> Request:
        """Delete a queue with its messages."""
        self._has_made_one = True
        del self.queues[self.find(request["QueueUrl"]).name]
        return {}

    def purge_queue(self, request: Request, _caller: Caller) -> Request:
        """Delete a queue's messages."""
        self.find(request["QueueUrl"]).messages.clear()
        return {}

    def get_queue_attributes(self, request: Request, _caller: Caller) -> Request:
        """Those of a queue's attributes that are asked for."""
        queue = self.find(request["QueueUrl"])
        now_ms = self._world.scheduler.now_ms
        visible = sum(one.visible_ms <= now_ms for one in queue.messages)
        known = {
            "QueueArn": queue.arn,
            "VisibilityTimeout": str(_VISIBILITY_SECONDS),
            "ApproximateNumberOfMessages": str(visible),
            "ApproximateNumberOfMessagesNotVisible": str(len(queue.messages) - visible),
            **queue.attributes,
        }
        wanted = request.get("AttributeNames") or []
        shown = {name: value for name, value in known.items() if name in wanted or "All" in wanted}
        return {"Attributes": shown} if shown else {}

    def set_queue_attributes(self, request: Request, _caller: Caller) -> Request:
        """Change a queue's attributes."""
        queue = self.find(request["QueueUrl"])
        check_queue(request["Attributes"])
        queue.attributes.update(request["Attributes"])
        return {}

    # -- messages -----------------------------------------------------------------------------

    def send_message(self, request: Request, caller: Caller) -> Request:
        """Send a message."""
        queue = self.find(request["QueueUrl"])
        return self._sent(queue, request, caller)

    def send_message_batch(self, request: Request, caller: Caller) -> Request:
        """Send up to ten messages."""
        queue = self.find(request["QueueUrl"])
        sent = [
            {"Id": entry["Id"], **self._sent(queue, entry, caller)} for entry in request["Entries"]
        ]
        return {"Successful": sent}

    def _sent(self, queue: Queue, request: Request, caller: Caller) -> Request:
        if "MessageGroupId" in request or "MessageDeduplicationId" in request:
            raise NotModelled(f"queue {queue.name!r}: message groups are not simulated")
        body, attributes = request["MessageBody"], request.get("MessageAttributes") or {}
        if not body:
            raise ServiceError(
                "MissingParameter", "The request must contain the parameter MessageBody."
            )
        if len(body.encode()) > _MOST_BYTES:
            reason = f"Message must be shorter than {_MOST_BYTES} bytes."
            raise ServiceError(
                "InvalidParameterValue",
                f"One or more parameters are invalid. Reason: {reason}",
            )
        check_message(attributes)
        now_ms = self._world.scheduler.now_ms
        delay = request.get("DelaySeconds", queue.seconds("DelaySeconds", 0))
        check_seconds("DelaySeconds", delay)
        message = Message(
            id=self._world.identity.uuid("sqs-message", queue.arn),
            body=body,
            attributes=attributes,
            sent_ms=now_ms,
            visible_ms=now_ms + delay * 1000,
            sender=caller.role_arn,
        )
        queue.messages.append(message)
        self._world.trace.add(
            now_ms, "MessageSent", queue.arn, {"id": message.id, "caller": caller.name}
        )
        self._world.scheduler.after(delay * 1000, lambda: self._wake(queue))
        answer = {"MessageId": message.id, "MD5OfMessageBody": _md5(body.encode())}
        if attributes:
            answer["MD5OfMessageAttributes"] = _md5(_attribute_bytes(attributes))
        return answer

    def receive_message(self, request: Request, _caller: Caller) -> Request | Pending:
        """Receive up to ten messages; with WaitTimeSeconds, as soon as one is there."""
        queue = self.find(request["QueueUrl"])
        wait = request.get("WaitTimeSeconds", queue.seconds("ReceiveMessageWaitTimeSeconds", 0))
        received = self._received(queue, request)
        if received or not wait:
            return {"Messages": received} if received else {}
        pending = Pending()

        def look() -> bool:
            found = self._received(queue, request)
            if found:
                timer.cancel()
                pending.settle({"Messages": found})
            return bool(found)

        def give_up() -> None:
            queue.waiting.remove(look)
            pending.settle({})

        timer = self._world.scheduler.after(wait * 1000, give_up)
        queue.waiting.append(look)
        return pending

    def _wake(self, queue: Queue) -> None:
        for look in list(queue.waiting):
            if look():
                queue.waiting.remove(look)
        for listener in queue.listeners:
            listener()

    def take(self, queue: Queue, request: Request) -> list[Request]:
        """Messages that are visible, as ReceiveMessage shows them; nobody sees them for a while."""
        return self._received(queue, request)

    def delete(self, queue: Queue, handle: str) -> None:
        """Delete a message that was received."""
        queue.messages = [one for one in queue.messages if one.handle != handle]

    def _received(self, queue: Queue, request: Request) -> list[Request]:
        now_ms = self._world.scheduler.now_ms
        self._drop_old(queue, now_ms)
        hidden = request.get(
            "VisibilityTimeout", queue.seconds("VisibilityTimeout", _VISIBILITY_SECONDS)
        )
        ready = [one for one in queue.messages if one.visible_ms <= now_ms]
        taken = ready[: request.get("MaxNumberOfMessages", 1)]
        for message in taken:
            message.receives += 1
            message.first_received_ms = message.first_received_ms or now_ms
            message.visible_ms = now_ms + hidden * 1000
            message.handle = self._world.identity.uuid("sqs-receipt", message.id)
            self._world.scheduler.at(message.visible_ms, lambda: self._wake(queue))
        return [_shown(message, request) for message in taken]

    def delete_message(self, request: Request, _caller: Caller) -> Request:
        """Delete a message that was received."""
        self.delete(self.find(request["QueueUrl"]), request["ReceiptHandle"])
        return {}

    def delete_message_batch(self, request: Request, caller: Caller) -> Request:
        """Delete up to ten messages that were received."""
        for entry in request["Entries"]:
            self.delete_message({**entry, "QueueUrl": request["QueueUrl"]}, caller)
        return {"Successful": [{"Id": entry["Id"]} for entry in request["Entries"]]}

    def change_message_visibility(self, request: Request, _caller: Caller) -> Request:
        """Show a message that was received again earlier, or later."""
        queue = self.find(request["QueueUrl"])
        check_seconds("VisibilityTimeout", request["VisibilityTimeout"])
        visible_ms = self._world.scheduler.now_ms + request["VisibilityTimeout"] * 1000
        for message in queue.messages:
            if message.handle == request["ReceiptHandle"]:
                message.visible_ms = visible_ms
                self._world.scheduler.at(visible_ms, lambda: self._wake(queue))
        return {}

    # -- what they share ----------------------------------------------------------------------

    def queue(self, name: str) -> Queue:
        """The queue of a name, made where it is not there."""
        return self.queues.get(name) or self._made(name)

    def _drop_old(self, queue: Queue, now_ms: int) -> None:
        """Messages that were kept long enough are gone; those that were received often enough go
        to the dead-letter queue ("Using dead-letter queues in Amazon SQS")."""
        kept_ms = queue.seconds("MessageRetentionPeriod", _RETENTION_SECONDS) * 1000
        queue.messages = [one for one in queue.messages if one.sent_ms + kept_ms > now_ms]
        policy = json.loads(queue.attributes.get("RedrivePolicy") or "{}")
        if not policy:
            return
        most = int(policy["maxReceiveCount"])
        dead = [one for one in queue.messages if one.receives >= most and one.visible_ms <= now_ms]
        if dead:
            queue.messages = [one for one in queue.messages if one not in dead]
            other = self.queue(policy["deadLetterTargetArn"].rpartition(":")[2])
            other.messages.extend(dead)
            self._world.scheduler.after(0, lambda: self._wake(other))

    def find(self, url: str) -> Queue:
        """The queue of a URL."""
        return self._named(url.rstrip("/").rpartition("/")[2])

    def find_by_arn(self, arn: str) -> Queue:
        """The queue of an ARN."""
        return self._named(arn.rpartition(":")[2])

    def _named(self, name: str) -> Queue:
        found = self.queues.get(name)
        if found is not None:
            return found
        if self._has_made_one or not name:
            raise ServiceError("QueueDoesNotExist", "The specified queue does not exist.")
        return self._made(name)

    def _made(self, name: str) -> Queue:
        region, account = self._world.region, self._world.account_id
        queue = Queue(
            name,
            f"https://sqs.{region}.amazonaws.com/{account}/{name}",
            f"arn:aws:sqs:{region}:{account}:{name}",
        )
        self.queues[name] = queue
        return queue


def _shown(message: Message, request: Request) -> Request:
    shown: Request = {
        "MessageId": message.id,
        "ReceiptHandle": message.handle,
        "MD5OfBody": _md5(message.body.encode()),
        "Body": message.body,
    }
    known = {
        "SenderId": message.sender,
        "SentTimestamp": str(message.sent_ms),
        "ApproximateReceiveCount": str(message.receives),
        "ApproximateFirstReceiveTimestamp": str(message.first_received_ms),
    }
    asked = {
        *request.get("AttributeNames", ()),
        *request.get("MessageSystemAttributeNames", ()),
    }
    system = {name: value for name, value in known.items() if name in asked or "All" in asked}
    if system:
        shown["Attributes"] = system
    wanted = request.get("MessageAttributeNames", ())
    attributes = {
        name: value
        for name, value in message.attributes.items()
        if name in wanted or {"All", ".*"} & set(wanted)
    }
    if attributes:
        shown["MessageAttributes"] = attributes
    return shown


def _md5(content: bytes) -> str:
    return hashlib.md5(content, usedforsecurity=False).hexdigest()


def _attribute_bytes(attributes: dict[str, Request]) -> bytes:
    """What MD5OfMessageAttributes is the digest of (SQS developer guide, "Calculating the MD5
    message digest for message attributes")."""
    parts: list[bytes] = []
    for name in sorted(attributes):
        attribute = attributes[name]
        is_binary = "BinaryValue" in attribute
        value = attribute["BinaryValue"] if is_binary else attribute["StringValue"].encode()
        texts = (name.encode(), attribute["DataType"].encode())
        parts += [len(text).to_bytes(4, "big") + text for text in texts]
        parts.append((b"\x02" if is_binary else b"\x01") + len(value).to_bytes(4, "big") + value)
    return b"".join(parts)
