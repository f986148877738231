"""What Task states call, and what they are answered, in the shapes that AWS recorded."""

from __future__ import annotations

import json
from typing import Any

import pytest

from simulator import Execution, Simulator
from simulator.asl.errors import DefinitionError


def _run(simulator: Simulator, task: dict[str, Any], given: Any = None) -> Execution:
    state = {"Type": "Task", "End": True, **task}
    simulator.create_state_machine({"StartAt": "Do", "States": {"Do": state}})
    execution = simulator.start(given)
    simulator.run()
    return execution


def _echo(event: Any, context: Any) -> Any:
    return event


INVOKE = "arn:aws:states:::lambda:invoke"


def test_a_function_arn_gives_its_payload_as_the_result() -> None:
    simulator = Simulator()
    arn = simulator.add_lambda("f", _echo)
    assert _run(simulator, {"Resource": arn}, {"a": 1}).output == {"a": 1}


def test_latest_may_be_named_and_a_version_that_is_not_there_is_not_found() -> None:
    simulator = Simulator()
    arn = simulator.add_lambda("f", _echo)
    assert _run(simulator, {"Resource": f"{arn}:$LATEST"}, 1).output == 1
    simulator = Simulator()
    simulator.add_lambda("f", _echo)
    failed = _run(simulator, {"Resource": f"{arn}:live"})
    assert failed.error == "Lambda.ResourceNotFoundException"
    assert f"Function not found: {arn}:live" in (failed.cause or "")


@pytest.mark.parametrize(
    "name",
    [
        "f",
        "f:$LATEST",
        "123456789012:function:f",
        "arn:aws:lambda:us-east-1:123456789012:function:f",
    ],
)
def test_lambda_invoke_answers_with_payload_and_metadata(name: str) -> None:
    simulator = Simulator()
    simulator.add_lambda("f", _echo)
    parameters = {"FunctionName": name, "Payload": {"a": [1]}}
    output = _run(simulator, {"Resource": INVOKE, "Parameters": parameters}).output
    assert output["Payload"] == {"a": [1]}
    assert output["StatusCode"] == 200
    assert output["ExecutedVersion"] == "$LATEST"
    request_id = output["SdkResponseMetadata"]["RequestId"]
    headers = output["SdkHttpMetadata"]["HttpHeaders"]
    assert headers["x-amzn-RequestId"] == request_id == simulator.invocations[0].request_id
    assert headers["Content-Length"] == "10"
    assert output["SdkHttpMetadata"]["AllHttpHeaders"]["Content-Length"] == ["10"]


# recorded: test_lambda_task_service.py::TestTaskServiceLambda::test_invoke and _json_values
@pytest.mark.parametrize(
    ("payload", "event"), [(None, {}), ("0", 0), ('"text"', "text"), ("true", True), ([], [])]
)
def test_a_text_payload_stands_for_itself_and_null_for_none(payload: Any, event: Any) -> None:
    simulator = Simulator()
    simulator.add_lambda("f", _echo)
    parameters = {"FunctionName": "f", "Payload": payload}
    output = _run(simulator, {"Resource": INVOKE, "Parameters": parameters}).output
    assert output["Payload"] == event


def test_a_handlers_exception_fails_the_task_by_its_class_with_the_payload_as_cause() -> None:
    class NoSuchDate(Exception):
        pass

    def fail(event: Any, context: Any) -> None:
        raise NoSuchDate("2024-02-30")

    simulator = Simulator()
    arn = simulator.add_lambda("f", fail)
    execution = _run(simulator, {"Resource": arn})
    assert execution.error == "NoSuchDate"
    cause = json.loads(execution.cause or "")
    assert cause["errorMessage"] == "2024-02-30"
    assert cause["stackTrace"][0].startswith('  File "/var/task/test_tasks.py"')


def test_an_unknown_function_fails_in_awss_words() -> None:
    # recorded: test_task_service_lambda.py::TestTaskServiceLambda::test_no_such_function
    parameters = {"FunctionName": "none", "Payload": None}
    execution = _run(Simulator(), {"Resource": INVOKE, "Parameters": parameters})
    assert execution.error == "Lambda.ResourceNotFoundException"
    assert (execution.cause or "").startswith(
        "Function not found: arn:aws:lambda:us-east-1:123456789012:function:none:$LATEST (Service:"
        " AWSLambda; Status Code: 404; Error Code: ResourceNotFoundException; Request ID: "
    )


def test_a_throttled_invocation_is_retried_by_name() -> None:
    class ThrottledOnce:
        def pick(self, place: Any, options: Any) -> str:
            throttled = place.kind == "lambda" and place.occurrence == 1
            return "throttled" if throttled else options[0]

    simulator = Simulator(choices=ThrottledOnce())
    arn = simulator.add_lambda("f", _echo)
    retry = {"ErrorEquals": ["Lambda.TooManyRequestsException"], "IntervalSeconds": 10}
    execution = _run(simulator, {"Resource": arn, "Retry": [retry]}, 1)
    assert execution.output == 1
    assert execution.virtual_seconds > 10
    assert execution.states()[0]["attempts"] == 2


