"""Who answers a request: the simulation's own services, mended answers, and else moto.

Everything here runs on the simulation's thread.
"""

from __future__ import annotations

import sys
import traceback
from collections.abc import Callable, Mapping
from typing import Any, cast
from urllib.parse import quote, unquote

from simulator.engine.ports import Pending
from simulator.engine.scheduler import Scheduler
from simulator.server import codecs, elsewhere
from simulator.server.borrowed import Borrowed
from simulator.server.requests import Reply, Request, Scope
from simulator.server.rules import Rules
from simulator.services.api import (
    Caller,
    NotModelled,
    ServiceError,
    internal_failure,
    operation_of,
)
from simulator.services.eventbridge.bus import EventBus
from simulator.services.eventbridge.put_events import Events
from simulator.simulator import Simulator

# the services that are the simulation's own; every other one is moto's
OWN = ("stepfunctions", "redshift-data", "redshift", "redshift-serverless", "lambda")
# and these operations of moto's services
_OWN_OPERATIONS = (("events", "PutEvents"),)
# moto's services whose rules and schedules call something in the simulation's time
_RULED = ("events", "scheduler")
# where a function's package can be fetched
_CODE = "/_simulator/code/"


class Account:
    """One simulated account, behind the port, in which everything is made by API calls. `say`
    writes a line to the port's log; `settings` are the simulator's."""

    def __init__(
        self,
        say: Callable[[str], None],
        *,
        account_id: str = "123456789012",
        region: str = "us-east-1",
        **settings: Any,
    ) -> None:
        elsewhere.reset()
        self._borrowed = Borrowed(account_id, region)
        self._simulator = simulator = Simulator(
            account_id=account_id,
            region=region,
            provisioned=self._borrowed.provisioned,
            **settings,
        )
        self._world = simulator.world
        self._services = cast("Mapping[str, Any]", simulator.door.services)
        self._services["lambda"].deployment.locate = self._locate
        self._rules = Rules(simulator.world, self._services, say)
        self._borrowed.deliver_to = self._rules.deliver_to
        bus = EventBus(simulator.world, self._no_target, self._borrowed.rules)
        self._borrowed.own["events"] = {"put_events": Events(simulator.world, bus).put_events}
        self._host = ""
        self._say = say
        # else whatever meets a defect of ours would wait for an answer until its timeout
        simulator.world.defects.listener = self._told

    @property
    def scheduler(self) -> Scheduler:
        """The simulation's clock."""
        return self._world.scheduler

    def close(self) -> None:
        """End the simulation, and the database with it."""
        self._simulator.close()
        self._borrowed.close()

    def answer(self, request: Request, scope: Scope) -> Reply | Pending:
        """The reply to a request; later in virtual time where the operation takes some."""
        self._host = request.headers.get("host", "")
        if request.path.startswith(_CODE):
            return self._code(request.path.removeprefix(_CODE))
        if scope.service not in OWN and (scope.service, request.target) not in _OWN_OPERATIONS:
            return self._elsewhere(request, scope)
        request_id = self._request_id(scope.service)
        operation = codecs.operation_of(scope.service, request)
        if operation is None:
            return self._unknown(request, scope)
        try:
            members = codecs.read(scope.service, operation, request)
            result = self._perform(scope, operation, members)
        except Exception as error:  # noqa: BLE001 - a defect of ours is answered too
            return self._refused(request, scope, operation, error)
        if not isinstance(result, Pending):
            self._write(scope, operation, None)
            return codecs.write(scope.service, operation, request, result or {}, request_id)
        reply = Pending()

        def heard(done: Pending) -> None:
            if done.error is not None:
                reply.settle(self._refused(request, scope, operation, done.error))
                return
            try:
                answer = codecs.write(scope.service, operation, request, done.value, request_id)
            except Exception as error:  # noqa: BLE001 - as above
                answer = self._refused(request, scope, operation, error)
            else:
                self._write(scope, operation, None)
            reply.settle(answer)

        result.when_settled(heard)
        return reply

    @staticmethod
    def _no_target(target: str, _payload: bytes, _caller: Caller, _event_id: str) -> None:
        """Every rule of the port says itself what it does with an event."""
        raise AssertionError(target)

    def _locate(self, name: str, version: str) -> str:
        """Where GetFunction says that a function's code can be had: at this port."""
        return f"http://{self._host}{_CODE}{name}/{quote(version)}"

    def _code(self, place: str) -> Reply:
        name, _, version = place.partition("/")
        try:
            content = self._services["lambda"].deployment.code_of(name, unquote(version))
        except ServiceError as error:
            return Reply(error.status, error.message.encode())
        return Reply(200, content or b"", {"content-type": "application/zip"})

    def _perform(self, scope: Scope, operation: str, members: dict[str, Any]) -> Any:
        from botocore import xform_name
        from botocore.validate import ParamValidator

        method = operation_of(self._services[scope.service], xform_name(operation))
        shape = codecs.model_of(scope.service).operation_model(operation).input_shape
        if shape is not None:
            report = ParamValidator().validate(members, shape)
            if report.has_errors():
                raise ServiceError("ValidationException", report.generate_report())
        return method(members, self._caller(scope))

    def _caller(self, scope: Scope) -> Caller:
        role_arn = elsewhere.role_of(scope.access_key, self._world.account_id)
        account = f"arn:aws:iam::{self._world.account_id}"
        return Caller("client", role_arn or f"{account}:role/client")

    def _elsewhere(self, request: Request, scope: Scope) -> Reply:
        is_ruled = scope.service in _RULED
        try:
            if is_ruled:
                self._rules.check(self._named(request, scope), request.body)
            reply = elsewhere.answer(request, scope)
        except (ServiceError, NotModelled) as refused:
            return self._refused(request, scope, self._named(request, scope), refused)
        if is_ruled:
            self._rules.refresh()
        return reply

    def _named(self, request: Request, scope: Scope) -> str:
        """The operation's name for a message, where it can be told."""
        try:
            return codecs.operation_of(scope.service, request) or _shown(request)
        except Exception:  # noqa: BLE001 - a service that botocore doesn't know
            return _shown(request)

    def _unknown(self, request: Request, scope: Scope) -> Reply:
        name = _shown(request)
        self._say(f"{scope.service} {name}: no such operation")
        error = ServiceError("UnknownOperationException", f"{scope.service} has no {name}")
        return codecs.write_error(scope.service, request, error, self._request_id(scope.service))

    def _refused(self, request: Request, scope: Scope, operation: str, error: Exception) -> Reply:
        service = scope.service
        if isinstance(error, NotModelled):
            self._say(f"{service} {operation}: not simulated: {error}")
            error = ServiceError(
                "NotImplementedException", f"{service} {operation} is not simulated: {error}"
            )
        elif isinstance(error, codecs.Unreadable):
            error = ServiceError("SerializationException", str(error))
        elif not isinstance(error, ServiceError):
            error = internal_failure(self._world, f"{service}:{operation}", error)
        self._write(scope, operation, error.code)
        return codecs.write_error(service, request, error, self._request_id(service))

    def _told(self, subject: str, error: Exception) -> None:
        """A defect of ours: in the log with its traceback."""
        self._say(f"{subject}: internal error: {type(error).__name__}: {error}")
        traceback.print_exception(error, file=sys.stderr)

    def _write(self, scope: Scope, operation: str, error: str | None) -> None:
        self._world.trace.add(
            self._world.scheduler.now_ms,
            "ApiCall",
            f"{scope.service}:{operation}",
            {"caller": "client", "error": error},
        )

    def _request_id(self, service: str) -> str:
        return self._world.identity.uuid("request", f"port:{service}")


def _shown(request: Request) -> str:
    return request.target or request.form.get("Action") or f"{request.method} {request.path}"
