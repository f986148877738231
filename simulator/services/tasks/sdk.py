"""AWS SDK integrations: `arn:aws:states:::aws-sdk:<service>:<operation>`.

They reach the same service objects as boto3 clients do, with names as Step Functions writes them:
parameters and results in PascalCase, timestamps as text, errors named after the AWS SDK for Java 2
(`RedshiftData.ValidationException`; recordings have `Sfn.InvalidTokenException`).
"""

from __future__ import annotations

from typing import Any

from simulator.engine.ports import TaskFailure, TaskRequest, TaskSuccess
from simulator.services import sdk_models
from simulator.services.api import NotModelled, ServiceError, operation_of
from simulator.services.tasks.functions import unusable
from simulator.services.tasks.reach import LOST, AnswerLost, Done, Reach


def check(reach: Reach, resource: str, service: str, action: str) -> str | None:
    """Why this integration cannot be called; None if it can."""
    name = sdk_models.SERVICES.get(service)
    if name is None or name not in reach.services:
        return f"{resource}: service {service!r} is not simulated"
    model = sdk_models.operation(name, action)
    if model is None:
        return f"{resource}: AWS's {name!r} has no such operation"
    try:
        operation_of(reach.services[name], model.method)
    except NotModelled as missing:
        return f"{resource}: {missing}"
    return None


def start(reach: Reach, request: TaskRequest, service: str, action: str, done: Done) -> None:
    """Call the operation `action` of `service`, both as Step Functions spells them."""
    operation = sdk_models.operation(sdk_models.SERVICES[service], action)
    assert operation is not None
    try:
        given = operation.request(request.parameters, is_checked=not operation.checks_itself)
    except sdk_models.BadParameters as bad:
        reach.fail_later(done, unusable(request.parameters, str(bad)))
        return
    for member in operation.token_members:
        place = f"{request.execution_arn}:{request.state_name}"
        given.setdefault(member, reach.world.identity.uuid("client-token", place))

    def finish(answer: Any, error: Exception | None) -> None:
        if error is None:
            done(TaskSuccess(operation.result(answer)))
        elif isinstance(error, AnswerLost):
            done(
                TaskFailure(
                    f"{operation.sdk_name}.SdkClientException", f"{LOST} (SDK Attempt Count: 1)"
                )
            )
        elif isinstance(error, ServiceError):
            done(_failure(reach, operation, error))
        else:
            done(TaskFailure("Simulator.NotModelled", str(error)))

    missing = operation.null_message(given) if operation.checks_itself else None
    if missing is not None:
        refused = ServiceError("ValidationException", missing)
        reach.fail_later(done, _failure(reach, operation, refused))
        return
    reach.call(request, operation.service, operation.name, given, finish)


def _failure(reach: Reach, operation: sdk_models.Operation, error: ServiceError) -> TaskFailure:
    ids = f"Request ID: {reach.request_id(operation.service)}"
    if operation.service == "s3":
        # recorded: S3 has two
        ids += f", Extended Request ID: {reach.request_id('s3-extended')}"
    cause = (
        f"{error.message} (Service: {operation.sdk_name}, Status Code: {error.status}, {ids})"
        " (SDK Attempt Count: 1)"
    )
    return TaskFailure(operation.error_name(error.code), cause)
