"""Brings a task's token back when its statement has ended."""

import json

import boto3

s3 = boto3.client("s3")
states = boto3.client("stepfunctions")


def handler(event, context):
    detail = event["detail"]
    key = detail["statementName"]
    token = s3.get_object(Bucket="task-tokens", Key=key)["Body"].read().decode()
    if detail["state"] == "FINISHED":
        answer = {"state": detail["state"], "statementId": detail["statementId"]}
        states.send_task_success(taskToken=token, output=json.dumps(answer))
    else:
        states.send_task_failure(taskToken=token, error="StatementFailed", cause=detail["state"])
    s3.delete_object(Bucket="task-tokens", Key=key)
