"""An execution's history as the tree that it was: visits of states, and branches inside them.

AWS's events are a flat list; which branch one belongs to is told by `previousEventId` alone.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, TypeAlias

Event: TypeAlias = Mapping[str, Any]

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
# each of them begins another try of the state that is open
TRIES = {
    "LambdaFunctionScheduled",
    "TaskScheduled",
    "ActivityScheduled",
}
GROUP_STARTS = {"ParallelStateStarted", "MapStateStarted"}
RESULTS = {"LambdaFunctionSucceeded", "TaskSucceeded", "ActivitySucceeded", "TaskSubmitted"}
GROUP_ENDS = {
    "ParallelStateSucceeded",
    "ParallelStateFailed",
    "MapStateSucceeded",
    "MapStateFailed",
}
ENDS = {
    "ExecutionSucceeded": "SUCCEEDED",
    "ExecutionFailed": "FAILED",
    "ExecutionTimedOut": "TIMED_OUT",
    "ExecutionAborted": "ABORTED",
}


@dataclass(slots=True, eq=False)
class Branch:
    """One branch of a Parallel, one iteration of a Map, or the execution itself."""

    owner: Visit | None
    index: int
    # the try of its owner that it belongs to, from 1
    attempt: int
    started_ms: int
    ended_ms: int
    visits: list[Visit] = field(default_factory=list)


@dataclass(slots=True, eq=False)
class Visit:
    """One stay in a state. `exited_ms` is None where it was never left: a failure, a stop."""

    event_id: int
    name: str
    # the kind of state: "Task", "Wait", ...
    kind: str
    line: Branch
    entered_ms: int
    input: str
    exited_ms: int | None = None
    # when it was left, or the last that was heard of it
    ended_ms: int = 0
    output: str | None = None
    tries: int = 0
    # what each try sent, and was answered
    resources: list[str] = field(default_factory=list)
    parameters: list[str] = field(default_factory=list)
    results: list[str] = field(default_factory=list)
    # (error, cause) of each try that failed
    failures: list[tuple[str, str]] = field(default_factory=list)
    branches: list[Branch] = field(default_factory=list)
    # for each try of a Parallel or Map: when it ended, whether well, and the branch that ended it
    group_ends: list[tuple[int, bool, Branch | None]] = field(default_factory=list)

    @property
    def attempts(self) -> int:
        """Tries, 1 at least: a state that calls nothing is tried by being entered."""
        return max(self.tries, 1)

    @property
    def is_open_group(self) -> bool:
        """Whether a Parallel or Map is under way, or was entered and has not begun."""
        return self.exited_ms is None and len(self.group_ends) < self.attempts

    @property
    def duration_ms(self) -> int:
        """Virtual milliseconds from entry to end."""
        return self.ended_ms - self.entered_ms


@dataclass(frozen=True, slots=True)
class Run:
    """A whole execution."""

    status: str
    start_ms: int
    end_ms: int
    main: Branch
    output: str | None
    error: str | None
    cause: str | None

    def visits(self) -> list[Visit]:
        """All visits, in the order in which they were entered."""
        return sorted(_walk(self.main), key=lambda visit: visit.event_id)

    @property
    def transitions(self) -> int:
        """States entered and retried: what AWS bills as state transitions, without its start."""
        return sum(visit.attempts for visit in _walk(self.main))


def read_history(events: Sequence[Event]) -> Run:
    """The tree in a history; `events` as GetExecutionHistory gives them, oldest first."""
    return _Reader().read(events)


def milliseconds(moment: datetime) -> int:
    """Since the epoch, without a float's rounding."""
    return (moment - EPOCH) // timedelta(milliseconds=1)


