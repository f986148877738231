"""Which statements of a warehouse run at once: a concurrency level, and a queue before it.

"When a user runs a query, WLM assigns the query to the first matching queue"; a query that finds no
free slot waits until one is ("Implementing workload management", Amazon Redshift Database Developer
Guide). One queue here, first in, first out. A statement that waits for a lock keeps its slot.
"""

from __future__ import annotations

from collections.abc import Hashable
from typing import Generic, TypeVar

T = TypeVar("T", bound=Hashable)


class Slots(Generic[T]):
    """`level` slots, and who waits for one."""

    def __init__(self, level: int) -> None:
        if level < 1:
            raise ValueError(f"concurrency: expected at least 1, got {level!r}")
        self._level = level
        # dicts, since a set's order isn't the same in every process
        self._taken: dict[T, None] = {}
        self._waiting: dict[T, None] = {}

    def take(self, who: T) -> bool:
        """Take a slot, or keep the one it has; False (and in the queue) where none is free."""
        if who in self._taken:
            return True
        if len(self._taken) < self._level:
            self._taken[who] = None
            return True
        self._waiting[who] = None
        return False

    def leave(self, who: T) -> T | None:
        """It is over, or waits no longer: who has its slot from now on, if anybody."""
        self._waiting.pop(who, None)
        if who not in self._taken:
            return None
        del self._taken[who]
        if not self._waiting:
            return None
        following = next(iter(self._waiting))
        del self._waiting[following]
        self._taken[following] = None
        return following
