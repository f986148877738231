"""The boto3 door: a client's call is answered in process by the simulation that it belongs to.

`BaseClient._make_api_call` is patched once; it asks the client itself, or the actor that runs,
which simulation answers, and without one it is botocore's own. Parameters are checked by botocore's
validator against its model, and errors are its typed exceptions; paginators and waiters run as
they are, since they end in that call.
"""

from __future__ import annotations

import functools
import importlib
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
    operation_of,
    tell_hint,
)
from simulator.services.handlers import (
    actors,
    confinement,
    environments,
    http_attempts,
    shared_clients,
)

# What the validator and the signer want to see; refused everywhere but here.
DUMMY_CREDENTIALS = {
    "AWS_ACCESS_KEY_ID": "ASIASIMULATED0000000",
    "AWS_SECRET_ACCESS_KEY": "simulated",
    "AWS_SESSION_TOKEN": "simulated",
}


def client_variables(region: str) -> dict[str, str]:
    """The environment variables with which boto3 makes clients of the simulation."""
    return {
        **DUMMY_CREDENTIALS,
        "AWS_REGION": region,
        "AWS_DEFAULT_REGION": region,
        "AWS_EC2_METADATA_DISABLED": "true",
        # the host's profiles and their settings stay unseen
        "AWS_CONFIG_FILE": "/nonexistent/config",
        "AWS_SHARED_CREDENTIALS_FILE": "/nonexistent/credentials",
    }


class _Operation:
    """What is worked out once for each operation of a client's model."""

    __slots__ = ("blob", "error_codes", "method", "model", "stream", "subject", "token_members")

    def __init__(self, client: Any, name: str, services: Mapping[str, Service]) -> None:
        service_name = client.meta.service_model.service_name
        self.model = client.meta.service_model.operation_model(name)
        self.subject = f"{service_name}:{name}"
        self.method: Callable[[dict[str, Any], Caller], Any] | None = None
        service = services.get(service_name)
        if service is not None:
            snake = client.meta.method_to_api_mapping
            method_name = next(key for key, value in snake.items() if value == name)
            self.method = operation_of(service, method_name)
        self.token_members = tuple(self.model.idempotent_members)
        output = self.model.output_shape
        payload = output.serialization.get("payload") if output is not None else None
        self.stream = payload if self.model.has_streaming_output else None
        input_shape = self.model.input_shape
        payload = input_shape.serialization.get("payload") if input_shape is not None else None
        is_blob = payload and input_shape.members[payload].type_name == "blob"
        self.blob = payload if is_blob else None
        self.error_codes = {
            shape.name: shape.error_code for shape in client.meta.service_model.error_shapes
        }


