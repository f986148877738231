"""The port itself: errors as clients type them, what isn't there, and many connections."""

from __future__ import annotations

import http.client
import json
import os
import signal
import subprocess
import sys
import urllib.request
from concurrent.futures import ThreadPoolExecutor

import localstack_client.session
import pytest
from botocore.exceptions import ClientError

ROLE = "arn:aws:iam::123456789012:role/r"
WAIT = json.dumps({"StartAt": "W", "States": {"W": {"Type": "Wait", "Seconds": 60, "End": True}}})
EXECUTION = "arn:aws:states:us-east-1:123456789012:execution:m:none"


def _make_machine(port, name="m"):
    client = port.client("stepfunctions")
    return client.create_state_machine(name=name, definition=WAIT, roleArn=ROLE)["stateMachineArn"]


def test_an_error_is_the_clients_own_exception_in_each_protocol(port):
    stepfunctions = port.client("stepfunctions")
    with pytest.raises(stepfunctions.exceptions.ExecutionDoesNotExist, match="none"):
        stepfunctions.describe_execution(executionArn=EXECUTION)
    redshift = port.client("redshift")
    with pytest.raises(redshift.exceptions.ClusterNotFoundFault):
        redshift.describe_clusters(ClusterIdentifier="none")
    functions = port.client("lambda")
    with pytest.raises(functions.exceptions.ResourceNotFoundException):
        functions.get_function(FunctionName="none")
    data = port.client("redshift-data")
    with pytest.raises(data.exceptions.ResourceNotFoundException):
        data.describe_statement(Id="d9b6c0c9-0747-4bf4-b142-e8883122f766")


@pytest.mark.parametrize(
    ("service", "operation", "named", "arguments"),
    [
        ("redshift", "describe_hsm_configurations", "DescribeHsmConfigurations", {}),
        ("lambda", "list_layers", "ListLayers", {}),
        ("iam", "get_mfa_device", "GetMFADevice", {"SerialNumber": "123456789"}),
        ("ec2", "describe_byoip_cidrs", "DescribeByoipCidrs", {"MaxResults": 5}),
        ("braket", "search_jobs", "SearchJobs", {"filters": []}),
    ],
)
def test_what_is_not_there_is_a_400_that_names_service_and_operation(
    port, service, operation, named, arguments
):
    client = port.client(service)
    if not hasattr(client, operation):
        pytest.skip(f"this boto3 has no {operation}")
    with pytest.raises(ClientError, match=f"{service} {named} is not simulated") as refused:
        getattr(client, operation)(**arguments)
    assert refused.value.response["ResponseMetadata"]["HTTPStatusCode"] == 400
    assert refused.value.response["Error"]["Code"] == "NotImplementedException"
    (line,) = port.said
    assert line.startswith(f"{service} {named}: not simulated")


def test_parameters_are_checked_at_the_port_too(port):
    client = port.client("stepfunctions", config=_unchecked())
    with pytest.raises(ClientError, match="roleArn"):
        client.create_state_machine(name="m", definition=WAIT)


def _unchecked():
    from botocore.config import Config

    return Config(parameter_validation=False)


@pytest.mark.parametrize("headers", [{"Content-Length": "abc"}, {"Content-Length": "-5"}])
def test_a_request_of_no_length_is_refused(port, headers):
    connection = http.client.HTTPConnection(port.host, port.port, timeout=10)
    connection.putrequest("POST", "/")
    for name, value in headers.items():
        connection.putheader(name, value)
    connection.endheaders()
    assert connection.getresponse().status == 400
    connection.close()


def test_json_nested_too_deep_is_refused(port):
    connection = http.client.HTTPConnection(port.host, port.port, timeout=10)
    headers = {"X-Amz-Target": "AWSStepFunctions.CreateStateMachine"}
    connection.request("POST", "/", "[" * 100_000, headers)
    reply = connection.getresponse()
    assert (reply.status, b"SerializationException" in reply.read()) == (400, True)
    connection.close()


def test_ten_connections_at_once(port):
    arn = _make_machine(port)

    def start(number: int) -> str:
        client = port.client("stepfunctions")
        started = client.start_execution(stateMachineArn=arn, name=f"run-{number}")
        described = {"status": "RUNNING"}
        while described["status"] == "RUNNING":
            described = client.describe_execution(executionArn=started["executionArn"])
        return described["name"]

    with ThreadPoolExecutor(10) as threads:
        names = set(threads.map(start, range(10)))
    assert names == {f"run-{number}" for number in range(10)}


def test_asking_costs_no_virtual_time(port):
    arn = _make_machine(port)
    client = port.client("stepfunctions")
    started = client.start_execution(stateMachineArn=arn, name="run-1")
    described = {"status": "RUNNING"}
    while described["status"] == "RUNNING":
        described = client.describe_execution(executionArn=started["executionArn"])
    for _ in range(5):
        client.list_state_machines()
    assert (
        client.start_execution(stateMachineArn=arn, name="run-2")["startDate"]
        == (described["stopDate"])
    )


def test_in_real_time_a_wait_is_waited_for(serve):
    port = serve(speed=1.0)
    client = port.client("stepfunctions")
    started = client.start_execution(stateMachineArn=_make_machine(port))
    described = client.describe_execution(executionArn=started["executionArn"])
    assert described["status"] == "RUNNING"


