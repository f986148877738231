"""Property tests of somebody's project: a broken promise is found, shrunk, told and replayed."""

from __future__ import annotations

import json
import random
from pathlib import Path

import pytest
from hypothesis import given, seed, settings

from simulator import cli
from simulator.faults.plan import Fault, Plan
from simulator.testing import BrokenPromises, Sketch, Trials
from simulator.testing.strategies import draw_sketch

TOML = """
[definition]
file = "machine.asl.json"
name = "Demo"
[definition.substitutions]
work_arn = { lambda = "work" }
[lambda.work]
path = "fn"
[promises]
file = "kept.py"
"""
MACHINE = """{
  "StartAt": "Work",
  "States": {
    "Work": {"Type": "Task", "Resource": "${work_arn}", "Next": "Pause"},
    "Pause": {"Type": "Wait", "Seconds": 60, "Next": "More"},
    "More": {"Type": "Task", "Resource": "${work_arn}", "End": true}
  }
}
"""
PROMISES = '''
from simulator import Happened, promise

@promise
def only_more_may_fail(happened: Happened) -> str | None:
    """Whatever fails, More has begun."""
    for one in happened.executions.values():
        if one.status == "FAILED" and "More" not in [state for state, _ in one.entered]:
            return f"{one.name} FAILED before More"
    return None
'''


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "simulator.toml").write_text(TOML)
    (tmp_path / "machine.asl.json").write_text(MACHINE)
    (tmp_path / "kept.py").write_text(PROMISES)
    (tmp_path / "fn").mkdir()
    (tmp_path / "fn" / "index.py").write_text("def handler(event, context):\n    return event\n")
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def trials(folder: Path) -> Trials:
    return Trials(folder / "simulator.toml", input={"day": 1}, other_inputs=[{"day": 2}])


def property_of(trials: Trials):
    @seed(0)
    @settings(max_examples=200, database=None, deadline=None, report_multiple_bugs=False)
    @given(trials.sketches())
    def whatever_goes_wrong(sketch: Sketch) -> None:
        trials.play(sketch).check()

    return whatever_goes_wrong


def test_a_broken_promise_is_found_and_its_plan_has_the_one_fault_that_it_takes(trials, capsys):
    with pytest.raises(BrokenPromises) as broken:
        property_of(trials)()
    told = str(broken.value)
    assert "promise broken: Whatever fails, More has begun. (only_more_may_fail)" in told
    assert "run-1: FAILED in" in told
    plan = Plan.load(told.split("the plan:\n")[1].split("\n\n", maxsplit=1)[0])
    (fault,) = plan.faults
    assert (fault.kind, fault.subject, fault.occurrence) == ("lambda", "run-1/Work", 1)
    # the line that it prints replays it
    command = told.splitlines()[-1].split()
    assert command[:4] == ["python", "-m", "simulator", "run"]
    assert cli.main(command[3:]) == 1
    assert "only_more_may_fail" in "".join(capsys.readouterr())


def test_a_project_that_keeps_its_promises_passes(folder: Path, trials: Trials):
    (folder / "kept.py").write_text(PROMISES.replace('"FAILED" and', '"LOST" and'))
    property_of(trials)()


def test_a_plan_played_twice_is_the_same_run_and_tells_the_same_plan(trials: Trials):
    plan = Plan(
        (Fault("operator", "after WaitStateEntered run-1/Pause", "stop"),), input={"day": 3}
    )
    first, second = trials.play(plan), trials.play(plan)
    assert first.fingerprint == second.fingerprint
    assert (first.plan.faults, first.plan.input) == (plan.faults, {"day": 3})
    assert first.ends == {"run-1": ("ABORTED", None)}


def test_what_a_sketch_came_to_is_a_plan_that_does_it_again(trials: Trials):
    for number in range(20):
        sketch = draw_sketch(random.Random(number), trials.buckets)
        played = trials.play(sketch)
        again = trials.play(played.plan)
        assert again.fingerprint == played.fingerprint, json.dumps(played.plan.document())
