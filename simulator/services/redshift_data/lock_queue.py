"""Who waits for a table lock: first in, first out, in virtual time. Nothing waits in PostgreSQL.

A statement whose lock is refused joins the queue of its warehouse, and is asked again after the
next commit or rollback there. Others stand behind it where their locks stop each other: "Once ALTER
enters the queue, it blocks all subsequent queries" (AWS re:Post, "ALTER SORTKEY vs CTAS").

A wait that closes a circle would never end: then the last to ask is told of the deadlock. The page
"Write and read/write operations" of Redshift's developer guide tells of the deadlock, and not which
one Redshift ends.
"""

from __future__ import annotations

from collections.abc import Collection, Hashable
from typing import Generic, TypeVar

from simulator.sql.isolation import Wanted, stop_each_other

T = TypeVar("T", bound=Hashable)


class LockQueue(Generic[T]):
    """The open transactions of one warehouse, and those of them that wait, each with those that it
    waits for; with nobody, where that could not be told."""

    def __init__(self) -> None:
        # dicts, since a set's order isn't the same in every process
        self._open: dict[T, None] = {}
        self._waiting: dict[T, tuple[T, ...]] = {}
        self._wanted: dict[T, Wanted] = {}

    def opened(self, transaction: T) -> None:
        """It may hold locks from now on."""
        self._open[transaction] = None

    @property
    def is_empty(self) -> bool:
        """Whether nobody waits."""
        return not self._waiting

    def ahead(self, transaction: T, wanted: Wanted) -> tuple[T, ...]:
        """Who waits for a lock that stops these, and not for this very transaction."""
        return tuple(
            other
            for other, asked in self._wanted.items()
            if stop_each_other(asked, wanted) and not self._leads_to(transaction, (other,))
        )

    def wait(
        self, transaction: T, holders: Collection[T] = (), wanted: Wanted = frozenset()
    ) -> bool:
        """Join the queue; False (and not joined) where nobody would ever let go: the holders wait
        for this one, or everybody waits."""
        if all(other in self._waiting for other in self._open if other != transaction):
            return False
        if self._leads_to(transaction, holders):
            return False
        self._waiting[transaction] = tuple(holders)
        self._wanted[transaction] = wanted
        return True

    def closed(self, transaction: T) -> list[T]:
        """It let go: those who waited, in their order, to be asked again. They wait no longer."""
        self._open.pop(transaction, None)
        self._waiting.pop(transaction, None)
        asked, self._waiting, self._wanted = list(self._waiting), {}, {}
        return asked

    def is_alone(self, transaction: T) -> bool:
        """Whether no other transaction is open."""
        return all(other == transaction for other in self._open)

    def _leads_to(self, transaction: T, holders: Collection[T]) -> bool:
        """Whether one of the holders waits, directly or not, for the transaction."""
        seen: dict[T, None] = {}
        ahead = list(holders)
        while ahead:
            other = ahead.pop()
            if other == transaction:
                return True
            if other not in seen:
                seen[other] = None
                ahead.extend(self._waiting.get(other, ()))
        return False
