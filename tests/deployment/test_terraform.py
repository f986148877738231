from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from simulator.deployment.errors import DeploymentError, TerraformFailed
from simulator.deployment.remedies import remedy
from simulator.deployment.targets import Target
from simulator.deployment.terraform import Terraform, satisfies, without


@pytest.fixture
def target(folder: Path) -> Target:
    endpoint = "http://127.0.0.1:1"
    return Target("local", folder, folder / "terraform", folder / ".simulator/local", endpoint)


def test_without_terraform_it_is_said_where_to_get_it(
    target: Target, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(DeploymentError, match="expected it on the PATH, got none\n  hint: https:"):
        Terraform(target)


def test_another_version_is_refused(terraform: Any, target: Target):
    terraform.answers("version", out=json.dumps({"terraform_version": "1.5.7"}))
    with pytest.raises(DeploymentError, match=r"expected version ~> 1\.11, got 1\.5\.7"):
        Terraform(target)


@pytest.mark.parametrize(
    ("version", "constraint", "is_satisfied"),
    [
        ("1.11.0", "~> 1.11", True),
        ("1.12.2", "~> 1.11", True),
        ("1.10.9", "~> 1.11", False),
        ("2.0.0", "~> 1.11", False),
        # Terraform itself knows the other operators
        ("0.12.0", ">= 1.0, < 2", True),
    ],
)
def test_a_version_satisfies_what_the_stack_requires(
    version: str, constraint: str, is_satisfied: bool
):
    assert satisfies(version, constraint) is is_satisfied


def test_a_plan_tells_whether_it_changes_anything(terraform: Any, target: Target):
    terraform.answers("plan", code=2)
    assert Terraform(target).plan(["-var=a=1"])
    terraform.answers("plan", code=0)
    assert not Terraform(target).plan()
    assert "-var=a=1" in terraform.calls[1]
    assert f"-out={target.plan_file}" in terraform.calls[1]


def test_an_error_is_shown_and_its_way_on_is_said(
    terraform: Any, target: Target, capfd: pytest.CaptureFixture[str]
):
    terraform.answers("apply", code=1, err="│ Error: creating S3 Bucket: BucketAlreadyExists\n")
    with pytest.raises(TerraformFailed) as failed:
        Terraform(target).apply()
    assert "BucketAlreadyExists" in capfd.readouterr().err
    assert "-var name=NAME" in str(failed.value)
    assert "python -m simulator deploy --target local" in str(failed.value)


@pytest.mark.parametrize(
    ("said", "told"),
    [
        ("Error: Error acquiring the state lock", "force-unlock"),
        ("│ EntityAlreadyExists: Role with name\n│ x already exists", "the name is taken"),
        ("ClusterAlreadyExists: Cluster already\n│ exists", "the name is taken"),
        ("ClusterSnapshotAlreadyExists", "final-2"),
        ("BucketNotEmpty: The bucket you tried", "delete_data_on_destroy"),
        ("ExpiredToken: The security token", "aws sso login"),
        ("dial tcp 127.0.0.1:4566: connect: connection refused", "does it still run"),
        ("Error: Failed to query available provider packages", "TF_PLUGIN_DIR"),
        ("AccessDenied: User is not authorized", "permission"),
    ],
)
def test_what_went_wrong_is_recognised(said: str, told: str):
    assert told in str(remedy(said))


def test_what_nobody_knows_has_no_remedy():
    assert remedy("Error: Invalid expression") is None


def test_what_is_kept_is_the_only_thing_that_is_not_aimed_at():
    addresses = ["aws_a.x", 'aws_b.y["one"]', 'aws_b.y["two"]', "aws_c.z[0]", "module.m.aws_d.d"]
    assert without(addresses, ["aws_a.x"]) == [
        "-target=aws_b.y",
        "-target=aws_c.z",
        "-target=module.m.aws_d.d",
    ]


def test_variables_and_files_are_terraform_s(
    folder: Path, terraform: Any, simulator: Callable[..., Any], port: int
):
    (folder / "my.tfvars").write_text("")
    code, _, err = simulator(
        *("plan", "--target", "local", "--port", str(port)),
        *("-var", "a=1", "-var=b=[2]", "-var-file", "my.tfvars"),
    )
    # the plan's document is asked for last, and there is none
    assert code == 2, err
    planned = next(call for call in terraform.calls if call[0] == "plan")
    assert planned[-3:] == [f"-var-file={folder / 'my.tfvars'}", "-var=a=1", "-var=b=[2]"]


def test_ctrl_c_waits_for_terraform_and_says_how_to_go_on(folder: Path, terraform: Any, port: int):
    terraform.answers("plan", code=2)
    terraform.answers("apply", out="applying\n", seconds=30)
    root = Path(__file__).resolve().parents[2]
    process = subprocess.Popen(
        [
            *(sys.executable, "-m", "simulator", "deploy", "--target", "local", "-auto-approve"),
            *("--port", str(port)),
        ],
        env={**os.environ, "PYTHONPATH": str(root)},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        encoding="utf-8",
        start_new_session=True,
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "applying\n"
    os.killpg(process.pid, signal.SIGINT)
    _, err = process.communicate(timeout=20)
    assert process.returncode == 2
    # as long as it had to say something, it was listened to
    assert err.index("Interrupt received.") < err.index("interrupted: what was done is in")
    assert "python -m simulator deploy --target local" in err
