"""A run becomes a plan, and the plan the same run again: byte for byte, in any process."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from simulator import plans
from simulator.faults.choices import RecordingChoices
from simulator.faults.plan import OUTCOMES, Fault, Plan, PlanError
from simulator.faults.replay import faults_in, fingerprint
from simulator.simulator import Simulator

ROOT = Path(__file__).resolve().parents[2]
TOML = """
[definition]
file = "machine.asl.json"
name = "Demo"
[definition.substitutions]
load_arn = { lambda = "load" }
[lambda.load]
path = "fn"
timeout_seconds = 30
[input]
day = "2024-01-05"
"""
MACHINE = {
    "StartAt": "Load",
    "States": {
        "Load": {
            "Type": "Task",
            "Resource": "${load_arn}",
            "ResultPath": "$.statement",
            "Next": "Pause",
        },
        "Pause": {"Type": "Wait", "Seconds": 30, "Next": "Done"},
        "Done": {"Type": "Pass", "End": True},
    },
}
HANDLER = """
import uuid
import boto3

def handler(event, context):
    client = boto3.client("redshift-data")
    answer = client.execute_statement(
        ClusterIdentifier="w", Database="dev", DbUser="awsuser", StatementName="load",
        Sql="CREATE TABLE IF NOT EXISTS days (day date)",
    )
    return {"id": answer["Id"], "token": str(uuid.uuid4())}
"""
PLAN = Plan(
    faults=(
        Fault("operator", "after WaitStateEntered run-1/Pause", "start_again"),
        Fault("statement", "load", "STUCK", 2),
        Fault("operator", "after WaitStateExited run-2/Pause", "stop"),
        Fault("operator", "after ExecutionAborted run-2", "redrive"),
    ),
    seed=3,
    start_time="2024-02-29T05:00:00Z",
    name="run-1",
    input={"day": "2024-02-28"},
    other_inputs=({"day": "2024-02-29"},),
)


@pytest.fixture(scope="module")
def project(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("project")
    (folder / "simulator.toml").write_text(TOML)
    (folder / "machine.asl.json").write_text(json.dumps(MACHINE))
    (folder / "fn").mkdir()
    (folder / "fn" / "index.py").write_text(HANDLER)
    return folder


def play(project: Path, plan: Plan) -> Simulator:
    with plans.from_plan(project / "simulator.toml", plan) as simulator:
        simulator.run()
    return simulator


def test_a_plan_played_twice_gives_the_same_trace_byte_for_byte(project):
    first, second = (play(project, PLAN) for _ in range(2))
    first.world.choices.check()
    assert [(one.name, one.status) for one in first.executions] == [
        ("run-1", "SUCCEEDED"),
        ("run-2", "SUCCEEDED"),
    ]
    assert [view.status for view in first.statements] == ["FINISHED", "STARTED"]
    assert repr(first.trace.entries) == repr(second.trace.entries)
    assert fingerprint(first.trace) == fingerprint(second.trace)
    assert fingerprint(first.trace) != fingerprint(play(project, Plan(seed=3)).trace)


def test_to_be_looked_at_changes_nothing(project):
    watched = play(project, Plan())
    with Simulator.from_project(project / "simulator.toml") as alone:
        alone.start({"day": "2024-01-05"})
        alone.run()
    happened = [entry for entry in watched.trace.entries if entry[1] != "Choice"]
    assert alone.trace.entries == happened


def test_the_order_of_hashes_changes_nothing(project, tmp_path):
    file = tmp_path / "plan.json"
    file.write_text(PLAN.dump())
    code = (
        "import sys\n"
        "from simulator import plans\n"
        "from simulator.faults.replay import fingerprint\n"
        "with plans.from_plan(sys.argv[1], sys.argv[2]) as simulator:\n"
        "    simulator.run()\n"
        "print(fingerprint(simulator.trace))\n"
    )
    arguments = [sys.executable, "-c", code, str(project / "simulator.toml"), str(file)]
    here = fingerprint(play(project, PLAN).trace)
    for seed in ("0", "4242"):
        ran = subprocess.run(
            arguments,
            env={**os.environ, "PYTHONHASHSEED": seed},
            cwd=ROOT,
            capture_output=True,
            text=True,
            check=True,
        )
        assert ran.stdout.strip() == here


def test_what_somebody_else_picked_replays_as_a_plan(project):
    class Restless:
        """Has the second of everything go wrong, and starts again once."""

        def pick(self, place, options):
            if place.kind == "operator":
                moved = place.subject == "after ExecutionSucceeded run-1"
                return "start_again" if moved else options[0]
            goes_wrong = place.kind in OUTCOMES and place.occurrence == 2
            return options[1] if goes_wrong else options[0]

    choices = RecordingChoices(Restless())
    with Simulator.from_project(project / "simulator.toml", choices=choices, seed=9) as played:
        played.start({"day": "2024-01-06"})
        played.run()
        plan = plans.plan_of(played)
    assert plan.faults == choices.faults
    assert Fault("operator", "after ExecutionSucceeded run-1", "start_again") in plan.faults
    assert Fault("statement", "load", "FAILED", 2) in plan.faults
    assert plan.start_time == "2024-01-09T10:00:00Z"
    again = play(project, Plan.load(plan.dump()))
    assert repr(again.trace.entries) == repr(played.trace.entries)
    assert [fault for _, fault in faults_in(again.trace.entries)] == list(plan.faults)


def test_plans_know_every_place_and_outcome_that_services_offer(project):
    played = play(project, Plan())
    asked = played.world.choices.asked
    assert {place.kind for place in asked} <= set(OUTCOMES)
    for place, options in asked.items():
        known = OUTCOMES[place.kind]
        assert options[0] == known[0]
        assert {re.sub(r"@[0-9]+$", "@k", option) for option in options} <= set(known)


def test_what_the_plan_leaves_out_is_the_project_s(project):
    played = play(project, Plan())
    (execution,) = played.executions
    assert (execution.name, execution.input) == ("run-1", {"day": "2024-01-05"})
    assert played.world.identity.seed == 0


def test_a_plan_for_another_definition_is_refused_before_it_runs(project):
    with pytest.raises(PlanError, match="definition_sha256: expected a plan for this definition"):
        plans.from_plan(project / "simulator.toml", Plan(definition_sha256="0" * 64))


def test_a_simulation_that_started_nothing_is_no_plan():
    with Simulator() as simulator, pytest.raises(PlanError, match="started an execution"):
        plans.plan_of(simulator)
