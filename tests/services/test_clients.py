"""The boto3 door: real clients, answered in process, with nothing leaving it."""

from __future__ import annotations

import json
import textwrap
import time
from pathlib import Path
from typing import Any

import boto3
import botocore.exceptions
import pytest

from simulator import Simulator
from simulator.engine.timing import Timing
from simulator.services.api import NotModelled

ROLE = "arn:aws:iam::123456789012:role/states"
PASS = json.dumps({"StartAt": "A", "States": {"A": {"Type": "Pass", "End": True}}})
WAIT = json.dumps({"StartAt": "A", "States": {"A": {"Type": "Wait", "Seconds": 60, "End": True}}})


def test_each_call_outside_of_actors_lets_its_virtual_time_pass() -> None:
    simulator = Simulator(timing=Timing(api_call_ms=25))
    client = simulator.client("stepfunctions")
    before = simulator.now
    client.list_state_machines()
    client.list_state_machines()
    assert simulator.now == before + 50


def test_a_call_outside_does_not_run_past_its_own_moment() -> None:
    simulator = Simulator(timing=Timing(api_call_ms=25))

    def long() -> None:
        time.sleep(100)

    simulator.add_lambda("f", lambda event, context: long())
    client = simulator.client("lambda")
    client.invoke(FunctionName="f", InvocationType="Event")
    before = simulator.now
    client.list_functions()
    assert simulator.now == before + 25


def test_a_blocking_call_outside_runs_the_simulation_until_it_is_answered() -> None:
    simulator = Simulator()
    client = simulator.client("stepfunctions")
    arn = client.create_state_machine(name="m", definition=WAIT, roleArn=ROLE, type="EXPRESS")
    before = simulator.now
    answer = client.start_sync_execution(stateMachineArn=arn["stateMachineArn"])
    assert answer["status"] == "SUCCEEDED"
    assert 60_000 <= simulator.now - before < 61_000


def test_wrong_parameters_are_refused_by_botocores_own_validator() -> None:
    client = Simulator().client("stepfunctions")
    with pytest.raises(botocore.exceptions.ParamValidationError, match="Missing required"):
        client.create_state_machine(name="m")


def test_errors_are_the_clients_typed_exceptions() -> None:
    client = Simulator().client("stepfunctions")
    arn = "arn:aws:states:us-east-1:123456789012:execution:m:x"
    with pytest.raises(client.exceptions.ExecutionDoesNotExist) as raised:
        client.describe_execution(executionArn=arn)
    assert raised.value.response["Error"] == {
        "Code": "ExecutionDoesNotExist",
        "Message": f"Execution Does Not Exist: '{arn}'",
    }
    assert raised.value.operation_name == "DescribeExecution"


def test_the_error_code_is_the_wires_where_it_differs_from_the_shapes_name() -> None:
    client = Simulator(warehouse=None).client("redshift")
    with pytest.raises(botocore.exceptions.ClientError) as raised:
        client.resume_cluster(ClusterIdentifier="available")
    assert raised.value.response["Error"]["Code"] == "InvalidClusterState"


def test_answers_carry_response_metadata_that_repeats_with_the_seed() -> None:
    def answer(seed: int) -> Any:
        return Simulator(seed=seed).client("stepfunctions").list_state_machines()

    assert answer(1)["ResponseMetadata"]["HTTPStatusCode"] == 200
    assert answer(1) == answer(1)
    assert answer(1) != answer(2)


def test_paginators_are_botocores_own() -> None:
    simulator = Simulator()
    client = simulator.client("stepfunctions")
    for number in range(5):
        client.create_state_machine(name=f"m{number}", definition=PASS, roleArn=ROLE)
    pages = client.get_paginator("list_state_machines").paginate(PaginationConfig={"PageSize": 2})
    assert [len(page["stateMachines"]) for page in pages] == [2, 2, 1]


