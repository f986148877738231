"""SQL statements as an execution's history tells of them.

Whoever follows an execution may not describe its statements: the Data API answers only the role
that submitted one. But a Task that submits a statement returns its id, and one that asks how it
fares returns its status, and both stand in the history.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from simulator.report.statements import STATEMENT_ID
from simulator.report.visits import RESULTS, TRIES, Event, details_of, milliseconds

# "The status of the SQL statement" (Data API reference, DescribeStatement)
STATUSES = frozenset({"SUBMITTED", "PICKED", "STARTED", "FINISHED", "FAILED", "ABORTED"})
FINAL = frozenset({"FINISHED", "FAILED", "ABORTED"})


@dataclass(slots=True)
class Told:
    """A statement, as far as results of Tasks tell. Moments are those of the results."""

    id: str
    created_ms: int
    status: str = "SUBMITTED"
    finished_ms: int | None = None
    name: str | None = None
    sqls: Sequence[str] = ()
    error: str | None = None
    caller: str = ""

    @property
    def started_ms(self) -> int | None:
        """Nobody tells; no later than it was created to be seen."""
        return self.created_ms


@dataclass(slots=True)
class Telling:
    """Reads a history's events in order, however they are divided, and keeps its statements."""

    statements: dict[str, Told] = field(default_factory=dict)
    # by event: the ids that the Task's latest try was sent
    _sent: dict[int, tuple[str, ...]] = field(default_factory=dict)

    def take(self, event: Event) -> Iterator[Told]:
        """Each statement of which the event tells something new."""
        before = self._sent.get(event["previousEventId"], ())
        details = details_of(event)
        if event["type"] in TRIES:
            before = _ids(str(details.get("parameters", details.get("input", ""))))
        self._sent[event["id"]] = before
        if event["type"] in RESULTS and "output" in details:
            yield from self._heard(details["output"], before, milliseconds(event["timestamp"]))

    def _heard(self, output: str, sent: tuple[str, ...], at_ms: int) -> Iterator[Told]:
        named = _ids(output)
        status = _status(output)
        for identifier in named:
            if identifier not in self.statements and identifier not in sent:
                self.statements[identifier] = Told(identifier, at_ms, status or "SUBMITTED")
                yield self.statements[identifier]
        # the id of a failed statement may stand only in what was asked
        asked = named or sent
        if status is None or len(asked) != 1 or asked[0] not in self.statements:
            return
        told = self.statements[asked[0]]
        if told.status != status:
            told.status = status
            if status in FINAL:
                told.finished_ms = at_ms
            yield told


def statements_told(events: Sequence[Event]) -> list[Told]:
    """Every statement in a history, in the order in which they were told of."""
    telling = Telling()
    for event in events:
        for _ in telling.take(event):
            pass
    return list(telling.statements.values())


def _ids(text: str) -> tuple[str, ...]:
    return tuple(dict.fromkeys(STATEMENT_ID.findall(text)))


def _status(output: str) -> str | None:
    """A member named status, however deep, that is one of the Data API's."""
    try:
        waiting: list[Any] = [json.loads(output)]
    except ValueError:
        return None
    while waiting:
        value = waiting.pop(0)
        if isinstance(value, Mapping):
            for key, member in value.items():
                if key.lower() == "status" and isinstance(member, str) and member in STATUSES:
                    return member
            waiting += value.values()
        elif isinstance(value, list):
            waiting += value
    return None
