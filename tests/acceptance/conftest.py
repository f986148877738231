"""What the acceptance tests share: the shipped project over a small lake, and the command line."""

from __future__ import annotations

import dataclasses
import shutil
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from simulator import Simulator, cli
from simulator import project as projects
from simulator.engine.ports import Place
from tests.support.modules import ROOT, load


@dataclasses.dataclass(slots=True)
class Outcomes:
    """A source of choice: the outcome of a job's statements, where it is to be another one than
    FINISHED."""

    by_job: Mapping[str, str]

    def pick(self, place: Place, options: Sequence[str]) -> str:
        job = place.subject.rsplit(":", 1)[-1]
        return self.by_job.get(job, options[0]) if place.kind == "statement" else options[0]


@pytest.fixture(scope="session")
def oracle() -> ModuleType:
    return load("statemachine/oracle.py", "acceptance_oracle")


@pytest.fixture(scope="session")
def small_lake(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Seven days of few sales, 2 to 8 January 2024. Read it, don't change it."""
    folder = tmp_path_factory.mktemp("lake")
    load("statemachine/sample_lake.py", "acceptance_sample_lake").fill(folder, days=7, scale=0.1)
    return folder


@pytest.fixture
def shipped(small_lake: Path) -> Callable[..., projects.Project]:
    """The shipped project, on a small lake unless told otherwise; keywords replace the values
    that go into its definition."""

    def make(
        lake: Path | None = None, timing: Mapping[str, Any] | None = None, **values: Any
    ) -> projects.Project:
        project = projects.read(ROOT / "simulator.toml")
        (bucket,) = project.lake
        substitutions = dict(project.definition.substitutions)
        for name, value in values.items():
            kind: Any = "json" if isinstance(value, dict | list) else "scalar"
            substitutions[name] = dataclasses.replace(substitutions[name], kind=kind, value=value)
        return dataclasses.replace(
            project,
            lake={
                bucket: dataclasses.replace(
                    project.lake[bucket], folder=lake or small_lake, fill=None
                )
            },
            definition=dataclasses.replace(project.definition, substitutions=substitutions),
            timing=timing or {},
            places={("timing", name): "test" for name in timing or {}},
        )

    return make


@pytest.fixture
def simulate() -> Iterator[Callable[..., Simulator]]:
    """Simulations of projects, closed after the test."""
    with ExitStack() as stack:

        def make(project: projects.Project, *, outcomes: Mapping[str, str] | None = None) -> Any:
            choices = None if outcomes is None else Outcomes(outcomes)
            return stack.enter_context(Simulator.from_project(project, choices=choices))

        yield make


@pytest.fixture
def copied_project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A user's own copy of the shipped project with a small lake of its own, and in it."""
    folder = tmp_path / "project"
    for name in ("statemachine", "lambda"):
        shutil.copytree(
            ROOT / name, folder / name, ignore=shutil.ignore_patterns("__pycache__", ".*_cache")
        )
    toml = (ROOT / "simulator.toml").read_text(encoding="utf-8")
    assert "days = 7, scale = 1 }" in toml
    toml = toml.replace("days = 7, scale = 1 }", "days = 3, scale = 0.1 }")
    (folder / "simulator.toml").write_text(toml, encoding="utf-8")
    monkeypatch.chdir(folder)
    return folder


@pytest.fixture
def command(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> Callable[..., tuple[int, str, str]]:
    """`python -m simulator ...` in this process: (exit code, stdout, stderr)."""
    monkeypatch.delenv(cli.TRACEBACK, raising=False)

    def run(*arguments: str) -> tuple[int, str, str]:
        capsys.readouterr()
        try:
            code = cli.main(arguments)
        except SystemExit as stop:
            # argparse's own way out
            code = int(stop.code or 0)
        out, err = capsys.readouterr()
        return code, out, err

    return run
