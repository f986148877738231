"""What rules and schedules call: functions, state machines, topics, queues, statements of the
Redshift Data API, and operations of SDKs.

The same service objects answer as elsewhere. What can't be called is refused when the target is
put, by its ARN.
"""

from __future__ import annotations

import functools
import json
from collections.abc import Callable, Mapping
from typing import Any

from simulator.services.api import Caller, NotModelled, ServiceError, operation_of
from simulator.services.sdk_models import model_loader, service_model

_SDK = "arn:aws:scheduler:::aws-sdk:"
# the SDK for Java's name of a service -> botocore's, where more than hyphens differ
_SDK_SERVICES = {
    "cloudwatchevents": "events",
    "cloudwatchlogs": "logs",
    "databasemigration": "dms",
    "eventbridge": "events",
    "sfn": "stepfunctions",
}
# what doesn't change anything is no target ("Using universal targets with EventBridge Scheduler")
_READING = (
    *("get", "describe", "list", "poll", "receive", "search", "scan", "query", "select", "read"),
    *("lookup", "discover", "validate", "batchGet", "batchDescribe", "batchRead", "transactGet"),
)
# of an ARN's service and resource: the kind of target
_FUNCTION, _MACHINE, _TOPIC, _QUEUE = "function", "state machine", "topic", "queue"
_CLUSTER, _WORKGROUP = "cluster", "workgroup"
# of RedshiftDataParameters: what the Data API calls it (EventBridge's API reference)
_STATEMENT = {
    "Database": "Database",
    "DbUser": "DbUser",
    "SecretManagerArn": "SecretArn",
    "StatementName": "StatementName",
    "WithEvent": "WithEvent",
}


class EventTargets:
    """Calls targets by the services of one simulation."""

    def __init__(self, services: Mapping[str, Any]) -> None:
        self._services = services

    def check(self, arn: str, statement: Mapping[str, Any] | None = None) -> None:
        """Raises `NotModelled` for a target that is not simulated, `ServiceError` for what is
        none. `statement` is RedshiftDataParameters, which a warehouse has and nothing else."""
        if arn.startswith(_SDK):
            self._sdk(arn)
        elif (_kind(arn) in (_CLUSTER, _WORKGROUP)) != bool(statement):
            raise ServiceError(
                "ValidationException",
                f"RedshiftDataParameters of {arn}: expected with a cluster or workgroup alone",
            )

    def call(
        self,
        arn: str,
        payload: str,
        caller: Caller,
        name: str,
        statement: Mapping[str, Any] | None = None,
    ) -> None:
        """Call a target with a text; `name` is that of the execution where it starts one. A
        warehouse runs its `statement`. Raises what the target's service answers."""
        if arn.startswith(_SDK):
            self._call_sdk(arn, payload, caller)
            return
        kind = _kind(arn)
        if kind == _FUNCTION:
            request = {"FunctionName": arn, "InvocationType": "Event", "Payload": payload.encode()}
            self._services["lambda"].invoke(request, caller)
        elif kind == _MACHINE:
            self._services["stepfunctions"].start_execution(
                {"stateMachineArn": arn, "name": name, "input": payload}, caller
            )
        elif kind == _TOPIC:
            self._services["sns"].publish({"TopicArn": arn, "Message": payload}, caller)
        elif kind in (_CLUSTER, _WORKGROUP):
            self._submit(arn, kind, statement or {}, caller)
        else:
            self.send(arn, payload, {}, caller)

    def send(self, arn: str, text: str, attributes: Mapping[str, str], caller: Caller) -> None:
        """Put a message into a queue."""
        queues = self._services["sqs"]
        url = queues.get_queue_url({"QueueName": arn.rpartition(":")[2]}, caller)["QueueUrl"]
        shown = {
            name: {"DataType": "String", "StringValue": value} for name, value in attributes.items()
        }
        request = {"QueueUrl": url, "MessageBody": text, "MessageAttributes": shown}
        queues.send_message(request, caller)

    def _submit(self, arn: str, kind: str, given: Mapping[str, Any], caller: Caller) -> None:
        """ "Sqls ... are run as a single transaction" (RedshiftDataParameters)."""
        request = {_STATEMENT[key]: given[key] for key in _STATEMENT if key in given}
        if kind == _CLUSTER:
            request["ClusterIdentifier"] = arn.rpartition(":")[2]
        else:
            request["WorkgroupName"] = self._workgroup(arn, caller)
        data = self._services["redshift-data"]
        if given.get("Sqls"):
            data.batch_execute_statement({**request, "Sqls": list(given["Sqls"])}, caller)
        else:
            data.execute_statement({**request, "Sql": given.get("Sql", "")}, caller)

    def _workgroup(self, arn: str, caller: Caller) -> str:
        """A workgroup's name: its ARN ends in an id of its own."""
        answer = self._services["redshift-serverless"].list_workgroups({}, caller)
        names = {one["workgroupArn"]: one["workgroupName"] for one in answer["workgroups"]}
        return str(names.get(arn, arn.rpartition("/")[2]))

    def _call_sdk(self, arn: str, payload: str, caller: Caller) -> None:
        method, shape = self._sdk(arn)
        try:
            given = _to_model(shape, json.loads(payload))
        except ValueError as error:
            raise ServiceError("ValidationException", f"{arn}: {error}") from None
        method(given, caller)

    def _sdk(self, arn: str) -> tuple[Callable[[Any, Caller], Any], Any]:
        from botocore import xform_name

        service, _, action = arn.removeprefix(_SDK).partition(":")
        name = _botocore_name(service)
        model = service_model(name) if name is not None else None
        operation = action[:1].upper() + action[1:]
        if name is None or model is None or operation not in model.operation_names:
            raise ServiceError("ValidationException", f"{arn} is no target: AWS has no such action")
        if action.startswith(_READING):
            raise ServiceError("ValidationException", f"{arn} is no target: it only reads")
        try:
            found = self._services[name]
        except KeyError:
            raise NotModelled(f"{arn}: the service {name} is not simulated") from None
        method = operation_of(found, xform_name(operation))
        return method, model.operation_model(operation).input_shape


