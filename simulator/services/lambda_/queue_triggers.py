"""Lambda's event source mappings of SQS: messages call a function.

"Using Lambda with Amazon SQS": a batch is what the queue has, at most `batch_size`; when the
handler returns, its messages are deleted, and where it fails they come back when their visibility
runs out. A handler may say which of them failed (`batchItemFailures`). AWS polls with several
pollers at once and in no order; here one batch follows the other.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Protocol

from simulator.engine.ports import Pending, World
from simulator.services.api import Caller, ServiceError
from simulator.services.sqs import SQS, Queue

_ALL = {"MessageSystemAttributeNames": ["All"], "MessageAttributeNames": ["All"]}
# a Lambda that refuses (throttling) is tried again after this; AWS gives no figure
_RETRY_MS = 1_000


class Functions(Protocol):
    """As much of Lambda as this needs."""

    def invoke(self, request: dict[str, Any], caller: Caller) -> dict[str, Any] | Pending: ...


@dataclass(frozen=True, slots=True)
class Trigger:
    """Messages of `queue` call `function`."""

    queue: str
    function: str
    batch_size: int = 10


class QueueTrigger:
    """One mapping, from now on."""

    def __init__(
        self, world: World, queues: SQS, functions: Callable[[], Functions], trigger: Trigger
    ) -> None:
        self._world = world
        self._queues = queues
        self._functions = functions
        self._trigger = trigger
        self._queue = queues.queue(trigger.queue)
        self._is_busy = False
        self._queue.listeners.append(self._look)

    def _look(self) -> None:
        """Something may be there."""
        if self._is_busy:
            return
        given = {"MaxNumberOfMessages": self._trigger.batch_size, **_ALL}
        messages = self._queues.take(self._queue, given)
        if not messages:
            return
        self._is_busy = True
        payload = json.dumps({"Records": [self._record(one) for one in messages]}).encode()
        request = {"FunctionName": self._trigger.function, "Payload": payload}
        caller = Caller(f"queue:{self._queue.name}", "lambda.amazonaws.com")
        answer = self._functions().invoke(request, caller)
        assert isinstance(answer, Pending)
        answer.when_settled(lambda done: self._answered(messages, done))

    def _answered(self, messages: list[dict[str, Any]], done: Pending) -> None:
        if done.error is None and "FunctionError" not in done.value:
            failed = _failures(done.value["Payload"], messages)
            for message in messages:
                if message["MessageId"] not in failed:
                    self._queues.delete(self._queue, message["ReceiptHandle"])
        # after what the end of the handler sets off
        delay_ms = _RETRY_MS if isinstance(done.error, ServiceError) else 0
        self._world.scheduler.after(delay_ms, self._go_on)

    def _go_on(self) -> None:
        self._is_busy = False
        self._look()

    def _record(self, message: dict[str, Any]) -> dict[str, Any]:
        attributes = {
            name: {
                **{
                    member[:1].lower() + member[1:]: value
                    for member, value in given.items()
                    if isinstance(value, str)
                },
                "stringListValues": [],
                "binaryListValues": [],
            }
            for name, given in message.get("MessageAttributes", {}).items()
        }
        return {
            "messageId": message["MessageId"],
            "receiptHandle": message["ReceiptHandle"],
            "body": message["Body"],
            "attributes": message.get("Attributes", {}),
            "messageAttributes": attributes,
            "md5OfBody": message["MD5OfBody"],
            "eventSource": "aws:sqs",
            "eventSourceARN": self._queue.arn,
            "awsRegion": self._world.region,
        }


def _failures(payload: bytes, messages: list[dict[str, Any]]) -> set[str]:
    """The messages that a handler says it could not do ("Reporting batch item failures"); all where
    what it says cannot be understood."""
    try:
        answer = json.loads(payload)
    except ValueError:
        return set()
    failures = answer.get("batchItemFailures") if isinstance(answer, dict) else None
    if not failures:
        return set()
    everything = {message["MessageId"] for message in messages}
    named = {
        one.get("itemIdentifier") if isinstance(one, dict) else None
        for one in (failures if isinstance(failures, list) else [None])
    }
    return {str(name) for name in named} if named <= everything else everything


__all__ = ["Queue", "QueueTrigger", "Trigger"]
