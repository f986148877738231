"""Names, ARNs and input as Step Functions takes them, and its words for what it refuses."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from simulator.services.api import NotModelled, ServiceError

# CreateStateMachine and StartExecution: "A name must not contain" white space, brackets, wildcard
# and special characters, control characters
_REFUSED_IN_NAMES = re.compile(r"[\s<>{}\[\]?*\"#%\\^|~`$&,;:/\x00-\x1f\x7f-\x9f]")
_ROLE_ARN = re.compile(r"arn:[a-z-]+:iam::\d{12}:role/\S+")
_ARN = re.compile(r"arn:[a-z-]+:states:[a-z0-9-]+:\d{12}:(?P<type>[A-Za-z]+):(?P<rest>\S+)")


@dataclass(frozen=True, slots=True)
class Arn:
    """A Step Functions ARN: `type` is stateMachine, execution, express; `parts` what follows."""

    text: str
    type: str
    parts: tuple[str, ...]


def invalid_arn(reason: str) -> ServiceError:
    """AWS's InvalidArn."""
    return ServiceError("InvalidArn", f"Invalid Arn: '{reason}'")


def parse_arn(text: str, *types: str) -> Arn:
    """Read an ARN of one of these types."""
    match = _ARN.fullmatch(text)
    if match is None:
        raise invalid_arn(f"Invalid ARN prefix: {text}")
    if match["type"] not in types:
        raise invalid_arn(f"Resource type not valid in this context: {match['type']}")
    return Arn(text, match["type"], tuple(match["rest"].split(":")))


def state_machine_arn(text: str) -> str:
    """The unqualified ARN of a state machine, where no other will do."""
    arn, qualifier = qualified_arn(text)
    if qualifier is not None:
        raise invalid_arn(f"Resource type not valid in this context: {text}")
    return arn


def qualified_arn(text: str) -> tuple[str, str | None]:
    """The ARN of a state machine, and the version or alias that may come after it."""
    if "#" in text:
        raise NotModelled(f"{text}: test cases of a mock configuration are not simulated")
    arn = parse_arn(text, "stateMachine")
    if "/" in arn.parts[0]:
        raise NotModelled(f"{text}: Map Runs of a distributed Map are not simulated")
    if len(arn.parts) == 1:
        return text, None
    machine, _, qualifier = text.rpartition(":")
    return machine, qualifier


def check_name(name: str, *, limit: int) -> None:
    """Refuse what AWS refuses as a name."""
    if not 1 <= len(name) <= limit or _REFUSED_IN_NAMES.search(name):
        raise ServiceError("InvalidName", f"Invalid Name: '{name}'")


def check_role_arn(text: str) -> None:
    """Refuse what is no role's ARN."""
    if not _ROLE_ARN.fullmatch(text):
        raise ServiceError("InvalidArn", f"Invalid Role Arn: '{text}'")


def check_length(member: str, text: str, *, limit: int) -> None:
    """Refuse what is longer than AWS's API takes."""
    if len(text.encode()) > limit:
        raise ServiceError(
            "ValidationException",
            f"1 validation error detected: Value at '{member}' failed to satisfy constraint: "
            f"Member must have length less than or equal to {limit}",
        )


def check_input(text: str, *, limit: int) -> None:
    """Refuse an execution's input that is no JSON text, or too long."""
    check_length("input", text, limit=limit)
    try:
        json.loads(text, parse_constant=_refuse_constant)
    except (ValueError, RecursionError) as error:
        raise ServiceError(
            "InvalidExecutionInput", f"Invalid State Machine Execution Input: '{error}'"
        ) from None


def _refuse_constant(name: str) -> Any:
    raise ValueError(f"Unrecognized token '{name}'")


def moment(at_ms: int) -> datetime:
    """A virtual time as botocore gives it."""
    return datetime.fromtimestamp(at_ms / 1000, UTC)


def page(
    items: list[Any], request: dict[str, Any], *, default: int, largest: int
) -> tuple[list[Any], dict[str, str]]:
    """The part of `items` that maxResults and nextToken ask for, and the answer's nextToken.

    "The default is 100 and the maximum allowed page size is 1000. A value of 0 uses the default."
    """
    start = 0
    token = request.get("nextToken")
    if token is not None:
        if not re.fullmatch(r"page-\d{1,9}", token):
            raise ServiceError("InvalidToken", f"Invalid Token: '{token}'")
        start = int(token.removeprefix("page-"))
    count = min(request.get("maxResults") or default, largest)
    following = {"nextToken": f"page-{start + count}"} if start + count < len(items) else {}
    return items[start : start + count], following


def tags_of(tags: Sequence[Mapping[str, str]]) -> dict[str, str]:
    """Tags by their keys; a value may be left out."""
    if any("key" not in tag for tag in tags):
        raise ServiceError("ValidationException", "tags: expected a key in each, got none in one")
    return {tag["key"]: tag.get("value", "") for tag in tags}
