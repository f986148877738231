"""Plays sketches and plans on one project, each on a fresh database, and tells what broke."""

from __future__ import annotations

import hashlib
import os
import shlex
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from simulator import plans
from simulator.faults.choices import PlannedChoices, RecordingChoices
from simulator.faults.plan import Plan
from simulator.faults.promises import Broken
from simulator.faults.replay import fingerprint
from simulator.simulator import Simulator
from simulator.testing.sketches import Bucket, Sketch, SketchedChoices, census

if TYPE_CHECKING:
    from hypothesis.strategies import SearchStrategy

    from simulator.engine.trace import Trace
    from simulator.project import Project


class BrokenPromises(AssertionError):
    """A plan under which a promise broke: the plan, its timeline, the promise, how to replay it."""


@dataclass(frozen=True)
class Played:
    """What came of one plan."""

    plan: Plan
    broken: Sequence[Broken]
    # execution -> (status, error)
    ends: dict[str, tuple[str, str | None]]
    trace: Trace
    # made while the simulation was open, and only where something broke
    told: str = ""

    @property
    def fingerprint(self) -> str:
        """Equal for equal runs, byte for byte."""
        return fingerprint(self.trace)

    def check(self) -> None:
        """Raise `BrokenPromises` unless every promise was kept."""
        if self.broken:
            raise BrokenPromises(self.told)


class Trials:
    """One project to try faults on. It is read once; what a clean run asks is learnt once.

    `input` is the executions' input, `inputs` several to draw from, `other_inputs` what
    `start_other_date` starts; `overlay` is named in the command that replays a failing plan, and
    `folder` is where such plans are written (default: `.simulator/plans` of the project).
    """

    def __init__(
        self,
        project: Project | Path | str,
        *,
        input: Any = None,  # noqa: A002 - AWS's word for it
        inputs: Sequence[Any] = (),
        other_inputs: Sequence[Any] = (),
        overlay: Path | None = None,
        folder: Path | None = None,
    ) -> None:
        from simulator import project as projects

        self.project: Project = (
            project if isinstance(project, projects.Project) else projects.read(Path(project))
        )
        self.inputs: tuple[Any, ...] = tuple(inputs) or (
            self.project.input if input is None else input,
        )
        self.other_inputs = tuple(other_inputs)
        self.overlay = overlay
        self.folder = folder or self.project.state_folder / "plans"

    @cached_property
    def buckets(self) -> tuple[Bucket, ...]:
        """What could go wrong in a run in which nothing does."""
        asked = RecordingChoices()
        self._play(asked, Plan(input=self.inputs[0], other_inputs=self.other_inputs))
        return census(asked.asked)

    def sketches(self, *, max_faults: int = 3) -> SearchStrategy[Sketch]:
        """A Hypothesis strategy for `play`."""
        from simulator.testing.strategies import sketches

        return sketches(lambda: self.buckets, max_faults=max_faults, inputs=len(self.inputs))

    def play(self, what: Sketch | Plan) -> Played:
        """Run a sketch or a plan to its end."""
        if isinstance(what, Plan):
            return self._play(PlannedChoices(what), what)
        wanted = Plan(
            input=self.inputs[what.input % len(self.inputs)], other_inputs=self.other_inputs
        )
        return self._play(SketchedChoices(what.turns), wanted)

    def _play(self, choices: RecordingChoices, wanted: Plan) -> Played:
        with Simulator.from_project(
            self.project,
            choices=choices,
            seed=wanted.seed,
            start_time=wanted.start_time,
            other_inputs=wanted.other_inputs,
        ) as simulator:
            simulator.start(wanted.input, name=wanted.name)
            simulator.run()
            # whatever else the run amounts to, its other inputs are those it was given
            plan = replace(plans.plan_of(simulator), other_inputs=wanted.other_inputs)
            return Played(
                plan=plan,
                broken=tuple(simulator.broken),
                ends={one.name: (one.status, one.error) for one in simulator.executions},
                trace=simulator.trace,
                told=self._told(simulator, plan) if simulator.broken else "",
            )

    def _told(self, simulator: Simulator, plan: Plan) -> str:
        from simulator.testing.telling import broken_text

        return broken_text(simulator, plan, command=self.replay_command(self.keep(plan)))

    def keep(self, plan: Plan) -> Path:
        """Write a plan under a name of its own; where it is."""
        self.folder.mkdir(parents=True, exist_ok=True)
        text = plan.dump()
        file = self.folder / f"{hashlib.sha256(text.encode()).hexdigest()[:12]}.json"
        written = file.with_suffix(f".{os.getpid()}")
        written.write_text(text, encoding="utf-8")
        written.replace(file)
        return file

    def replay_command(self, file: Path) -> str:
        """The line that replays a plan."""
        words = ["--faults", _short(file)]
        if self.overlay is not None:
            words += ["--overlay", _short(self.overlay)]
        return shlex.join(["python", "-m", "simulator", "run", *words])


def _short(file: Path) -> str:
    try:
        return str(file.resolve().relative_to(Path.cwd()))
    except ValueError:
        return str(file)


__all__ = ["BrokenPromises", "Played", "Trials"]
