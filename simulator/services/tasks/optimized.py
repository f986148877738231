"""Optimized integrations: `arn:aws:states:::sqs:sendMessage` and their like.

Step Functions calls these services through the AWS SDK for Java 1: most results carry the HTTP
answer's metadata, and errors the service's older names (recorded for sqs, states, dynamodb and
events).
"""

from __future__ import annotations

import json
import zlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import format_datetime
from typing import Any

from simulator.engine.ports import TaskFailure, TaskRequest, TaskSuccess
from simulator.services import sdk_models
from simulator.services.api import NotModelled, ServiceError, operation_of
from simulator.services.tasks.functions import unusable
from simulator.services.tasks.reach import LOST, AnswerLost, Done, Reach


@dataclass(frozen=True, slots=True)
class Integration:
    """One of them: botocore's service, AWS's names of it in errors and causes, the exception that
    stands for any error of no name of its own, and the content type of its answers."""

    service: str
    prefix: str
    cause_name: str
    general: str
    content_type: str = "application/x-amz-json-1.0"
    has_metadata: bool = True
    # what SDK 1 has classes of its own for, by the code in botocore's model
    named: frozenset[str] = frozenset()


_SQS = Integration(
    "sqs",
    "SQS",
    "AmazonSQS",
    "AmazonSQSException",
    named=frozenset({"QueueDoesNotExist", "InvalidMessageContents", "UnsupportedOperation"}),
)
_SNS = Integration(
    "sns",
    "SNS",
    "AmazonSNS",
    "AmazonSNSException",
    "text/xml",
    named=frozenset({"NotFound", "InvalidParameter", "EndpointDisabled", "AuthorizationError"}),
)
_EVENTS = Integration(
    "events", "EventBridge", "AmazonEventBridge", "AmazonEventBridgeException", has_metadata=False
)
_STATES = Integration(
    "stepfunctions",
    "StepFunctions",
    "AWSStepFunctions",
    "AWSStepFunctionsException",
    named=frozenset(
        {
            "ExecutionAlreadyExists",
            "ExecutionLimitExceeded",
            "InvalidArn",
            "InvalidExecutionInput",
            "InvalidName",
            "StateMachineDeleting",
            "StateMachineDoesNotExist",
        }
    ),
)
_DYNAMODB = Integration(
    "dynamodb",
    "DynamoDB",
    "AmazonDynamoDBv2",
    "AmazonDynamoDBException",
    named=frozenset(
        {
            "ConditionalCheckFailedException",
            "ProvisionedThroughputExceededException",
            "ResourceNotFoundException",
        }
    ),
)
# by resourceType and the action
INTEGRATIONS: Mapping[tuple[str, str], Integration] = {
    ("sqs", "sendMessage"): _SQS,
    ("sns", "publish"): _SNS,
    ("events", "putEvents"): _EVENTS,
    ("states", "startExecution"): _STATES,
    **{
        ("dynamodb", action): _DYNAMODB
        for action in ("getItem", "putItem", "updateItem", "deleteItem")
    },
}


def check(reach: Reach, resource: str, kind: str, action: str) -> str | None:
    """Why this integration cannot be called; None if it can."""
    integration = INTEGRATIONS.get((kind, action))
    if integration is None:
        return f"{resource}: this integration is not simulated"
    model = sdk_models.operation(integration.service, action)
    assert model is not None
    try:
        operation_of(reach.services[integration.service], model.method)
    except KeyError:
        return f"{resource}: service {kind!r} is not simulated"
    except NotModelled as missing:
        return f"{resource}: {missing}"
    return None


