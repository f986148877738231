"""Who waits for a table lock: first in, first out, in virtual time. Nothing waits in PostgreSQL.

A statement whose lock is refused joins the queue of its warehouse, and is asked again after the
next commit or rollback there. When everybody who holds anything waits, nothing would ever move:
then the last to ask is told of the deadlock.
"""

from __future__ import annotations

from collections.abc import Hashable
from typing import Generic, TypeVar

T = TypeVar("T", bound=Hashable)


class LockQueue(Generic[T]):
    """The open transactions of one warehouse, and those of them that wait."""

    def __init__(self) -> None:
        # dicts, since a set's order isn't the same in every process
        self._open: dict[T, None] = {}
        self._waiting: dict[T, None] = {}

    def opened(self, transaction: T) -> None:
        """It may hold locks from now on."""
        self._open[transaction] = None

    def wait(self, transaction: T) -> bool:
        """Join the queue; False (and not joined) when nobody is left who could let go."""
        if all(other in self._waiting for other in self._open if other != transaction):
            return False
        self._waiting[transaction] = None
        return True

    def closed(self, transaction: T) -> list[T]:
        """It let go: those who waited, in their order, to be asked again. They wait no longer."""
        self._open.pop(transaction, None)
        self._waiting.pop(transaction, None)
        asked, self._waiting = list(self._waiting), {}
        return asked

    def is_alone(self, transaction: T) -> bool:
        """Whether no other transaction is open."""
        return all(other == transaction for other in self._open)
