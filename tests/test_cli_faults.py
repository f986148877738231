"""`run --faults` and `--overlay`: a plan played, marked and replayed; bad plans; overlaid files."""

from __future__ import annotations

import json
import shlex
import shutil
from pathlib import Path

import pytest

from simulator import cli
from tests.support.demo import MACHINE, TOML

ROOT = Path(__file__).resolve().parents[1]
HANDLER = """
import helper

def handler(event, context):
    return {"loaded": event["day"], "by": helper.NAME}
"""
STOP = {"kind": "operator", "subject": "after WaitStateEntered run-1/Pause", "outcome": "stop"}
AGAIN = {"kind": "operator", "subject": "after ExecutionAborted run-1", "outcome": "start_again"}


@pytest.fixture
def folder(tmp_path, monkeypatch) -> Path:
    (tmp_path / "simulator.toml").write_text(TOML)
    (tmp_path / "machine.asl.json").write_text(MACHINE)
    (tmp_path / "fn").mkdir()
    (tmp_path / "fn" / "index.py").write_text(HANDLER)
    (tmp_path / "fn" / "helper.py").write_text("NAME = 'ours'\n")
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv(cli.TRACEBACK, raising=False)
    return tmp_path


@pytest.fixture
def simulator(folder, capsys):
    """Run a command: (exit code, stdout, stderr)."""

    def simulator(*arguments: str) -> tuple[int, str, str]:
        try:
            code = cli.main(arguments)
        except SystemExit as stop:
            code = stop.code
        out, err = capsys.readouterr()
        return code, out, err

    return simulator


def plan(folder: Path, *faults, **members) -> str:
    (folder / "plan.json").write_text(json.dumps({"format": 1, "faults": list(faults), **members}))
    return "plan.json"


def test_a_plan_is_played_and_its_faults_are_marked(simulator, folder):
    code, out, err = simulator("run", "--faults", plan(folder, STOP))
    assert (code, err) == (1, "")
    lines = out.splitlines()
    assert lines[0].startswith("Demo, run-1: ABORTED in 0.0 s")
    row = next(line for line in lines if line.startswith("! stop"))
    assert row.endswith("!")
    assert "!! fault" in out
    assert "! 0.0 s  operator 'after WaitStateEntered run-1/Pause' #1: stop" in lines
    assert lines[-2:] == ["replay it:", "  python -m simulator run --faults plan.json"]


def test_the_printed_command_replays_the_same_run(simulator, folder):
    arguments = ["run", "--faults", plan(folder, STOP, seed=5), "--project", str(folder)]
    code, first, _ = simulator(*arguments)
    assert code == 1
    again = shlex.split(first.splitlines()[-1])
    assert again[:3] == ["python", "-m", "simulator"]
    code, second, _ = simulator(*again[3:])
    assert code == 1
    # real seconds differ, nothing else
    assert _without_real_time(first) == _without_real_time(second)


def _without_real_time(text: str) -> list[str]:
    return [line for line in text.splitlines() if " real for " not in line]


def test_a_plan_may_be_given_as_text(simulator):
    code, out, _ = simulator("run", "--faults", json.dumps({"format": 1, "faults": [STOP]}))
    assert code == 1
    assert "run-1: ABORTED" in out


def test_every_execution_has_its_timeline_and_counts(simulator, folder):
    code, out, _ = simulator("run", "--faults", plan(folder, STOP, AGAIN))
    assert code == 1
    assert "Demo, run-1: ABORTED" in out
    assert "Demo, run-2: SUCCEEDED" in out
    assert "start_again" in out
    code, out, _ = simulator("run", "--json", "--faults", "plan.json")
    document = json.loads(out)
    assert document["status"] == "ABORTED"
    assert document["executions"] == [
        {"name": "run-1", "status": "ABORTED"},
        {"name": "run-2", "status": "SUCCEEDED"},
    ]
    assert [(fault["place"], fault["outcome"]) for fault in document["faults"]] == [
        ("operator 'after WaitStateEntered run-1/Pause' #1", "stop"),
        ("operator 'after ExecutionAborted run-1' #1", "start_again"),
    ]
    # both names are used now
    code, out, _ = simulator("run", "--continue")
    assert code == 0
    assert out.startswith("Demo, run-3: SUCCEEDED")


def test_a_run_that_goes_well_under_a_plan_ends_with_0(simulator, folder):
    once_more = {**AGAIN, "subject": "after ExecutionSucceeded run-1"}
    code, out, _ = simulator("run", "--faults", plan(folder, once_more))
    assert code == 0
    assert "replay" not in out


def test_what_the_plan_says_is_what_runs(simulator, folder):
    document = {"name": "night-7", "input": {"day": "2024-02-29"}}
    code, out, _ = simulator("run", "--json", "--faults", plan(folder, **document))
    assert code == 0
    assert json.loads(out)["output"]["loaded"] == "2024-02-29"
    assert json.loads(out)["executions"] == [{"name": "night-7", "status": "SUCCEEDED"}]
    # what it leaves out, options may say
    code, out, _ = simulator("run", "--json", "--faults", plan(folder), "--set", "day=x")
    assert json.loads(out)["output"]["loaded"] == "x"