def test_scaled_time_goes_as_many_times_as_fast(serve):
    port = serve(speed=600.0)
    client = port.client("stepfunctions")
    started = client.start_execution(stateMachineArn=_make_machine(port))
    described = {"status": "RUNNING"}
    while described["status"] == "RUNNING":
        described = client.describe_execution(executionArn=started["executionArn"])
    lasted = described["stopDate"] - described["startDate"]
    # the wait, and a transition's milliseconds
    assert 60 <= lasted.total_seconds() < 61


@pytest.mark.parametrize(
    ("error", "is_told"), [(BrokenPipeError(32, "Broken pipe"), False), (ValueError("ours"), True)]
)
def test_a_client_that_goes_away_is_not_told_of(port, capsys, error, is_told):
    try:
        raise error
    except (OSError, ValueError):
        port._port._server.handle_error(None, ("127.0.0.1", 1))
    assert ("Traceback" in capsys.readouterr().err) is is_told


def test_what_was_put_into_a_bucket_comes_back_whatever_its_key(port):
    s3 = port.client("s3")
    s3.create_bucket(Bucket="bucket")
    for key in ("day=1/part 0.csv", "a/%2F/é+ü", "x//y"):
        s3.put_object(Bucket="bucket", Key=key, Body=key.encode())
        assert s3.get_object(Bucket="bucket", Key=key)["Body"].read() == key.encode()


def test_a_functions_code_is_where_get_function_says(port, zipped_text):
    code = zipped_text(index="def handler(event, context):\n    return 1\n")
    functions = port.client("lambda")
    functions.create_function(
        FunctionName="f",
        Runtime="python3.12",
        Handler="index.handler",
        Role=ROLE,
        Code={"ZipFile": code},
    )
    location = functions.get_function(FunctionName="f")["Code"]["Location"]
    with urllib.request.urlopen(location) as answer:
        assert answer.read() == code


def test_a_functions_code_may_lie_in_a_bucket(port, zipped_text):
    port.client("s3").create_bucket(Bucket="code")
    code = zipped_text(index="def handler(event, context):\n    return 7\n")
    port.client("s3").put_object(Bucket="code", Key="f.zip", Body=code)
    functions = port.client("lambda")
    functions.create_function(
        FunctionName="f",
        Runtime="python3.12",
        Handler="index.handler",
        Role=ROLE,
        Code={"S3Bucket": "code", "S3Key": "f.zip"},
    )
    assert functions.invoke(FunctionName="f")["Payload"].read() == b"7"


def test_localstacks_client_finds_the_port_by_its_variable(port, monkeypatch):
    monkeypatch.setenv("LOCALSTACK_HOST", f"{port.host}:{port.port}")
    monkeypatch.delenv("AWS_ENDPOINT_URL", raising=False)
    session = localstack_client.session.Session()
    assert session.client("stepfunctions").list_state_machines()["stateMachines"] == []
    session.client("s3").create_bucket(Bucket="bucket")
    assert [one["Name"] for one in port.client("s3").list_buckets()["Buckets"]] == ["bucket"]


def test_health_is_told_where_localstack_tells_it(port):
    with urllib.request.urlopen(f"{port.url}/_localstack/health") as answer:
        assert "redshift-data" in json.loads(answer.read())["services"]


def test_a_role_that_is_assumed_owns_its_statements(port):
    redshift = port.client("redshift")
    redshift.create_cluster(
        ClusterIdentifier="c",
        NodeType="ra3.large",
        ClusterType="single-node",
        MasterUsername="admin",
        MasterUserPassword="Password1",
    )
    while redshift.describe_clusters()["Clusters"][0]["ClusterStatus"] != "available":
        pass
    port.client("iam").create_role(RoleName="other", AssumeRolePolicyDocument="{}")
    assumed = port.client("sts").assume_role(
        RoleArn="arn:aws:iam::123456789012:role/other", RoleSessionName="session"
    )["Credentials"]
    asked = {"ClusterIdentifier": "c", "Database": "dev", "DbUser": "admin", "Sql": "SELECT 1"}
    mine = port.client("redshift-data")
    statement = mine.execute_statement(**asked)["Id"]
    other = port.client(
        "redshift-data",
        aws_access_key_id=assumed["AccessKeyId"],
        aws_secret_access_key=assumed["SecretAccessKey"],
        aws_session_token=assumed["SessionToken"],
    )
    with pytest.raises(other.exceptions.ResourceNotFoundException):
        other.cancel_statement(Id=statement)


def test_the_command_says_when_it_is_ready_and_ends_with_its_signal():
    command = [sys.executable, "-m", "simulator", "serve", "--port", "0"]
    # a profile that isn't there, and an endpoint that is not the port's to use
    settings = {"AWS_PROFILE": "nobody-s", "AWS_ENDPOINT_URL": "http://127.0.0.1:1"}
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, text=True, env={**os.environ, **settings}
    ) as process:
        assert process.stdout is not None
        line = process.stdout.readline()
        assert line.startswith("simulator ready on http://127.0.0.1:")
        with urllib.request.urlopen(f"{line.split()[-1]}/_localstack/health") as answer:
            assert answer.status == 200
        process.send_signal(signal.SIGTERM)
        assert process.wait(timeout=30) == 0


def test_a_port_that_is_taken_is_said(port):
    command = [sys.executable, "-m", "simulator", "serve", "--port", str(port.port)]
    ran = subprocess.run(command, capture_output=True, text=True, timeout=30, check=False)
    assert ran.returncode == 2
    assert f"--port: expected a free port, got {port.port}" in ran.stderr
