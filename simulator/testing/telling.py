"""A failing plan in words: the plan as JSON, what broke, each execution's timeline, the replay."""

from __future__ import annotations

import io
from collections.abc import Iterator
from typing import TYPE_CHECKING

from simulator.faults.plan import place_text
from simulator.faults.replay import faults_in
from simulator.report.critical import critical_path
from simulator.report.faults import Mark, fault_rows, faults_text, marks_of
from simulator.report.kept import promises_text
from simulator.report.rows import duration_text, timeline_rows
from simulator.report.statements import statements_by_run
from simulator.report.timeline import timeline_lines
from simulator.report.visits import read_history

if TYPE_CHECKING:
    from simulator.faults.plan import Plan
    from simulator.simulator import Simulator

WIDTH = 100


def broken_text(simulator: Simulator, plan: Plan, *, command: str) -> str:
    """What a failing test prints."""
    start_ms = simulator.world.scheduler.start_ms
    marks = [
        Mark(at_ms, fault.outcome, place_text(fault.place))
        for at_ms, fault in faults_in(simulator.trace.entries)
    ]
    parts = [
        promises_text(simulator.broken, start_ms),
        faults_text(marks, start_ms) or "no fault",
        *_timelines(simulator, marks),
        f"the plan:\n{plan.dump(indent=None)}",
        f"replay it:\n  {command}",
    ]
    return "\n\n".join(("", *parts))


def _timelines(simulator: Simulator, marks: list[Mark]) -> Iterator[str]:
    from rich.console import Console

    runs = {one.name: read_history(one.history()) for one in simulator.executions}
    shares = statements_by_run(list(runs.values()), simulator.statements)
    found = marks_of(marks, runs)
    for (name, run), statements in zip(runs.items(), shares, strict=True):
        told = io.StringIO()
        console = Console(file=told, width=WIDTH, color_system=None)
        console.print(f"{name}: {run.status} in {duration_text(run.end_ms - run.start_ms)}")
        rows = timeline_rows(run, critical_path(run), statements) + fault_rows(found[name])
        for line in timeline_lines(
            rows, start_ms=run.start_ms, end_ms=run.end_ms, width=WIDTH, ascii_only=True
        ):
            console.print(line)
        yield told.getvalue().rstrip()
