"""AWS's own command line over the socket, unchanged. Its package pins a botocore of its own, so it
is not among the tests' dependencies: `pipx install awscli` brings it."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from pathlib import Path

import pytest

ROLE = "arn:aws:iam::123456789012:role/r"
PASS = {"StartAt": "P", "States": {"P": {"Type": "Pass", "Result": 7, "End": True}}}
POLLS = 50


@pytest.fixture
def aws(port, tmp_path: Path):
    """Runs a command and reads its JSON."""
    program = shutil.which("aws")
    if program is None:
        pytest.skip("no aws on the path: pipx install awscli")
    environment = {
        "PATH": os.environ["PATH"],
        "HOME": str(tmp_path),
        "AWS_ENDPOINT_URL": port.url,
        # version 1 doesn't read AWS_REGION
        "AWS_DEFAULT_REGION": "us-east-1",
        "AWS_ACCESS_KEY_ID": "test",
        "AWS_SECRET_ACCESS_KEY": "test",
        "AWS_PAGER": "",
    }

    def run(*arguments: str):
        command = [program, *arguments, "--output", "json"]
        ran = subprocess.run(
            command, env=environment, capture_output=True, text=True, timeout=60, check=False
        )
        assert ran.returncode == 0, ran.stderr
        return json.loads(ran.stdout or "null")

    return run


def test_it_runs_a_state_machine(aws, tmp_path):
    file = tmp_path / "definition.json"
    file.write_text(json.dumps(PASS))
    machine = aws(
        *("stepfunctions", "create-state-machine", "--name", "m"),
        *("--definition", f"file://{file}", "--role-arn", ROLE),
    )
    started = aws(
        *("stepfunctions", "start-execution", "--name", "run-1"),
        *("--state-machine-arn", machine["stateMachineArn"]),
    )
    arn = started["executionArn"]
    for _ in range(POLLS):
        described = aws("stepfunctions", "describe-execution", "--execution-arn", arn)
        if described["status"] != "RUNNING":
            break
    assert (described["status"], described["output"]) == ("SUCCEEDED", "7")
    history = aws("stepfunctions", "get-execution-history", "--execution-arn", arn)
    types = [event["type"] for event in history["events"]]
    assert types == [
        "ExecutionStarted",
        "PassStateEntered",
        "PassStateExited",
        "ExecutionSucceeded",
    ]


def test_it_runs_a_statement_and_loads_what_it_put_into_a_bucket(aws, tmp_path):
    aws(
        *("redshift", "create-cluster", "--cluster-identifier", "c", "--node-type", "ra3.large"),
        *("--cluster-type", "single-node", "--master-username", "admin"),
        *("--master-user-password", "Password1"),
    )
    aws("redshift", "wait", "cluster-available", "--cluster-identifier", "c")
    file = tmp_path / "rows.csv"
    file.write_text("1,one\n2,two\n")
    aws("s3api", "create-bucket", "--bucket", "bucket")
    aws("s3api", "put-object", "--bucket", "bucket", "--key", "rows.csv", "--body", str(file))
    login = ("--cluster-identifier", "c", "--database", "dev", "--db-user", "admin")
    statement = aws(
        *("redshift-data", "batch-execute-statement", *login, "--sqls"),
        "CREATE TABLE t (a int, b varchar(8))",
        f"COPY t FROM 's3://bucket/rows.csv' IAM_ROLE '{ROLE}' CSV",
        "SELECT b FROM t ORDER BY a",
    )
    for _ in range(POLLS):
        described = aws("redshift-data", "describe-statement", "--id", statement["Id"])
        if described["Status"] in ("FINISHED", "FAILED"):
            break
    assert described["Status"] == "FINISHED", described
    result = aws("redshift-data", "get-statement-result", "--id", f"{statement['Id']}:3")
    assert result["Records"] == [[{"stringValue": "one"}], [{"stringValue": "two"}]]
