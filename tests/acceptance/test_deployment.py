"""The customer's document line by line: what is deployed, on a port or as Terraform renders it."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from simulator import Execution, Simulator
from simulator.deployment import executions, pauses
from simulator.deployment import stack as deployed
from simulator.report.following import Following
from simulator.server.account import Account
from tests.support.modules import ROOT, load
from tests.support.pipeline import JOBS

# one worker makes the stack for all
pytestmark = pytest.mark.xdist_group("deployment")
CleanRun = tuple[Simulator, Execution]
Make = Callable[..., Any]


stacks = load("tests/stack/stack.py", "acceptance_stack")
PLAIN: Mapping[str, Any] = stacks.rendered("plain")


class InProcess:
    """The port's account without its port, and the stack in it; `said` is the log."""

    def __init__(self, lake: Path) -> None:
        self.said: list[str] = []
        self._account = Account(self.said.append)
        self.simulator: Simulator = self._account._simulator
        self.client = cache(self.simulator.client)
        self.stack = stacks.Stack(self.client, "plain", lake, settle=self.simulator.run)

    def close(self) -> None:
        self._account.close()


@pytest.fixture
def made(small_lake: Path) -> Iterator[InProcess]:
    """The stack, made from nothing; nothing is loaded yet."""
    one = InProcess(small_lake)
    one.stack.make()
    yield one
    assert one.said == []
    one.close()


# --- 3: jobs were run by hand before the start of business at 9:00 -------------------------------


def breaches(alarm: Mapping[str, Any], points: Sequence[datetime], now: datetime) -> bool:
    """Whether an alarm on the sum of `points`, each 1, is in ALARM: all of its periods breach.

    "Configuring how CloudWatch alarms treat missing data": a period without any counts as set.
    """
    period = alarm["period"]
    # periods begin at multiples of their length, and the running one isn't evaluated
    end = math.floor(now.timestamp() / period) * period
    compare = {
        "LessThanThreshold": float.__lt__,
        "GreaterThanThreshold": float.__gt__,
        "GreaterThanOrEqualToThreshold": float.__ge__,
    }[alarm["comparison_operator"]]
    states = []
    for number in range(alarm["evaluation_periods"]):
        begin = end - (number + 1) * period
        found = sum(begin <= point.timestamp() < begin + period for point in points)
        is_missing = alarm["treat_missing_data"] == "breaching"
        states.append(compare(float(found), float(alarm["threshold"])) if found else is_missing)
    return all(states)


def cron_time(schedule: Mapping[str, Any]) -> tuple[int, int]:
    """Hour and minute of a daily schedule."""
    found = re.fullmatch(r"cron\((\d+) (\d+) \* \* \? \*\)", schedule["schedule_expression"])
    assert found is not None
    return int(found[2]), int(found[1])


def test_03_the_schedule_is_early_enough_and_its_zone_is_the_pipelines(clean_run: CleanRun) -> None:
    """It starts in the pipeline's own time zone; a run ends minutes later, and one that is slow
    enough for an alarm still before 9:00."""
    schedule = PLAIN["aws_scheduler_schedule.etl"]
    assert schedule["state"] == "ENABLED"
    assert (
        schedule["schedule_expression_timezone"]
        == PLAIN["substitutions"]["time_zone"]
        == "America/New_York"
    )
    hour, minute = cron_time(schedule)
    start = timedelta(hours=hour, minutes=minute)
    _, execution = clean_run
    assert start + timedelta(seconds=execution.virtual_seconds) < timedelta(hours=5, minutes=5)
    slow = PLAIN['aws_cloudwatch_metric_alarm.execution["slow"]']["threshold"]
    assert start + timedelta(milliseconds=slow) < timedelta(hours=9)
    assert schedule["target"][0]["arn"] == PLAIN["aws_sfn_alias.live"]["arn"]


