"""How a Task reaches a service: who calls, how long it takes, what is written of it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from simulator.engine.ports import Pending, TaskFailure, TaskOutcome, World
from simulator.services import api_faults
from simulator.services.api import (
    Caller,
    NotModelled,
    Service,
    ServiceError,
    internal_failure,
    operation_of,
    tell_hint,
)

Done = Callable[[TaskOutcome], None]
# (answer, error): one of them is None
Finish = Callable[[Any, Exception | None], None]

# Named as Step Functions names the Java SDK's own errors (Lambda.SdkClientException is in its best
# practices, "Handle transient Lambda service exceptions").
LOST = "Unable to execute HTTP request: The target server failed to respond"


class AnswerLost(Exception):
    """The operation took effect, then the connection broke."""


class From(Protocol):
    """Where a call comes from."""

    @property
    def state_name(self) -> str: ...

    @property
    def execution_arn(self) -> str: ...


@dataclass(frozen=True, slots=True)
class Reach:
    """The services of one simulation as its Tasks see them. `role_of` gives the role of the state
    machine that an execution belongs to."""

    world: World
    services: Mapping[str, Service]
    role_of: Callable[[str], str | None]

    def caller(self, request: From) -> Caller:
        """Who calls a service for a Task: its state machine's role."""
        role = self.role_of(request.execution_arn)
        return Caller(
            f"state:{request.state_name}",
            role or f"arn:aws:iam::{self.world.account_id}:role/states",
            tags={"state": request.state_name, "execution": request.execution_arn},
        )

    def fail_later(self, done: Done, failure: TaskFailure) -> None:
        """Fail when a call would have been answered."""
        self.world.scheduler.after(self.world.timing.api_call_ms, lambda: done(failure))

    def call(
        self, request: From, service: str, operation: str, given: dict[str, Any], finish: Finish
    ) -> None:
        """Call an operation by its API name, after the time that a call takes, with the faults
        that a plan has for it. `finish` gets `AnswerLost`, `ServiceError` or `NotModelled` where
        it fails; what it can't take of an answer is a failure too."""
        from botocore import xform_name

        world, caller = self.world, self.caller(request)
        subject = api_faults.subject_of(f"{service}:{operation}", caller)
        outcome = world.pick("api", subject, api_faults.OUTCOMES)
        refused = api_faults.refusal_of(service, outcome)

        def perform() -> None:
            if refused is not None:
                answered(None, refused)
                return
            try:
                answer = operation_of(self.services[service], xform_name(operation))(given, caller)
            except (ServiceError, NotModelled) as error:
                answered(None, error)
                return
            except Exception as error:  # noqa: BLE001 - a defect of ours
                answered(None, internal_failure(world, subject, error))
                return
            if isinstance(answer, Pending):
                answer.when_settled(lambda settled: answered(settled.value, settled.error))
            else:
                answered(answer, None)

        def answered(answer: Any, error: Exception | None) -> None:
            code = error.code if isinstance(error, ServiceError) else None
            if outcome == "answer_lost":
                code, error = "SdkClientException", AnswerLost()
            world.trace.add(
                world.scheduler.now_ms,
                "ApiCall",
                f"{service}:{operation}",
                {"caller": caller.name, "error": code},
            )
            tell_hint(world, f"{service}:{operation}", caller, error)
            try:
                finish(answer, error)
            except Exception as defect:  # noqa: BLE001 - of ours, as above
                finish(None, internal_failure(world, subject, defect))

        world.scheduler.after(world.timing.api_call_ms, perform)

    def request_id(self, place: str) -> str:
        """An id such as answers carry."""
        return self.world.identity.uuid("request", f"task:{place}")
