"""Every plan that once broke a promise, replayed byte for byte: see tests/plans/record.toml."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from simulator.faults.plan import Plan

ROOT = Path(__file__).resolve().parents[2]
PLANS = ROOT / "tests" / "plans"
RECORD = PLANS / "record.toml"
RECORDED = tomllib.loads(RECORD.read_text(encoding="utf-8"))
DEFECTS = [name for name, record in RECORDED.items() if "overlay" in record]


def renew(name: str, fingerprint: str) -> None:
    text = RECORD.read_text(encoding="utf-8")
    pattern = rf'(\[{re.escape(name)}\]\n(?:[^\[]*\n)?fingerprint = )"[^"]*"'
    renewed, times = re.subn(pattern, rf'\1"{fingerprint}"', text)
    assert times == 1
    RECORD.write_text(renewed, encoding="utf-8")


def test_each_plan_is_recorded():
    assert sorted(file.stem for file in PLANS.glob("*.json")) == sorted(RECORDED)


@pytest.mark.parametrize("name", RECORDED)
def test_the_pipeline_keeps_its_promises_under_a_plan_byte_for_byte(trials_of, name: str):
    played = trials_of(None).play(Plan.load(PLANS / f"{name}.json"))
    played.check()
    if os.environ.get("RECORD"):
        renew(name, played.fingerprint)
        return
    hint = "where the change is meant: RECORD=1 python -m pytest tests/properties/test_plans.py"
    assert played.fingerprint == RECORDED[name]["fingerprint"], hint


@pytest.mark.parametrize("name", DEFECTS)
def test_the_plan_breaks_the_promise_of_the_defect_that_it_found(trials_of, name: str):
    record = RECORDED[name]
    defect = ROOT / "tests" / "overlays" / record["overlay"]
    played = trials_of(defect).play(Plan.load(PLANS / f"{name}.json"))
    assert record["breaks"] in [one.promise for one in played.broken]


def test_what_a_failing_plan_prints_replays_it(trials_of, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.chdir(ROOT)
    defect = ROOT / "tests" / "overlays" / "no_clean_up_function"
    told = trials_of(defect).play(Plan.load(PLANS / "no_clean_up_function.json")).told
    assert '"outcome":"STUCK"' in told
    command = told.splitlines()[-1].split()
    assert command[:4] == ["python", "-m", "simulator", "run"]
    ended = subprocess.run(
        [sys.executable, *command[1:]], capture_output=True, text=True, check=False
    )
    assert ended.returncode == 1, ended.stderr
    sentence = next(line for line in told.splitlines() if line.startswith("promise broken"))
    assert sentence in ended.stdout + ended.stderr
