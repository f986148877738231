"""Rules and schedules put to the port's EventBridge call what they target, in the port's time."""

import json
from datetime import UTC, datetime

import pytest
from botocore.exceptions import ClientError

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
FAIL = {"StartAt": "F", "States": {"F": {"Type": "Fail", "Error": "E"}}}
PASS = {"StartAt": "P", "States": {"P": {"Type": "Pass", "End": True}}}
WAIT = {"StartAt": "W", "States": {"W": {"Type": "Wait", "Seconds": 7200, "End": True}}}
# polls come one after the other, so it is their number that is bounded; the simulation runs between
POLLS = 300
START = datetime(2024, 1, 9, 10, 0, tzinfo=UTC)


def _machine(port, definition, name="m"):
    return port.client("stepfunctions").create_state_machine(
        name=name, definition=json.dumps(definition), roleArn=ROLE
    )["stateMachineArn"]


def _queue(port, name="q"):
    """A queue's URL and ARN."""
    sqs = port.client("sqs")
    url = sqs.create_queue(QueueName=name)["QueueUrl"]
    asked = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])
    return url, asked["Attributes"]["QueueArn"]


def _received(port, url):
    """The next message of a queue; None if none comes."""
    sqs = port.client("sqs")
    for _ in range(POLLS):
        asked = sqs.receive_message(QueueUrl=url, WaitTimeSeconds=0, MessageAttributeNames=["All"])
        if asked.get("Messages"):
            return asked["Messages"][0]
    return None


def _rule(port, target, pattern=PATTERN, name="failed"):
    events = port.client("events")
    events.put_rule(Name=name, EventPattern=json.dumps(pattern))
    return events.put_targets(Rule=name, Targets=[{"Id": "t", **target}])


def _schedule(port, expression, target, name="s", **members):
    return port.client("scheduler").create_schedule(
        **{
            "Name": name,
            "ScheduleExpression": expression,
            "FlexibleTimeWindow": {"Mode": "OFF"},
            "Target": {"RoleArn": ROLE, **target},
            **members,
        }
    )


def _executions(port, machine, wanted=1):
    """Executions when there are as many as wanted."""
    states = port.client("stepfunctions")
    for _ in range(POLLS):
        found = states.list_executions(stateMachineArn=machine)["executions"]
        if len(found) >= wanted:
            break
    return found


def _pass_time(port):
    """Two hours of virtual time."""
    machine = _machine(port, WAIT, "waits")
    states = port.client("stepfunctions")
    arn = states.start_execution(stateMachineArn=machine)["executionArn"]
    for _ in range(POLLS):
        if states.describe_execution(executionArn=arn)["status"] != "RUNNING":
            break


# --- rules ---------------------------------------------------------------------------------------


def test_a_rule_calls_a_function_when_an_execution_failed_and_for_no_other(port, zipped_text):
    port.client("s3").create_bucket(Bucket="bucket")
    function = port.client("lambda").create_function(
        FunctionName="f",
        Runtime="python3.12",
        Handler="index.handler",
        Role=ROLE,
        Timeout=30,
        Code={"ZipFile": zipped_text(index=WRITES)},
    )
    _rule(port, {"Arn": function["FunctionArn"]})
    machine = _machine(port, FAIL)

    def seen():
        s3 = port.client("s3")
        for _ in range(POLLS):
            if s3.list_objects_v2(Bucket="bucket").get("Contents"):
                return json.loads(s3.get_object(Bucket="bucket", Key="seen")["Body"].read())
        return None

    states = port.client("stepfunctions")
    states.start_execution(stateMachineArn=machine, name="other")
    assert seen() is None
    states.start_execution(stateMachineArn=machine, name="day-1")
    event = seen()
    assert (event["detail"]["name"], event["detail"]["status"]) == ("day-1", "FAILED")


