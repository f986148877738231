"""An execution as it goes: a line for each state when it is first entered, and for each news of a
statement; what is open now. Pure: events go in as they come.

A job that is polled enters the same states over and over; they are said once.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Literal

from simulator.report.rows import duration_text
from simulator.report.told import Telling, Told
from simulator.report.visits import ENDS, Event, details_of, milliseconds

# what was left sooner is said when it is entered
WORTH_TELLING_MS = 1000


@dataclass(frozen=True, slots=True)
class Line:
    """A line, and how it is meant."""

    text: str
    kind: Literal["entered", "left", "failed", "statement", "ended"]


@dataclass(slots=True)
class Following:
    """What has been heard of one execution."""

    telling: Telling = field(default_factory=Telling)
    start_ms: int = 0
    now_ms: int = 0
    status: str = "RUNNING"
    # by the event after which it goes on: the state that is open there
    _state_at: dict[int, str] = field(default_factory=dict)
    _entered_ms: dict[str, list[int]] = field(default_factory=dict)
    _open: dict[str, int] = field(default_factory=dict)
    _left: set[str] = field(default_factory=set)

    def take(self, event: Event) -> Iterator[Line]:
        """The lines that an event is worth."""
        kind = event["type"]
        self.now_ms = milliseconds(event["timestamp"])
        if kind == "ExecutionStarted":
            self.start_ms = self.now_ms
        state = self._state_at.get(event["previousEventId"], "")
        if kind.endswith("StateEntered"):
            state = details_of(event)["name"]
            yield from self._enter(state)
        elif kind.endswith("StateExited"):
            state = details_of(event)["name"]
            yield from self._leave(state)
        elif kind.endswith(("Failed", "TimedOut")) and kind not in ENDS:
            yield Line(f"{self._at()}  {state}: {_error(event)}", "failed")
        self._state_at[event["id"]] = state
        for told in self.telling.take(event):
            yield Line(f"{self._at()}    statement {told.id} {told.status}", _kind(told))
        if kind in ENDS:
            self.status = ENDS[kind]
            yield Line(f"{self._at()}  {self.status}", "ended")
        elif kind == "ExecutionRedriven":
            self.status = "RUNNING"

    def open_states(self) -> list[str]:
        """The states that somebody is in, in the order in which they were entered."""
        return list(self._open)

    def _enter(self, state: str) -> Iterator[Line]:
        self._entered_ms.setdefault(state, []).append(self.now_ms)
        self._open[state] = self._open.get(state, 0) + 1
        if len(self._entered_ms[state]) == 1:
            yield Line(f"{self._at()}  {state}", "entered")

    def _leave(self, state: str) -> Iterator[Line]:
        self._open[state] = self._open.get(state, 1) - 1
        if self._open[state] <= 0:
            del self._open[state]
        took_ms = self.now_ms - self._entered_ms[state][0]
        if state not in self._left and took_ms >= WORTH_TELLING_MS:
            yield Line(f"{self._at()}  {state}: done in {duration_text(took_ms)}", "left")
        self._left.add(state)

    def _at(self) -> str:
        return f"{duration_text(self.now_ms - self.start_ms):>9}"


def _error(event: Event) -> str:
    return str(details_of(event).get("error", event["type"]))


def _kind(told: Told) -> Literal["failed", "statement"]:
    return "failed" if told.status in ("FAILED", "ABORTED") else "statement"
