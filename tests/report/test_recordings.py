"""Every history that AWS recorded is read: as many visits, and as many exits, as it has events."""

from __future__ import annotations

import json
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from simulator.report.critical import critical_path
from simulator.report.rows import timeline_rows
from simulator.report.visits import read_history

RECORDINGS = Path(__file__).parents[3] / "shared" / "conformance" / "recordings.jsonl"
TEXTS = ("input", "output", "parameters")


def histories(start: Any) -> list[list[dict[str, Any]]]:
    """The histories that kept their ids, an event a second; some hold JSON already parsed."""
    found = []
    for line in RECORDINGS.read_text(encoding="utf-8").splitlines():
        for execution in json.loads(line).get("executions") or []:
            events = (execution["expect"].get("history") or {}).get("events", [])
            if not events or not all(isinstance(event["id"], int) for event in events):
                continue
            for second, event in enumerate(events):
                event["timestamp"] = start + timedelta(seconds=second)
                for details in event.values():
                    if isinstance(details, dict):
                        for name in set(TEXTS) & set(details):
                            if not isinstance(details[name], str):
                                details[name] = json.dumps(details[name])
            found.append(events)
    return found


@pytest.mark.skipif(not RECORDINGS.exists(), reason="AWS's recordings are not beside this checkout")
def test_every_recorded_history_is_read_as_it_is(history):
    recorded = histories(history.events[0]["timestamp"])
    assert len(recorded) > 300
    for events in recorded:
        run = read_history(events)
        visits = run.visits()
        kinds = [event["type"] for event in events]
        assert len(visits) == sum(kind.endswith("StateEntered") for kind in kinds)
        left = sum(visit.exited_ms is not None for visit in visits)
        assert left == sum(kind.endswith("StateExited") for kind in kinds)
        rows = timeline_rows(run, critical_path(run))
        assert sum(row.visits for row in rows if row.kind == "state") == len(visits)
