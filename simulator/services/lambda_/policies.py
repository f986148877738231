"""What surrounds a function: who may call it, how many at once, what becomes of events, tags."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

from simulator.engine.ports import World
from simulator.services.api import Caller, ServiceError
from simulator.services.lambda_.deployment import Deployment, name_and_version
from simulator.services.lambda_.settings import Request

# "How Lambda handles errors and retries with asynchronous invocation": the defaults
_RETRIES = 2
_EVENT_AGE_SECONDS = 21_600


class Policies:
    """Settings that AWS keeps beside a function, each by (name, qualifier)."""

    def __init__(self, world: World, deployment: Deployment) -> None:
        self._world = world
        self._deployment = deployment
        self._statements: dict[str, dict[str, Request]] = {}
        self._concurrency: dict[str, int] = {}
        self._events: dict[tuple[str, str], Request] = {}
        deployment.on_deleted.append(self._forget)

    def reserved(self, name: str) -> int | None:
        """How many invocations of a function may run at once; None for as many as come."""
        return self._concurrency.get(name)

    def retries_of(self, name: str) -> tuple[int, int]:
        """How often an event is tried again after the function failed, and how many milliseconds
        old it may become."""
        given = self._events.get((name, "$LATEST"), {})
        retries = given.get("MaximumRetryAttempts", _RETRIES)
        return retries, given.get("MaximumEventAgeInSeconds", _EVENT_AGE_SECONDS) * 1000

    def add_permission(self, request: Request, _caller: Caller) -> Request:
        """AddPermission: a statement of the function's policy."""
        resource = self._resource(request)
        statements = self._statements.setdefault(resource, {})
        sid = request["StatementId"]
        if sid in statements:
            raise ServiceError(
                "ResourceConflictException",
                f"The statement id ({sid}) provided already exists. Please provide a new "
                "statement id, or remove the existing statement.",
                status=409,
                Type="User",
            )
        statements[sid] = _statement(request, resource)
        return {"Statement": json.dumps(statements[sid], separators=(",", ":"))}

    def get_policy(self, request: Request, _caller: Caller) -> Request:
        """GetPolicy."""
        resource = self._resource(request)
        statements = self._statements.get(resource)
        if not statements:
            raise _not_there()
        policy = {"Version": "2012-10-17", "Id": "default", "Statement": [*statements.values()]}
        return {
            "Policy": json.dumps(policy, separators=(",", ":")),
            "RevisionId": self._world.identity.uuid("lambda-policy", resource, len(statements)),
        }

    def remove_permission(self, request: Request, _caller: Caller) -> Request:
        """RemovePermission."""
        statements = self._statements.get(self._resource(request), {})
        if statements.pop(request["StatementId"], None) is None:
            raise _not_there()
        return {}

    def put_function_concurrency(self, request: Request, _caller: Caller) -> Request:
        """PutFunctionConcurrency: calls beyond it are throttled."""
        reserved: int = request["ReservedConcurrentExecutions"]
        self._concurrency[self._name(request)] = reserved
        return {"ReservedConcurrentExecutions": reserved}

    def get_function_concurrency(self, request: Request, _caller: Caller) -> Request:
        """GetFunctionConcurrency."""
        reserved = self._concurrency.get(self._name(request))
        return {} if reserved is None else {"ReservedConcurrentExecutions": reserved}

    def delete_function_concurrency(self, request: Request, _caller: Caller) -> Request:
        """DeleteFunctionConcurrency."""
        self._concurrency.pop(self._name(request), None)
        return {}

    def put_function_event_invoke_config(self, request: Request, _caller: Caller) -> Request:
        """PutFunctionEventInvokeConfig, in place of what there is."""
        return self._set_events(request, {})

    def update_function_event_invoke_config(self, request: Request, _caller: Caller) -> Request:
        """UpdateFunctionEventInvokeConfig."""
        return self._set_events(request, self._events_of(request))

    def get_function_event_invoke_config(self, request: Request, _caller: Caller) -> Request:
        """GetFunctionEventInvokeConfig."""
        return self._events_of(request)

    def delete_function_event_invoke_config(self, request: Request, _caller: Caller) -> Request:
        """DeleteFunctionEventInvokeConfig."""
        self._events_of(request)
        del self._events[self._name(request), request.get("Qualifier") or "$LATEST"]
        return {}

    def get_function_code_signing_config(self, request: Request, _caller: Caller) -> Request:
        """GetFunctionCodeSigningConfig: no function has one."""
        return {"FunctionName": self._name(request)}

    def get_runtime_management_config(self, request: Request, _caller: Caller) -> Request:
        """GetRuntimeManagementConfig: AWS updates the runtime."""
        return {"UpdateRuntimeOn": "Auto", "FunctionArn": self._resource(request)}

    def tag_resource(self, request: Request, _caller: Caller) -> Request:
        """TagResource."""
        self._tags(request["Resource"]).update(request["Tags"])
        return {}

    def untag_resource(self, request: Request, _caller: Caller) -> Request:
        """UntagResource."""
        tags = self._tags(request["Resource"])
        for key in request["TagKeys"]:
            tags.pop(key, None)
        return {}

    def list_tags(self, request: Request, _caller: Caller) -> Request:
        """ListTags."""
        return {"Tags": dict(self._tags(request["Resource"]))}

    def _tags(self, arn: str) -> dict[str, str]:
        name = self._name({"FunctionName": arn})
        return self._deployment.tags.setdefault(name, {})

    def _name(self, request: Request) -> str:
        name, version = name_and_version(request["FunctionName"])
        self._deployment.settings(name, request.get("Qualifier") or version or "$LATEST")
        return name

    def _resource(self, request: Request) -> str:
        name, version = name_and_version(request["FunctionName"])
        self._name(request)
        qualifier = request.get("Qualifier") or version
        arn = self._deployment.arn(name)
        return f"{arn}:{qualifier}" if qualifier else arn

    def _events_of(self, request: Request) -> Request:
        key = (self._name(request), request.get("Qualifier") or "$LATEST")
        found = self._events.get(key)
        if found is None:
            resource = f"{self._deployment.arn(key[0])}:{key[1]}"
            raise ServiceError(
                "ResourceNotFoundException",
                f"The function {resource} doesn't have an EventInvokeConfig",
                status=404,
                Type="User",
            )
        return found

    def _set_events(self, request: Request, before: Request) -> Request:
        name = self._name(request)
        qualifier = request.get("Qualifier") or "$LATEST"
        members = ("MaximumRetryAttempts", "MaximumEventAgeInSeconds", "DestinationConfig")
        self._events[name, qualifier] = {
            **before,
            **{member: request[member] for member in members if member in request},
            "FunctionArn": f"{self._deployment.arn(name)}:{qualifier}",
            "LastModified": datetime.fromtimestamp(self._world.scheduler.now_ms / 1000, UTC),
        }
        return self._events[name, qualifier]

    def _forget(self, name: str) -> None:
        arn = self._deployment.arn(name)
        for resource in [one for one in self._statements if one.split(":")[6] == name]:
            del self._statements[resource]
        self._statements.pop(arn, None)
        self._concurrency.pop(name, None)
        for key in [one for one in self._events if one[0] == name]:
            del self._events[key]


def _statement(request: Request, resource: str) -> Request:
    principal: str = request["Principal"]
    kind = "Service" if principal.endswith(".amazonaws.com") else "AWS"
    if kind == "AWS" and principal.isdigit():
        principal = f"arn:aws:iam::{principal}:root"
    conditions: dict[str, Any] = {}
    if request.get("SourceAccount"):
        conditions["StringEquals"] = {"AWS:SourceAccount": request["SourceAccount"]}
    if request.get("SourceArn"):
        conditions["ArnLike"] = {"AWS:SourceArn": request["SourceArn"]}
    return {
        "Sid": request["StatementId"],
        "Effect": "Allow",
        "Principal": {kind: principal},
        "Action": request["Action"],
        "Resource": resource,
        **({"Condition": conditions} if conditions else {}),
    }


def _not_there() -> ServiceError:
    return ServiceError(
        "ResourceNotFoundException",
        "The resource you requested does not exist.",
        status=404,
        Type="User",
    )