@pytest.mark.parametrize(
    ("members", "arguments", "message"),
    [
        (
            {"seed": 3},
            ("--seed", "4"),
            (
                "--seed: expected none beside a plan that says 3, got one\n"
                "  hint: change or leave out seed in the plan\n"
            ),
        ),
        (
            {"format": 2},
            (),
            "plan.json: format: expected format 1, got 2\n",
        ),
        (
            {"definition_sha256": "0" * 64},
            (),
            "definition_sha256: expected a plan for this definition",
        ),
    ],
)
def test_a_plan_that_cannot_be_played_ends_with_2(simulator, folder, members, arguments, message):
    code, out, err = simulator("run", "--faults", plan(folder, **members), *arguments)
    assert (code, out) == (2, "")
    assert err.startswith(message)


def test_a_place_that_the_run_never_reached_is_told_after_it(simulator, folder):
    typo = {**STOP, "subject": "after WaitStateEntered run-1/Puase"}
    code, out, err = simulator("run", "--faults", plan(folder, typo))
    assert code == 2
    assert "run-1: SUCCEEDED" in out
    assert err.startswith(
        "plan.json: faults[0]: expected a place that the run reaches, got operator "
        "'after WaitStateEntered run-1/Puase' #1\n"
        "  hint: near it were 'after WaitStateEntered run-1/Pause', "
    )


def test_a_missing_plan_is_told(simulator):
    code, _, err = simulator("run", "--faults", "none.json")
    assert code == 2
    assert err == "none.json: expected a readable file, got No such file or directory\n"


def test_an_overlay_s_files_stand_in_for_the_project_s(simulator, folder):
    (folder / "defect" / "fn").mkdir(parents=True)
    (folder / "defect" / "fn" / "helper.py").write_text("NAME = 'theirs'\n")
    code, out, _ = simulator("run", "--json", "--overlay", "defect")
    assert code == 0
    assert json.loads(out)["output"] == {"loaded": "2024-01-05", "by": "theirs"}
    # the project itself is as it was
    assert (folder / "fn" / "helper.py").read_text() == "NAME = 'ours'\n"
    code, out, _ = simulator("run", "--json")
    assert json.loads(out)["output"]["by"] == "ours"


def test_an_overlaid_run_leaves_its_state_with_the_project(simulator, folder):
    (folder / "defect").mkdir()
    (folder / "defect" / "machine.asl.json").write_text(
        '{"StartAt": "No", "States": {"No": {"Type": "Fail", "Error": "No"}}}'
    )
    code, out, _ = simulator("run", "--overlay", "defect")
    assert code == 1
    assert out.endswith("replay it:\n  python -m simulator run --overlay defect\n")
    code, out, _ = simulator("run", "--continue")
    assert code == 0
    assert out.startswith("Demo, run-2: SUCCEEDED")


def test_an_overlay_that_replaces_nothing_is_refused(simulator, folder):
    (folder / "defect").mkdir()
    (folder / "defect" / "helper.py").write_text("")
    code, _, err = simulator("run", "--overlay", "defect")
    assert code == 2
    assert err.startswith("defect: expected files to lay over those of ")
    code, _, err = simulator("run", "--overlay", "none")
    assert (code, err) == (2, "none: expected a folder of files, got none\n")


@pytest.fixture
def pipeline(folder, monkeypatch) -> Path:
    copy = folder / "pipeline"
    ignore = shutil.ignore_patterns("__pycache__", ".*")
    copy.mkdir()
    for name in ("statemachine", "lambda"):
        shutil.copytree(ROOT / name, copy / name, ignore=ignore)
    toml = (ROOT / "simulator.toml").read_text().replace("scale = 1", "scale = 0.1")
    (copy / "simulator.toml").write_text(toml)
    monkeypatch.chdir(copy)
    return copy


def test_after_a_failure_by_a_fault_a_rerun_gives_the_tables_of_a_clean_run(simulator, pipeline):
    code, out, _ = simulator("run", "--json")
    assert code == 0
    clean = json.loads(out)
    names = [one["name"] for one in clean["statements"]]
    (name,) = [name for name in names if name.endswith(":StoreSalesFactLoadJob")]
    fault = {"kind": "statement", "subject": name, "outcome": "FAILED"}
    code, out, _ = simulator("run", "--faults", plan(pipeline, fault))
    assert code == 1
    assert "! FAILED" in out
    assert "run it again on these tables:\n  python -m simulator run --continue\n" in out
    code, out, _ = simulator("run", "--continue", "--json")
    assert code == 0
    assert json.loads(out)["tables"] == clean["tables"]
