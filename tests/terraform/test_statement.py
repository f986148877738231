"""The Terraform provider's own resource for a statement, against a port."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from python_terraform import IsFlagged, IsNotFlagged, Terraform

STACK = """
terraform {
  required_providers {
    aws = {
      source  = "hashicorp/aws"
      version = "5.100.0"
    }
  }
}

provider "aws" {
  max_retries = 3
}

resource "aws_redshift_cluster" "shop" {
  cluster_identifier     = "shop"
  node_type              = "ra3.large"
  cluster_type           = "single-node"
  database_name          = "dev"
  master_username        = "boss"
  manage_master_password = true
  encrypted              = true
  skip_final_snapshot    = true
}

resource "aws_redshiftdata_statement" "table" {
  cluster_identifier = aws_redshift_cluster.shop.cluster_identifier
  database           = "dev"
  secret_arn         = aws_redshift_cluster.shop.master_password_secret_arn
  sql                = "CREATE TABLE orders (id int)"
}

output "id" {
  value = aws_redshiftdata_statement.table.id
}
"""
# on the worker that has less to wait for
pytestmark = [pytest.mark.terraform, pytest.mark.xdist_group("plans")]


@pytest.fixture
def url() -> Iterator[str]:
    """A port's address."""
    command = [sys.executable, "-m", "simulator", "serve", "--port", "0"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        yield process.stdout.readline().split()[-1]
        process.send_signal(signal.SIGTERM)


def test_a_statement_is_run_once_and_found_again(
    open_stack: Callable[[Path], Terraform],
    url: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    (tmp_path / "main.tf").write_text(STACK)
    for name, value in (
        ("AWS_ENDPOINT_URL", url),
        ("AWS_REGION", "us-east-1"),
        ("AWS_ACCESS_KEY_ID", "test"),
        ("AWS_SECRET_ACCESS_KEY", "test"),
        ("AWS_EC2_METADATA_DISABLED", "true"),
    ):
        monkeypatch.setenv(name, value)
    terraform = open_stack(tmp_path)
    code, out, err = terraform.apply(skip_plan=True)
    assert code == 0, f"{out}\n{err}"
    code, out, err = terraform.plan(detailed_exitcode=IsFlagged)
    assert code == 0, f"{out}\n{err}"
    _, text, _ = terraform.cmd("output", json=IsFlagged)
    assert len(json.loads(text)["id"]["value"]) == 36
    code, out, err = terraform.destroy(force=IsNotFlagged, auto_approve=IsFlagged)
    assert code == 0, f"{out}\n{err}"
