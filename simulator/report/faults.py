"""Faults of a run on its timeline: a mark at the moment of each, and a line that tells which."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from simulator.report.rows import Bar, Row, duration_text


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


def marks_within(marks: Iterable[Mark], start_ms: int, end_ms: int) -> list[Mark]:
    """Those from one moment to another, both included."""
    return [mark for mark in marks if start_ms <= mark.at_ms <= end_ms]
