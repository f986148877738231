from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest

from simulator.deployment.targets import Target


def _target(folder: Path, port: int) -> Target:
    state = folder / ".simulator" / "local"
    return Target("local", folder, folder / "terraform", state, f"http://127.0.0.1:{port}")


# localstack-client's list has the first, and lacks the other two
@pytest.mark.parametrize("service", ["rds", "dms", "redshift-serverless"])
def test_every_service_is_reached_at_the_target_s_address(
    folder: Path, port: int, monkeypatch: pytest.MonkeyPatch, service: str
):
    monkeypatch.setenv("AWS_PROFILE", "somebody-s")
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:1")
    client = _target(folder, port).clients()(service)
    assert client.meta.endpoint_url == f"http://127.0.0.1:{port}"
    assert client.meta.region_name == "us-east-1"
    asked: dict[str, Any] = {
        "rds": lambda: client.describe_db_instances()["DBInstances"],
        "dms": lambda: client.describe_replication_tasks()["ReplicationTasks"],
        "redshift-serverless": lambda: client.list_workgroups()["workgroups"],
    }
    assert asked[service]() == []
    assert os.environ["AWS_PROFILE"] == "somebody-s"


def test_terraform_knows_nothing_of_the_user_s_account(
    folder: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setenv("AWS_PROFILE", "somebody-s")
    monkeypatch.setenv("AWS_SESSION_TOKEN", "secret")
    monkeypatch.setenv("AWS_ENDPOINT_URL_S3", "https://s3.amazonaws.com")
    environment = _target(folder, 4577).environment()
    assert {key: text for key, text in environment.items() if key.startswith("AWS_")} == {
        "AWS_ENDPOINT_URL": "http://127.0.0.1:4577",
        "AWS_REGION": "us-east-1",
        "AWS_ACCESS_KEY_ID": "test",
        "AWS_SECRET_ACCESS_KEY": "test",
        "AWS_EC2_METADATA_DISABLED": "true",
        "AWS_CONFIG_FILE": os.devnull,
        "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
    }
    assert environment["TF_DATA_DIR"] == str(folder / ".simulator" / "local" / "data")


def test_on_aws_the_environment_decides(folder: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("AWS_PROFILE", "somebody-s")
    target = Target("aws", folder, folder / "terraform", folder / ".simulator" / "aws")
    assert target.environment()["AWS_PROFILE"] == "somebody-s"
    assert target.working_folder == folder / "terraform"
