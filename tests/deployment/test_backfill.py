"""Executions for a range of dates on a port: real clients, and no Terraform but its outputs."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from simulator.commands import backfill
from simulator.deployment import executions
from simulator.deployment.targets import Target

ROLE = "arn:aws:iam::123456789012:role/m"
# each takes a minute; one day fails
STATES = {
    "IsBadDay": {
        "Type": "Choice",
        "Choices": [{"Variable": "$.day", "StringEquals": "2024-02-29", "Next": "Refuse"}],
        "Default": "Load",
    },
    "Refuse": {"Type": "Fail", "Error": "Closed", "Cause": "nobody sold anything"},
    "Load": {"Type": "Wait", "Seconds": 60, "End": True},
}
Run = Callable[..., tuple[int, str, str]]


@pytest.fixture
def states(port: int, folder: Path, terraform: Any) -> Any:
    """Step Functions of a port on which the machine is deployed."""
    state_folder = folder / ".simulator" / "local"
    target = Target("local", folder, folder / "terraform", state_folder, f"http://127.0.0.1:{port}")
    client = target.clients()("stepfunctions")
    definition = json.dumps({"StartAt": "IsBadDay", "States": STATES})
    arn = client.create_state_machine(name="M", roleArn=ROLE, definition=definition)[
        "stateMachineArn"
    ]
    terraform.has_outputs(
        state_machine_arn=arn,
        state_machine_alias_arn=arn,
        region="us-east-1",
        warehouse={"cluster_identifier": "c", "database": "dev"},
        analyst_secret_arn="arn:aws:secretsmanager:us-east-1:123456789012:secret:x",
        lake_bucket="lake",
    )
    (state_folder / "data").mkdir(parents=True)
    (state_folder / "terraform.tfstate").write_text("{}")
    (state_folder / "port.json").write_text(json.dumps({"port": port, "pid": None}))
    return client


def started(states: Any) -> list[tuple[str, Any, Any]]:
    """Input, start and end of each execution, in the order of their starts."""
    (machine,) = states.list_state_machines()["stateMachines"]
    listed = states.list_executions(stateMachineArn=machine["stateMachineArn"])["executions"]
    described = [states.describe_execution(executionArn=one["executionArn"]) for one in listed]
    described.sort(key=lambda one: one["startDate"])
    return [(json.loads(one["input"]), one["startDate"], one["stopDate"]) for one in described]


def test_each_date_has_an_execution_one_after_another(states: Any, simulator: Run):
    arguments = ["2024-02-27", "2024-02-28", "--member", "day", "--set", "kind=full"]
    code, out, err = simulator("backfill", "--target", "local", *arguments)
    assert code == 0, err
    assert re.fullmatch(
        r"2024-02-27  SUCCEEDED in 1m00s  backfill-2024-02-27-\S+\n"
        r"2024-02-28  SUCCEEDED in 1m00s  backfill-2024-02-28-\S+\n",
        out.replace("60.0 s", "1m00s"),
    )
    first, second = started(states)
    assert first[0] == {"kind": "full", "day": "2024-02-27"}
    assert second[0] == {"kind": "full", "day": "2024-02-28"}
    assert first[2] <= second[1]


def test_a_day_that_fails_ends_it_and_says_how_to_go_on(states: Any, simulator: Run):
    code, out, err = simulator(
        "backfill", "--target", "local", "2024-02-28", "2024-03-02", "--member", "day"
    )
    assert code == 1
    assert [line.split()[:2] for line in out.splitlines()[:2]] == [
        ["2024-02-28", "SUCCEEDED"],
        ["2024-02-29", "FAILED"],
    ]
    assert "error: Closed\ncause: nobody sold anything" in out
    assert "simulator backfill --target local --member day 2024-02-29 2024-03-02" in err
    assert len(started(states)) == 2


def test_ctrl_c_leaves_the_day_running_and_says_how_to_go_on(
    states: Any, simulator: Run, monkeypatch: pytest.MonkeyPatch
):
    def interrupted(*_: Any) -> Any:
        raise KeyboardInterrupt

    monkeypatch.setattr(executions, "news", interrupted)
    code, _, err = simulator(
        "backfill", "--target", "local", "2024-03-01", "2024-03-02", "--member", "day"
    )
    assert code == 130
    assert re.search(r"simulator execute --target local --follow backfill-2024-03-01-\S+\n", err)
    assert "simulator backfill --target local --member day 2024-03-02 2024-03-02" in err


@pytest.mark.parametrize(
    ("first", "last", "message"),
    [
        ("2024-02-30", "2024-03-01", "FROM: expected a date such as 2024-01-31, got '2024-02-30'"),
        ("2024-02-01", "20240301", "TO: expected a date such as 2024-01-31, got '20240301'"),
        ("2024-03-02", "2024-03-01", "TO: expected 2024-03-02 or a later date, got 2024-03-01"),
        ("2022-01-01", "2024-01-01", "TO: expected at most 366 days, got 731"),
    ],
)
def test_what_is_no_range_of_dates_is_refused_before_anything_starts(
    simulator: Run, first: str, last: str, message: str
):
    code, out, err = simulator("backfill", "--target", "local", first, last, "--member", "day")
    assert (code, out) == (2, "")
    assert message in err


def test_a_leap_year_is_a_range():
    assert len(backfill.days_between("2024-01-01", "2024-12-31")) == 366
