"""Submits a statement and waits for it: fine until the day on which it takes 15 minutes."""

import time

import boto3

client = boto3.client("redshift-data")


def handler(event, context):
    statement_id = client.execute_statement(
        ClusterIdentifier="store-sales", Database="dev", DbUser="awsuser", Sql=event["sql"]
    )["Id"]
    while True:
        statement = client.describe_statement(Id=statement_id)
        if statement["Status"] == "FINISHED":
            return {"id": statement_id, "rows": statement["ResultRows"]}
        if statement["Status"] in ("FAILED", "ABORTED"):
            raise RuntimeError(statement["Error"])
        time.sleep(30)