class Door:
    """Answers the clients of one simulation."""

    def __init__(self, services: Mapping[str, Service], world: World) -> None:
        self._services = services
        self._world = world
        self._operations: dict[tuple[str, str], _Operation] = {}
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

    def call(self, botocore: _Botocore, client: Any, name: str, given: Any) -> Any:
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

    def _outcome(self, operation: _Operation, caller: Caller, actor: actors.Actor | None) -> str:
        """How this call's first attempt is to turn out."""
        subject = api_faults.subject_of(operation.subject, caller)
        pick = functools.partial(self._world.pick, "api", subject, api_faults.OUTCOMES)
        outcome: str = pick() if actor is None else actor.call_outside(pick, duration_ms=0)
        return outcome

    def _attempts(
        self,
        botocore: _Botocore,
        client: Any,
        operation: _Operation,
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
            perform=lambda: self._perform(operation, _copied(request), caller),
            answered=lambda answer: self._members(botocore, operation, answer, caller),
            refused=lambda refused: self._error_members(operation, refused, caller),
            write=functools.partial(self._write, operation, caller),
        )
        return http_attempts.HttpAttempts(self._world, botocore, call, first)

    def _attempt(
        self,
        attempts: http_attempts.HttpAttempts,
        operation: _Operation,
        caller: Caller,
        *,
        is_inside: bool,
    ) -> Any:
        """A call with faults: outside of actors it becomes one, for its back-off to be virtual."""
        try:
            if is_inside:
                return attempts.call()
            ended: list[actors.Actor] = []
            actors.spawn(
                self._world,
                attempts.call,
                name=operation.subject,
                on_done=ended.append,
                caller=caller,
                door=self,
                keeps_output=False,
            )
            self._world.scheduler.run(lambda: bool(ended))
            if not ended:
                raise _unanswered(operation.subject)
            if ended[0].error is not None:
                raise ended[0].error
            return ended[0].result
        except NotModelled as missing:
            raise self._refusal(operation.subject, caller, str(missing)) from None

    def _operation(self, client: Any, name: str, caller: Caller) -> _Operation:
        key = (client.meta.service_model.service_name, name)
        operation = self._operations.get(key)
        # a client of another boto3 (a package may carry its own) has a model of its own
        if operation is None or operation.model.service_model is not client.meta.service_model:
            try:
                operation = _Operation(client, name, self._services)
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
        botocore: _Botocore,
        client: Any,
        operation: _Operation,
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
            request[operation.blob] = _bytes_of(request[operation.blob])
        copied: dict[str, Any] = _copied(request)
        return copied

    def _perform(self, operation: _Operation, request: dict[str, Any], caller: Caller) -> Any:
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

    def _write(self, operation: _Operation, caller: Caller, error: str | None) -> None:
        self._world.trace.add(
            self._world.scheduler.now_ms,
            "ApiCall",
            operation.subject,
            {"caller": caller.name, "error": error},
        )

    def _typed(
        self, client: Any, operation: _Operation, refused: ServiceError, caller: Caller
    ) -> Exception:
        members = self._error_members(operation, refused, caller)
        error_class = client.exceptions.from_code(members["Error"]["Code"])
        error: Exception = error_class(members, operation.model.name)
        return error

    def _error_members(
        self, operation: _Operation, refused: ServiceError, caller: Caller
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
        botocore: _Botocore,
        client: Any,
        operation: _Operation,
        answer: Any,
        context: dict[str, Any],
        caller: Caller,
    ) -> dict[str, Any]:
        response = self._members(botocore, operation, answer, caller)
        client.meta.events.emit(
            f"after-call.{client.meta.service_model.service_id.hyphenize()}.{operation.model.name}",
            http_response=_Answered(200),
            parsed=response,
            model=operation.model,
            context=context,
        )
        return response

    def _members(
        self, botocore: _Botocore, operation: _Operation, answer: Any, caller: Caller
    ) -> dict[str, Any]:
        response: dict[str, Any] = _copied(answer or {})
        if operation.stream is not None:
            body = response.get(operation.stream) or b""
            response[operation.stream] = botocore.response.StreamingBody(
                io.BytesIO(body), len(body)
            )
        response["ResponseMetadata"] = self._metadata(operation, caller, 200)
        return response

    def _metadata(self, operation: _Operation, caller: Caller, status: int) -> dict[str, Any]:
        request_id = self._world.identity.uuid("request", f"{caller.name}:{operation.subject}")
        return {
            "RequestId": request_id,
            "HTTPStatusCode": status,
            "HTTPHeaders": {"x-amzn-requestid": request_id},
            "RetryAttempts": 0,
        }


class _Answered:
    """As much of an HTTP response as event handlers look at."""

    __slots__ = ("content", "headers", "status_code")

    def __init__(self, status_code: int) -> None:
        self.status_code = status_code
        self.headers: dict[str, str] = {}
        self.content = b""


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


class _Botocore:
    """The parts of a botocore that a patched client class belongs to: a function's package may
    carry its own, whose exceptions are other classes."""

    def __init__(self, real_call: Callable[[Any, str, Any], Any]) -> None:
        self.real_call = real_call
        self.awsrequest: Any = importlib.import_module("botocore.awsrequest")
        self.standard: Any = importlib.import_module("botocore.retries.standard")
        self.exceptions: Any = importlib.import_module("botocore.exceptions")
        self.response: Any = importlib.import_module("botocore.response")
        self.validator = importlib.import_module("botocore.validate").ParamValidator()


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
    parts: list[_Botocore] = []

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
            parts.append(_Botocore(real_call))
        return door.call(parts[0], self, operation_name, api_params)

    base._make_api_call = make_api_call


@functools.lru_cache(maxsize=1)
def botocore_session() -> Any:
    """A session for clients of the simulator's own, without anybody's profile or credentials."""
    # One loader for all simulations: reading a service's model takes longer than a simulation.
    import botocore.session

    session = botocore.session.Session(
        session_vars={
            "profile": (None, [], None, None),
            "config_file": (None, None, "/nonexistent/config", None),
            "credentials_file": (None, None, "/nonexistent/credentials", None),
        }
    )
    session.set_config_variable("metadata_service_num_attempts", 0)
    # as boto3's own sessions do: upload_file and its like
    from boto3.utils import lazy_call

    session.register(
        "creating-client-class.s3", lazy_call("boto3.s3.inject.inject_s3_transfer_methods")
    )
    return session


def _bytes_of(value: Any) -> bytes:
    if isinstance(value, str):
        return value.encode()
    if hasattr(value, "read"):
        read = value.read()
        return read.encode() if isinstance(read, str) else bytes(read)
    return bytes(value)


def _copied(value: Any) -> Any:
    # Neither side sees what the other changes later. Most members are no containers, and cost no
    # call.
    if type(value) is dict:
        return {
            key: _copied(member) if type(member) in _CONTAINERS else member
            for key, member in value.items()
        }
    if type(value) is list or type(value) is tuple:
        return [_copied(one) if type(one) in _CONTAINERS else one for one in value]
    return value


_CONTAINERS = (dict, list, tuple)