def test_waiters_wait_in_virtual_time() -> None:
    simulator = Simulator()

    def resume() -> Any:
        client = boto3.client("redshift")
        client.pause_cluster(ClusterIdentifier="c")
        # it takes five virtual minutes until it is paused, seven until it is there again
        while client.describe_clusters(ClusterIdentifier="c")["Clusters"][0]["ClusterStatus"] != (
            "paused"
        ):
            time.sleep(30)
        client.resume_cluster(ClusterIdentifier="c")
        client.get_waiter("cluster_available").wait(ClusterIdentifier="c")

    before = simulator.now
    simulator.call(resume)
    assert 720_000 <= simulator.now - before < 900_000


def test_neither_side_sees_what_the_other_changes_later() -> None:
    simulator = Simulator()
    client = simulator.client("stepfunctions")
    tags = [{"key": "a", "value": "1"}]
    arn = client.create_state_machine(name="m", definition=PASS, roleArn=ROLE, tags=tags)
    tags[0]["value"] = "2"
    answer = client.list_tags_for_resource(resourceArn=arn["stateMachineArn"])
    assert answer["tags"] == [{"key": "a", "value": "1"}]
    answer["tags"].clear()
    again = client.list_tags_for_resource(resourceArn=arn["stateMachineArn"])
    assert len(again["tags"]) == 1


def test_a_bound_client_belongs_to_its_simulation_wherever_it_is_used() -> None:
    one, other = Simulator(), Simulator()
    client = one.client("stepfunctions")
    client.create_state_machine(name="m", definition=PASS, roleArn=ROLE)

    def look() -> list[int]:
        mine = boto3.client("stepfunctions")
        return [len(c.list_state_machines()["stateMachines"]) for c in (client, mine)]

    assert other.call(look) == [1, 0]


def test_a_client_without_a_simulation_is_botocores_own() -> None:
    Simulator().client("stepfunctions")
    client = boto3.client(
        "stepfunctions",
        region_name="us-east-1",
        endpoint_url="http://127.0.0.1:9",
        aws_access_key_id="a",
        aws_secret_access_key="b",
        config=boto3.session.Config(retries={"max_attempts": 0}, connect_timeout=1),
    )
    with pytest.raises(botocore.exceptions.EndpointConnectionError):
        client.list_state_machines()


def test_a_service_that_is_not_simulated_is_refused_by_name(tmp_path: Path) -> None:
    simulator = Simulator()
    text = """
        import boto3
        def handler(event, context):
            return boto3.client("kms").list_keys()
        """
    (tmp_path / "index.py").write_text(textwrap.dedent(text))
    arn = simulator.add_lambda_folder(tmp_path, name="lister")
    simulator.create_state_machine(
        {"StartAt": "List", "States": {"List": {"Type": "Task", "Resource": arn, "End": True}}}
    )
    execution = simulator.start()
    simulator.run()
    assert execution.error == "NotModelled"
    for word in ("kms", "ListKeys", "'lister'", "'List'"):
        assert word in json.loads(execution.cause or "")["errorMessage"]
    assert "kms:ListKeys" in simulator.invocations[0].notes[0]


def test_an_operation_that_is_not_simulated_is_refused_by_name() -> None:
    client = Simulator().client("redshift")
    with pytest.raises(NotModelled, match=r"redshift.*describe_hsm_configurations"):
        client.describe_hsm_configurations()


def test_a_bound_client_of_an_unknown_service_names_the_known_ones() -> None:
    with pytest.raises(NotModelled, match="simulated are dynamodb, events, lambda, redshift"):
        Simulator().client("kms")


def test_real_keys_in_the_environment_are_not_seen_and_nothing_leaves(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # the example keys of AWS's documentation
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIAIOSFODNN7EXAMPLE")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY")
    text = """
        import boto3, urllib.request
        def handler(event, context):
            session = boto3.session.Session()
            key = session.get_credentials().access_key
            refused = []
            try:
                urllib.request.urlopen("https://sts.amazonaws.com", timeout=1)
            except Exception as error:
                refused.append(type(error).__name__)
            try:
                boto3.client("sts").get_caller_identity()
            except Exception as error:
                refused.append(type(error).__name__)
            return [key, refused]
        """
    (tmp_path / "index.py").write_text(textwrap.dedent(text))
    simulator = Simulator()
    simulator.add_lambda_folder(
        tmp_path, name="f", environment={"AWS_ACCESS_KEY_ID": "AKIAIOSFODNN7EXAMPLE"}
    )
    answer = simulator.client("lambda").invoke(FunctionName="f")
    key, refused = json.loads(answer["Payload"].read())
    assert key == "ASIASIMULATED0000000"
    assert refused == ["ConnectionRefused", "NotModelled"]


