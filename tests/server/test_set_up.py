"""The stack's set-up function on the port: it may be called as often as one likes, and whom it
makes signs in with the secret's password and no other."""

from __future__ import annotations

import json

import pytest

ROLE = "arn:aws:iam::123456789012:role/StoreSalesRedshiftSetUp"
SQL = ["CREATE SCHEMA IF NOT EXISTS shop", "GRANT USAGE ON SCHEMA shop TO analyst"]
POLLS = 2_000


def _cluster(port):
    redshift = port.client("redshift")
    redshift.create_cluster(
        ClusterIdentifier="shop",
        NodeType="ra3.large",
        ClusterType="single-node",
        MasterUsername="boss",
        ManageMasterPassword=True,
        DBName="dev",
    )
    for _ in range(POLLS):
        (cluster,) = redshift.describe_clusters(ClusterIdentifier="shop")["Clusters"]
        if cluster["ClusterStatus"] == "available":
            break
    return {"ClusterIdentifier": "shop"}, cluster["MasterPasswordSecretArn"]


def _workgroup(port):
    serverless = port.client("redshift-serverless")
    made = serverless.create_namespace(
        namespaceName="shop", dbName="dev", adminUsername="boss", manageAdminPassword=True
    )["namespace"]
    serverless.create_workgroup(workgroupName="shop", namespaceName="shop")
    for _ in range(POLLS):
        found = serverless.get_workgroup(workgroupName="shop")["workgroup"]
        if found["status"] == "AVAILABLE":
            break
    return {"WorkgroupName": "shop"}, made["adminPasswordSecretArn"]


@pytest.mark.parametrize("make", [_cluster, _workgroup])
def test_it_is_called_twice_and_the_analyst_signs_in(port, zipped, root, make):
    where, admin = make(port)
    analyst = port.client("secretsmanager").create_secret(Name="shop/analyst")["ARN"]
    functions = port.client("lambda")
    functions.create_function(
        FunctionName="set-up",
        Runtime="python3.13",
        Handler="index.handler",
        Role=ROLE,
        Timeout=600,
        Code={"ZipFile": zipped(root / "lambda" / "redshift_setup")},
    )
    event = {
        "connection": {**where, "Database": "dev", "SecretArn": admin},
        "users": [{"name": "analyst", "secret": analyst}, {"name": "etl", "secret": None}],
        "sql_statements": SQL,
    }
    answers = [
        json.loads(
            functions.invoke(FunctionName="set-up", Payload=json.dumps(event))["Payload"].read()
        )
        for _ in range(2)
    ]
    assert answers == [
        {"made": ["analyst", "etl"], "statements": 2},
        {"made": [], "statements": 2},
    ]

    def run(sql: str) -> dict[str, str]:
        data = port.client("redshift-data")
        statement = data.execute_statement(**where, Database="dev", SecretArn=analyst, Sql=sql)
        for _ in range(POLLS):
            described = data.describe_statement(Id=statement["Id"])
            if described["Status"] in ("FINISHED", "FAILED"):
                break
        return described

    assert run("SELECT 1")["Status"] == "FINISHED"
    assert "permission denied" in run("CREATE TABLE shop.t (a int)")["Error"]
    text = json.dumps({"username": "analyst", "password": "Another-password-1"})
    port.client("secretsmanager").put_secret_value(SecretId=analyst, SecretString=text)
    assert run("SELECT 1")["Error"] == ('FATAL: password authentication failed for user "analyst"')
