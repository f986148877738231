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
from simulator.services.api import Caller, ServiceError
from simulator.services.handlers.clients import Door
from simulator.services.lambda_.asynchronous import AsynchronousInvocation
from simulator.services.lambda_.deployment import Deployment, name_and_version, page
from simulator.services.lambda_.invocations import Answer, Invocation, Invocations
from simulator.services.lambda_.policies import Policies
from simulator.services.lambda_.runtime import Function, Handler
from simulator.services.lambda_.settings import Settings, configuration

_INVOCATION_TYPES = ("Event", "RequestResponse", "DryRun")


class LambdaFunctions:
    """The service "lambda". `load` gives the module that a handler's text names, from the import
    path of the environment that is entered."""

    name = "lambda"

    def __init__(self, world: World, load: Callable[[str], ModuleType]) -> None:
        self._world = world
        self._invocations = Invocations(world, load)
        self.deployment = Deployment(world, self._invocations.forget)
        self._policies = Policies(world, self.deployment)
        self._invocations.reserved = self._policies.reserved
        deployment, policies = self.deployment, self._policies

        self.create_function = deployment.create_function
        self.update_function_configuration = deployment.update_function_configuration
        self.update_function_code = deployment.update_function_code
        self.delete_function = deployment.delete_function
        self.publish_version = deployment.publish_version
        self.list_versions_by_function = deployment.list_versions_by_function
        self.create_alias = deployment.create_alias
        self.get_alias = deployment.get_alias
        self.list_aliases = deployment.list_aliases
        self.update_alias = deployment.update_alias
        self.delete_alias = deployment.delete_alias

        self.add_permission = policies.add_permission
        self.get_policy = policies.get_policy
        self.remove_permission = policies.remove_permission
        self.put_function_concurrency = policies.put_function_concurrency
        self.get_function_concurrency = policies.get_function_concurrency
        self.delete_function_concurrency = policies.delete_function_concurrency
        self.put_function_event_invoke_config = policies.put_function_event_invoke_config
        self.update_function_event_invoke_config = policies.update_function_event_invoke_config
        self.get_function_event_invoke_config = policies.get_function_event_invoke_config
        self.delete_function_event_invoke_config = policies.delete_function_event_invoke_config
        self.get_function_code_signing_config = policies.get_function_code_signing_config
        self.get_runtime_management_config = policies.get_runtime_management_config
        self.tag_resource = policies.tag_resource
        self.untag_resource = policies.untag_resource
        self.list_tags = policies.list_tags

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
        return {name: one.function for name, one in self.deployment.latest.items()}

    def close(self) -> None:
        """Remove the packages that were unpacked."""
        self.deployment.packages.close()

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
        self.deployment.latest[name] = Settings(function)
        self._invocations.forget(function.arn)
        return function

    def find(self, function_name: str, qualifier: str | None = None) -> Function:
        """The function that a name, a partial ARN or an ARN names. Raises `ServiceError`
        (ResourceNotFoundException, with AWS's words)."""
        name, version = name_and_version(function_name)
        return self.deployment.settings(name, qualifier or version or "$LATEST").function

    def start_invocation(
        self, function: Function, payload: bytes, caller: Caller, *, place: str | None = None
    ) -> Pending:
        """Begin an invocation; see `Invocations.start`."""
        return self._invocations.start(function, payload, caller, place=place)

    def invoke(self, request: dict[str, Any], caller: Caller) -> dict[str, Any] | Pending:
        """Invoke: RequestResponse (answered when the handler ends), Event or DryRun."""
        function = self.find(request["FunctionName"], request.get("Qualifier"))
        kind = request.get("InvocationType", "RequestResponse")
        if kind not in _INVOCATION_TYPES:
            raise ServiceError(
                "ValidationException",
                f"1 validation error detected: Value '{kind}' at 'invocationType' failed to "
                "satisfy constraint: Member must satisfy enum value set: "
                f"[{', '.join(_INVOCATION_TYPES)}]",
            )
        if kind == "DryRun":
            return {"StatusCode": 204, "Payload": b"", "ExecutedVersion": function.version}
        payload = request.get("Payload", b"{}") or b"{}"
        if kind == "Event":
            retries, age_ms = self._policies.retries_of(function.name)
            AsynchronousInvocation(
                self._world.scheduler,
                lambda: self._invocations.start(function, payload, caller),
                retries=retries,
                age_ms=age_ms,
            )
            return {"StatusCode": 202, "Payload": b""}
        _check_json(payload)
        pending = Pending()
        log_type = request.get("LogType")

        def heard(done: Pending) -> None:
            if done.error is not None:
                pending.settle(error=done.error)
            else:
                pending.settle(_response(done.value, function.version, log_type))

        self._invocations.start(function, payload, caller).when_settled(heard)
        return pending

    def get_function(self, request: dict[str, Any], _caller: Caller) -> dict[str, Any]:
        """GetFunction; only what was deployed over a port has a place where its code can be had."""
        settings = self._settings(request)
        function = settings.function
        shown: dict[str, Any] = {"Configuration": configuration(settings)}
        locate = self.deployment.locate
        if settings.package is not None and locate is not None:
            location = locate(function.name, function.version)
            shown["Code"] = {"RepositoryType": "S3", "Location": location}
        tags = self.deployment.tags.get(function.name)
        if tags:
            shown["Tags"] = dict(tags)
        reserved = self._policies.reserved(function.name)
        if reserved is not None:
            shown["Concurrency"] = {"ReservedConcurrentExecutions": reserved}
        return shown

    def get_function_configuration(
        self, request: dict[str, Any], _caller: Caller
    ) -> dict[str, Any]:
        """GetFunctionConfiguration."""
        return configuration(self._settings(request))

    def list_functions(self, request: dict[str, Any], _caller: Caller) -> dict[str, Any]:
        """ListFunctions, by name, in pages of 50 as on AWS."""
        part, marker = page(sorted(self.deployment.latest), request)
        return {"Functions": [configuration(self.deployment.latest[one]) for one in part], **marker}

    def _settings(self, request: dict[str, Any]) -> Settings:
        name, version = name_and_version(request["FunctionName"])
        return self.deployment.settings(name, request.get("Qualifier") or version or "$LATEST")


def _check_json(payload: bytes) -> None:
    try:
        json.loads(payload)
    except ValueError as error:
        raise ServiceError(
            "InvalidRequestContentException",
            f"Could not parse request body into json: Could not parse payload into json: {error}",
            Type="User",
        ) from None


def _response(answer: Answer, version: str, log_type: str | None) -> dict[str, Any]:
    response: dict[str, Any] = {
        "StatusCode": 200,
        "Payload": answer.payload,
        "ExecutedVersion": version,
    }
    if answer.error is not None:
        response["FunctionError"] = answer.error
    if log_type == "Tail":
        response["LogResult"] = base64.b64encode(answer.log_tail).decode()
    return response
