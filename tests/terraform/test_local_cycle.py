"""The stack on the local port, from nothing to nothing: each test goes on where the one before
ended, as a day with it does."""

from __future__ import annotations

import json
import os
import re
import signal
import socket
from pathlib import Path
from typing import Any

import pytest
from python_terraform import IsFlagged

# it waits more than it computes: another worker makes the plans meanwhile
pytestmark = [pytest.mark.terraform, pytest.mark.xdist_group("cycle")]

NO_CHANGES, CHANGES = 0, 2
# what another wait between two looks at a statement changes
CHANGED = {"wait_seconds": 20}
BETHEL = "Bethel, OH: daily orders and sales"


def _definition(local: Any) -> tuple[str, str]:
    """The deployed definition, and the version that the alias starts."""
    states = local.client("stepfunctions")
    (machine,) = states.list_state_machines()["stateMachines"]
    described = states.describe_state_machine(stateMachineArn=machine["stateMachineArn"])
    (alias,) = states.list_state_machine_aliases(stateMachineArn=machine["stateMachineArn"])[
        "stateMachineAliases"
    ]
    routed = states.describe_state_machine_alias(
        stateMachineAliasArn=alias["stateMachineAliasArn"]
    )["routingConfiguration"]
    return described["definition"], routed[0]["stateMachineVersionArn"].rpartition(":")[2]


def test_an_apply_that_is_interrupted_says_how_to_go_on(local: Any):
    process = local.start("deploy", "-auto-approve", "--port", str(local.port))
    assert process.stdout is not None
    for line in process.stdout:
        # a moment of nothing but waiting: what is asked for just then may be made and not be noted,
        # on AWS as here
        if "[20s elapsed]" in line:
            break
    os.killpg(process.pid, signal.SIGINT)
    _, err = process.communicate(timeout=120)
    assert process.returncode == 2
    assert "interrupted" in err
    assert "python -m simulator deploy --target local" in err


def test_an_apply_goes_on_where_it_was_interrupted(local: Any, monkeypatch: pytest.MonkeyPatch):
    terraform = local.terraform(monkeypatch)
    # as a user does by hand: the same folder, the same state
    code, out, err = terraform.apply(skip_plan=True)
    assert code == 0, f"{out}\n{err}"
    assert terraform.output("state_machine_alias_arn", full_value=True).endswith(":live")


def test_then_nothing_is_to_change(local: Any, monkeypatch: pytest.MonkeyPatch):
    code, out, err = local.terraform(monkeypatch).plan(detailed_exitcode=IsFlagged)
    assert code == NO_CHANGES, f"{out}\n{err}"


def _rendered(local: Any, wait_seconds: int) -> str:
    """What the simulator renders for the deployed bucket and another wait."""
    text = (local.project / "simulator.toml").read_text()
    values = {"lake_bucket": '"store-sales-lake-123456789012-us-east-1"'}
    for name, value in {**values, "wait_seconds": wait_seconds}.items():
        text, count = re.subn(rf"^{name} = .*$", f"{name} = {value}", text, flags=re.MULTILINE)
        assert count == 1
    file = local.project / "deployed.toml"
    file.write_text(text)
    try:
        from simulator import project

        settings = project.read(file)
        rendered = project.render(settings, account_id="123456789012", region="us-east-1")
    finally:
        file.unlink()
    return str(rendered.text)


def test_what_changed_is_applied_and_its_version_is_live(
    local: Any, monkeypatch: pytest.MonkeyPatch
):
    terraform = local.terraform(monkeypatch)
    before, version = _definition(local)
    assert before == _rendered(local, 15)
    code, out, err = terraform.plan(detailed_exitcode=IsFlagged, var=CHANGED)
    assert code == CHANGES, f"{out}\n{err}"
    told = local.run("deploy", "-auto-approve", "-var", "wait_seconds=20")
    assert "Apply complete!" in told
    after, changed = _definition(local)
    assert after == _rendered(local, 20)
    assert int(changed) == int(version) + 1


def test_then_nothing_is_to_change_again(local: Any, monkeypatch: pytest.MonkeyPatch):
    terraform = local.terraform(monkeypatch)
    code, out, err = terraform.plan(detailed_exitcode=IsFlagged, var=CHANGED)
    assert code == NO_CHANGES, f"{out}\n{err}"
    assert "nothing to change" in local.run("deploy", "-var", "wait_seconds=20")


def test_a_plan_tells_what_it_costs(local: Any):
    told = local.run("plan", "-var", "wait_seconds=20")
    assert re.search(r"a run: +0\.0\d\d\d", told)
    assert re.search(r"cluster store-sales: 1 x ra3.large, 730 hours +396\.39", told)


