"""What the trace shows so far, by execution and by SQL statement: what promises look at.

Kept up to date entry by entry, so that looking after every event stays cheap.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from simulator.engine.trace import Entry
from simulator.faults.plan import is_nominal

ENDS = {
    "ExecutionSucceeded": "SUCCEEDED",
    "ExecutionFailed": "FAILED",
    "ExecutionAborted": "ABORTED",
    "ExecutionTimedOut": "TIMED_OUT",
}
FINAL = ("FINISHED", "FAILED", "ABORTED")


@dataclass(slots=True)
class ExecutionSeen:
    """An execution as its events show it. `since_ms` is its start, or its last redrive, and
    `since` the number of that entry of the trace."""

    arn: str
    input: Any
    started_ms: int
    since_ms: int
    since: int = 0
    status: str = "RUNNING"
    ended_ms: int | None = None
    output: Any = None
    error: str | None = None
    cause: str | None = None
    redrives: int = 0
    # (state, its input) in the order of entering, of all branches, since the start or redrive
    entered: list[tuple[str, Any]] = field(default_factory=list)
    # those before the last redrive
    entered_before: list[tuple[str, Any]] = field(default_factory=list)

    @property
    def name(self) -> str:
        return self.arn.rsplit(":", 1)[-1]

    def seconds(self, now_ms: int) -> float:
        """Since its start or last redrive, to its end or to now."""
        return ((now_ms if self.ended_ms is None else self.ended_ms) - self.since_ms) / 1000


@dataclass(slots=True)
class StatementSeen:
    """A statement or batch of the Data API: `statuses` with their virtual moments, oldest first."""

    id: str
    name: str | None
    submitted_ms: int
    statuses: list[tuple[int, str]] = field(default_factory=list)
    error: str | None = None

    @property
    def status(self) -> str:
        return self.statuses[-1][1]

    @property
    def is_running(self) -> bool:
        return self.status not in FINAL


class Happened:
    """`new` holds the entries since the last look, with everything else already up to date."""

    def __init__(self) -> None:
        self.now_ms = 0
        self.executions: dict[str, ExecutionSeen] = {}
        self.statements: dict[str, StatementSeen] = {}
        # those that have not ended, by id
        self.running: dict[str, StatementSeen] = {}
        # the last known status of each cluster that was paused or resumed
        self.clusters: dict[str, str] = {}
        self.entries: Sequence[Entry] = ()
        self.new: Sequence[Entry] = ()
        self.seen = 0
        # the number of the last entry that tells of a fault; -1 where nothing went wrong on purpose
        self.last_fault = -1
        # nothing is left to do: what has not happened by now never will
        self.is_over = False
        # of the new entries: their kinds, and the states that they enter
        self._kinds: set[str] = set()
        self._entered: list[tuple[ExecutionSeen, str, Any]] = []

    def take(self, entries: Sequence[Entry], now_ms: int) -> None:
        """Take what came since; `entries` is the whole trace."""
        self.entries, self.now_ms = entries, now_ms
        first, self.seen = self.seen, len(entries)
        self.new = entries[first:]
        self._entered = []
        self._kinds = set()
        for number, entry in enumerate(self.new, first):
            self._kinds.add(entry[1])
            self._take(number, entry)

    def of_kind(self, *kinds: str) -> list[Entry]:
        """The new entries of these kinds."""
        if self._kinds.isdisjoint(kinds):
            return []
        return [entry for entry in self.new if entry[1] in kinds]

    def entered(self) -> Sequence[tuple[ExecutionSeen, str, Any]]:
        """The states just entered: execution, name, input."""
        return self._entered

    def _take(self, number: int, entry: Entry) -> None:
        at_ms, kind, subject, data = entry
        if kind.endswith("StateEntered"):
            execution = self.executions[subject.execution_arn]
            execution.entered.append((data[0], data[1]))
            self._entered.append((execution, data[0], data[1]))
        elif kind == "StatementStatus":
            self._take_status(at_ms, subject, data)
        elif kind == "ClusterStatus":
            self.clusters[subject] = data
        elif kind == "Choice":
            if not is_nominal(subject, data):
                self.last_fault = number
        elif kind == "ExecutionStarted":
            arn = subject.execution_arn
            self.executions[arn] = ExecutionSeen(arn, data[0], at_ms, at_ms, number)
        elif kind == "ExecutionRedriven":
            seen = self.executions[subject.execution_arn]
            seen.status, seen.ended_ms, seen.since_ms = "RUNNING", None, at_ms
            seen.since = number
            seen.error = seen.cause = None
            seen.redrives += 1
            seen.entered_before += seen.entered
            seen.entered = []
        elif kind in ENDS:
            seen = self.executions[subject.execution_arn]
            seen.status, seen.ended_ms = ENDS[kind], at_ms
            if kind == "ExecutionSucceeded":
                seen.output = data
            else:
                seen.error, seen.cause = data

    def _take_status(self, at_ms: int, statement_id: str, data: Any) -> None:
        if "sub_id" in data:
            return
        seen = self.statements.get(statement_id)
        if seen is None:
            seen = StatementSeen(statement_id, data.get("name"), at_ms)
            self.statements[statement_id] = self.running[statement_id] = seen
        seen.statuses.append((at_ms, data["status"]))
        seen.error = data.get("error")
        if not seen.is_running:
            self.running.pop(statement_id, None)
