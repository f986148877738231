"""Faults of a run on its timeline: a mark at the moment of each, and a line that tells which."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from simulator.report.rows import Bar, Row, duration_text
from simulator.report.visits import Run


@dataclass(frozen=True, slots=True)
class Mark:
    """A fault that happened: `outcome` at `place`, such as "STUCK" at "statement 'load' #1"."""

    at_ms: int
    outcome: str
    place: str


def fault_rows(marks: Iterable[Mark]) -> list[Row]:
    """A row for each mark, to stand below the states."""
    return [
        Row(
            kind="fault",
            guide="",
            label=f"! {mark.outcome}",
            start_ms=mark.at_ms,
            duration_ms=0,
            bars=(Bar(mark.at_ms, mark.at_ms, "fault"),),
        )
        for mark in marks
    ]


def faults_text(marks: Sequence[Mark], start_ms: int) -> str:
    """A line for each mark; moments count from `start_ms`."""
    return "\n".join(
        f"! {duration_text(mark.at_ms - start_ms)}  {mark.place}: {mark.outcome}" for mark in marks
    )


def marks_of(marks: Iterable[Mark], runs: Mapping[str, Run]) -> dict[str, list[Mark]]:
    """The marks that belong on the timeline of each execution, `runs` by name: those whose places
    name it, and those that name none and happened meanwhile."""
    found: dict[str, list[Mark]] = {name: [] for name in runs}
    for mark in marks:
        named = [name for name in runs if _names(mark.place, name)]
        for name in named or runs:
            if runs[name].start_ms <= mark.at_ms <= runs[name].end_ms:
                found[name].append(mark)
    return found


def _names(place: str, execution: str) -> bool:
    return re.search(rf"(?<![\w-]){re.escape(execution)}(?![\w-])", place) is not None
