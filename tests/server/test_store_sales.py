"""The Store Sales pipeline, deployed and run over the port by clients that know nothing of it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from simulator import project
from simulator.lakes import fill_lakes
from simulator.sql.lexer import split_statements

ROLE = "arn:aws:iam::123456789012:role/"
# polls come one after the other, so it is their number that is bounded
POLLS = 20_000


@pytest.fixture
def deployed(port, zipped, root):
    """The port with everything that the pipeline needs; its state machine's ARN."""
    settings = project.read(root)
    fill_lakes(settings)
    _upload_lake(port, settings)
    secret = _create_cluster(port, settings)
    statements = [f"CREATE USER {user.name} PASSWORD DISABLE" for user in settings.warehouse.users]
    for text in [statements[1], statements[2], *_setup(settings.warehouse.setup)]:
        _run_sql(port, text, SecretArn=secret)
    functions = port.client("lambda")
    for function in settings.lambdas.values():
        functions.create_function(
            FunctionName=function.name,
            Runtime="python3.12",
            Handler=function.handler,
            Timeout=function.timeout_seconds,
            Role=function.role_arn or ROLE + function.name,
            Code={"ZipFile": zipped(function.path)},
            Environment={"Variables": dict(function.environment)},
        )
    rendered = project.render(settings, account_id="123456789012", region="us-east-1")
    machine = port.client("stepfunctions").create_state_machine(
        name=settings.definition.name,
        definition=rendered.text,
        roleArn=ROLE + settings.definition.name,
    )
    return port, settings, machine["stateMachineArn"]


def _upload_lake(port, settings) -> None:
    s3 = port.client("s3")
    for bucket, lake in settings.lake.items():
        s3.create_bucket(Bucket=bucket)
        for file in sorted(path for path in lake.folder.rglob("*") if path.is_file()):
            key = file.relative_to(lake.folder).as_posix()
            s3.put_object(Bucket=bucket, Key=key, Body=file.read_bytes())


def _create_cluster(port, settings) -> str:
    redshift = port.client("redshift")
    identifier = settings.warehouse.cluster
    redshift.create_cluster(
        ClusterIdentifier=identifier,
        NodeType="ra3.large",
        ClusterType="multi-node",
        NumberOfNodes=2,
        MasterUsername="awsuser",
        ManageMasterPassword=True,
        DBName=settings.warehouse.database,
    )
    for _ in range(POLLS):
        (cluster,) = redshift.describe_clusters(ClusterIdentifier=identifier)["Clusters"]
        if cluster["ClusterStatus"] == "available":
            return cluster["MasterPasswordSecretArn"]
    raise AssertionError(cluster["ClusterStatus"])


def _setup(files: tuple[Path, ...]) -> list[str]:
    texts = [file.read_text(encoding="utf-8") for file in files]
    return [
        text[tokens[0].start : tokens[-1].end]
        for text in texts
        for tokens in split_statements(text)
    ]


def _run_sql(port, sql: str, **login: str) -> tuple[str, dict[str, Any]]:
    data = port.client("redshift-data")
    request = {"ClusterIdentifier": "store-sales", "Database": "dev", "Sql": sql, **login}
    statement_id = data.execute_statement(**request)["Id"]
    for _ in range(POLLS):
        described = data.describe_statement(Id=statement_id)
        if described["Status"] in ("FINISHED", "FAILED", "ABORTED"):
            break
    assert described["Status"] == "FINISHED", described.get("Error")
    return statement_id, described


def _ended(port, arn: str) -> dict[str, Any]:
    stepfunctions = port.client("stepfunctions")
    for _ in range(POLLS):
        described = stepfunctions.describe_execution(executionArn=arn)
        if described["status"] != "RUNNING":
            break
    return described


def test_the_pipeline_loads_its_tables_over_the_port(deployed, clean_run):
    port, settings, machine = deployed
    started = port.client("stepfunctions").start_execution(
        stateMachineArn=machine, name="run-1", input=json.dumps(settings.input)
    )
    assert _ended(port, started["executionArn"])["status"] == "SUCCEEDED"
    simulator, _ = clean_run
    expected = {table: rows for table, rows in simulator.tables().items() if "etl" not in table}
    table = max(expected, key=lambda name: expected[name])
    query = f"SELECT count(*) FROM {table}"
    statement_id, _ = _run_sql(port, query, DbUser="awsuser")
    (row,) = port.client("redshift-data").get_statement_result(Id=statement_id)["Records"]
    assert row == [{"longValue": expected[table]}]
    assert port.said == []
