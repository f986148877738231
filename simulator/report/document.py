"""A run for programs: the JSON document of `run --json`, and the history as AWS's CLI prints it."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from simulator.report.faults import Mark
from simulator.report.statements import Statement
from simulator.report.visits import Event, Run


def run_document(
    run: Run,
    *,
    statements: Sequence[Statement],
    tables: Mapping[str, int],
    history_events: int,
    real_seconds: float,
    faults: Sequence[Mark] = (),
    executions: Sequence[tuple[str, str]] = (),
) -> dict[str, Any]:
    """What `run --json` prints; times are virtual seconds since the start of the execution.
    `executions` are all of the run, by name and status."""
    return {
        "status": run.status,
        "output": None if run.output is None else json.loads(run.output),
        "error": run.error,
        "cause": run.cause,
        "virtual_seconds": (run.end_ms - run.start_ms) / 1000,
        "real_seconds": round(real_seconds, 3),
        "transitions": run.transitions,
        "states": state_documents(run),
        "statements": [
            {
                "id": statement.id,
                "name": statement.name,
                "status": statement.status,
                "sqls": list(statement.sqls),
                "error": statement.error,
            }
            for statement in statements
        ],
        "tables": dict(tables),
        "history_events": history_events,
        "faults": [
            {
                "at": (mark.at_ms - run.start_ms) / 1000,
                "place": mark.place,
                "outcome": mark.outcome,
            }
            for mark in faults
        ],
        "executions": [{"name": name, "status": status} for name, status in executions],
    }


def state_documents(run: Run) -> list[dict[str, Any]]:
    """Each visit of a state: name, entered and exited in virtual seconds since the start (None
    while one runs), attempts."""
    return [
        {
            "name": visit.name,
            "entered": (visit.entered_ms - run.start_ms) / 1000,
            "exited": None if visit.exited_ms is None else (visit.exited_ms - run.start_ms) / 1000,
            "attempts": visit.attempts,
        }
        for visit in run.visits()
    ]


def history_text(events: Sequence[Event]) -> str:
    """GetExecutionHistory's answer as JSON text, moments as the AWS CLI writes them."""
    return json.dumps({"events": events}, indent=2, ensure_ascii=False, default=_moment) + "\n"


def _moment(value: object) -> str:
    if isinstance(value, datetime):
        return value.isoformat(timespec="milliseconds")
    raise TypeError(f"expected JSON or a moment, got {value!r}")
