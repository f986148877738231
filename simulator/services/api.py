"""What a service is: a class with one method for each operation, in botocore's words.

`execute_statement(request, caller)` takes the request's members as botocore's model names them
("ClusterIdentifier", ...), already checked against that model by the door, and returns the
answer's members; timestamps are `datetime` with a zone. It raises `ServiceError` for what AWS
answers with an error, and may return a `Pending` where the answer takes virtual time. The same
object answers a Task state, an in-process boto3 client, and later a port.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Protocol

from simulator.engine.ports import Pending, World


class ServiceError(Exception):
    """An error answer of an AWS service: `code` is the exception's name in botocore's model. `hint`
    is for whoever runs the simulation: what AWS's words leave open."""

    def __init__(
        self, code: str, message: str, *, status: int = 400, hint: str = "", **members: Any
    ) -> None:
        self.hint = hint
        self.code = code
        self.message = message
        self.status = status
        self.members = members
        super().__init__(f"{code}: {message}")


def internal_failure(world: World, subject: str, error: Exception) -> ServiceError:
    """What a service answers that has met a defect of ours; or `error` raised (see `Defects`)."""
    return ServiceError("InternalFailure", world.defects.met(subject, error), status=500)


class NotModelled(Exception):
    """AWS has this and the simulator does not: said by name, never passed over."""


@dataclass(frozen=True, slots=True)
class Caller:
    """Who calls. `name` is for the trace ("lambda:load", "state:Load", "client"); `role_arn` is
    whose credentials sign (statements are listed for and cancelled by their own role)."""

    name: str
    role_arn: str
    # the function whose handler calls, for error messages; None elsewhere
    function_name: str | None = None
    tags: dict[str, str] = field(default_factory=dict)

    @property
    def place(self) -> str:
        """Where it stands, in plans' words: "<execution name>/<state name>" of the Task that calls,
        directly or through a function; else its name."""
        state, execution = self.tags.get("state"), self.tags.get("execution")
        # arn:aws:states:REGION:ACCOUNT:execution:MACHINE:NAME; an Express one has an id after it
        return f"{execution.split(':')[7]}/{state}" if state and execution else self.name


def tell_hint(world: World, subject: str, caller: Caller, error: Exception | None) -> None:
    """Write what an error answer leaves open, for the report of a run that fails."""
    if isinstance(error, ServiceError) and error.hint:
        data = {"caller": caller.name, "hint": error.hint}
        world.trace.add(world.scheduler.now_ms, "Hint", subject, data)


class Service(Protocol):
    """A simulated AWS service."""

    # botocore's name of it, such as "redshift-data"
    name: str


def operation_of(service: Service, operation: str) -> Any:
    """The method that answers `operation` (snake case, as on a boto3 client)."""
    method = getattr(service, operation, None)
    if method is None or operation.startswith("_"):
        raise NotModelled(f"{service.name}.{operation}: this operation is not simulated")
    return method


__all__ = [
    "Caller",
    "NotModelled",
    "Pending",
    "Service",
    "ServiceError",
    "internal_failure",
    "operation_of",
    "tell_hint",
]
