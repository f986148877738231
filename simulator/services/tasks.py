"""What Task states call: Lambda by ARN, the optimized `lambda:invoke`, and AWS SDK integrations.

SDK integrations reach the same service objects as boto3 clients do, with names as Step Functions
writes them: parameters and results in PascalCase, timestamps as text, errors named after the AWS
SDK for Java 2 (`RedshiftData.ValidationException`; recordings have `Sfn.InvalidTokenException`).
"""

from __future__ import annotations

import base64
import datetime as dt
import functools
import json
from collections.abc import Callable, Mapping
from email.utils import format_datetime
from typing import TYPE_CHECKING, Any

from simulator.engine.ports import (
    Pending,
    TaskFailure,
    TaskOutcome,
    TaskRequest,
    TaskSuccess,
    World,
)
from simulator.services import api_faults, sdk_models
from simulator.services.api import Caller, NotModelled, Service, ServiceError, operation_of

if TYPE_CHECKING:
    from simulator.services.invocations import Answer
    from simulator.services.lambda_functions import LambdaFunctions

INVOKE = "arn:aws:states:::lambda:invoke"
_SDK = "arn:aws:states:::aws-sdk:"
_INVOKE_PARAMETERS = frozenset(
    {"ClientContext", "FunctionName", "InvocationType", "LogType", "Payload", "Qualifier"}
)
# what Step Functions takes of a task's result ("Quotas related to state machine executions")
_RESULT_LIMIT_BYTES = 262_144

Done = Callable[[TaskOutcome], None]


