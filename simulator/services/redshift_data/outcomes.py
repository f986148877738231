"""How a statement can turn out, as the source of choice is asked: once for each, at its start."""

from __future__ import annotations

from dataclasses import dataclass

# The statement that does not end by itself, and those that end late.
STUCK, SLOW, YIELDED = "STUCK", "SLOW", "YIELDED"
NOMINAL = "FINISHED"
SLOW_FACTOR = 20


def options_of(count: int) -> tuple[str, ...]:
    """What a batch of `count` statements (1: a single one) is offered, the nominal outcome first.

    FAILED fails at the last statement, FAILED@k at the k-th. ABORTED is stopped when its last has
    run; STUCK never ends; SLOW takes 20 times as long; YIELDED ends just after the first to end of
    those that run beside it on its cluster, and is nominal where none does.
    """
    failures = (f"FAILED@{number}" for number in range(1, count + 1))
    return (NOMINAL, "FAILED", *failures, "ABORTED", STUCK, SLOW, YIELDED)


@dataclass(frozen=True, slots=True)
class Outcome:
    """An option taken apart: the batch ends in `status`, at its statement with `index`, from 0."""

    name: str
    status: str
    index: int

    def ends_at(self, index: int) -> bool:
        """Whether the statement with this index is one that ends its batch badly."""
        return self.status != NOMINAL and index == self.index


def outcome_of(name: str, count: int) -> Outcome:
    """What the picked option means for a batch of `count` statements."""
    status, _, number = name.partition("@")
    if status in (STUCK, SLOW, YIELDED):
        status = NOMINAL
    return Outcome(name, status, int(number) - 1 if number else count - 1)
