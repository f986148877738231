"""The boto3 door: a client's call is answered in process by the simulation that it belongs to.

`BaseClient._make_api_call` is patched once; it asks the client itself, or the actor that runs,
which simulation answers, and without one it is botocore's own. Parameters are checked by botocore's
validator against its model, and errors are its typed exceptions; paginators and waiters run as
they are, since they end in that call.
"""

from __future__ import annotations

import functools
import io
from collections.abc import Callable, Mapping
from types import ModuleType
from typing import Any

from simulator.engine.ports import Pending, World
from simulator.services import api_faults
from simulator.services.api import (
    Caller,
    NotModelled,
    Service,
    ServiceError,
    internal_failure,
    tell_hint,
)
from simulator.services.handlers import (
    actors,
    confinement,
    environments,
    http_attempts,
    shared_clients,
)
from simulator.services.handlers.operations import Answered, Botocore, Operation, bytes_of, copied
from simulator.services.handlers.sessions import DUMMY_CREDENTIALS, botocore_session


class Door:
    """Answers the clients of one simulation."""

    def __init__(self, services: Mapping[str, Service], world: World) -> None:
        self._services = services
        self._world = world
        self._operations: dict[tuple[str, str], Operation] = {}
        account = f"arn:aws:iam::{world.account_id}:role"
        self._outside = Caller("client", f"{account}/client")

    @property
    def services(self) -> Mapping[str, Service]:
        """Who answers, by botocore's names."""
        return self._services

    def client(self, service_name: str, *, caller: Caller | None = None, **config: Any) -> Any:
        """A boto3 client that this simulation answers, wherever it is used.

        Raises `NotModelled` for a service that isn't simulated, botocore's `UnknownServiceError`
        for one that isn't AWS's.
        """
        install()
        session = botocore_session()
        if service_name not in self._services and service_name in session.get_available_services():
            raise NotModelled(
                f"client({service_name!r}): this service is not simulated; simulated are"
                f" {', '.join(sorted(self._services))}"
            )
        # A boto3 client is botocore's, with additions for services that are not simulated.
        client = session.create_client(
            service_name,
            **{
                "region_name": self._world.region,
                "aws_access_key_id": DUMMY_CREDENTIALS["AWS_ACCESS_KEY_ID"],
                "aws_secret_access_key": DUMMY_CREDENTIALS["AWS_SECRET_ACCESS_KEY"],
                **config,
            },
        )
        client._simulator_door = self
        client._simulator_caller = caller
        return client

    def call(self, botocore: Botocore, client: Any, name: str, given: Any) -> Any:
        """One API call of a client: checked, answered, timed and written to the trace."""
        actor = actors.current()
        caller = client.__dict__.get("_simulator_caller") or self._outside
        is_inside = actor is not None and actor.world is self._world
        if actor is not None and is_inside:
            caller = actor.caller or caller
        operation = self._operation(client, name, caller)
        context: dict[str, Any] = {"client_region": client.meta.region_name}
        request = self._request(botocore, client, operation, given, context, caller)
        perform = functools.partial(self._perform, operation, request, caller)
        if self._world.choices is not None:
            outcome = self._outcome(operation, caller, actor if is_inside else None)
            if outcome != api_faults.OUTCOMES[0]:
                attempts = self._attempts(
                    botocore, client, operation, request, context, caller, outcome
                )
                return self._attempt(attempts, operation, caller, is_inside=is_inside)
        try:
            if actor is not None and is_inside:
                answer = actor.call_outside(perform, duration_ms=self._world.timing.api_call_ms)
            else:
                answer = self._drive(perform, operation.subject)
        except ServiceError as refused:
            self._write(operation, caller, refused.code)
            tell_hint(self._world, operation.subject, caller, refused)
            raise self._typed(client, operation, refused, caller) from None
        except NotModelled as missing:
            raise self._refusal(operation.subject, caller, str(missing)) from None
        self._write(operation, caller, None)
        return self._response(botocore, client, operation, answer, context, caller)

    def _outcome(self, operation: Operation, caller: Caller, actor: actors.Actor | None) -> str:
        """How this call's first attempt is to turn out."""
        subject = api_faults.subject_of(operation.subject, caller)
        pick = functools.partial(self._world.pick, "api", subject, api_faults.OUTCOMES)
        outcome: str = pick() if actor is None else actor.call_outside(pick, duration_ms=0)
        return outcome

    def _attempts(
        self,
        botocore: Botocore,
        client: Any,
        operation: Operation,
        request: dict[str, Any],
        context: dict[str, Any],
        caller: Caller,
        first: str,
    ) -> http_attempts.HttpAttempts:
        call = http_attempts.Call(
            client=client,
            model=operation.model,
            request=request,
            context=context,
            subject=api_faults.subject_of(operation.subject, caller),
            # each attempt brings the request anew
            perform=lambda: self._perform(operation, copied(request), caller),
            answered=lambda answer: self._members(botocore, operation, answer, caller),
            refused=lambda refused: self._error_members(operation, refused, caller),
            write=functools.partial(self._write, operation, caller),
        )
        return http_attempts.HttpAttempts(self._world, botocore, call, first)

    def _attempt(
        self,
        attempts: http_attempts.HttpAttempts,
        operation: Operation,
        caller: Caller,
        *,
        is_inside: bool,
    ) -> Any:
        """A call with faults: outside of actors it becomes one, for its back-off to be virtual."""
        try:
            if is_inside:
                return attempts.call()
            name = operation.subject
            return actors.run(self._world, attempts.call, name=name, caller=caller, door=self)
        except NotModelled as missing:
            raise self._refusal(operation.subject, caller, str(missing)) from None

    def _operation(self, client: Any, name: str, caller: Caller) -> Operation:
        key = (client.meta.service_model.service_name, name)
        operation = self._operations.get(key)
        # a client of another boto3 (a package may carry its own) has a model of its own
        if operation is None or operation.model.service_model is not client.meta.service_model:
            try:
                operation = Operation(client, name, self._services)
            except NotModelled as missing:
                raise self._refusal(f"{key[0]}:{name}", caller, str(missing)) from None
            self._operations[key] = operation
        if operation.method is None:
            raise self._refusal(f"{key[0]}:{name}", caller, f"service {key[0]!r} is not simulated")
        return operation

    def _refusal(self, subject: str, caller: Caller, reason: str) -> NotModelled:
        by = caller.name
        if caller.function_name:
            by = f"function {caller.function_name!r}"
            if caller.tags.get("state"):
                by += f" in state {caller.tags['state']!r}"
        self._world.trace.add(
            self._world.scheduler.now_ms,
            "ApiCall",
            subject,
            {"caller": caller.name, "error": "NotModelled"},
        )
        actor = actors.current()
        if actor is not None:
            actor.notes.append(f"called {subject}: {reason}")
        return NotModelled(f"{subject}, called by {by}: {reason}")

    def _request(
        self,
        botocore: Botocore,
        client: Any,
        operation: Operation,
        given: Any,
        context: dict[str, Any],
        caller: Caller,
    ) -> dict[str, Any]:
        request = dict(given)
        for member in operation.token_members:
            if member not in request:
                place = f"{caller.name}:{operation.subject}"
                request[member] = self._world.identity.uuid("client-token", place)
        request = client._emit_api_params(
            api_params=request, operation_model=operation.model, context=context
        )
        shape = operation.model.input_shape
        if shape is not None:
            report = botocore.validator.validate(request, shape)
            if report.has_errors():
                raise botocore.exceptions.ParamValidationError(report=report.generate_report())
        if operation.blob in request:
            request[operation.blob] = bytes_of(request[operation.blob])
        seen: dict[str, Any] = copied(request)
        return seen

    def _perform(self, operation: Operation, request: dict[str, Any], caller: Caller) -> Any:
        assert operation.method is not None
        try:
            return operation.method(request, caller)
        except (ServiceError, NotModelled):
            raise
        except Exception as error:
            raise internal_failure(self._world, operation.subject, error) from error

    def _drive(self, perform: Callable[[], Any], subject: str) -> Any:
        """Outside of actors a call moves virtual time itself."""
        scheduler = self._world.scheduler
        advance(self._world, self._world.timing.api_call_ms)
        answer = perform()
        if not isinstance(answer, Pending):
            return answer
        scheduler.run(lambda: answer.is_settled)
        if not answer.is_settled:
            raise _unanswered(subject)
        if answer.error is not None:
            raise answer.error
        return answer.value

    def _write(self, operation: Operation, caller: Caller, error: str | None) -> None:
        self._world.trace.add(
            self._world.scheduler.now_ms,
            "ApiCall",
            operation.subject,
            {"caller": caller.name, "error": error},
        )

    def _typed(
        self, client: Any, operation: Operation, refused: ServiceError, caller: Caller
    ) -> Exception:
        members = self._error_members(operation, refused, caller)
        error_class = client.exceptions.from_code(members["Error"]["Code"])
        error: Exception = error_class(members, operation.model.name)
        return error

    def _error_members(
        self, operation: Operation, refused: ServiceError, caller: Caller
    ) -> dict[str, Any]:
        code = operation.error_codes.get(refused.code, refused.code)
        return {
            "Error": {"Code": code, "Message": refused.message},
            "ResponseMetadata": self._metadata(operation, caller, refused.status),
            "message": refused.message,
            **refused.members,
        }

    def _response(
        self,
        botocore: Botocore,
        client: Any,
        operation: Operation,
        answer: Any,
        context: dict[str, Any],
        caller: Caller,
    ) -> dict[str, Any]:
        response = self._members(botocore, operation, answer, caller)
        client.meta.events.emit(
            f"after-call.{client.meta.service_model.service_id.hyphenize()}.{operation.model.name}",
            http_response=Answered(200),
            parsed=response,
            model=operation.model,
            context=context,
        )
        return response

    def _members(
        self, botocore: Botocore, operation: Operation, answer: Any, caller: Caller
    ) -> dict[str, Any]:
        response: dict[str, Any] = copied(answer or {})
        if operation.stream is not None:
            body = response.get(operation.stream) or b""
            response[operation.stream] = botocore.response.StreamingBody(
                io.BytesIO(body), len(body)
            )
        response["ResponseMetadata"] = self._metadata(operation, caller, 200)
        return response

    def _metadata(self, operation: Operation, caller: Caller, status: int) -> dict[str, Any]:
        request_id = self._world.identity.uuid("request", f"{caller.name}:{operation.subject}")
        return {
            "RequestId": request_id,
            "HTTPStatusCode": status,
            "HTTPHeaders": {"x-amzn-requestid": request_id},
            "RetryAttempts": 0,
        }