def test_a_rule_tells_a_topic_by_its_template_and_the_topic_a_queue(port):
    url, queue = _queue(port)
    topic = port.client("sns").create_topic(Name="t")["TopicArn"]
    port.client("sns").subscribe(
        TopicArn=topic, Protocol="sqs", Endpoint=queue, Attributes={"RawMessageDelivery": "true"}
    )
    transformer = {
        "InputPathsMap": {"name": "$.detail.name", "status": "$.detail.status"},
        "InputTemplate": '"<name> is <status>"',
    }
    _rule(port, {"Arn": topic, "InputTransformer": transformer})
    port.client("stepfunctions").start_execution(stateMachineArn=_machine(port, FAIL), name="day-1")
    assert _received(port, url)["Body"] == '"day-1 is FAILED"'


def test_a_rule_runs_statements_of_the_data_api(port):
    redshift = port.client("redshift")
    redshift.create_cluster(
        ClusterIdentifier="w",
        NodeType="ra3.large",
        NumberOfNodes=2,
        MasterUsername="awsuser",
        MasterUserPassword="Passw0rd1",
    )
    arn = "arn:aws:redshift:us-east-1:123456789012:cluster:w"
    role = "arn:aws:iam::123456789012:role/client"
    of_user = {"Database": "dev", "DbUser": "awsuser", "StatementName": "told"}
    both = ["create table told (a int)", "insert into told values (1), (2)"]
    target = {"Arn": arn, "RoleArn": role, "RedshiftDataParameters": {**of_user, "Sqls": both}}
    _rule(port, target)
    port.client("stepfunctions").start_execution(stateMachineArn=_machine(port, FAIL), name="day-1")
    data = port.client("redshift-data")
    found, polls = [], 0
    while (not found or found[0]["Status"] != "FINISHED") and polls < POLLS:
        found = data.list_statements(StatementName="told", Status="ALL")["Statements"]
        polls += 1
    assert (found[0]["IsBatchStatement"], found[0]["QueryStrings"]) == (True, both)
    # neither without the other
    for wrong in ({"Arn": arn}, {**target, "Arn": "arn:aws:sqs:us-east-1:123456789012:q"}):
        with pytest.raises(ClientError, match="RedshiftDataParameters"):
            _rule(port, wrong)


def test_a_rule_sends_a_queue_a_part_of_the_event(port):
    url, queue = _queue(port)
    _rule(port, {"Arn": queue, "InputPath": "$.detail.status"})
    port.client("stepfunctions").start_execution(stateMachineArn=_machine(port, FAIL), name="day-1")
    assert _received(port, url)["Body"] == '"FAILED"'


def test_a_rule_starts_a_state_machine_with_a_text_of_its_own(port):
    target = _machine(port, PASS, "target")
    _rule(port, {"Arn": target, "RoleArn": ROLE, "Input": '{"a": 1}'})
    states = port.client("stepfunctions")
    states.start_execution(stateMachineArn=_machine(port, FAIL), name="day-1")
    (execution,) = _executions(port, target)
    described = states.describe_execution(executionArn=execution["executionArn"])
    assert json.loads(described["input"]) == {"a": 1}


def test_an_event_whose_target_is_gone_lies_in_the_dead_letters(port):
    url, queue = _queue(port, "dead")
    missing = "arn:aws:lambda:us-east-1:123456789012:function:missing"
    _rule(port, {"Arn": missing, "DeadLetterConfig": {"Arn": queue}})
    port.client("stepfunctions").start_execution(stateMachineArn=_machine(port, FAIL), name="day-1")
    message = _received(port, url)
    assert json.loads(message["Body"])["detail"]["name"] == "day-1"
    attributes = {name: one["StringValue"] for name, one in message["MessageAttributes"].items()}
    assert attributes["TARGET_ARN"] == missing
    assert attributes["ERROR_CODE"] == "ResourceNotFoundException"
    assert "function:missing was not called" in port.said[0]