class _Reader:
    def __init__(self) -> None:
        # where each event stands: what follows it goes on from there
        self.line_of: dict[int, Branch] = {}
        self.group_of: dict[int, Visit] = {}
        self.now_ms = 0

    def read(self, events: Sequence[Event]) -> Run:
        first = events[0]
        start_ms = milliseconds(first["timestamp"])
        self.main = Branch(None, 0, 1, start_ms, start_ms)
        self.line_of[0] = self.line_of[first["id"]] = self.main
        status = "RUNNING"
        details: Event = {}
        for event in events[1:]:
            self.now_ms = milliseconds(event["timestamp"])
            kind = event["type"]
            if kind in ENDS:
                status, details = ENDS[kind], details_of(event)
                self._stop_open(self.main, self.now_ms)
                self.line_of[event["id"]] = self.main
                continue
            if kind == "ExecutionRedriven":
                status, details = "RUNNING", {}
                self.line_of[event["id"]] = self.main
                self._reopen(self.main)
                continue
            line = self._take(event, kind, self.line_of[event["previousEventId"]])
            self.line_of[event["id"]] = line
            line.ended_ms = self.now_ms
        self._stop_open(self.main, self.now_ms)
        return Run(
            status=status,
            start_ms=start_ms,
            end_ms=milliseconds(events[-1]["timestamp"]),
            main=self.main,
            output=details.get("output"),
            error=details.get("error"),
            cause=details.get("cause"),
        )

    def _take(self, event: Event, kind: str, line: Branch) -> Branch:
        details = details_of(event)
        if kind.endswith("StateEntered"):
            return self._enter(event, kind.removesuffix("StateEntered"), details, line)
        if kind.endswith("StateExited"):
            return self._exit(details, line)
        if kind == "MapIterationStarted":
            return self._iterate(event, details, line)
        if kind in GROUP_ENDS:
            return self._end_group(kind, line)
        if kind in GROUP_STARTS:
            return self._start_group(event, kind, line)
        if line.visits:
            self._note(kind, details, line.visits[-1])
        return line

    def _enter(self, event: Event, kind: str, details: Event, line: Branch) -> Branch:
        group = self.group_of.get(event["previousEventId"])
        if group is not None:
            siblings = [branch for branch in group.branches if branch.attempt == group.tries]
            line = Branch(group, len(siblings), group.tries, self.now_ms, self.now_ms)
            group.branches.append(line)
        line.visits.append(
            Visit(
                event["id"],
                details["name"],
                kind,
                line,
                self.now_ms,
                details.get("input", ""),
                ended_ms=self.now_ms,
            )
        )
        return line

    def _exit(self, details: Event, line: Branch) -> Branch:
        # the exit of a Parallel or Map may follow an event inside of it
        while line.owner is not None and (
            not line.visits or line.visits[-1].name != details["name"]
        ):
            line = line.owner.line
        visit = line.visits[-1]
        visit.exited_ms = visit.ended_ms = self.now_ms
        visit.output = details.get("output")
        return line

    def _iterate(self, event: Event, details: Event, line: Branch) -> Branch:
        group = self.group_of.get(event["previousEventId"])
        while group is None:
            # an iteration may follow the end of one before it
            assert line.owner is not None
            group = line.owner if line.owner.name == details["name"] else None
            line = line.owner.line
        iteration = Branch(group, details["index"], group.tries, self.now_ms, self.now_ms)
        group.branches.append(iteration)
        return iteration

    def _start_group(self, event: Event, kind: str, line: Branch) -> Branch:
        """The first try of a Parallel or Map follows its Entered event; a retry the event that
        failed the try before, inside of a branch."""
        group = line.visits[-1] if line.visits else None
        if (
            group is None
            or group.event_id != event["previousEventId"]
            or not kind.startswith(group.kind)
        ):
            group, decider = _owner(kind, line)
            self._close_group(group, line.ended_ms, decider, succeeded=False)
        group.tries += 1
        self.group_of[event["id"]] = group
        return group.line

    def _end_group(self, kind: str, line: Branch) -> Branch:
        group = line.visits[-1] if line.visits else None
        decider = None
        # a group that is open in this line ran no branch (nothing to do, or what it was to do could
        # not be told); else the event follows one inside of a branch
        if group is None or not kind.startswith(group.kind) or not group.is_open_group:
            group, decider = _owner(kind, line)
        self._close_group(group, self.now_ms, decider, succeeded=kind.endswith("Succeeded"))
        return group.line

    def _close_group(
        self, group: Visit, at_ms: int, decider: Branch | None, *, succeeded: bool
    ) -> None:
        group.group_ends.append((at_ms, succeeded, decider))
        for branch in group.branches:
            if branch.attempt == group.tries:
                self._stop_open(branch, at_ms)

    def _note(self, kind: str, details: Event, visit: Visit) -> None:
        visit.ended_ms = self.now_ms
        if kind in TRIES:
            visit.tries += 1
            if "resource" in details:
                visit.resources.append(details["resource"])
            sent = details.get("parameters", details.get("input"))
            if sent is not None:
                visit.parameters.append(sent)
        if kind in RESULTS and "output" in details:
            visit.results.append(details["output"])
        if kind.endswith(("Failed", "TimedOut", "Aborted")) and "error" in details:
            visit.failures.append((details["error"], details.get("cause", "")))

    def _stop_open(self, line: Branch, at_ms: int) -> None:
        """Whoever is still in a state when its branch is stopped was there until then."""
        if line.visits and line.visits[-1].exited_ms is None:
            visit = line.visits[-1]
            if visit.kind not in ("Fail", "Succeed"):
                visit.ended_ms = line.ended_ms = at_ms
            for branch in visit.branches:
                if branch.attempt == visit.tries and len(visit.group_ends) < visit.tries:
                    self._stop_open(branch, at_ms)

    def _reopen(self, line: Branch) -> None:
        """A redrive goes on in the same try of a Parallel or Map: its end was none."""
        visit = line.visits[-1] if line.visits else None
        if visit is None or visit.exited_ms is not None:
            return
        if visit.tries and len(visit.group_ends) == visit.tries:
            visit.group_ends.pop()
        for branch in visit.branches:
            if branch.attempt == visit.tries:
                self._reopen(branch)


def _owner(kind: str, line: Branch) -> tuple[Visit, Branch]:
    """The Parallel or Map (whichever `kind` begins with) around a line, and its branch there."""
    while line.owner is None or not kind.startswith(line.owner.kind):
        assert line.owner is not None
        line = line.owner.line
    return line.owner, line


def details_of(event: Event) -> Event:
    """The one member that holds what is special to this type of event."""
    for key, value in event.items():
        if key.endswith("EventDetails"):
            details: Event = value
            return details
    return {}


def _walk(line: Branch) -> Iterator[Visit]:
    for visit in line.visits:
        yield visit
        for branch in visit.branches:
            yield from _walk(branch)