class Tasks:
    """The engine's `TaskPort` over the services of one simulation. `role_of` gives the role of
    the state machine that an execution belongs to."""

    def __init__(
        self,
        world: World,
        services: Mapping[str, Service],
        role_of: Callable[[str], str | None] = lambda _: None,
    ) -> None:
        self._world = world
        self._services = services
        self._role_of = role_of

    @property
    def _functions(self) -> LambdaFunctions:
        # Made when the first function is called: a definition without Lambda loads none of it.
        functions: Any = self._services["lambda"]
        found: LambdaFunctions = functions
        return found

    def check(self, resource: str) -> str | None:
        """Why no state machine can be created with this resource; None if it can."""
        if _is_function(resource) or resource == INVOKE:
            return None
        if resource.startswith(_SDK):
            return self._check_sdk(resource)
        return f"{resource}: this integration is not simulated"

    def start(self, request: TaskRequest, done: Done) -> None:
        """Begin a Task's call; `done` hears the outcome, later in virtual time."""
        if _is_function(request.resource):
            self._start_function(request, done)
        elif request.resource == INVOKE:
            self._start_invoke(request, done)
        else:
            self._start_sdk(request, done)

    # A function's ARN as the resource: its payload is the whole result.

    def _start_function(self, request: TaskRequest, done: Done) -> None:
        payload = json.dumps(request.parameters, ensure_ascii=False).encode()

        def heard(answer: Answer) -> None:
            if answer.error is None:
                done(_success(request.resource, answer.payload, lambda value: value))
            else:
                done(_function_failure(answer))

        self._invoke(request, request.resource, None, payload, heard, done)

    def _start_invoke(self, request: TaskRequest, done: Done) -> None:
        parameters = request.parameters
        problem = _invoke_problem(parameters)
        if problem is not None:
            self._fail_later(done, _unusable(parameters, problem))
            return
        payload = _payload_of(parameters.get("Payload"))
        try:
            json.loads(payload)
        except ValueError as error:
            message = f"Could not parse request body into json: {error}"
            refused = ServiceError("InvalidRequestContentException", message)
            self._fail_later(done, self._lambda_failure(refused))
            return
        if parameters.get("InvocationType", "RequestResponse") != "RequestResponse":
            self._start_other_invocation(request, payload, done)
            return

        def heard(answer: Answer) -> None:
            if answer.error is not None:
                done(_function_failure(answer))
                return
            done(
                _success(
                    request.resource,
                    answer.payload,
                    lambda value: self._invoke_output(value, answer, parameters.get("LogType")),
                )
            )

        name, qualifier = parameters["FunctionName"], parameters.get("Qualifier")
        self._invoke(request, name, qualifier, payload, heard, done)

    def _start_other_invocation(self, request: TaskRequest, payload: bytes, done: Done) -> None:
        given = {**request.parameters, "Payload": payload}

        def perform() -> None:
            try:
                answer = self._functions.invoke(given, self._caller(request))
            except (ServiceError, NotModelled) as error:
                done(self._lambda_failure(error))
                return
            assert isinstance(answer, dict)
            request_id = self._world.identity.uuid("request", f"task:{request.state_name}")
            output = {
                "StatusCode": answer["StatusCode"],
                "Payload": "",
                "SdkResponseMetadata": {"RequestId": request_id},
            }
            done(TaskSuccess(output))

        self._world.scheduler.after(self._world.timing.api_call_ms, perform)

    def _invoke(
        self,
        request: TaskRequest,
        name: str,
        qualifier: str | None,
        payload: bytes,
        heard: Callable[[Answer], None],
        done: Done,
    ) -> None:
        try:
            function = self._functions.find(name, qualifier)
        except (ServiceError, NotModelled) as error:
            self._fail_later(done, self._lambda_failure(error))
            return

        def settled(pending: Pending) -> None:
            if pending.error is None:
                heard(pending.value)
            else:
                done(self._lambda_failure(pending.error))

        place = f"{request.execution_arn}:{request.state_name}"
        self._functions.start_invocation(
            function, payload, self._caller(request), place=place
        ).when_settled(settled)

    def _lambda_failure(self, error: Exception) -> TaskFailure:
        if isinstance(error, ServiceError):
            # as recorded for a function that does not exist
            request_id = self._world.identity.uuid("request", "task:lambda")
            cause = (
                f"{error.message} (Service: AWSLambda; Status Code: {error.status};"
                f" Error Code: {error.code}; Request ID: {request_id}; Proxy: null)"
            )
            return TaskFailure(f"Lambda.{error.code}", cause)
        return TaskFailure("Simulator.NotModelled", str(error))

    def _invoke_output(self, payload: Any, answer: Answer, log_type: str | None) -> dict[str, Any]:
        """The result of `lambda:invoke`, in the shape of the recordings."""
        output: dict[str, Any] = {"ExecutedVersion": "$LATEST"}
        headers = {
            "Connection": "keep-alive",
            "Content-Length": str(len(answer.payload)),
            "Content-Type": "application/json",
            "Date": format_datetime(self._now(), usegmt=True),
            "X-Amz-Executed-Version": "$LATEST",
            "x-amzn-Remapped-Content-Length": "0",
            "x-amzn-RequestId": answer.request_id,
            "X-Amzn-Trace-Id": f"root=1-{answer.request_id[:8]};sampled=0",
        }
        if log_type == "Tail":
            log_result = base64.b64encode(answer.log_tail).decode()
            output["LogResult"] = headers["X-Amz-Log-Result"] = log_result
        return output | {
            "Payload": payload,
            "SdkHttpMetadata": {
                "AllHttpHeaders": {name: [value] for name, value in headers.items()},
                "HttpHeaders": headers,
                "HttpStatusCode": 200,
            },
            "SdkResponseMetadata": {"RequestId": answer.request_id},
            "StatusCode": 200,
        }

    # AWS SDK integrations.

    def _check_sdk(self, resource: str) -> str | None:
        service, _, operation = resource.removeprefix(_SDK).partition(":")
        name = sdk_models.SERVICES.get(service)
        if name is None or name not in self._services:
            return f"{resource}: service {service!r} is not simulated"
        if "." in operation:
            return f"{resource}: only the request-response pattern is simulated"
        model = sdk_models.operation(name, operation)
        if model is None:
            return f"{resource}: AWS's {name!r} has no such operation"
        try:
            operation_of(self._services[name], model.method)
        except NotModelled as missing:
            return f"{resource}: {missing}"
        return None

    def _start_sdk(self, request: TaskRequest, done: Done) -> None:
        problem = self.check(request.resource)
        if problem is not None:
            self._fail_later(done, TaskFailure("Simulator.NotModelled", problem))
            return
        service, _, name = request.resource.removeprefix(_SDK).partition(":")
        operation = sdk_models.operation(sdk_models.SERVICES[service], name)
        assert operation is not None
        try:
            given = operation.request(request.parameters)
        except sdk_models.BadParameters as bad:
            self._fail_later(done, _unusable(request.parameters, str(bad)))
            return
        for member in operation.token_members:
            place = f"{request.execution_arn}:{request.state_name}"
            given.setdefault(member, self._world.identity.uuid("client-token", place))
        method = operation_of(self._services[operation.service], operation.method)
        caller = self._caller(request)
        subject = api_faults.subject_of(f"{operation.service}:{operation.name}", caller)
        outcome = self._world.pick("api", subject, api_faults.OUTCOMES)
        refused = api_faults.refusal_of(operation.service, outcome)
        if refused is not None:
            method = functools.partial(_refuse, refused)

        def perform() -> None:
            try:
                answer = method(given, caller)
            except (ServiceError, NotModelled) as error:
                finish(None, error)
                return
            if isinstance(answer, Pending):
                answer.when_settled(lambda settled: finish(settled.value, settled.error))
            else:
                finish(answer, None)

        def finish(answer: Any, error: Exception | None) -> None:
            code = error.code if isinstance(error, ServiceError) else None
            if outcome == "answer_lost":
                code = "SdkClientException"
            self._world.trace.add(
                self._world.scheduler.now_ms,
                "ApiCall",
                f"{operation.service}:{operation.name}",
                {"caller": caller.name, "error": code},
            )
            done(self._sdk_outcome(operation, answer, error, outcome))

        self._world.scheduler.after(self._world.timing.api_call_ms, perform)

    def _sdk_outcome(
        self,
        operation: sdk_models.Operation,
        answer: Any,
        error: Exception | None,
        outcome: str,
    ) -> TaskOutcome:
        if outcome == "answer_lost":
            # Named as Step Functions names the Java SDK's own errors (Lambda.SdkClientException is
            # in its best practices, "Handle transient Lambda service exceptions").
            lost = "Unable to execute HTTP request: The target server failed to respond"
            return TaskFailure(
                f"{operation.sdk_name}.SdkClientException", f"{lost} (SDK Attempt Count: 1)"
            )
        if error is None:
            return TaskSuccess(operation.result(answer))
        if isinstance(error, ServiceError):
            return self._sdk_failure(operation, error)
        return TaskFailure("Simulator.NotModelled", str(error))

    def _sdk_failure(self, operation: sdk_models.Operation, error: ServiceError) -> TaskFailure:
        request_id = self._world.identity.uuid("request", f"task:{operation.service}")
        cause = (
            f"{error.message} (Service: {operation.sdk_name}, Status Code: {error.status},"
            f" Request ID: {request_id}) (SDK Attempt Count: 1)"
        )
        return TaskFailure(operation.error_name(error.code), cause)

    def _caller(self, request: TaskRequest) -> Caller:
        role = self._role_of(request.execution_arn)
        return Caller(
            f"state:{request.state_name}",
            role or f"arn:aws:iam::{self._world.account_id}:role/states",
            tags={"state": request.state_name, "execution": request.execution_arn},
        )

    def _fail_later(self, done: Done, failure: TaskFailure) -> None:
        self._world.scheduler.after(self._world.timing.api_call_ms, lambda: done(failure))

    def _now(self) -> dt.datetime:
        return dt.datetime.fromtimestamp(self._world.scheduler.now_ms // 1000, dt.UTC)


def _refuse(refused: ServiceError, *_: Any) -> Any:
    raise refused


def _is_function(resource: str) -> bool:
    parts = resource.split(":")
    return len(parts) >= 7 and parts[2] == "lambda" and parts[5] == "function"


def _payload_of(value: Any) -> bytes:
    # recorded: null is as good as none, and text is the payload's own text ("0" gives 0)
    if value is None:
        return b"{}"
    return (value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)).encode()


