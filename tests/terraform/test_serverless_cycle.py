"""The same with Redshift Serverless, on a port that somebody else started, and with a lake that is
kept: `make test-terraform-serverless`."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections.abc import Iterator
from typing import Any

import pytest
from python_terraform import IsFlagged

pytestmark = [pytest.mark.terraform, pytest.mark.campaign]

NO_CHANGES, CHANGES = 0, 2
SERVERLESS = ("-var", "warehouse=serverless", "-var", "delete_data_on_destroy=false")
CHANGED = ("-var", "serverless_base_capacity=16")
BETHEL = "Bethel, OH: daily orders and sales"
BUCKET = "store-sales-lake-123456789012-us-east-1"
NOTHING = "store-sales: Redshift Serverless has nothing to pause"


@pytest.fixture(scope="module", autouse=True)
def port(local: Any) -> Iterator[list[str]]:
    """A port that no command starts or ends; what it wrote, in the end."""
    command = ["serve", "--port", str(local.port), "--project", str(local.project)]
    with subprocess.Popen(
        [sys.executable, "-m", "simulator", *command],
        env={key: text for key, text in local.environment.items() if not key.startswith("AWS_")},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        encoding="utf-8",
    ) as process:
        assert process.stdout is not None
        assert "simulator ready" in process.stdout.readline()
        said: list[str] = []
        yield said
        process.terminate()
        said += process.stdout.readlines()
    assert said == []


def _variables(*options: str) -> dict[str, str]:
    return dict(option.split("=") for option in options if option != "-var")


def test_a_workgroup_is_deployed(local: Any):
    told = local.run("deploy", "-auto-approve", "--port", str(local.port), *SERVERLESS)
    assert "Apply complete!" in told
    assert "started the local port" not in told


def test_then_nothing_is_to_change(local: Any, monkeypatch: pytest.MonkeyPatch):
    terraform = local.terraform(monkeypatch)
    code, out, err = terraform.plan(detailed_exitcode=IsFlagged, var=_variables(*SERVERLESS))
    assert code == NO_CHANGES, f"{out}\n{err}"


def test_what_changed_is_applied_and_then_nothing_is_to_change(
    local: Any, monkeypatch: pytest.MonkeyPatch
):
    assert "Apply complete!" in local.run("deploy", "-auto-approve", *SERVERLESS, *CHANGED)
    terraform = local.terraform(monkeypatch)
    changed = _variables(*SERVERLESS, *CHANGED)
    code, out, err = terraform.plan(detailed_exitcode=IsFlagged, var=changed)
    assert code == NO_CHANGES, f"{out}\n{err}"
    (workgroup,) = local.client("redshift-serverless").list_workgroups()["workgroups"]
    assert workgroup["baseCapacity"] == 16


def test_an_execution_loads_the_day_and_the_analyst_reads_it(local: Any):
    local.run("lake")
    told = local.run("execute", "--name", "first")
    assert "StoreSalesETLStateMachine, first: SUCCEEDED in " in told
    assert re.search(r"^sales\.store_sales +- +[\d,]+ +\+[\d,]+$", told, re.MULTILINE)
    told = local.run("report")
    assert BETHEL in told
    assert re.search(r"^2024-01-08 +\d+ +\d+\.\d\d$", told, re.MULTILINE)


def test_there_is_nothing_to_pause_or_to_resume(local: Any):
    assert NOTHING in local.run("pause")
    assert NOTHING in local.run("resume")


def test_a_plan_tells_what_a_run_costs(local: Any):
    told = local.run("plan", *SERVERLESS, *CHANGED)
    # a minute is the least: 16 RPUs at 0.375 an hour
    assert re.search(r"workgroup store-sales: 16 RPUs for \d+ s +0\.[1-9]\d+$", told, re.MULTILINE)


def test_the_lake_is_kept_with_its_settings_and_its_key(local: Any):
    told = local.run("destroy", "-auto-approve")
    assert f"kept: the lake, s3://{BUCKET}" in told
    s3 = local.client("s3")
    assert s3.list_objects_v2(Bucket=BUCKET)["KeyCount"] == 40
    blocked = s3.get_public_access_block(Bucket=BUCKET)["PublicAccessBlockConfiguration"]
    assert all(blocked.values())
    rules = s3.get_bucket_encryption(Bucket=BUCKET)["ServerSideEncryptionConfiguration"]["Rules"]
    key = rules[0]["ApplyServerSideEncryptionByDefault"]["KMSMasterKeyID"]
    assert local.client("kms").describe_key(KeyId=key)["KeyMetadata"]["KeyState"] == "Enabled"
    assert local.client("redshift-serverless").list_workgroups()["workgroups"] == []
    assert "nothing else to destroy" in local.run("destroy", "-auto-approve")


def test_a_later_deployment_takes_the_lake_up_again(local: Any):
    given_up = (*SERVERLESS[:2], "-var", "delete_data_on_destroy=true")
    assert "Apply complete!" in local.run("deploy", "-auto-approve", *given_up)
    assert local.client("s3").list_objects_v2(Bucket=BUCKET)["KeyCount"] == 40
    assert "40 there already" in local.run("lake")
    told = local.run("destroy", "-auto-approve")
    assert "kept: nothing" in told
    assert local.client("s3").list_buckets()["Buckets"] == []


def test_the_port_goes_on(local: Any):
    assert local.client("sts").get_caller_identity()["Account"] == "123456789012"
    state = json.loads((local.project / ".simulator/local/terraform.tfstate").read_text())
    assert state["resources"] == []
    assert local.files() == local.sources
