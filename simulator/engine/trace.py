"""What happened: one append-only log of (now_ms, kind, subject, data); its index is the sequence.

The engine and the services write to it, each `kind` with a shape of its own:

* engine: AWS's history event types ("PassStateEntered", "TaskScheduled", "ExecutionFailed", ...);
  subject is a `BranchId`. `engine.history` tells what `data` holds for each.
* services: "ApiCall" (subject "service:Operation", data {"caller": ..., "error": code or None}),
  "LambdaInvoked"/"LambdaEnded" (subject the function's name), "StatementStatus" (subject the
  statement's id, data {"status", "sub_status"?, ...}), "Commit" (subject the database, data the
  tables), "ClusterStatus" (subject the cluster's identifier), "Choice" (subject a Place, data the
  outcome), "EventDelivered" (subject the rule's name, data {"id", "target", "resources"}).

AWS's execution history, reports, promises and coverage are projections of it. Data is immutable.
"""

from __future__ import annotations

from typing import Any, NamedTuple, TypeAlias

Entry: TypeAlias = tuple[int, str, Any, Any]


class BranchId(NamedTuple):
    """A line of control in an execution; `path` is () for the execution's own, and for a branch
    ((state, occurrence, index), ...) from the outside in."""

    execution_arn: str
    path: tuple[tuple[str, int, int], ...] = ()


class Trace:
    """The log. `entries` may be read by anyone and is only ever appended to."""

    __slots__ = ("append", "entries")

    def __init__(self) -> None:
        self.entries: list[Entry] = []
        # bound once: the engine's loop calls it twice for each state
        self.append = self.entries.append

    def add(self, now_ms: int, kind: str, subject: Any, data: Any = None) -> None:
        """Append one entry."""
        self.append((now_ms, kind, subject, data))

    def of_kind(self, *kinds: str) -> list[Entry]:
        """The entries of these kinds, in order."""
        return [entry for entry in self.entries if entry[1] in kinds]
