"""AWS Lambda's API over the functions of one simulation: settings, look-ups and Invoke.

How an invocation runs is in `invocations`.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from types import ModuleType
from typing import Any

from simulator.engine.ports import Pending, World
from simulator.services.api import Caller, NotModelled, ServiceError
from simulator.services.asynchronous import AsynchronousInvocation
from simulator.services.clients import Door
from simulator.services.invocations import Answer, Invocation, Invocations
from simulator.services.lambda_runtime import Function, Handler

_PAGE = 50


class LambdaFunctions:
    """The service "lambda". `load` gives the module that a handler's text names, from the import
    path of the environment that is entered."""

    name = "lambda"

    def __init__(self, world: World, load: Callable[[str], ModuleType]) -> None:
        self._world = world
        self._functions: dict[str, Function] = {}
        self._invocations = Invocations(world, load)

    def connect(self, door: Door) -> None:
        """Say who answers the boto3 calls of handlers."""
        self._invocations.door = door

    @property
    def invocations(self) -> Sequence[Invocation]:
        """What has ended so far, in that order."""
        return self._invocations.records

    @property
    def functions(self) -> Mapping[str, Function]:
        """All functions by name."""
        return self._functions

    def add(
        self,
        name: str,
        handler: Handler | None = None,
        *,
        folder: Path | None = None,
        handler_name: str = "index.handler",
        timeout_seconds: int = 3,
        memory_mb: int = 128,
        environment: Mapping[str, str] | None = None,
        layers: Sequence[Path] = (),
        role_arn: str | None = None,
    ) -> Function:
        """Make a function, or replace the one of this name."""
        if (handler is None) == (folder is None):
            raise ValueError(f"function {name!r}: expected either a handler or a folder")
        if folder is not None and not folder.is_dir():
            raise FileNotFoundError(f"function {name!r}: expected a folder, got {str(folder)!r}")
        if not 1 <= timeout_seconds <= 900:
            # the range of CreateFunction's Timeout
            raise ValueError(
                f"function {name!r}.timeout_seconds: expected 1 to 900, got {timeout_seconds!r}"
            )
        account = self._world.account_id
        function = Function(
            name=name,
            arn=f"arn:aws:lambda:{self._world.region}:{account}:function:{name}",
            role_arn=role_arn or f"arn:aws:iam::{account}:role/{name}",
            timeout_seconds=timeout_seconds,
            memory_mb=memory_mb,
            handler=handler,
            handler_name=handler_name,
            folder=folder.resolve() if folder else None,
            layers=tuple(layer.resolve() for layer in layers),
            environment=dict(environment or {}),
        )
        self._functions[name] = function
        self._invocations.forget(name)
        return function

    def find(self, function_name: str, qualifier: str | None = None) -> Function:
        """The function that a name, a partial ARN or an ARN names. Raises `ServiceError`
        (ResourceNotFoundException, with AWS's words), `NotModelled` for versions and aliases."""
        name, version = _name_and_version(function_name)
        version = qualifier or version or "$LATEST"
        function = self._functions.get(name)
        if function is None:
            arn = f"arn:aws:lambda:{self._world.region}:{self._world.account_id}:function:{name}"
            raise ServiceError(
                "ResourceNotFoundException",
                f"Function not found: {arn}:{version}",
                status=404,
                Type="User",
            )
        if version != "$LATEST":
            raise NotModelled(
                f"function {name!r}: versions and aliases are not simulated, got {version!r}"
            )
        return function

    def start_invocation(
        self, function: Function, payload: bytes, caller: Caller, *, place: str | None = None
    ) -> Pending:
        """Begin an invocation; see `Invocations.start`."""
        return self._invocations.start(function, payload, caller, place=place)

    def invoke(self, request: dict[str, Any], caller: Caller) -> dict[str, Any] | Pending:
        """Invoke: RequestResponse (answered when the handler ends), Event or DryRun."""
        function = self.find(request["FunctionName"], request.get("Qualifier"))
        kind = request.get("InvocationType", "RequestResponse")
        if kind == "DryRun":
            return {"StatusCode": 204, "Payload": b"", "ExecutedVersion": "$LATEST"}
        payload = request.get("Payload", b"{}") or b"{}"
        if kind == "Event":
            AsynchronousInvocation(
                self._world.scheduler, lambda: self._invocations.start(function, payload, caller)
            )
            return {"StatusCode": 202, "Payload": b""}
        _check_json(payload)
        pending = Pending()
        log_type = request.get("LogType")

        def heard(done: Pending) -> None:
            if done.error is not None:
                pending.settle(error=done.error)
            else:
                pending.settle(_response(done.value, log_type))

        self._invocations.start(function, payload, caller).when_settled(heard)
        return pending

    def get_function(self, request: dict[str, Any], _caller: Caller) -> dict[str, Any]:
        """GetFunction; a function's code has no location here."""
        function = self.find(request["FunctionName"], request.get("Qualifier"))
        return {"Configuration": _configuration(function)}

    def get_function_configuration(
        self, request: dict[str, Any], _caller: Caller
    ) -> dict[str, Any]:
        """GetFunctionConfiguration."""
        return _configuration(self.find(request["FunctionName"], request.get("Qualifier")))

    def list_functions(self, request: dict[str, Any], _caller: Caller) -> dict[str, Any]:
        """ListFunctions, by name, in pages of 50 as on AWS."""
        names = sorted(self._functions)
        start = int(request.get("Marker") or 0)
        end = start + min(request.get("MaxItems") or 50, 50)
        page = {"Functions": [_configuration(self._functions[name]) for name in names[start:end]]}
        return page | ({"NextMarker": str(end)} if end < len(names) else {})


def _name_and_version(given: str) -> tuple[str, str | None]:
    # NAME, NAME:VERSION, ACCOUNT:function:NAME and arn:...:function:NAME, with :VERSION or without
    parts = given.split(":")
    if "function" in parts[:-1]:
        parts = parts[parts.index("function") + 1 :]
    return parts[0], parts[1] if len(parts) > 1 else None


def _check_json(payload: bytes) -> None:
    try:
        json.loads(payload)
    except ValueError as error:
        raise ServiceError(
            "InvalidRequestContentException",
            f"Could not parse request body into json: Could not parse payload into json: {error}",
            Type="User",
        ) from None


def _response(answer: Answer, log_type: str | None) -> dict[str, Any]:
    response: dict[str, Any] = {
        "StatusCode": 200,
        "Payload": answer.payload,
        "ExecutedVersion": "$LATEST",
    }
    if answer.error is not None:
        response["FunctionError"] = answer.error
    if log_type == "Tail":
        response["LogResult"] = base64.b64encode(answer.log_tail).decode()
    return response


def _configuration(function: Function) -> dict[str, Any]:
    configuration = {
        "FunctionName": function.name,
        "FunctionArn": function.arn,
        "Runtime": function.runtime,
        "Role": function.role_arn,
        "Handler": function.handler_name,
        "Timeout": function.timeout_seconds,
        "MemorySize": function.memory_mb,
        "Version": "$LATEST",
        "PackageType": "Zip",
        "State": "Active",
        "LastUpdateStatus": "Successful",
    }
    if function.environment:
        configuration["Environment"] = {"Variables": dict(function.environment)}
    return configuration