def test_an_sdk_integration_speaks_pascal_case_and_text_timestamps() -> None:
    simulator = Simulator()
    task = {
        "Resource": "arn:aws:states:::aws-sdk:sfn:describeExecution",
        "Parameters": {"ExecutionArn.$": "$$.Execution.Id"},
    }
    output = _run(simulator, task).output
    assert output["Status"] == "RUNNING"
    assert output["StartDate"].startswith("2024-01-09T10:00:00")
    assert output["StartDate"].endswith("Z")


def test_an_sdk_integrations_error_is_named_after_the_java_sdk() -> None:
    task = {
        "Resource": "arn:aws:states:::aws-sdk:sfn:describeExecution",
        "Parameters": {"ExecutionArn": "arn:aws:states:us-east-1:123456789012:execution:m:none"},
    }
    execution = _run(Simulator(), task)
    assert execution.error == "Sfn.ExecutionDoesNotExistException"
    assert "(Service: Sfn, Status Code: 400, Request ID: " in (execution.cause or "")


def test_a_redshift_fault_becomes_an_exception() -> None:
    task = {
        "Resource": "arn:aws:states:::aws-sdk:redshift:resumeCluster",
        "Parameters": {"ClusterIdentifier": "c"},
    }
    assert _run(Simulator(), task).error == "Redshift.InvalidClusterStateException"


def test_a_parameter_that_the_model_lacks_is_refused() -> None:
    task = {
        "Resource": "arn:aws:states:::aws-sdk:redshift:resumeCluster",
        "Parameters": {"ClusterIdentifier": "c", "Speed": 1},
    }
    execution = _run(Simulator(), task)
    assert execution.error == "States.Runtime"
    assert "The field 'Speed' is not supported by Step Functions" in (execution.cause or "")


@pytest.mark.parametrize(
    ("resource", "reason"),
    [
        ("arn:aws:states:::aws-sdk:kms:listKeys", "'kms' is not simulated"),
        ("arn:aws:states:::aws-sdk:redshift:describeHsmConfigurations", "not simulated"),
        ("arn:aws:states:::aws-sdk:redshiftdata:noSuchThing", "no such operation"),
        ("arn:aws:states:::batch:submitJob", "not simulated"),
        ("arn:aws:states:::glue:startJobRun.sync", "not simulated"),
    ],
)
def test_what_is_not_simulated_is_refused_when_the_machine_is_made(
    resource: str, reason: str
) -> None:
    with pytest.raises(Exception, match=reason) as raised:
        _run(Simulator(), {"Resource": resource})
    assert raised.type.__name__ in {"NotModelled", "DefinitionError"}
    assert DefinitionError is not None


QUEUE = "https://sqs.us-east-1.amazonaws.com/123456789012/q"


@pytest.mark.parametrize(
    ("resource", "parameters", "reason"),
    [
        # users report these words of a number where text is wanted
        ("sqs:sendMessage", {"QueueUrl": 5, "MessageBody": "m"}, "'QueueUrl' must be a STRING"),
        (
            "sqs:sendMessage",
            {"QueueUrl": QUEUE, "MessageBody": "m", "MessageAttributes": {"a": 1}},
            "'a' must be an OBJECT",
        ),
        (
            "sqs:sendMessage",
            {"QueueUrl": QUEUE, "MessageBody": "m", "MessageAttributes": {"a": {}}},
            "'DataType' is required but was missing",
        ),
        (
            "dynamodb:putItem",
            {"TableName": "t", "Item": {"n": {"N": 5}}},
            "'N' must be a STRING",
        ),
        ("states:startExecution", {"StateMachineArn": "m", "Name": 5}, "'Name' must be a STRING"),
        ("aws-sdk:dynamodb:listTables", {"Limit": "ten"}, "'Limit' must be an INTEGER"),
        ("lambda:invoke", {"FunctionName": "f", "Qualifier": {}}, "'Qualifier' must be a STRING"),
    ],
)
def test_parameters_of_another_type_do_not_start_the_task(
    resource: str, parameters: dict[str, Any], reason: str
) -> None:
    task = {"Resource": f"arn:aws:states:::{resource}", "Parameters": parameters}
    execution = _run(Simulator(), task)
    assert execution.error == "States.Runtime"
    assert (execution.cause or "").endswith(f"{reason}]")
    assert "could not be used to start the Task: [" in (execution.cause or "")


def test_dynamodb_names_what_is_missing_deep_in_a_request() -> None:
    task = {
        "Resource": "arn:aws:states:::aws-sdk:dynamodb:transactGetItems",
        "Parameters": {"TransactItems": [{"Get": {"TableName": "t"}}]},
    }
    execution = _run(Simulator(), task)
    assert "Value null at 'transactItems.1.member.get.key'" in (execution.cause or "")


def test_a_kind_of_invocation_that_there_is_not_is_refused() -> None:
    simulator = Simulator()
    simulator.add_lambda("f", _echo)
    parameters = {"FunctionName": "f", "InvocationType": "Evnt"}
    execution = _run(simulator, {"Resource": INVOKE, "Parameters": parameters})
    assert execution.error == "Lambda.ValidationException"
    assert simulator.invocations == []