def _unanswered(subject: str) -> RuntimeError:
    return RuntimeError(f"{subject}: nothing is left to run, and no answer has come")


def advance(world: World, duration_ms: int) -> None:
    """Run what is due within `duration_ms`, and let exactly that much virtual time pass."""
    scheduler = world.scheduler
    if scheduler.spend(duration_ms):
        return
    # The timer keeps whatever runs meanwhile from adding time in line beyond this moment.
    has_come: list[bool] = []
    scheduler.after(duration_ms, lambda: has_come.append(True))
    scheduler.run(lambda: bool(has_come))


@functools.cache
def install() -> None:
    """Patch botocore, now or as soon as it is imported; once for the process."""
    environments.after_import("botocore.client", _patch)
    environments.after_import("botocore.retries.standard", http_attempts.virtualise)
    environments.after_import("botocore.session", shared_clients.share_loader)
    environments.after_import("botocore.session", shared_clients.keep_clients)
    environments.after_import("boto3.s3.transfer", shared_clients.transfer_in_line)


def _patch(module: ModuleType) -> None:
    base = module.BaseClient
    real_call = base._make_api_call
    parts: list[Botocore] = []

    @functools.wraps(real_call)
    def make_api_call(self: Any, operation_name: str, api_params: Any) -> Any:
        door: Door | None = self.__dict__.get("_simulator_door")
        if door is None:
            owner = confinement.owner()
            if owner is None:
                return real_call(self, operation_name, api_params)
            door = owner.door
            if door is None or actors.current() is None:
                raise NotModelled(
                    f"{self.meta.service_model.service_name}.{operation_name}, called by"
                    f" {owner.name}: expected the handler's own thread, got another one; threads"
                    " of a handler cannot call services"
                )
        if not parts:
            parts.append(Botocore(real_call))
        return door.call(parts[0], self, operation_name, api_params)

    base._make_api_call = make_api_call
