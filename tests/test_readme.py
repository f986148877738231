"""Runs what the README shows and compares: every line shown must come out, in that order.

`...` stands for lines left out. Real seconds differ from run to run and are not compared.
"""

from __future__ import annotations

import json
import os
import pathlib
import re
import shlex
import shutil
import subprocess
import sys

import pytest

ROOT = pathlib.Path(__file__).resolve().parents[1]
README = (ROOT / "README.md").read_text(encoding="utf-8")
CONSOLE = re.findall(r"^```console\n(.*?)^```", README, re.DOTALL | re.MULTILINE)
REAL_SECONDS = re.compile(r"\d+(\.\d+)? s real")


def _command(line: str) -> list[str]:
    words = shlex.split(line)
    if words[:2] == ["make", "simulate"]:
        options = words[2].removeprefix("ARGS=") if len(words) > 2 else ""
        words = ["python", "-m", "simulator", "run", *shlex.split(options)]
    assert words[:3] == ["python", "-m", "simulator"], f"{line}: what should this test run?"
    return [sys.executable, *words[1:]]


def _lines(text: str) -> list[str]:
    return [REAL_SECONDS.sub("N s real", line.rstrip()) for line in text.splitlines()]


def _steps() -> list[tuple[str, list[str]]]:
    steps: list[tuple[str, list[str]]] = []
    for block in CONSOLE:
        for line in _lines(block):
            if line.startswith("$ "):
                steps.append((line[2:], []))
            else:
                steps[-1][1].append(line)
    return steps


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> pathlib.Path:
    folder = tmp_path_factory.mktemp("checkout")
    shutil.copy(ROOT / "simulator.toml", folder)
    for name in ("statemachine", "lambda", "examples"):
        shutil.copytree(ROOT / name, folder / name, ignore=shutil.ignore_patterns(".simulator"))
    return folder


@pytest.mark.long
def test_every_command_prints_what_the_readme_shows(project: pathlib.Path) -> None:
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "COLUMNS": "100", "PYTHONUTF8": "1"}
    assert len(_steps()) >= 5
    for command, shown in _steps():
        done = subprocess.run(
            _command(command),
            cwd=project,
            env=environment,
            capture_output=True,
            encoding="utf-8",
            check=False,
        )
        assert done.returncode in (0, 1), f"{command}\n{done.stderr}"
        printed, position, skipping = _lines(done.stdout), 0, False
        for line in shown:
            if line == "...":
                skipping = True
                continue
            rest = printed[position:]
            assert line in rest if skipping else rest[:1] == [line], (
                f"{command}: expected {line!r} in\n" + "\n".join(rest)
            )
            position += rest.index(line) + 1
            skipping = False


def test_the_python_example_passes() -> None:
    block = re.search(r"^```python\n(.*?)^```", README, re.DOTALL | re.MULTILINE)
    assert block is not None
    load = {
        "Type": "Task",
        "Resource": "arn:aws:lambda:us-east-1:123456789012:function:load",
        "Retry": [{"ErrorEquals": ["ConnectionError"], "IntervalSeconds": 11}],
        "End": True,
    }
    names = {
        "ROLE": "arn:aws:iam::123456789012:role/machine",
        "DEFINITION": json.dumps({"StartAt": "Load", "States": {"Load": load}}),
    }
    exec(block[1], names)
    names["test_a_failed_load_is_retried"]()  # type: ignore[operator]


def test_the_first_screen_shows_both_commands() -> None:
    top = "\n".join(README.splitlines()[:40])
    assert "make simulate" in top
    assert "make test" in top


def test_every_linked_file_exists() -> None:
    for target in re.findall(r"\]\(([^)#:]+)\)", README):
        assert (ROOT / target).exists(), target
