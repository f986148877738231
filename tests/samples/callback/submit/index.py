"""Submits a statement whose end is an event, and keeps the token of the task that waits for it."""

import boto3

data_api = boto3.client("redshift-data")
s3 = boto3.client("s3")


def handler(event, context):
    # the name is in the event; a token is too long for one
    name = context.aws_request_id
    s3.put_object(Bucket="task-tokens", Key=name, Body=event["token"])
    statement = data_api.execute_statement(
        ClusterIdentifier="warehouse",
        Database="dev",
        DbUser="awsuser",
        Sql=event["sql"],
        StatementName=name,
        WithEvent=True,
    )
    return {"id": statement["Id"]}