@pytest.mark.parametrize(
    ("succeeded", "rings"),
    [
        ([], True),
        (["2024-01-08T05:01:00"], True),
        (["2024-01-09T05:01:00"], False),
        (["2024-01-09T08:29:00"], False),
        (["2024-01-09T09:10:00"], True),
    ],
    ids=["not at all", "only the day before", "in time", "just in time", "too late"],
)
def test_03_a_day_not_loaded_at_8_45_raises_the_alarm(succeeded: list[str], rings: bool) -> None:
    """Metric, period and threshold, evaluated on the metrics of a day."""
    nothing = PLAIN["aws_cloudwatch_metric_alarm.nothing_succeeded"]
    due = PLAIN["aws_cloudwatch_metric_alarm.day_is_due"]
    composite = PLAIN["aws_cloudwatch_composite_alarm.not_loaded"]
    assert (nothing["metric_name"], nothing["statistic"]) == ("ExecutionsSucceeded", "Sum")
    names = [nothing["alarm_name"], due["alarm_name"]]
    assert composite["alarm_rule"] == " AND ".join(f'ALARM("{name}")' for name in names)
    zone = ZoneInfo(PLAIN["aws_scheduler_schedule.deadline"]["schedule_expression_timezone"])
    hour, minute = cron_time(PLAIN["aws_scheduler_schedule.deadline"])
    assert (hour, minute) == (8, 45)
    deadline = datetime(2024, 1, 9, hour, minute, 20, tzinfo=zone)
    points = [datetime.fromisoformat(moment).replace(tzinfo=zone) for moment in succeeded]
    minutes = [deadline + timedelta(minutes=number) for number in range(-300, 300)]
    rang = [
        moment
        for moment in minutes
        if breaches(nothing, points, moment) and breaches(due, [deadline], moment)
    ]
    assert bool(rang) is rings
    # while business can still do something about it
    assert all(moment < deadline + timedelta(minutes=3) for moment in rang)


@pytest.mark.parametrize(("job", "rings"), [(None, False), ("BuildDB", True)])
def test_03_what_runs_too_long_is_told_while_it_runs(
    shipped: Make, simulate: Make, job: str | None, rings: bool
) -> None:
    """A statement that never ends is told of before its own timeout ends it."""
    alarm = PLAIN["aws_cloudwatch_metric_alarm.running_long"]
    simulator = simulate(shipped(), outcomes={job: "STUCK"} if job else {})
    execution = simulator.start({"refresh_date": "2024-01-08"})
    simulator.run()
    zone = ZoneInfo("UTC")
    asked = [
        datetime.fromtimestamp(at_ms / 1000, zone)
        for at_ms, _, function, _ in simulator.trace.of_kind("LambdaInvoked")
        if function == alarm["dimensions"]["FunctionName"]
    ]
    assert asked
    begin = datetime.fromtimestamp(execution.start / 1000, zone)
    end = datetime.fromtimestamp(execution.stop / 1000, zone)
    minutes = (end - begin) // timedelta(minutes=1) + 1
    rang = [
        begin + timedelta(minutes=number)
        for number in range(minutes)
        if breaches(alarm, asked, begin + timedelta(minutes=number))
    ]
    assert bool(rang) is rings


# --- 6: business users lost trust in the delivery ------------------------------------------------


def test_06_whoever_subscribes_is_told_when_the_day_is_loaded_and_when_it_is_not(
    made: InProcess,
) -> None:
    """Each topic's subscriber reads what the rules of the stack send it."""
    queues = {}
    for name in ("analysts", "engineers"):
        topic = made.stack.arns[PLAIN[f"aws_sns_topic.{name}"]["arn"]]
        sqs = made.client("sqs")
        queue = sqs.create_queue(QueueName=name)["QueueUrl"]
        arn = sqs.get_queue_attributes(QueueUrl=queue, AttributeNames=["QueueArn"])
        made.client("sns").subscribe(
            TopicArn=topic,
            Protocol="sqs",
            Endpoint=arn["Attributes"]["QueueArn"],
            Attributes={"RawMessageDelivery": "true"},
        )
        queues[name] = queue

    def read(name: str) -> list[str]:
        made.simulator.run()
        answer = made.client("sqs").receive_message(QueueUrl=queues[name], MaxNumberOfMessages=10)
        return [message["Body"] for message in answer.get("Messages", [])]

    loaded = made.stack.ended(made.stack.start("night", refresh_date="2024-01-08"))
    assert loaded["status"] == "SUCCEEDED"
    (told,) = read("analysts")
    assert "store-sales: the day is loaded, by execution night at 2024-01-09T10:" in told
    assert read("engineers") == []
    # a day whose files are not there
    failed = made.stack.ended(made.stack.start("early", refresh_date="2024-01-09"))
    assert failed["status"] == "FAILED"
    (told,) = read("engineers")
    assert "store-sales: an execution is FAILED, and the day may not be loaded: https://" in told
    assert told.rstrip('"').endswith(failed["executionArn"])
    assert read("analysts") == []