def start(
    reach: Reach,
    request: TaskRequest,
    kind: str,
    action: str,
    done: Done,
    *,
    answered: Callable[[Any], None] | None = None,
) -> None:
    """Call the integration; `answered` gets the service's own answer first, where it succeeds."""
    integration = INTEGRATIONS[kind, action]
    operation = sdk_models.operation(integration.service, action)
    assert operation is not None
    try:
        given = operation.request(_parameters(kind, request), is_checked=False)
    except sdk_models.BadParameters as bad:
        reach.fail_later(done, unusable(request.parameters, str(bad)))
        return
    missing = operation.null_message(given) if operation.checks_itself else None
    if missing is not None:
        refused = ServiceError("ValidationException", missing)
        reach.fail_later(done, _failure(reach, integration, refused))
        return
    if kind == "sqs":
        # recorded: it is the service that misses MessageBody
        given = {"MessageBody": "", **given}
    missing = operation.missing(given)
    if missing is not None:
        reach.fail_later(done, unusable(request.parameters, missing))
        return

    def finish(answer: Any, error: Exception | None) -> None:
        if error is not None:
            done(_failure(reach, integration, error))
            return
        if answered is not None:
            answered(answer)
        result = operation.result(answer)
        if integration.has_metadata:
            result |= _metadata(reach, integration, result, action)
        if result.get("FailedEntryCount"):
            done(TaskFailure("EventBridge.FailedEntry", _text(result)))
        else:
            done(TaskSuccess(result))

    reach.call(request, integration.service, operation.name, given, finish)


def _parameters(kind: str, request: TaskRequest) -> Any:
    """The Task's parameters as Step Functions sends them on: to the resources of an event it adds
    the ARNs of execution and state machine, and an execution's input that is no text becomes its
    JSON text."""
    parameters = request.parameters
    if not isinstance(parameters, dict):
        return parameters
    if kind == "states" and not isinstance(parameters.get("Input"), str | None):
        return {**parameters, "Input": _text(parameters["Input"])}
    entries = parameters.get("Entries")
    if kind != "events" or not isinstance(entries, list):
        return parameters
    prefix, _, name = request.execution_arn.partition(":execution:")
    own = [request.execution_arn, f"{prefix}:stateMachine:{name.partition(':')[0]}"]
    return {**parameters, "Entries": [_from_execution(one, own) for one in entries]}


def _from_execution(entry: Any, own: list[str]) -> Any:
    if not isinstance(entry, dict) or not isinstance(entry.get("Resources", []), list):
        return entry
    return {**entry, "Resources": [*entry.get("Resources", []), *own]}


def _failure(reach: Reach, integration: Integration, error: Exception) -> TaskFailure:
    if isinstance(error, AnswerLost):
        return TaskFailure(f"{integration.prefix}.SdkClientException", LOST)
    if not isinstance(error, ServiceError):
        return TaskFailure("Simulator.NotModelled", str(error))
    name = integration.general
    if error.code in integration.named:
        name = error.code if error.code.endswith("Exception") else f"{error.code}Exception"
    cause = (
        f"{error.message} (Service: {integration.cause_name}; Status Code: {error.status}; "
        f"Error Code: {error.code}; Request ID: {reach.request_id(integration.service)}; "
        "Proxy: null)"
    )
    return TaskFailure(f"{integration.prefix}.{name}", cause)


def _metadata(reach: Reach, integration: Integration, result: Any, action: str) -> dict[str, Any]:
    """The HTTP answer's metadata, in the shape of the recordings."""
    request_id = reach.request_id(integration.service)
    moment = datetime.fromtimestamp(reach.world.scheduler.now_ms // 1000, UTC)
    body = _text(result).encode()
    headers = {
        "connection": "keep-alive",
        "Content-Length": str(len(body)),
        "Content-Type": integration.content_type,
        "Date": format_datetime(moment, usegmt=True),
        "x-amzn-RequestId": request_id,
    }
    if integration is _DYNAMODB:
        del headers["connection"]
        headers |= {"Connection": "keep-alive", "Server": "Server"}
        headers["x-amz-crc32"] = str(zlib.crc32(body))
        if action == "getItem":
            # recorded so
            headers["x-amzn-requestid"] = headers.pop("x-amzn-RequestId")
    return {
        "SdkHttpMetadata": {
            "AllHttpHeaders": {name: [value] for name, value in headers.items()},
            "HttpHeaders": headers,
            "HttpStatusCode": 200,
        },
        "SdkResponseMetadata": {"RequestId": request_id},
    }


def _text(result: Any) -> str:
    return json.dumps(result, separators=(",", ":"), ensure_ascii=False)
