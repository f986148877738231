"""A project with a stack, a `terraform` that answers as it is told, and a port in this process."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from simulator.server.account import Account
from simulator.server.owner import Owner
from simulator.server.port import Port

TOML = """
[definition]
file = "machine.asl.json"
name = "M"
"""
MACHINE = {"StartAt": "A", "States": {"A": {"Type": "Wait", "Seconds": 20, "End": True}}}

# Reads what it is to do from a file beside it: for each command its exit code and what it prints.
TERRAFORM = """#!{python}
import json, pathlib, sys, time
here = pathlib.Path({folder!r})
words = [word for word in sys.argv[1:] if not word.startswith("-chdir=")]
with (here / "calls.jsonl").open("a") as calls:
    calls.write(json.dumps(words) + "\\n")
answers = json.loads((here / "answers.json").read_text())
answer = answers.get(words[0], {{}})
try:
    sys.stdout.write(answer.get("out", ""))
    sys.stdout.flush()
    time.sleep(answer.get("seconds", 0))
except KeyboardInterrupt:
    sys.stderr.write("Interrupt received.\\n")
sys.stderr.write(answer.get("err", ""))
sys.exit(answer.get("code", 0))
"""


class FakeTerraform:
    """The program, what it answers and what it was called with."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        program = folder / "terraform"
        program.write_text(TERRAFORM.format(python=sys.executable, folder=str(folder)))
        program.chmod(0o755)
        self._answers: dict[str, dict[str, Any]] = {}
        self.answers("version", out=json.dumps({"terraform_version": "1.11.4"}))

    def answers(self, command: str, **answer: Any) -> None:
        """What a command says from now on: `code`, `out`, `err`, after `seconds`."""
        self._answers[command] = answer
        (self.folder / "answers.json").write_text(json.dumps(self._answers))

    def has_outputs(self, **values: Any) -> None:
        """The outputs of what is deployed."""
        self.answers("output", out=json.dumps({name: {"value": v} for name, v in values.items()}))

    @property
    def calls(self) -> list[list[str]]:
        """The arguments of each call so far."""
        file = self.folder / "calls.jsonl"
        return [json.loads(line) for line in file.read_text().splitlines()] if file.exists() else []


@pytest.fixture
def terraform(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> FakeTerraform:
    """The only `terraform` on the path."""
    folder = tmp_path / "bin"
    folder.mkdir()
    monkeypatch.setenv("PATH", str(folder))
    monkeypatch.delenv("TF_PLUGIN_DIR", raising=False)
    return FakeTerraform(folder)


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A project with a stack, in which commands are run; nobody's AWS settings."""
    project = tmp_path / "project"
    (project / "terraform").mkdir(parents=True)
    (project / "simulator.toml").write_text(TOML)
    (project / "machine.asl.json").write_text(json.dumps(MACHINE))
    (project / "terraform" / "versions.tf").write_text(
        'terraform {\n  required_version = "~> 1.11"\n}\n'
    )
    monkeypatch.chdir(project)
    for name in ("AWS_ENDPOINT_URL", "AWS_PROFILE", "LOCALSTACK_HOST"):
        monkeypatch.delenv(name, raising=False)
    return project


@pytest.fixture
def port() -> Iterator[int]:
    """The number of a port in virtual time, in an account with nothing in it."""
    said: list[str] = []
    owner = Owner(lambda: Account(said.append), speed=None)
    owner.start()
    served = Port(owner, host="127.0.0.1", port=0, region="us-east-1")
    served.start()
    yield served.address[1]
    served.stop()
    owner.stop()


@pytest.fixture
def simulator(capfd: pytest.CaptureFixture[str]) -> Callable[..., tuple[int, str, str]]:
    """Runs a command line in this process: its exit code, and what it said on each stream."""
    from simulator import cli

    def run(*arguments: str) -> tuple[int, str, str]:
        capfd.readouterr()
        code = cli.main(arguments)
        said = capfd.readouterr()
        return code, said.out, said.err

    return run