def test_06_the_deadline_is_told_to_analysts_and_engineers() -> None:
    """And CloudWatch and EventBridge may publish to the topics, which nobody else may."""
    topics = {name: PLAIN[f"aws_sns_topic.{name}"]["arn"] for name in ("analysts", "engineers")}
    composite = PLAIN["aws_cloudwatch_composite_alarm.not_loaded"]
    assert sorted(composite["alarm_actions"]) == sorted(topics.values())
    for name, arn in topics.items():
        policy = PLAIN[f'aws_sns_topic_policy.this["{name}"]']["policy"]
        assert all(one["Resource"] == arn for one in policy["Statement"])
        principals = {one["Principal"]["Service"] for one in policy["Statement"]}
        assert {"events.amazonaws.com", "cloudwatch.amazonaws.com"} <= principals
        assert all(one["Condition"] for one in policy["Statement"])


# --- 9, 13: what the template makes --------------------------------------------------------------


def test_09_function_and_state_machine_are_created_by_the_template(small_lake: Path) -> None:
    """From an account with nothing in it; tests/terraform does it with Terraform itself."""
    one = InProcess(small_lake)
    try:
        functions, states = one.client("lambda"), one.client("stepfunctions")
        assert functions.list_functions()["Functions"] == []
        assert states.list_state_machines()["stateMachines"] == []
        one.stack.make()
        names = [function["FunctionName"] for function in functions.list_functions()["Functions"]]
        assert any("RedshiftDataApi" in name for name in names)
        (machine,) = states.list_state_machines()["stateMachines"]
        assert "ETLStateMachine" in machine["name"]
    finally:
        one.close()


def test_13_the_deployed_definition_is_what_render_prints(made: InProcess, command: Make) -> None:
    """With what Terraform puts into it."""
    code, shown, _ = command("render", "--project", str(ROOT))
    assert code == 0
    described = made.client("stepfunctions").describe_state_machine(
        stateMachineArn=made.stack.state_machine_arn
    )
    assert described["definition"].strip() == shown.strip()


# --- 18: watching a run --------------------------------------------------------------------------