def test_a_package_that_carries_its_own_boto3_is_answered_too(tmp_path: Path) -> None:
    site = Path(boto3.__file__).parents[1]
    for name in ("boto3", "botocore", "s3transfer"):
        (tmp_path / name).symlink_to(site / name)
    text = """
        import boto3, botocore.exceptions
        client = boto3.client("stepfunctions")
        def handler(event, context):
            try:
                client.create_state_machine(name="m")
            except botocore.exceptions.ParamValidationError:
                return [boto3.__file__, len(client.list_state_machines()["stateMachines"])]
        """
    (tmp_path / "index.py").write_text(textwrap.dedent(text))
    simulator = Simulator()
    simulator.add_lambda_folder(tmp_path, name="f")
    answer = simulator.client("lambda").invoke(FunctionName="f")
    assert json.loads(answer["Payload"].read()) == [str(tmp_path / "boto3" / "__init__.py"), 0]


def test_idempotency_tokens_come_from_the_seed() -> None:
    seen: list[str] = []

    class Recorder:
        name = "redshift-data"

        def execute_statement(self, request: Any, caller: Any) -> Any:
            seen.append(request["ClientToken"])
            return {"Id": "1"}

    from simulator.services.handlers.clients import Door

    for _ in range(2):
        simulator = Simulator(seed=5)
        client = Door({"redshift-data": Recorder()}, simulator.world).client("redshift-data")
        client.execute_statement(ClusterIdentifier="c", Database="d", Sql="select 1")
    assert seen[0] == seen[1]


def test_calls_are_written_to_the_trace_with_their_caller() -> None:
    simulator = Simulator()
    client = simulator.client("stepfunctions")
    client.list_state_machines()
    with pytest.raises(client.exceptions.StateMachineDoesNotExist):
        client.start_execution(
            stateMachineArn="arn:aws:states:us-east-1:123456789012:stateMachine:none"
        )
    calls = [(subject, data) for _, _, subject, data in simulator.trace.of_kind("ApiCall")]
    assert calls == [
        ("stepfunctions:ListStateMachines", {"caller": "client", "error": None}),
        ("stepfunctions:StartExecution", {"caller": "client", "error": "StateMachineDoesNotExist"}),
    ]


def test_the_default_session_of_a_handler_is_not_that_of_the_process(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    outer = boto3.session.Session(aws_access_key_id="real", aws_secret_access_key="real")
    monkeypatch.setattr(boto3, "DEFAULT_SESSION", outer)

    def key() -> str:
        boto3.client("stepfunctions")
        return str(boto3.DEFAULT_SESSION.get_credentials().access_key)

    assert Simulator().call(key) == "ASIASIMULATED0000000"
    assert boto3.DEFAULT_SESSION is outer


def test_clients_of_handlers_are_copies_with_event_handlers_of_their_own() -> None:
    seen: list[str] = []

    def register() -> None:
        client = boto3.client("stepfunctions")
        client.meta.events.register("after-call.*.*", lambda **_: seen.append("first"))
        client.list_state_machines()
        boto3.client("stepfunctions").list_state_machines()

    simulator = Simulator()
    simulator.call(register)
    simulator.call(lambda: boto3.client("stepfunctions").list_state_machines())
    assert seen == ["first"]


def test_clients_of_handlers_differ_by_region_and_configuration() -> None:
    from botocore.config import Config

    def regions() -> list[Any]:
        clients = [
            boto3.client("stepfunctions"),
            boto3.client("stepfunctions", region_name="eu-west-1"),
            boto3.client("stepfunctions", config=Config(region_name="ap-south-1")),
            boto3.client("stepfunctions", config=Config(retries={"max_attempts": 7})),
        ]
        retries = [client.meta.config.retries["total_max_attempts"] for client in clients[-1:]]
        return [client.meta.region_name for client in clients] + retries

    assert Simulator().call(regions) == ["us-east-1", "eu-west-1", "ap-south-1", "us-east-1", 8]
