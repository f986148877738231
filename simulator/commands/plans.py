"""`run --faults` and `--overlay`: what a plan decides beside the options, and how to replay it."""

from __future__ import annotations

import json
import shlex
from argparse import Namespace
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from simulator import project
from simulator.commands.errors import UsageError
from simulator.faults.plan import Plan

if TYPE_CHECKING:
    from simulator.faults.choices import PlannedChoices


def plan_of(options: Namespace) -> Plan | None:
    """The plan that `--faults` names, or None. Raises `PlanError`, or `UsageError` for an option
    beside it that says something else than the plan does."""
    if options.faults is None:
        return None
    plan = Plan.load(options.faults)
    said = (
        ("--seed", "seed", options.seed is not None),
        ("--start-time", "start_time", options.start_time is not None),
        ("--name", "name", options.name is not None),
        ("--input", "input", options.input is not None),
        ("--set", "input", bool(options.set)),
    )
    for option, member, is_given in said:
        value = getattr(plan, member)
        if is_given and value is not None:
            raise UsageError(
                option,
                f"expected none beside a plan that says {json.dumps(value)}, got one",
                f"change or leave out {member} in the plan",
            )
    return plan


@contextmanager
def project_file(options: Namespace) -> Iterator[Path]:
    """The `simulator.toml` to run: the project's, or that of a copy under `--overlay`."""
    file = project.find(options.project)
    if options.overlay is None:
        yield file
        return
    with project.overlaid(file, options.overlay) as copied:
        yield copied


def complaints(choices: PlannedChoices | None, options: Namespace) -> list[str]:
    """What the plan asked for and the run never did, each as one message."""
    if choices is None:
        return []
    where = options.faults if not options.faults.lstrip().startswith("{") else "plan"
    return [str(one.within(where)) for one in choices.complaints()]


def again_command(options: Namespace, plan: Plan | None) -> str:
    """Runs the same input on the tables as they are now, without the plan's faults."""
    words = ["--continue", *_where(options)]
    if plan is not None and plan.input is not None:
        words += ["--input", json.dumps(plan.input)]
    return _command([*words, *_input(options)])


def replay_command(options: Namespace) -> str | None:
    """Does again what was done, from the start; None where it began on tables now replaced."""
    if options.goes_on:
        return None
    words = [] if options.faults is None else ["--faults", options.faults]
    words += [*_where(options), *_input(options)]
    if options.name is not None:
        words += ["--name", options.name]
    if options.start_time is not None:
        words += ["--start-time", options.start_time.isoformat()]
    return _command(words)


def _where(options: Namespace) -> list[str]:
    words = [] if str(options.project) == "." else ["--project", str(options.project)]
    return words if options.overlay is None else [*words, "--overlay", str(options.overlay)]


def _input(options: Namespace) -> list[str]:
    words = [] if options.input is None else ["--input", options.input]
    for setting in options.set:
        words += ["--set", setting]
    return words if options.seed is None else [*words, "--seed", str(options.seed)]


def _command(words: list[str]) -> str:
    return shlex.join(["python", "-m", "simulator", "run", *words])