def test_the_lake_is_uploaded_once(local: Any):
    assert re.search(r"^40 uploaded, 0 there already", local.run("lake"), re.MULTILINE)
    assert re.search(r"^0 uploaded, 40 there already", local.run("lake"), re.MULTILINE)


def test_an_execution_is_followed_and_then_told_as_a_simulated_one(local: Any):
    history = local.project / ".simulator" / "history.json"
    told = local.run("execute", "--name", "first", "--history", str(history))
    live, _, timeline = told.partition("StoreSalesETLStateMachine, first: SUCCEEDED in ")
    assert re.search(r"s    statement [0-9a-f-]{36} FINISHED$", live, re.MULTILINE)
    assert "  ExecStoreSalesFactLoadJob\n" in live
    assert re.search(
        r"^ExecStoreSalesFactLoadJob|^ +ExecStoreSalesFactLoadJob", timeline, re.MULTILINE
    )
    assert "critical path" in timeline
    assert re.search(r"^sales\.store_sales +- +[\d,]+ +\+[\d,]+$", timeline, re.MULTILINE)
    assert BETHEL in timeline
    events = json.loads(history.read_text())["events"]
    assert (events[0]["type"], events[-1]["type"]) == ("ExecutionStarted", "ExecutionSucceeded")
    # the wait that was deployed
    assert "WaitStoreSalesFactLoadJob: done in 20.0 s" in live


def test_a_name_that_is_taken_is_refused(local: Any):
    told = local.run("execute", "--name", "first", "--set", "refresh_date=2024-01-07", code=2)
    assert "--name: expected a name that was not used in 90 days, got 'first'" in told


def test_an_execution_can_be_followed_again(local: Any):
    told = local.run("execute", "--follow", "first")
    assert "StoreSalesETLStateMachine, first: SUCCEEDED in" in told


def test_the_analyst_s_report_holds_the_day(local: Any):
    told = local.run("report")
    assert BETHEL in told
    assert re.search(r"^2024-01-08 +\d+ +\d+\.\d\d$", told, re.MULTILINE)


def test_pausing_and_resuming_may_be_repeated(local: Any):
    assert "cluster store-sales: paused\n" in local.run("pause")
    assert "cluster store-sales: paused already" in local.run("pause")
    assert "its status is paused" in local.run("report", code=1)
    assert "cluster store-sales: available\n" in local.run("resume")
    assert "cluster store-sales: available already" in local.run("resume")
    assert BETHEL in local.run("report")


def test_everything_that_was_asked_is_simulated(local: Any):
    assert local.log().splitlines() == [f"simulator ready on http://127.0.0.1:{local.port}"]


def _left(local: Any) -> list[str]:
    """What the account still holds."""
    asked = (
        ("stepfunctions", "list_state_machines", "stateMachines"),
        ("lambda", "list_functions", "Functions"),
        ("redshift", "describe_clusters", "Clusters"),
        ("s3", "list_buckets", "Buckets"),
        ("sns", "list_topics", "Topics"),
        ("sqs", "list_queues", "QueueUrls"),
        ("events", "list_rules", "Rules"),
        ("scheduler", "list_schedules", "Schedules"),
        ("cloudwatch", "describe_alarms", "MetricAlarms"),
        ("cloudwatch", "list_dashboards", "DashboardEntries"),
        ("logs", "describe_log_groups", "logGroups"),
        ("secretsmanager", "list_secrets", "SecretList"),
        ("iam", "list_roles", "Roles"),
    )
    return [
        f"{service}: {one}"
        for service, operation, member in asked
        for one in getattr(local.client(service), operation)().get(member, ())
    ]


def test_destroying_leaves_nothing(local: Any):
    note = local.project / ".simulator/local/port.json"
    noted = note.read_text()
    # a port that somebody else started goes on: what is left on it can be seen
    note.write_text(json.dumps({"port": local.port, "pid": None}))
    assert len(_left(local)) > 40
    told = local.run("destroy", "-auto-approve")
    assert "Destroy complete!" in told or "destroyed." in told
    assert _left(local) == []
    note.write_text(noted)
    told = local.run("destroy", "-auto-approve")
    assert f"nothing is deployed\nthe local port {local.port} has ended\n" in told
    with socket.socket() as probe:
        assert probe.connect_ex(("127.0.0.1", local.port)) != 0
    assert local.files() == local.sources
    assert list(Path(local.temporary).iterdir()) == []
    assert "nothing is deployed" in local.run("destroy")