@pytest.mark.parametrize(
    ("target", "named"),
    [
        ({"Arn": "arn:aws:logs:us-east-1:123456789012:log-group:g"}, "log-group:g as a target"),
        ({"Arn": "arn:aws:sqs:us-east-1:123456789012:q.fifo"}, "q.fifo as a target"),
        (
            {
                "Arn": "arn:aws:sqs:us-east-1:123456789012:q",
                "InputPath": "$.resources[*]",
            },
            "events JsonPath",
        ),
    ],
)
def test_a_target_that_is_not_simulated_is_refused_when_it_is_put(port, target, named):
    with pytest.raises(ClientError, match="events PutTargets is not simulated") as refused:
        _rule(port, target)
    assert named in str(refused.value)
    assert refused.value.response["ResponseMetadata"]["HTTPStatusCode"] == 400
    assert len(port.said) == 1


def test_an_event_that_a_client_puts_is_told_to_whom_a_rule_names(port):
    url, queue = _queue(port)
    _rule(port, {"Arn": queue}, {"source": ["shop"], "detail": {"total": [{"numeric": [">", 9]}]}})
    entries = [
        {"Source": "shop", "DetailType": "Sold", "Detail": json.dumps({"total": total})}
        for total in (5, 10)
    ]
    answer = port.client("events").put_events(Entries=entries)
    event = json.loads(_received(port, url)["Body"])
    assert (event["detail"], event["time"]) == ({"total": 10}, "2024-01-09T10:00:00Z")
    assert event["id"] == answer["Entries"][1]["EventId"]


# --- schedules -----------------------------------------------------------------------------------


def test_a_schedule_starts_an_execution_when_time_has_come_there(port):
    machine = _machine(port, PASS)
    text = '{"at": "<aws.scheduler.scheduled-time>"}'
    # 6 o'clock in New York is 11 in UTC
    _schedule(
        port,
        "cron(0 6 * * ? *)",
        {"Arn": machine, "Input": text},
        ScheduleExpressionTimezone="America/New_York",
    )
    assert _executions(port, machine) == []
    _pass_time(port)
    (execution,) = _executions(port, machine)
    assert execution["startDate"] == START.replace(hour=11)
    states = port.client("stepfunctions")
    described = states.describe_execution(executionArn=execution["executionArn"])
    assert json.loads(described["input"]) == {"at": "2024-01-09T11:00:00Z"}


def test_a_port_with_a_schedule_stands_still_while_nothing_else_happens(port):
    machine = _machine(port, PASS)
    _schedule(port, "rate(1 hour)", {"Arn": machine})
    # its first time is now
    assert len(_executions(port, machine, 2)) == 1


def test_in_scaled_time_a_schedule_needs_nobody(serve):
    port = serve(speed=36_000.0)
    machine = _machine(port, PASS)
    _schedule(port, "rate(1 hour)", {"Arn": machine})
    assert len(_executions(port, machine, 2)) >= 2


def test_what_is_disabled_changed_or_deleted_does_not_fire(port):
    machine = _machine(port, PASS)
    scheduler = port.client("scheduler")
    for name in ("off", "changed", "deleted"):
        _schedule(port, "at(2024-01-09T11:00:00)", {"Arn": machine}, name)
    common = {"FlexibleTimeWindow": {"Mode": "OFF"}, "Target": {"Arn": machine, "RoleArn": ROLE}}
    scheduler.update_schedule(
        Name="off", ScheduleExpression="at(2024-01-09T11:00:00)", State="DISABLED", **common
    )
    scheduler.update_schedule(
        Name="changed", ScheduleExpression="at(2024-01-09T11:30:00)", **common
    )
    scheduler.delete_schedule(Name="deleted")
    _pass_time(port)
    assert [one["startDate"] for one in _executions(port, machine)] == [
        START.replace(hour=11, minute=30)
    ]


def test_a_schedule_that_is_over_is_deleted_where_it_asks_for_that(port):
    machine = _machine(port, PASS)
    _schedule(port, "at(2024-01-09T11:00:00)", {"Arn": machine}, ActionAfterCompletion="DELETE")
    _pass_time(port)
    assert port.client("scheduler").list_schedules()["Schedules"] == []


