"""What waits for a client of the port: an activity's task, a callback. At virtual speed nothing but
their limits is left to come, and those give a client as long as AWS would."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from simulator.engine.scheduler import Scheduler
from simulator.server import owner
from simulator.server.owner import Pace

ROLE = "arn:aws:iam::123456789012:role/states"


def test_a_worker_that_polls_gets_its_task_and_has_time_for_it(port: Any) -> None:
    states = port.client("stepfunctions")
    arn = states.create_activity(name="approve")["activityArn"]
    task = {"Type": "Task", "Resource": arn, "End": True}
    definition = {
        "StartAt": "Ask",
        "States": {"Ask": {**task, "TimeoutSeconds": 300, "HeartbeatSeconds": 60}},
    }
    machine = states.create_state_machine(
        name="m", roleArn=ROLE, definition=json.dumps(definition)
    )["stateMachineArn"]
    with ThreadPoolExecutor(1) as threads:
        poll = threads.submit(
            port.client("stepfunctions").get_activity_task, activityArn=arn, workerName="w"
        )
        started = states.start_execution(stateMachineArn=machine, input='{"n": 1}')
        taken = poll.result(timeout=30)
    assert json.loads(taken["input"]) == {"n": 1}
    ask = {"executionArn": started["executionArn"]}
    assert states.describe_execution(**ask)["status"] == "RUNNING"
    states.send_task_heartbeat(taskToken=taken["taskToken"])
    states.send_task_success(taskToken=taken["taskToken"], output='"yes"')
    described = states.describe_execution(**ask)
    while described["status"] == "RUNNING":
        described = states.describe_execution(**ask)
    assert described["output"] == '"yes"'
    lasted = described["stopDate"] - described["startDate"]
    assert lasted.total_seconds() < 1


def test_a_limit_lasts_as_long_by_the_wall_clock(monkeypatch: pytest.MonkeyPatch) -> None:
    now = [1000.0]
    monkeypatch.setattr(owner.time, "monotonic", lambda: now[0])
    scheduler = Scheduler(0)
    pace = Pace(scheduler, None)
    happened: list[tuple[str, int]] = []

    def happen(what: str) -> None:
        happened.append((what, scheduler.now_ms))

    scheduler.patient(300_000, lambda: happen("limit"))
    scheduler.background(200_000, lambda: happen("schedule"))
    scheduler.after(5_000, lambda: happen("work"))
    assert pace.wait_seconds() == 0.0
    pace.catch_up()
    assert (happened, scheduler.now_ms) == ([("work", 5_000)], 5_000)
    # 295 s are left, whoever asks meanwhile
    assert pace.wait_seconds() == 295.0
    now[0] += 100
    pace.catch_up()
    assert pace.wait_seconds() == 195.0
    assert len(happened) == 1
    now[0] += 195
    assert pace.wait_seconds() == 0.0
    pace.catch_up()
    assert happened[1:] == [("schedule", 200_000), ("limit", 300_000)]
    assert pace.wait_seconds() is None


def test_what_is_answered_in_time_never_runs_out(monkeypatch: pytest.MonkeyPatch) -> None:
    now = [0.0]
    monkeypatch.setattr(owner.time, "monotonic", lambda: now[0])
    scheduler = Scheduler(0)
    pace = Pace(scheduler, None)
    limit = scheduler.patient(60_000, lambda: pytest.fail("ran out"))
    assert pace.wait_seconds() == 60.0
    limit.cancel()
    now[0] = 61.0
    pace.catch_up()
    assert pace.wait_seconds() is None
    assert scheduler.now_ms == 0
