"""From a run back to a plan: what it chose, read off its trace, and a fingerprint to compare by."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable

from simulator.engine.trace import Entry, Trace
from simulator.faults.plan import Fault, is_nominal


def faults_in(entries: Iterable[Entry]) -> list[tuple[int, Fault]]:
    """What went wrong on purpose, each with its virtual ms: a plan of these replays the run."""
    return [
        (now_ms, Fault(place.kind, place.subject, outcome, place.occurrence))
        for now_ms, kind, place, outcome in entries
        if kind == "Choice" and not is_nominal(place, outcome)
    ]


def fingerprint(trace: Trace) -> str:
    """SHA-256 of everything that happened: equal for equal runs, byte for byte."""
    digest = hashlib.sha256()
    for entry in trace.entries:
        digest.update(repr(entry).encode("utf-8", "surrogatepass"))
        digest.update(b"\n")
    return digest.hexdigest()
