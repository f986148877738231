"""Brings the token of a task back when the statement that it waits for has ended."""

import json
import os

import boto3
from boto3.dynamodb.conditions import Attr

waiting = boto3.resource("dynamodb").Table(os.environ["TABLE_NAME"])
states = boto3.client("stepfunctions")


def handler(event, context):
    key = {"statementId": event["detail"]["statementId"]}
    token = waiting.get_item(Key=key, ConsistentRead=True)["Item"]["taskToken"]
    if event["detail"]["state"] == "FINISHED":
        states.send_task_success(taskToken=token, output=json.dumps(event))
    else:
        states.send_task_failure(taskToken=token, error="StatementEnded", cause=json.dumps(event))
    waiting.delete_item(Key=key, ConditionExpression=Attr("taskToken").eq(token))