def _kind(arn: str) -> str:
    parts = arn.split(":")
    if len(parts) >= 6 and parts[0] == "arn":
        service, resource = parts[2], parts[5]
        if service == "lambda" and resource == "function":
            return _FUNCTION
        if service == "states" and resource == "stateMachine":
            return _MACHINE
        if service == "sns":
            return _TOPIC
        if service == "redshift" and resource == "cluster":
            return _CLUSTER
        if service == "redshift-serverless" and resource.startswith("workgroup/"):
            return _WORKGROUP
        if service == "sqs" and not resource.endswith(".fifo"):
            return _QUEUE
    raise NotModelled(f"{arn} as a target")


@functools.lru_cache(maxsize=64)
def _botocore_name(service: str) -> str | None:
    if service in _SDK_SERVICES:
        return _SDK_SERVICES[service]
    services = model_loader().list_available_services("service-2")
    known = {name.replace("-", ""): name for name in services}
    return known.get(service)


def _to_model(shape: Any, value: Any) -> Any:
    """Members in the SDK for Java's spelling, such as DbInstanceIdentifier, as the model has them.
    Raises `ValueError`."""
    if shape is None:
        return {}
    if shape.type_name == "structure":
        if not isinstance(value, Mapping):
            raise ValueError(f"expected an object, got {value!r}")
        names = {name.lower(): name for name in shape.members}
        members = {}
        for given, member in value.items():
            name = names.get(given.lower())
            if name is None or not given[:1].isupper():
                raise ValueError(f"{given}: expected one of {sorted(shape.members)}")
            members[name] = _to_model(shape.members[name], member)
        return members
    if shape.type_name == "list" and isinstance(value, list):
        return [_to_model(shape.member, member) for member in value]
    if shape.type_name == "map" and isinstance(value, Mapping):
        return {key: _to_model(shape.value, member) for key, member in value.items()}
    return value
