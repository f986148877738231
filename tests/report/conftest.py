"""Hand-made histories in the shape of GetExecutionHistory, and statements beside them."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

START = datetime(2024, 1, 9, 10, tzinfo=UTC)
START_MS = 1_704_794_400_000


@dataclass(frozen=True)
class FakeStatement:
    id: str
    started_ms: int | None
    finished_ms: int | None
    status: str = "FINISHED"
    name: str | None = None
    sqls: Sequence[str] = ("select 1",)
    error: str | None = None
    created_ms: int = START_MS
    caller: str = "lambda:f"


class History:
    """Appends events; `at` is in seconds, `after` an event's id (the latest by default)."""

    def __init__(self, machine_input: Any = None) -> None:
        self.events: list[dict[str, Any]] = []
        self.add(0, "ExecutionStarted", input=json.dumps(machine_input or {}))

    def add(self, at: float, kind: str, after: int | None = None, **details: Any) -> int:
        number = len(self.events) + 1
        event = {
            "timestamp": START + timedelta(seconds=at),
            "type": kind,
            "id": number,
            "previousEventId": number - 1 if after is None else after,
        }
        if details:
            event["anyEventDetails"] = details
        self.events.append(event)
        return number

    def state(
        self, name: str, kind: str, start: float, end: float, after: int | None = None, **ends: Any
    ) -> int:
        """A state that is entered and left; returns its last event."""
        entered = self.add(
            start, f"{kind}StateEntered", after, name=name, input=ends.get("input", "{}")
        )
        if kind == "Task":
            entered = self.add(start, "TaskScheduled", entered, resource="f", parameters="{}")
            entered = self.add(end, "TaskSucceeded", entered, output=ends.get("output", "{}"))
        return self.add(
            end, f"{kind}StateExited", entered, name=name, output=ends.get("output", "{}")
        )

    def polled_job(
        self, job: str, start: float, polls: int, after: int | None = None, **ends: Any
    ) -> int:
        """A submitted job, polled every 5 seconds."""
        last = self.state(f"Initialize{job}", "Pass", start, start, after)
        last = self.state(f"Exec{job}", "Task", start, start + 0.5, last, **ends)
        now = start + 0.5
        for poll in range(polls):
            last = self.state(f"Get{job}Status", "Task", now, now + 0.1, last)
            last = self.state(f"Check{job}Status", "Choice", now + 0.1, now + 0.1, last)
            now += 0.1
            if poll < polls - 1:
                last = self.state(f"Wait{job}", "Wait", now, now + 5, last)
                now += 5
        return last


@pytest.fixture
def history() -> History:
    return History()


IDS = [f"{n:08x}-1111-4111-8111-111111111111" for n in range(1, 8)]


@pytest.fixture
def pipeline() -> tuple[list[dict[str, Any]], list[FakeStatement]]:
    """Build, two loads side by side (10.8 s and 5.7 s), the fact load."""
    history = History()
    last = history.polled_job("BuildDB", 0, 2, output=json.dumps({"Id": IDS[0]}))
    entered = history.add(5.7, "ParallelStateEntered", last, name="LoadDimensions", input="{}")
    started = history.add(5.7, "ParallelStateStarted", entered)
    one = history.polled_job("CustomerAddress", 5.7, 3, started, output=json.dumps({"Id": IDS[1]}))
    history.polled_job("Item", 5.7, 2, started, output=json.dumps({"Id": IDS[2]}))
    done = history.add(16.5, "ParallelStateSucceeded", one)
    last = history.add(16.5, "ParallelStateExited", done, name="LoadDimensions", output="[]")
    last = history.polled_job("StoreSales", 16.5, 2, last, output=json.dumps({"Id": IDS[3]}))
    history.add(22.2, "ExecutionSucceeded", last, output='{"ok": true}')
    statements = [
        FakeStatement(identifier, START_MS + int(start * 1000), START_MS + int(end * 1000))
        for identifier, start, end in zip(
            IDS, (0.8, 6.5, 6.5, 17.3), (4.2, 15.1, 9.0, 21.0), strict=False
        )
    ]
    return history.events, statements
