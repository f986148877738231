"""Executions on a port, followed by the command: real clients, and no Terraform but its outputs."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from simulator.commands import execute
from simulator.deployment import executions
from simulator.deployment.stack import Stack, Warehouse
from simulator.deployment.targets import Target

ROLE = "arn:aws:iam::123456789012:role/m"
Run = Callable[..., tuple[int, str, str]]


@pytest.fixture
def states(port: int, folder: Path) -> Any:
    endpoint = f"http://127.0.0.1:{port}"
    target = Target("local", folder, folder / "terraform", folder / ".simulator/local", endpoint)
    return target.clients()("stepfunctions")


def _machine(states: Any, **state: Any) -> str:
    ends = {} if state["Type"] == "Fail" else {"End": True}
    definition = {"StartAt": "A", "States": {"A": {**state, **ends}}}
    made = states.create_state_machine(name="M", roleArn=ROLE, definition=json.dumps(definition))
    return str(made["stateMachineArn"])


@pytest.fixture
def deployed(port: int, folder: Path, terraform: Any, states: Any) -> Callable[..., None]:
    """Deploys a machine of one state, as Terraform's outputs tell of it."""

    def deploy(**state: Any) -> None:
        arn = _machine(states, **state)
        terraform.has_outputs(
            state_machine_arn=arn,
            state_machine_alias_arn=arn,
            region="us-east-1",
            warehouse={"cluster_identifier": "c", "database": "dev"},
            analyst_secret_arn="arn:aws:secretsmanager:us-east-1:123456789012:secret:x",
            lake_bucket="lake",
        )
        state_folder = folder / ".simulator" / "local"
        (state_folder / "data").mkdir(parents=True)
        (state_folder / "terraform.tfstate").write_text("{}")
        (state_folder / "port.json").write_text(json.dumps({"port": port, "pid": None}))

    return deploy


def test_an_execution_is_followed_to_its_end(deployed: Any, simulator: Run):
    deployed(Type="Wait", Seconds=20)
    code, out, err = simulator("execute", "--target", "local")
    assert code == 0, err
    name = re.search(r"^started (manual-\S+)$", err, re.MULTILINE)
    assert name is not None
    assert out.splitlines()[:3] == [
        "    0.0 s  A",
        "   20.0 s  A: done in 20.0 s",
        "   20.0 s  SUCCEEDED",
    ]
    assert f"M, {name[1]}: SUCCEEDED in 20.0 s" in out
    assert re.search(r"^A +0\.0 s +20\.0 s +1 +1 █", out, re.MULTILINE)


def test_a_failed_execution_ends_with_its_error_and_1(deployed: Any, simulator: Run):
    deployed(Type="Fail", Error="Sold.Out", Cause="nothing left")
    code, out, _ = simulator("execute", "--target", "local", "--name", "first")
    assert code == 1
    assert "M, first: FAILED" in out
    assert "error: Sold.Out\ncause: nothing left" in out


def test_input_and_history_are_those_of_run(deployed: Any, folder: Path, simulator: Run):
    deployed(Type="Pass")
    code, _, _ = simulator(
        *("execute", "--target", "local", "--set", "day=2024-01-07", "--history", "h.json")
    )
    assert code == 0
    events = json.loads((folder / "h.json").read_text())["events"]
    assert json.loads(events[0]["executionStartedEventDetails"]["input"]) == {"day": "2024-01-07"}
    assert [event["id"] for event in events] == [1, 2, 3, 4]


def test_a_name_that_is_taken_says_what_to_do(deployed: Any, simulator: Run):
    deployed(Type="Pass")
    assert simulator("execute", "--target", "local", "--name", "x")[0] == 0
    code, _, err = simulator("execute", "--target", "local", "--name", "x", "--set", "a=1")
    assert code == 2
    assert "--name: expected a name that was not used in 90 days, got 'x'\n  hint: leave it" in err
    code, _, err = simulator("execute", "--target", "local", "--follow", "y")
    assert (code, err) == (
        2,
        "--follow: expected an execution's name of the last 90 days, got 'y'\n",
    )


