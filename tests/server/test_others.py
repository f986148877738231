"""Simulated code calls services that are moto's: they are the port's own."""

import json

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
