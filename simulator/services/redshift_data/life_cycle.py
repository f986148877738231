"""The statuses of a statement, and which may follow which.

Source: DescribeStatement in the Amazon Redshift Data API reference (SUBMITTED: "submitted, but not
yet processed"; PICKED: "chosen to be run"; STARTED: "the query run has started"; ABORTED: "stopped
by the user").
"""

from __future__ import annotations

from typing import Protocol

NEXT_STATUS: dict[str, frozenset[str]] = {
    "SUBMITTED": frozenset({"PICKED", "FAILED", "ABORTED"}),
    "PICKED": frozenset({"STARTED", "FAILED", "ABORTED"}),
    "STARTED": frozenset({"FINISHED", "FAILED", "ABORTED"}),
    "FINISHED": frozenset(),
    "FAILED": frozenset(),
    "ABORTED": frozenset(),
}

# A statement of a batch is not picked on its own: it starts when its turn comes.
NEXT_SUB_STATUS = NEXT_STATUS | {"SUBMITTED": frozenset({"STARTED", "FAILED", "ABORTED"})}


class HasStatus(Protocol):
    """What has a status: a statement, or one of a batch."""

    status: str
    updated_ms: int


def is_final(status: str) -> bool:
    """Whether nothing can follow."""
    return not NEXT_STATUS[status]


def advance(
    subject: HasStatus,
    status: str,
    now_ms: int,
    allowed: dict[str, frozenset[str]] = NEXT_STATUS,
) -> None:
    """Move to `status`; a step that the table lacks is our own bug."""
    assert status in allowed[subject.status], f"{subject.status} -> {status}"
    subject.status = status
    subject.updated_ms = now_ms