def _success(resource: str, payload: bytes, shape: Callable[[Any], Any]) -> TaskOutcome:
    try:
        value = json.loads(payload)
    except ValueError:
        # A handler may return bytes that are no JSON; recorded: their size is looked at first.
        if len(payload) > _RESULT_LIMIT_BYTES:
            return TaskFailure(
                "States.DataLimitExceeded",
                f"The state/task '{resource}' returned a result with a size exceeding the maximum"
                " number of bytes service limit.",
            )
        return TaskFailure("States.Runtime", "Invalid output: the payload is not valid JSON")
    return TaskSuccess(shape(value))


def _function_failure(answer: Answer) -> TaskFailure:
    cause = answer.payload.decode()
    error_type = json.loads(cause).get("errorType")
    if error_type:
        return TaskFailure(error_type, cause)
    return TaskFailure(
        "Lambda.Unknown",
        "The cause could not be determined because Lambda did not return an error type."
        f" Returned payload: {cause}",
    )


def _invoke_problem(parameters: Any) -> str | None:
    if not isinstance(parameters, dict):
        return "The Parameters must be an object"
    for name in parameters:
        if name not in _INVOKE_PARAMETERS:
            return f"The field '{name}' is not supported by Step Functions"
    name = parameters.get("FunctionName")
    if name is None:
        return "The field 'FunctionName' is required but was missing"
    if not isinstance(name, str):
        return "The value for the field 'FunctionName' must be a STRING"
    return None


def _unusable(parameters: Any, problem: str) -> TaskFailure:
    text = json.dumps(parameters, separators=(",", ":"), ensure_ascii=False)
    return TaskFailure(
        "States.Runtime",
        f"The Parameters '{text}' could not be used to start the Task: [{problem}]",
    )
