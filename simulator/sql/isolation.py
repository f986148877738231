"""Who saw and changed which tables, for error 1023 and for snapshots that lack a table.

Redshift's isolation levels, for whole tables, as plain data; no SQL. Sources: "Isolation levels in
Amazon Redshift", "Write and read/write operations" and "Troubleshooting serializable isolation
errors" in Redshift's developer guide.
"""

from __future__ import annotations

import zlib
from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass, field

SNAPSHOT = "SNAPSHOT"
SERIALIZABLE = "SERIALIZABLE"
LEVELS = (SNAPSHOT, SERIALIZABLE)

# Lock strengths: two locks on one table stop each other where theirs add up to 2 or more.
READ, WRITE, CHANGE = 0, 1, 2
# Tables' oids with the strength of the lock wanted on each.
Wanted = frozenset[tuple[int, int]]


@dataclass(eq=False, slots=True)
class Touched:
    """What one transaction touched: tables by oid; `snapshot` and `committed` count the commits of
    its database up to its snapshot and its own commit, None before each."""

    number: int
    # The number that messages show.
    shown: int
    snapshot: int | None = None
    definitions: int = 0
    committed: int | None = None
    reads: set[int] = field(default_factory=set)
    writes: set[int] = field(default_factory=set)


@dataclass(frozen=True, slots=True)
class Violation:
    """No serial order gives what these transactions did: the numbers that messages show, and a
    table of theirs."""

    table: int
    transactions: tuple[int, ...]


class History:
    """The transactions of one database that can still be part of a cycle, and its commits."""

    def __init__(self, level: str = SNAPSHOT) -> None:
        assert level in LEVELS
        self.is_serializable = level == SERIALIZABLE
        # Commits, and those of them that changed definitions.
        self.commits = 0
        self.definitions = 0
        self._started = 0
        self._kept: list[Touched] = []

    @property
    def kept(self) -> int:
        """How many transactions are remembered."""
        return len(self._kept)

    def begin(self) -> Touched:
        """A new transaction, numbered from 1."""
        self._started += 1
        touched = Touched(self._started, shown=self._started)
        if self.is_serializable:
            self._kept.append(touched)
        return touched

    def see(self, touched: Touched) -> None:
        """The transaction's snapshot is taken, unless it has one."""
        if touched.snapshot is None:
            touched.snapshot = self.commits
            touched.definitions = self.definitions

    def touch(
        self, touched: Touched, reads: Iterable[int], writes: Iterable[int]
    ) -> Violation | None:
        """What the transaction has read and written by now; the violation that this makes.

        "The transaction that runs a statement that might break the ability to serialize is stopped
        and rolled back": whoever closes the cycle, be the others committed or not.
        """
        touched.reads.update(reads)
        touched.writes.update(writes)
        cycle = self._cycle(touched)
        if cycle is None:
            return None
        table = _before(cycle[0], cycle[1]) or 0
        return Violation(table, tuple(one.shown for one in cycle))

    def end(self, touched: Touched, *, committed: bool, defined: bool) -> None:
        """The transaction committed, maybe with changed definitions, or left no trace."""
        if committed:
            self.commits += 1
            self.definitions += defined
            touched.committed = self.commits
        elif touched in self._kept:
            self._kept.remove(touched)
        if self.is_serializable:
            self._forget()

    def _cycle(self, start: Touched) -> list[Touched] | None:
        """A shortest way along "must come before" from a transaction back to itself."""
        came_from: dict[int, list[Touched]] = {start.number: [start]}
        ahead = deque([start])
        while ahead:
            at = ahead.popleft()
            way = came_from[at.number]
            for other in self._kept:
                if other is at or _before(at, other) is None:
                    continue
                if other is start:
                    return way
                if other.number not in came_from:
                    came_from[other.number] = [*way, other]
                    ahead.append(other)
        return None

    def _forget(self) -> None:
        """Drops committed transactions that nothing can come before any more: every snapshot that
        is open or comes later sees them, and none that is kept precedes them."""
        open_snapshots = [
            self.commits if one.snapshot is None else one.snapshot
            for one in self._kept
            if one.committed is None
        ]
        oldest = min(open_snapshots, default=self.commits)
        changed = True
        while changed:
            kept = [one for one in self._kept if not self._is_past(one, oldest)]
            changed = len(kept) < len(self._kept)
            self._kept = kept

    def _is_past(self, touched: Touched, oldest: int) -> bool:
        if touched.committed is None or touched.committed > oldest:
            return False
        return all(one is touched or _before(one, touched) is None for one in self._kept)


def _before(first: Touched, second: Touched) -> int | None:
    """A table for whose sake `first` must come before `second` in a serial order; None: none.

    It read a version older than what the other wrote; or the other read what it had committed; or
    both wrote, which a table's write lock lets only one after the other do.
    """
    if second.writes and not _sees(first, second):
        overwritten = first.reads & second.writes
        if overwritten:
            return min(overwritten)
    if first.committed is None:
        return None
    if _sees(second, first):
        read = second.reads & first.writes
        if read:
            return min(read)
    if second.committed is None or second.committed > first.committed:
        both = first.writes & second.writes
        if both:
            return min(both)
    return None


def _sees(reader: Touched, writer: Touched) -> bool:
    """Whether the reader's snapshot holds what the writer committed."""
    if writer.committed is None or reader.snapshot is None:
        return False
    return writer.committed <= reader.snapshot


def stop_each_other(one: Wanted, other: Wanted) -> bool:
    """Whether two transactions can't hold these locks at once."""
    return any(a == b and x + y >= CHANGE for a, x in one for b, y in other)


def shown_table_id(name: str) -> int:
    """A table's id for messages: a hash of its name, since PostgreSQL's oids differ from run to
    run. Redshift's are of this size."""
    return 100_000 + zlib.crc32(name.encode()) % 900_000
