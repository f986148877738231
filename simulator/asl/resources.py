"""What a Task calls, read from its Resource."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeAlias

from simulator.asl.findings import Report, is_type
from simulator.asl.model import JSON

# why what a Task names by its Resource cannot be called (resource, state); None if it can
CheckResource: TypeAlias = Callable[[str, str], str | None]

_ARN = re.compile(r"arn:[\w-]+:(states|lambda):[\w-]*:\w*:(.+)")
_FUNCTION = re.compile(r"function:[\w-]+(:(\$LATEST|[\w-]+))?")
_PATTERN = re.compile(r"\.(sync:2|sync|waitForTaskToken)$")


@dataclass(frozen=True, slots=True)
class Resource:
    """A Resource's parts: `kind` is "function", "activity" or "integration"; `pattern` is ".sync",
    ".sync:2", ".waitForTaskToken" or ""."""

    kind: str
    pattern: str


def read_resource(text: str) -> Resource | None:
    """The parts of a Task's Resource; None where it has the shape of none."""
    match = _ARN.fullmatch(text)
    if match is None:
        return None
    service, rest = match[1], match[2]
    if service == "lambda":
        return Resource("function", "") if _FUNCTION.fullmatch(rest) else None
    if rest.startswith("activity:"):
        return Resource("activity", "")
    # AWS's samples also write integrations with region and account
    pattern = _PATTERN.search(rest)
    return Resource("integration", "" if pattern is None else pattern[0])


def check_resource_arn(report: Report, value: JSON, location: str) -> None:
    """A Task's Resource: an ARN of a kind that Step Functions calls, and that an Express state
    machine may."""
    if not is_type(report, value, "String", location):
        return
    resource = read_resource(value)
    if resource is None:
        report.schema("Value is not a valid resource ARN", location)
    elif report.machine_type == "EXPRESS":
        _check_express(report, resource, location)


def _check_express(report: Report, resource: Resource, location: str) -> None:
    if resource.kind == "activity":
        report.schema("Express state machine does not support Activity ARN", location)
    elif resource.pattern.startswith(".sync"):
        report.schema(
            "Express state machine does not support '.sync' service integration", location
        )
    elif resource.pattern:
        # AWS's own blank at the end (recorded)
        report.schema(
            "Express state machine does not support '.waitForTaskToken' service integration ",
            location,
        )


def split_resource(resource: str) -> tuple[str, str] | None:
    """(resourceType, resource) as events show an integration; None for a function's own ARN or an
    activity's.

    `arn:aws:states:::lambda:invoke` is ("lambda", "invoke"),
    `arn:aws:states:::aws-sdk:s3:getObject` is ("aws-sdk:s3", "getObject").
    """
    parts = resource.split(":")
    if len(parts) < 7 or parts[2] != "states" or parts[5] == "activity":
        return None
    rest = parts[5:]
    head = 2 if rest[0] == "aws-sdk" else 1
    return ":".join(rest[:head]), ":".join(rest[head:])
