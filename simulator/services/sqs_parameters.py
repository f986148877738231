"""What SQS refuses in queues' and messages' attributes, in its words.

Bounds: API reference, SetQueueAttributes and SendMessage.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from simulator.services.api import ServiceError

_BOUNDS: Mapping[str, tuple[int, int]] = {
    "DelaySeconds": (0, 900),
    "MaximumMessageSize": (1024, 1_048_576),
    "MessageRetentionPeriod": (60, 1_209_600),
    "ReceiveMessageWaitTimeSeconds": (0, 20),
    "VisibilityTimeout": (0, 43_200),
}


def check_queue(attributes: Mapping[str, str]) -> None:
    """A queue's attributes that are numbers, and its redrive policy. Raises `ServiceError`."""
    for name, (least, most) in _BOUNDS.items():
        text = attributes.get(name)
        if text is not None and not (text.isdecimal() and least <= int(text) <= most):
            raise ServiceError("InvalidAttributeValue", f"Invalid value for the parameter {name}.")
    policy = attributes.get("RedrivePolicy")
    if policy and not _is_redrive_policy(policy):
        raise _invalid(policy, "RedrivePolicy", "Redrive policy is not a valid JSON map.")


def _is_redrive_policy(text: str) -> bool:
    try:
        policy = json.loads(text)
        return isinstance(policy["deadLetterTargetArn"], str) and int(policy["maxReceiveCount"]) > 0
    except (ValueError, TypeError, KeyError, RecursionError):
        return False


def check_seconds(name: str, seconds: int) -> None:
    """DelaySeconds or VisibilityTimeout of a message."""
    least, most = _BOUNDS[name]
    if not least <= seconds <= most:
        raise _invalid(seconds, name, f"{name} must be >= {least} and <= {most}.")


def check_message(attributes: Mapping[str, Mapping[str, Any]]) -> None:
    """Each attribute of a message has a type and a value of it."""
    for name, attribute in attributes.items():
        kind = attribute["DataType"].partition(".")[0]
        if kind not in ("String", "Number", "Binary"):
            reason = f"The message attribute '{name}' has an invalid message attribute type"
            raise ServiceError("InvalidParameterValue", reason)
        member = "BinaryValue" if kind == "Binary" else "StringValue"
        if not attribute.get(member):
            raise ServiceError(
                "InvalidParameterValue",
                f"The message attribute '{name}' must contain a non-empty message attribute value"
                f" for message attribute type '{kind}'.",
            )


def _invalid(value: Any, name: str, reason: str) -> ServiceError:
    message = f"Value {value} for parameter {name} is invalid. Reason: {reason}"
    return ServiceError("InvalidParameterValue", message)
