"""Submits a statement, or asks for its status; waits for neither."""

import boto3

client = boto3.client("redshift-data")


def handler(event, context):
    if event["action"] == "submit":
        answer = client.execute_statement(
            ClusterIdentifier="store-sales", Database="dev", DbUser="awsuser", Sql=event["sql"]
        )
        return {"id": answer["Id"], "status": "SUBMITTED"}
    statement = client.describe_statement(Id=event["id"])
    return {"id": event["id"], "status": statement["Status"], "rows": statement.get("ResultRows")}
