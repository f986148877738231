"""Rules put to the port's EventBridge call the port's functions."""

import json

import pytest

ROLE = "arn:aws:iam::123456789012:role/f"
WRITES = """
import boto3, json

def handler(event, context):
    boto3.client("s3").put_object(Bucket="bucket", Key="seen", Body=json.dumps(event).encode())
"""
PATTERN = {
    "source": ["aws.states"],
    "detail": {"status": ["FAILED"], "name": [{"prefix": "day-"}]},
}


@pytest.fixture
def ruled(port, zipped_text):
    """A port with a rule that calls a function when an execution fails."""
    port.client("s3").create_bucket(Bucket="bucket")
    function = port.client("lambda").create_function(
        FunctionName="f",
        Runtime="python3.12",
        Handler="index.handler",
        Role=ROLE,
        Timeout=30,
        Code={"ZipFile": zipped_text(index=WRITES)},
    )
    events = port.client("events")
    events.put_rule(Name="failed", EventPattern=json.dumps(PATTERN))
    events.put_targets(Rule="failed", Targets=[{"Id": "f", "Arn": function["FunctionArn"]}])
    # it has no pattern, so no event is one of its
    events.put_rule(Name="daily", ScheduleExpression="rate(1 day)")
    definition = {"StartAt": "F", "States": {"F": {"Type": "Fail", "Error": "E"}}}
    machine = port.client("stepfunctions").create_state_machine(
        name="m", definition=json.dumps(definition), roleArn=ROLE
    )
    return port, machine["stateMachineArn"]


def _seen(port, machine, name):
    port.client("stepfunctions").start_execution(stateMachineArn=machine, name=name)
    s3 = port.client("s3")
    # each request waits for one that the simulation's thread does, and it runs meanwhile
    for _ in range(200):
        listed = s3.list_objects_v2(Bucket="bucket").get("Contents", [])
        if listed:
            return json.loads(s3.get_object(Bucket="bucket", Key="seen")["Body"].read())
    return None


def test_a_failed_execution_calls_the_function_of_a_rule_that_matches(ruled):
    port, machine = ruled
    event = _seen(port, machine, "day-1")
    assert event["detail"]["name"] == "day-1"
    assert event["detail"]["status"] == "FAILED"


def test_an_event_that_no_rule_matches_calls_nothing(ruled):
    port, machine = ruled
    assert _seen(port, machine, "other") is None
