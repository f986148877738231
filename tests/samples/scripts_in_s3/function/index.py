"""Hands a script of S3 over to the Data API as one batch, and says how a batch stands."""

import os
from urllib.parse import urlparse

import boto3

s3 = boto3.client("s3")
data_api = boto3.client("redshift-data")


def handler(event, context):
    if event["action"] == "status":
        return {"status": data_api.describe_statement(Id=event["id"])["Status"]}
    place = urlparse(event["script"])
    answer = s3.get_object(Bucket=place.netloc, Key=place.path.lstrip("/"))
    script = answer["Body"].read().decode("utf-8").format(run_date=os.environ["RUN_DATE"])
    statements = [one.strip() for one in script.split(";") if one.strip()]
    batch = data_api.batch_execute_statement(
        ClusterIdentifier=os.environ["CLUSTER"],
        Database=os.environ["DATABASE"],
        DbUser=os.environ["DB_USER"],
        Sqls=statements,
        StatementName=place.path.rpartition("/")[2],
    )
    return {"id": batch["Id"]}
