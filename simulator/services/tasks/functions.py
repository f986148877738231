"""Lambda in Tasks: a function's ARN as the resource, and the optimized `lambda:invoke`."""

from __future__ import annotations

import base64
import datetime as dt
import json
from collections.abc import Callable
from email.utils import format_datetime
from typing import TYPE_CHECKING, Any

from simulator.engine.ports import Pending, TaskFailure, TaskOutcome, TaskRequest, TaskSuccess
from simulator.services.api import NotModelled, ServiceError, internal_failure, tell_hint
from simulator.services.tasks.reach import Done, Reach

if TYPE_CHECKING:
    from simulator.services.lambda_.functions import LambdaFunctions
    from simulator.services.lambda_.invocations import Answer

_INVOKE_PARAMETERS = frozenset(
    {"ClientContext", "FunctionName", "InvocationType", "LogType", "Payload", "Qualifier"}
)
# what Step Functions takes of a task's result ("Quotas related to state machine executions")
_RESULT_LIMIT_BYTES = 262_144


def _functions(reach: Reach) -> LambdaFunctions:
    # Made when the first function is called: a definition without Lambda loads none of it.
    functions: Any = reach.services["lambda"]
    found: LambdaFunctions = functions
    return found


def start_function(reach: Reach, request: TaskRequest, done: Done) -> None:
    """A function's ARN as the resource: its payload is the whole result."""
    payload = json.dumps(request.parameters, ensure_ascii=False).encode()

    def heard(answer: Answer) -> None:
        if answer.error is None:
            done(_success(request.resource, answer.payload, lambda value: value))
        else:
            done(_function_failure(answer))

    _invoke(reach, request, request.resource, None, payload, heard, done)


def start_invoke(reach: Reach, request: TaskRequest, done: Done) -> None:
    """`lambda:invoke`."""
    parameters = request.parameters
    problem = _invoke_problem(parameters)
    if problem is not None:
        reach.fail_later(done, unusable(parameters, problem))
        return
    payload = _payload_of(parameters.get("Payload"))
    try:
        json.loads(payload)
    except ValueError as error:
        message = f"Could not parse request body into json: {error}"
        refused = ServiceError("InvalidRequestContentException", message)
        reach.fail_later(done, _lambda_failure(reach, refused))
        return
    if parameters.get("InvocationType", "RequestResponse") != "RequestResponse":
        _start_other_invocation(reach, request, payload, done)
        return

    def heard(answer: Answer) -> None:
        if answer.error is not None:
            done(_function_failure(answer))
            return
        done(
            _success(
                request.resource,
                answer.payload,
                lambda value: _invoke_output(reach, value, answer, parameters.get("LogType")),
            )
        )

    name, qualifier = parameters["FunctionName"], parameters.get("Qualifier")
    _invoke(reach, request, name, qualifier, payload, heard, done)


def _start_other_invocation(reach: Reach, request: TaskRequest, payload: bytes, done: Done) -> None:
    given = {**request.parameters, "Payload": payload}

    def perform() -> None:
        try:
            answer = _functions(reach).invoke(given, reach.caller(request))
        except (ServiceError, NotModelled) as error:
            done(_lambda_failure(reach, error))
            return
        except Exception as error:  # noqa: BLE001 - a defect of ours
            done(_lambda_failure(reach, internal_failure(reach.world, "lambda:Invoke", error)))
            return
        assert isinstance(answer, dict)
        request_id = reach.world.identity.uuid("request", f"task:{request.state_name}")
        output = {
            "StatusCode": answer["StatusCode"],
            "Payload": "",
            "SdkResponseMetadata": {"RequestId": request_id},
        }
        done(TaskSuccess(output))

    reach.world.scheduler.after(reach.world.timing.api_call_ms, perform)


def _invoke(
    reach: Reach,
    request: TaskRequest,
    name: str,
    qualifier: str | None,
    payload: bytes,
    heard: Callable[[Answer], None],
    done: Done,
) -> None:
    try:
        function = _functions(reach).find(name, qualifier)
    except (ServiceError, NotModelled) as error:
        tell_hint(reach.world, "lambda:Invoke", reach.caller(request), error)
        reach.fail_later(done, _lambda_failure(reach, error))
        return

    def settled(pending: Pending) -> None:
        if pending.error is not None:
            done(_lambda_failure(reach, pending.error))
            return
        try:
            heard(pending.value)
        except Exception as error:  # noqa: BLE001 - a defect of ours
            done(_lambda_failure(reach, internal_failure(reach.world, "lambda:Invoke", error)))

    place = f"{request.execution_arn}:{request.state_name}"
    _functions(reach).start_invocation(
        function, payload, reach.caller(request), place=place
    ).when_settled(settled)


def _lambda_failure(reach: Reach, error: Exception) -> TaskFailure:
    if isinstance(error, ServiceError):
        # as recorded for a function that does not exist
        request_id = reach.world.identity.uuid("request", "task:lambda")
        cause = (
            f"{error.message} (Service: AWSLambda; Status Code: {error.status};"
            f" Error Code: {error.code}; Request ID: {request_id}; Proxy: null)"
        )
        return TaskFailure(f"Lambda.{error.code}", cause)
    return TaskFailure("Simulator.NotModelled", str(error))


def _invoke_output(
    reach: Reach, payload: Any, answer: Answer, log_type: str | None
) -> dict[str, Any]:
    """The result of `lambda:invoke`, in the shape of the recordings."""
    output: dict[str, Any] = {"ExecutedVersion": "$LATEST"}
    moment = dt.datetime.fromtimestamp(reach.world.scheduler.now_ms // 1000, dt.UTC)
    headers = {
        "Connection": "keep-alive",
        "Content-Length": str(len(answer.payload)),
        "Content-Type": "application/json",
        "Date": format_datetime(moment, usegmt=True),
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


def is_function(resource: str) -> bool:
    """Whether a Task's resource is a function's own ARN."""
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
    for field in ("FunctionName", "InvocationType", "LogType", "Qualifier"):
        if not isinstance(parameters.get(field, ""), str):
            return f"The value for the field '{field}' must be a STRING"
    return None


def unusable(parameters: Any, problem: str) -> TaskFailure:
    """Parameters that the integration does not take (recorded)."""
    text = json.dumps(parameters, separators=(",", ":"), ensure_ascii=False)
    return TaskFailure(
        "States.Runtime",
        f"The Parameters '{text}' could not be used to start the Task: [{problem}]",
    )
