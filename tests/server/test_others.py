"""Simulated code calls services that are moto's: they are the port's own."""

import json

import pytest
from botocore.config import Config
from botocore.exceptions import ClientError

from simulator.services.redshift_data import RedshiftData

ROLE = "arn:aws:iam::123456789012:role/f"
READS = """
import boto3

def handler(event, context):
    secret = boto3.client("secretsmanager").get_secret_value(SecretId="s")["SecretString"]
    body = boto3.client("s3").get_object(Bucket="bucket", Key="k")["Body"].read().decode()
    try:
        boto3.client("secretsmanager").get_secret_value(SecretId="none")
    except boto3.client("secretsmanager").exceptions.ResourceNotFoundException as error:
        missing = error.response["Error"]["Code"]
    return [secret, body, missing]
"""


def test_a_function_reads_the_ports_secrets_and_objects(port, zipped_text):
    port.client("secretsmanager").create_secret(Name="s", SecretString="kept")
    port.client("s3").create_bucket(Bucket="bucket")
    port.client("s3").put_object(Bucket="bucket", Key="k", Body=b"content")
    functions = port.client("lambda")
    functions.create_function(
        FunctionName="f",
        Runtime="python3.12",
        Handler="index.handler",
        Role=ROLE,
        Timeout=30,
        Code={"ZipFile": zipped_text(index=READS)},
    )
    answer = json.loads(functions.invoke(FunctionName="f")["Payload"].read())
    assert answer == ["kept", "content", "ResourceNotFoundException"]


ASKS = """
import boto3

def handler(event, context):
    try:
        boto3.client("redshift-data").list_databases(Database="d", ClusterIdentifier="c")
    except Exception as error:
        return [error.response["Error"]["Code"], error.response["Error"]["Message"]]
"""


def test_a_defect_of_ours_is_an_answer_and_no_timeout(port, zipped_text, monkeypatch, capsys):
    def fails(*_):
        raise RuntimeError("it broke")

    monkeypatch.setattr(RedshiftData, "list_databases", fails)
    functions = port.client("lambda")
    functions.create_function(
        FunctionName="f",
        Runtime="python3.12",
        Handler="index.handler",
        Role=ROLE,
        Timeout=30,
        Code={"ZipFile": zipped_text(index=ASKS)},
    )
    answer = json.loads(functions.invoke(FunctionName="f")["Payload"].read())
    assert answer == ["InternalFailure", "RuntimeError: it broke"]
    data = port.client("redshift-data", config=Config(retries={"total_max_attempts": 1}))
    with pytest.raises(ClientError, match="it broke") as refused:
        data.list_databases(Database="d", ClusterIdentifier="c")
    assert refused.value.response["ResponseMetadata"]["HTTPStatusCode"] == 500
    line = "redshift-data:ListDatabases: internal error: RuntimeError: it broke"
    assert port.said == [line, line]
    assert "Traceback" in capsys.readouterr().err