def test_a_schedule_calls_an_operation_of_an_sdk(port):
    redshift = port.client("redshift")
    redshift.create_cluster(
        ClusterIdentifier="c",
        NodeType="ra3.large",
        ClusterType="single-node",
        MasterUsername="admin",
        MasterUserPassword="Password1",
    )
    pause = "arn:aws:scheduler:::aws-sdk:redshift:pauseCluster"
    _schedule(
        port, "at(2024-01-09T11:00:00)", {"Arn": pause, "Input": '{"ClusterIdentifier": "c"}'}
    )
    metric = {"MetricName": "m", "Value": 1}
    _schedule(
        port,
        "at(2024-01-09T11:00:00)",
        {
            "Arn": "arn:aws:scheduler:::aws-sdk:cloudwatch:putMetricData",
            "Input": json.dumps({"Namespace": "n", "MetricData": [metric]}),
        },
        "metric",
    )
    _pass_time(port)
    (cluster,) = redshift.describe_clusters()["Clusters"]
    assert cluster["ClusterStatus"] == "paused"
    shown = port.client("cloudwatch").list_metrics(Namespace="n")["Metrics"]
    assert [one["MetricName"] for one in shown] == ["m"]


def test_what_a_schedule_calls_in_vain_is_tried_again_and_lies_in_the_dead_letters(port):
    url, queue = _queue(port, "dead")
    # a cluster that is being made can't be paused
    port.client("redshift").create_cluster(
        ClusterIdentifier="c",
        NodeType="ra3.large",
        MasterUsername="admin",
        MasterUserPassword="Password1",
    )
    pause = "arn:aws:scheduler:::aws-sdk:redshift:resumeCluster"
    _schedule(
        port,
        "at(2024-01-09T11:00:00)",
        {
            "Arn": pause,
            "Input": '{"ClusterIdentifier": "c"}',
            "RetryPolicy": {"MaximumRetryAttempts": 2, "MaximumEventAgeInSeconds": 3600},
            "DeadLetterConfig": {"Arn": queue},
        },
    )
    _pass_time(port)
    attributes = _received(port, url)["MessageAttributes"]
    shown = {name: one["StringValue"] for name, one in attributes.items()}
    assert shown["RETRY_ATTEMPTS"] == "2"
    assert shown["EXHAUSTED_RETRY_CONDITION"] == "MaximumRetryAttempts"
    assert shown["SCHEDULED_TIME"] == "2024-01-09T11:00:00Z"


def test_a_rule_with_a_schedule_tells_its_targets_that_it_is_time(port):
    url, queue = _queue(port)
    events = port.client("events")
    events.put_rule(Name="daily", ScheduleExpression="cron(30 11 * * ? *)")
    events.put_targets(Rule="daily", Targets=[{"Id": "q", "Arn": queue}])
    _pass_time(port)
    event = json.loads(_received(port, url)["Body"])
    assert (event["detail-type"], event["time"]) == ("Scheduled Event", "2024-01-09T11:30:00Z")


@pytest.mark.parametrize(
    ("expression", "target", "named"),
    [
        ("every day", "arn:aws:sqs:us-east-1:123456789012:q", "Invalid Schedule Expression"),
        ("rate(1 day)", "arn:aws:scheduler:::aws-sdk:redshift:describeClusters", "it only reads"),
        ("rate(1 day)", "arn:aws:scheduler:::aws-sdk:redshift:flyCluster", "no such action"),
        ("rate(1 day)", "arn:aws:ecs:us-east-1:123456789012:cluster/c", "is not simulated"),
    ],
)
def test_a_schedule_that_cannot_be_is_refused(port, expression, target, named):
    with pytest.raises(ClientError, match=named):
        _schedule(port, expression, {"Arn": target})
    assert port.client("scheduler").list_schedules()["Schedules"] == []