def test_ctrl_c_leaves_it_running_and_says_how_to_follow_it_again(
    deployed: Any, simulator: Run, states: Any, monkeypatch: pytest.MonkeyPatch
):
    deployed(Type="Wait", Seconds=20)

    def interrupted(*_: Any) -> Any:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(executions, "news", interrupted)
        code, _, err = simulator("execute", "--target", "local", "--name", "long")
    assert code == execute.INTERRUPTED
    again = "execute --target local --follow long"
    assert f"the execution goes on; follow it again:\n  python -m simulator {again}\n" in err
    arn = executions.find(states, _stack(states), "long")
    assert states.describe_execution(executionArn=arn)["status"] in ("RUNNING", "SUCCEEDED")
    code, out, err = simulator(*again.split())
    assert (code, "started" in err) == (0, False)
    assert "M, long: SUCCEEDED in 20.0 s" in out


def _stack(states: Any) -> Stack:
    (machine,) = states.list_state_machines()["stateMachines"]
    arn = machine["stateMachineArn"]
    return Stack(arn, arn, "us-east-1", Warehouse("dev", "c"), "arn:secret", "lake")


class Pages:
    """GetExecutionHistory of an execution that goes on between two looks."""

    def __init__(self, *lengths: int) -> None:
        self.lengths = list(lengths)
        self.calls: list[dict[str, Any]] = []

    def get_paginator(self, operation: str) -> Any:
        assert operation == "get_execution_history"
        return self

    def paginate(self, **request: Any) -> Any:
        assert request["reverseOrder"]
        count = self.lengths.pop(0) if len(self.lengths) > 1 else self.lengths[0]
        events = [{"id": number, "type": "X"} for number in range(1, count + 1)]
        if count == max(self.lengths):
            events[-1]["type"] = "ExecutionSucceeded"
        for start in range(count, 0, -3):
            page = events[max(0, start - 3) : start]
            self.calls.append({"events": page[::-1]})
            yield self.calls[-1]


def test_each_event_is_heard_once_and_in_order(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(executions.time, "sleep", lambda _: None)
    pages = Pages(1, 1, 8, 10)
    heard = [[event["id"] for event in events] for events in executions.news(pages, "arn")]
    assert heard == [[1], [], [2, 3, 4, 5, 6, 7, 8], [9, 10]]
    # no page was read that held only what was known
    assert len(pages.calls) == 1 + 1 + 3 + 1


def test_names_are_new_each_time():
    names = {executions.new_name() for _ in range(20)}
    assert len(names) == 20
    assert all(re.fullmatch(r"manual-\d{8}T\d{6}Z-[0-9a-f]{4}", name) for name in names)


def test_without_a_stack_it_is_said_how_to_deploy_one(
    folder: Path, port: int, simulator: Run, terraform: Any
):
    state_folder = folder / ".simulator" / "local"
    state_folder.mkdir(parents=True)
    (state_folder / "port.json").write_text(json.dumps({"port": port, "pid": None}))
    code, _, err = simulator("execute", "--target", "local")
    assert code == 2
    assert err == (
        "stack: expected a deployed one, got none: nothing is deployed\n"
        "  hint: python -m simulator deploy --target local\n"
    )


@pytest.mark.parametrize("command", ["execute", "report", "pause", "resume", "lake"])
def test_without_a_port_each_command_says_so(folder: Path, simulator: Run, command: str):
    state_folder = folder / ".simulator" / "local"
    state_folder.mkdir(parents=True)
    # nothing listens on a port of that number: it is reserved
    (state_folder / "port.json").write_text(json.dumps({"port": 1, "pid": None}))
    code, _, err = simulator(command, "--target", "local")
    assert code == 2
    assert err.startswith("http://127.0.0.1:1: expected the local port, got no answer")


@pytest.mark.parametrize("command", ["plan", "deploy", "destroy", "execute", "report", "lake"])
def test_without_credentials_aws_is_not_asked(
    folder: Path, simulator: Run, terraform: Any, monkeypatch: pytest.MonkeyPatch, command: str
):
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_CONFIG_FILE", "/dev/null")
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", "/dev/null")
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    code, _, err = simulator(command)
    assert code == 2
    assert err.startswith("AWS credentials: expected some, got none\n  hint: aws configure")
    # its version at most
    assert {call[0] for call in terraform.calls} <= {"version"}