def test_18_the_follower_shows_states_and_statements_as_they_go(
    made: InProcess, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What is over is said while others run."""
    arn = made.stack.start("watched", refresh_date="2024-01-08")
    simulator = made.simulator
    # between two looks some seconds pass
    monkeypatch.setattr(
        executions.time,
        "sleep",
        lambda _: simulator.world.scheduler.run(until_ms=simulator.now + 2_000),
    )
    following = Following()
    looks = []
    for events in executions.news(made.client("stepfunctions"), arn):
        lines = [line for event in events for line in following.take(event)]
        looks.append((lines, list(following.open_states())))
    texts = [line.text for lines, _ in looks for line in lines]
    for job in JOBS:
        assert any(text.endswith((f"  Exec{job}", f"  {job}")) for text in texts)
    assert sum(text.endswith("FINISHED") for text in texts) == len(JOBS)
    assert texts[-1].endswith("SUCCEEDED")
    assert len(looks) > 10
    # both dimension loads are open at one look
    waiting = {f"Wait{job}" for job in JOBS[1:3]}
    assert any(waiting <= set(states) for _, states in looks)
    # a statement is told of when it is handed over, and again when it has ended
    news = re.findall(r"statement (\S+) (\S+)", "\n".join(texts))
    for statement in {one for one, _ in news}:
        assert [status for one, status in news if one == statement] == ["SUBMITTED", "FINISHED"]
    # one branch's is over while the other's is still waited for
    index = next(n for n, text in enumerate(texts) if text.endswith(f"{JOBS[1]}Finished"))
    assert any(f"Wait{JOBS[2]}: done" in text for text in texts[index:])


# --- 24, 30: the secret, and what costs by the hour ----------------------------------------------


def test_24_a_wrong_password_in_the_secret_is_refused(made: InProcess) -> None:
    """The deployed secret's form; with another password in it the analyst can't sign in."""
    made.stack.load("2024-01-08")
    secrets = made.client("secretsmanager")
    arn = made.stack.analyst_secret
    kept = json.loads(secrets.get_secret_value(SecretId=arn)["SecretString"])
    assert kept["username"] == "analyst"

    def statement(sql: str) -> dict[str, Any]:
        data = made.client("redshift-data")
        submitted = data.execute_statement(**made.stack.connection, SecretArn=arn, Sql=sql)
        made.simulator.run()
        return dict(data.describe_statement(Id=submitted["Id"]))

    assert statement("SELECT count(*) FROM sales.store_sales")["Status"] == "FINISHED"
    refused = statement("INSERT INTO sales.store (s_store_sk) VALUES (0)")
    assert (refused["Status"], "permission denied" in refused["Error"]) == ("FAILED", True)
    wrong = {**kept, "password": kept["password"][::-1] + "x"}
    secrets.put_secret_value(SecretId=arn, SecretString=json.dumps(wrong))
    refused = statement("SELECT count(*) FROM sales.store_sales")
    assert (refused["Status"], "password" in refused["Error"]) == ("FAILED", True)


def test_30_cluster_source_and_task_are_stopped_and_resumed_as_often_as_asked(
    made: InProcess, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each is seen to have stopped; a second call changes nothing; after a resume the next day is
    loaded."""
    simulator = made.simulator
    monkeypatch.setattr(pauses.time, "sleep", lambda _: simulator.run())
    rds, dms, redshift = (made.client(name) for name in ("rds", "dms", "redshift"))
    rds.create_db_instance(
        DBInstanceIdentifier="store-sales-oracle",
        Engine="oracle-ee",
        DBInstanceClass="db.t3.medium",
        AllocatedStorage=20,
    )
    task = dms.create_replication_task(
        ReplicationTaskIdentifier="store-sales",
        SourceEndpointArn="arn:aws:dms:us-east-1:123456789012:endpoint:SOURCE",
        TargetEndpointArn="arn:aws:dms:us-east-1:123456789012:endpoint:LAKE",
        ReplicationInstanceArn="arn:aws:dms:us-east-1:123456789012:rep:INSTANCE",
        MigrationType="cdc",
        TableMappings="{}",
    )["ReplicationTask"]["ReplicationTaskArn"]
    dms.start_replication_task(
        ReplicationTaskArn=task, StartReplicationTaskType="start-replication"
    )
    stack = deployed.Stack(
        state_machine_arn=made.stack.state_machine_arn,
        alias_arn=made.stack.state_machine_arn,
        region="us-east-1",
        warehouse=deployed.Warehouse("dev", cluster_identifier="store-sales"),
        secret_arn=made.stack.analyst_secret,
        lake_bucket=made.stack.lake_bucket,
        source=deployed.Source(task, "store-sales-oracle"),
    )

    def statuses() -> tuple[str, str, str]:
        (cluster,) = redshift.describe_clusters(ClusterIdentifier="store-sales")["Clusters"]
        (instance,) = rds.describe_db_instances()["DBInstances"]
        (found,) = dms.describe_replication_tasks()["ReplicationTasks"]
        return cluster["ClusterStatus"], instance["DBInstanceStatus"], found["Status"]

    assert statuses() == ("available", "available", "running")
    for _ in range(2):
        said: list[str] = []
        pauses.pause(made.client, stack, said.append)
        assert statuses() == ("paused", "stopped", "stopped")
    assert len(said) == 3
    assert all(line.endswith(" already") for line in said)
    for _ in range(2):
        said = []
        pauses.resume(made.client, stack, said.append)
        assert statuses() == ("available", "available", "running")
    assert all(line.endswith(" already") for line in said)
    made.stack.load("2024-01-08")


def test_30_the_stack_is_deleted_and_can_be_made_again(made: InProcess) -> None:
    """Nothing of it is left, its cluster's own secret among it; deleting once more is harmless, and
    every name is free. tests/terraform does it with Terraform itself."""
    made.stack.load("2024-01-08")
    assert len(made.stack.left()) == 7
    for _ in range(2):
        made.stack.delete()
        assert made.stack.left() == []
    again = stacks.Stack(made.client, "plain", made.stack._lake, settle=made.simulator.run)
    again.make()
    # with tables of its own: those of before went with the cluster
    data = made.client("redshift-data")
    tables = data.list_tables(
        **again.connection, SecretArn=again.analyst_secret, SchemaPattern="sales"
    )
    assert tables["Tables"] == []


# --- 31: a picture of the architecture -----------------------------------------------------------


@pytest.fixture
def pictures() -> dict[str, str]:
    """The README's diagrams by their kind: of the simulator, of the pipeline, of AWS."""
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    drawn = re.findall(r"```mermaid\n(.*?)```", text, re.DOTALL)
    assert len(drawn) == 3
    return dict(zip(("simulator", "pipeline", "aws"), drawn, strict=True))


def test_31_the_picture_of_the_pipeline_names_what_the_definition_holds(
    pictures: dict[str, str], clean_run: CleanRun
) -> None:
    simulator, _ = clean_run
    described = simulator.client("stepfunctions").describe_state_machine(
        stateMachineArn=simulator.state_machine_arn
    )["definition"]
    names = set(re.findall(r"\b(?:[A-Z][a-z]+){2,}[A-Z]*\b|\bBuildDB\b", pictures["pipeline"]))
    assert len(names) >= 5
    states = set(re.findall(r'"(\w+)": \{', described))
    for name in names:
        # a job's states begin with what they do
        assert {name, f"Exec{name}"} & states
    # each job is there, by its name or in words
    for words in ("BuildDB", "customer address", "item", "store sales fact", "ValidateSalesMetric"):
        assert words in pictures["pipeline"]


def test_31_the_picture_of_aws_names_what_the_stack_holds(pictures: dict[str, str]) -> None:
    resources = stacks.rendered("everything")
    named = set(re.findall(r"StoreSales\w+|store-sales-[a-z-]*[a-z]", pictures["aws"]))
    held = {
        value
        for one in resources.values()
        for key, value in one.items()
        if key in ("name", "function_name", "alarm_name") and isinstance(value, str)
    }
    assert named <= held
    of_types = {
        key: {one[key] for one in stacks.of_type(resources, kind)}
        for kind, key in (
            ("aws_lambda_function", "function_name"),
            ("aws_sfn_state_machine", "name"),
        )
    }
    topics = {one["name"] for one in stacks.of_type(resources, "aws_sns_topic")}
    queues = {one["name"] for one in stacks.of_type(resources, "aws_sqs_queue")}
    assert set.union(*of_types.values(), topics, queues) <= named
    for words in ("Secrets Manager", "SageMaker notebook", "Redshift", "S3: lake", "DMS task"):
        assert words in pictures["aws"]


def test_31_the_runbook_tells_of_every_alarm() -> None:
    text = (ROOT / "docs" / "runbook.md").read_text(encoding="utf-8")
    alarms = [
        one["alarm_name"]
        for kind in ("aws_cloudwatch_metric_alarm", "aws_cloudwatch_composite_alarm")
        for one in stacks.of_type(stacks.rendered("everything"), kind)
    ]
    assert len(alarms) > 12
    told = set(re.findall(r"`(store-sales-[a-z-]+)`", text))
    assert set(alarms) <= told
