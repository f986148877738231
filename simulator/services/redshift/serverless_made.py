"""What Redshift Serverless makes, as it is kept, listed and shown, and its errors."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from simulator.engine.ports import World
from simulator.services.api import ServiceError

Request = Mapping[str, Any]
Answer = dict[str, Any]
_PAGE = 100


@dataclass(slots=True)
class Made:
    """A namespace, workgroup or usage limit. `shown` are its members on the wire."""

    arn: str
    shown: Answer
    status: str = "AVAILABLE"
    created_ms: int = 0
    # the administrator's, of a namespace; None where nobody asks for it
    password: str | None = field(default=None, repr=False)
    tags: dict[str, str] = field(default_factory=dict)


def members_of(request: Request, names: tuple[str, ...]) -> Answer:
    """Those members of a request that are given."""
    return {name: request[name] for name in names if request.get(name) is not None}


def tags_of(tags: Any) -> dict[str, str]:
    """Tags by their keys."""
    return {tag["key"]: tag["value"] for tag in tags}


def page_of(name: str, every: Any, request: Request) -> Answer:
    """A page of a list, and the token of the next one. Raises `ServiceError`."""
    shown = list(every)
    token = request.get("nextToken") or "0"
    if not token.isdecimal():
        raise invalid(f"Invalid nextToken: {token}")
    start = int(token)
    end = start + min(request.get("maxResults") or _PAGE, _PAGE)
    following = {"nextToken": str(end)} if end < len(shown) else {}
    return {name: shown[start:end], **following}


def known(kept: Mapping[str, Made], name: str, kind: str) -> Made:
    """What is kept under a name. Raises `ServiceError`."""
    found = kept.get(name)
    if found is None:
        raise not_found(f"The {kind} {name} doesn't exist.")
    return found


def not_found(message: str) -> ServiceError:
    """ResourceNotFoundException."""
    return ServiceError("ResourceNotFoundException", message)


def conflict(message: str) -> ServiceError:
    """ConflictException."""
    return ServiceError("ConflictException", message)


def invalid(message: str) -> ServiceError:
    """ValidationException."""
    return ServiceError("ValidationException", message)


def arn_of(world: World, kind: str, made_id: str) -> str:
    """The ARN of a namespace, workgroup or usage limit."""
    return f"arn:aws:redshift-serverless:{world.region}:{world.account_id}:{kind}/{made_id}"
