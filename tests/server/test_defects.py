"""A defect of ours ends what met it, at once, and says so; the rest of the port goes on."""

from __future__ import annotations

import json
from typing import Any

import pytest
from botocore.config import Config
from botocore.exceptions import ClientError

from simulator import Simulator
from simulator.engine.branch import Branch
from simulator.engine.states.wait import WaitStep
from simulator.services.lambda_ import invocations
from simulator.services.lambda_.functions import LambdaFunctions
from simulator.services.redshift_data.service import RedshiftData
from simulator.services.tasks import functions as lambda_tasks
from simulator.sql.transaction import Transaction

ROLE = "arn:aws:iam::123456789012:role/r"
POLLS = 20_000
ASKS = """
import boto3

def handler(event, context):
    try:
        boto3.client("redshift-data").list_databases(Database="d", ClusterIdentifier="c")
    except Exception as error:
        return [error.response["Error"]["Code"], error.response["Error"]["Message"]]
"""
LIST = {"Database": "d", "ClusterIdentifier": "c"}
SDK = {
    "Type": "Task",
    "Resource": "arn:aws:states:::aws-sdk:redshiftdata:listDatabases",
    "Parameters": LIST,
    "End": True,
}
INVOKE = {
    "Type": "Task",
    "Resource": "arn:aws:states:::lambda:invoke",
    "Parameters": {"FunctionName": "f"},
    "End": True,
}
WAIT = {"Type": "Wait", "Seconds": 1, "End": True}
PASS = {"Type": "Pass", "Parameters": {"id.$": "$$.Execution.Id"}, "End": True}


def breaks(*_: Any, **__: Any) -> None:
    """A defect of ours."""
    raise RuntimeError("it broke")


def definition_of(state: dict[str, Any]) -> str:
    return json.dumps({"StartAt": "S", "States": {"S": state}})


@pytest.fixture
def told(port: Any, capsys: pytest.CaptureFixture[str]) -> Any:
    """What the port said of a defect, whose traceback is in its log."""

    def read() -> list[str]:
        assert "RuntimeError: it broke" in capsys.readouterr().err.partition("Traceback")[2]
        return list(port.said)

    return read


def run(port: Any, state: dict[str, Any]) -> dict[str, Any]:
    """The end of an execution with one state."""
    states = port.client("stepfunctions")
    machine = states.create_state_machine(name="m", definition=definition_of(state), roleArn=ROLE)[
        "stateMachineArn"
    ]
    arn = states.start_execution(stateMachineArn=machine, name="run-1")["executionArn"]
    for _ in range(POLLS):
        described = states.describe_execution(executionArn=arn)
        if described["status"] != "RUNNING":
            return dict(described)
    raise AssertionError("it hangs")


def make_function(port: Any, code: bytes) -> Any:
    functions = port.client("lambda")
    functions.create_function(
        FunctionName="f",
        Runtime="python3.12",
        Handler="index.handler",
        Role=ROLE,
        Timeout=30,
        Code={"ZipFile": code},
    )
    return functions


def test_a_call_is_answered(port, zipped_text, monkeypatch, told):
    monkeypatch.setattr(RedshiftData, "list_databases", breaks)
    functions = make_function(port, zipped_text(index=ASKS))
    code, message = json.loads(functions.invoke(FunctionName="f")["Payload"].read())
    assert code == "InternalFailure"
    assert "it broke; please report it" in message
    data = port.client("redshift-data", config=Config(retries={"total_max_attempts": 1}))
    with pytest.raises(ClientError, match="it broke") as refused:
        data.list_databases(**LIST)
    assert refused.value.response["ResponseMetadata"]["HTTPStatusCode"] == 500
    line = "redshift-data:ListDatabases: internal error: RuntimeError: it broke"
    assert told() == [line, line]


def test_a_tasks_call_fails_its_state(port, monkeypatch, told):
    monkeypatch.setattr(RedshiftData, "list_databases", breaks)
    ended = run(port, SDK)
    assert (ended["status"], ended["error"]) == (
        "FAILED",
        # what the SDK for Java makes of a code that no model names
        "RedshiftData.RedshiftDataException",
    )
    assert "it broke; please report it" in ended["cause"]
    assert "Status Code: 500" in ended["cause"]
    (line,) = told()
    assert line == "redshift-data:ListDatabases run-1/S: internal error: RuntimeError: it broke"


@pytest.mark.parametrize(
    ("where", "name"),
    [
        (LambdaFunctions, "start_invocation"),
        (invocations, "answer_to"),
        (lambda_tasks, "_success"),
    ],
)
def test_a_tasks_function_fails_its_state(port, zipped_text, monkeypatch, told, where, name):
    make_function(port, zipped_text(index="def handler(event, context):\n    return 1\n"))
    monkeypatch.setattr(where, name, breaks)
    ended = run(port, INVOKE)
    assert ended["status"] == "FAILED"
    assert "it broke; please report it" in ended["cause"]
    assert len(told()) == 1


@pytest.mark.parametrize(
    ("state", "where", "name"), [(WAIT, WaitStep, "_due_ms"), (PASS, Branch, "context")]
)
def test_a_state_ends_its_execution(port, monkeypatch, told, state, where, name):
    monkeypatch.setattr(where, name, breaks)
    ended = run(port, state)
    assert (ended["status"], ended["error"]) == ("FAILED", "Simulator.InternalError")
    assert "it broke; please report it" in ended["cause"]
    (line,) = told()
    assert "state 'S' of arn:aws:states:us-east-1:123456789012:execution:m:run-1" in line


@pytest.mark.parametrize("name", ["execute", "commit"])
def test_a_statement_fails(port, monkeypatch, told, name):
    redshift = port.client("redshift")
    redshift.create_cluster(
        ClusterIdentifier="c",
        NodeType="ra3.large",
        MasterUsername="awsuser",
        MasterUserPassword="Weekly1Report",
    )
    redshift.get_waiter("cluster_available").wait(
        ClusterIdentifier="c", WaiterConfig={"Delay": 0, "MaxAttempts": POLLS}
    )
    data = port.client("redshift-data")
    asked = {"ClusterIdentifier": "c", "Database": "dev", "DbUser": "awsuser"}
    with monkeypatch.context() as patch:
        patch.setattr(Transaction, name, breaks)
        made = data.execute_statement(Sql="CREATE TABLE t (i int)", WaitTimeSeconds=30, **asked)
    described = data.describe_statement(Id=made["Id"])
    assert described["Status"] == "FAILED"
    assert "it broke; please report it" in described["Error"]
    assert told() == [f"statement {made['Id']}: internal error: RuntimeError: it broke"]
    # and nothing of it is left to hinder the next one
    made = data.execute_statement(Sql="CREATE TABLE t (i int)", WaitTimeSeconds=30, **asked)
    assert data.describe_statement(Id=made["Id"])["Status"] == "FINISHED"


def test_without_a_port_it_is_raised_where_the_simulation_is_run(monkeypatch):
    monkeypatch.setattr(RedshiftData, "list_databases", breaks)
    with Simulator() as simulator:
        states = simulator.client("stepfunctions")
        machine = states.create_state_machine(
            name="m", definition=definition_of(SDK), roleArn=ROLE
        )["stateMachineArn"]
        states.start_execution(stateMachineArn=machine, name="run-1")
        with pytest.raises(RuntimeError, match="it broke") as raised:
            simulator.run()
    assert raised.value.__notes__ == ["met by redshift-data:ListDatabases run-1/S"]
