"""Parameters of Systems Manager, declared and put. Expected values: its API reference."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from simulator import Simulator
from simulator.project import ProjectError

PROJECT = """
[definition]
file = "m.asl.json"
[parameters]
"/etl/prod/cluster" = "warehouse"
"/etl/prod/tables" = ["orders", "items"]
"/etl/key" = { secure = "s3cret" }
plain = "text"
"""
# read by the state machine itself
READ = {
    "StartAt": "Read",
    "States": {
        "Read": {
            "Type": "Task",
            "Resource": "arn:aws:states:::aws-sdk:ssm:getParameter",
            "Parameters": {"Name": "/etl/prod/cluster"},
            "ResultSelector": {"cluster.$": "$.Parameter.Value"},
            "Next": "Miss",
        },
        "Miss": {
            "Type": "Task",
            "Resource": "arn:aws:states:::aws-sdk:ssm:getParameter",
            "Parameters": {"Name": "/etl/none"},
            "Catch": [
                {
                    "ErrorEquals": ["Ssm.ParameterNotFoundException"],
                    "ResultPath": "$.missed",
                    "Next": "Done",
                }
            ],
            "End": True,
        },
        "Done": {"Type": "Pass", "OutputPath": "$.cluster", "End": True},
    },
}


@pytest.fixture
def simulator(tmp_path: Path) -> Iterator[Simulator]:
    (tmp_path / "simulator.toml").write_text(PROJECT)
    (tmp_path / "m.asl.json").write_text(json.dumps(READ))
    with Simulator.from_project(tmp_path) as made:
        yield made


def test_a_state_reads_a_parameter(simulator: Simulator) -> None:
    execution = simulator.start({})
    simulator.run()
    assert execution.output == "warehouse"


def test_parameters_by_name_and_path(simulator: Simulator) -> None:
    client: Any = simulator.client("ssm")
    found = client.get_parameters(Names=["plain", "/etl/prod/tables", "/none"])
    assert [one["Value"] for one in found["Parameters"]] == ["text", "orders,items"]
    assert [one["Type"] for one in found["Parameters"]] == ["String", "StringList"]
    assert found["InvalidParameters"] == ["/none"]
    near = client.get_parameters_by_path(Path="/etl")["Parameters"]
    assert [one["Name"] for one in near] == ["/etl/key"]
    deep = client.get_parameters_by_path(Path="/etl/", Recursive=True, WithDecryption=True)
    assert [one["Name"] for one in deep["Parameters"]] == [
        "/etl/key", "/etl/prod/cluster", "/etl/prod/tables"
    ]  # fmt: skip
    assert deep["Parameters"][0]["Value"] == "s3cret"
    assert near[0]["Value"] != "s3cret"
    arn = client.get_parameter(Name="plain")["Parameter"]["ARN"]
    assert arn == "arn:aws:ssm:us-east-1:123456789012:parameter/plain"
    assert client.get_parameter(Name=arn)["Parameter"]["Value"] == "text"


def test_a_parameter_has_versions(simulator: Simulator) -> None:
    client: Any = simulator.client("ssm")
    with pytest.raises(client.exceptions.ParameterAlreadyExists):
        client.put_parameter(Name="plain", Value="new")
    assert client.put_parameter(Name="plain", Value="new", Overwrite=True)["Version"] == 2
    assert client.get_parameter(Name="plain")["Parameter"]["Value"] == "new"
    assert client.get_parameter(Name="plain:1")["Parameter"]["Value"] == "text"
    with pytest.raises(client.exceptions.ParameterVersionNotFound):
        client.get_parameter(Name="plain:3")
    client.delete_parameter(Name="plain")
    with pytest.raises(client.exceptions.ParameterNotFound):
        client.get_parameter(Name="plain")


def test_a_value_is_text_or_texts(tmp_path: Path) -> None:
    (tmp_path / "m.asl.json").write_text(json.dumps(READ))
    (tmp_path / "simulator.toml").write_text(PROJECT.replace('"text"', "3"))
    with pytest.raises(ProjectError, match=r"\[parameters\] plain: expected text, a list of texts"):
        Simulator.from_project(tmp_path)
