"""Submits a script from S3, or tells how a statement that was submitted is getting on.

What it needs of the warehouse it reads from Secrets Manager and Parameter Store once, when its
environment is made.
"""

import json
import os

import boto3

s3 = boto3.client("s3")
data_api = boto3.client("redshift-data")


def _connection():
    secret = (
        boto3.session.Session()
        .client("secretsmanager")
        .get_secret_value(SecretId=os.environ["SECRET_NAME"])
    )
    database = boto3.client("ssm").get_parameter(Name="/warehouse/database")["Parameter"]["Value"]
    return {
        "ClusterIdentifier": json.loads(secret["SecretString"])["dbClusterIdentifier"],
        "Database": database,
        "SecretArn": secret["ARN"],
    }


CONNECTION = _connection()


def main(event, context):
    if "id" not in event:
        script = s3.get_object(Bucket=event["bucket"], Key=event["key"])["Body"].read()
        sql = script.decode("utf-8")
        return event | {"id": data_api.execute_statement(Sql=sql, **CONNECTION)["Id"]}
    described = data_api.describe_statement(Id=event["id"])
    return event | {"status": described["Status"], "error": described.get("Error", "")}
