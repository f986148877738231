"""A transaction among the others: its snapshot, what it waits for, and what ends it for their sake.

The snapshot is taken by the first statement that takes one on Redshift, after its locks: "the
second transaction does not obtain its snapshot of data until after the first transaction has
released its lock" ("Write and read/write operations" in Redshift's developer guide).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, Protocol

import psycopg
from psycopg.pq import TransactionStatus

from simulator.sql import locks
from simulator.sql.errors import LockUnavailable, SqlError
from simulator.sql.isolation import History, Violation, Wanted, shown_table_id
from simulator.sql.postgres import exchange
from simulator.sql.translation import Translation


class Peer(Protocol):
    """Another transaction."""

    @property
    def connection(self) -> psycopg.Connection[Any]: ...


class Concurrency:
    """One transaction's part in a database's history. `begin` is the text that begins it in
    PostgreSQL, again where a refused first statement is to take its snapshot later."""

    def __init__(
        self,
        connection: psycopg.Connection[Any],
        begin: str,
        history: History,
        peers: Callable[[], Iterable[Peer]],
    ) -> None:
        self._connection = connection
        self._begin = begin
        self._history = history
        self._peers = peers
        self._touched = history.begin()
        self._pid = 0
        self._holds_locks = False
        # The tables that a refused statement named, by what they were then.
        self._awaited: dict[str, int] = {}

    @property
    def start_text(self) -> str:
        """What begins the transaction, unless it is begun, and a statement's savepoint."""
        start = self._begin if self._is_idle else "RELEASE SAVEPOINT asl;"
        return f"{start}SAVEPOINT asl;"

    def identify(self, *, pid: int, xid: int) -> None:
        """The numbers of its process and of itself that error 1023 shows."""
        self._pid = pid
        self._touched.shown = xid

    @property
    def identity(self) -> tuple[int, int]:
        """The numbers of its process and of itself."""
        return self._pid, self._touched.shown

    def check(self, translation: Translation) -> None:
        """Before a statement: whether the tables that it names are still, or yet, there for it."""
        self._check_awaited(translation)
        self._check_snapshot(translation)

    def end(self, *, committed: bool, defined: bool) -> None:
        """The transaction is over; `defined`: it changed definitions."""
        self._history.end(self._touched, committed=committed, defined=defined)

    def renew(self, begin: str, *, committed: bool, defined: bool) -> None:
        """The transaction is over and another one begins in its place, with locks and a snapshot
        of its own."""
        shown = self._touched.shown
        self.end(committed=committed, defined=defined)
        self._touched = self._history.begin()
        self._touched.shown = shown
        self._begin = begin
        self._holds_locks = False
        self._awaited = {}

    @property
    def _is_idle(self) -> bool:
        """Whether PostgreSQL holds no transaction of it (yet, or again)."""
        return self._connection.info.transaction_status == TransactionStatus.IDLE

    def note(self, translation: Translation) -> None:
        """After a statement: what it tells of the snapshot, and of serializability."""
        # SET_CONFIG is a SELECT, with a SET before it.
        sets = translation.before if translation.kind == "SELECT" else (translation.sql,)
        sets = sets if translation.kind in ("SET", "LOCK", "SELECT") else ()
        if sets and self._touched.snapshot is None:
            # Whatever begins the transaction again keeps it. LOCK is none of the statements that
            # take the snapshot: what waits for it sees what the others have committed.
            self._begin += "".join(f"{one};" for one in sets if one)
            self._holds_locks |= translation.kind == "LOCK"
            return
        if translation.kind == "SELECT" and not translation.tables:
            # "SELECT queries that do not reference any table will not create a new transaction
            # database snapshot" (the guide of 2020, "Serializable isolation").
            if self._touched.snapshot is None:
                exchange.send(self._connection, "ROLLBACK")
                self._hold_locks()
            return
        if translation.action == "none":
            return
        self._history.see(self._touched)
        if self._history.is_serializable:
            reads, writes = locks.touched_tables(self._connection, translation)
            violation = self._history.touch(self._touched, reads, writes)
            if violation is not None:
                raise self._violated(violation)

    def refused(self, translation: Translation) -> LockUnavailable:
        """Undoes the statement, and the transaction with it where nothing came before: its snapshot
        is taken when the lock is held."""
        is_first = self._touched.snapshot is None
        exchange.send(self._connection, "ROLLBACK" if is_first else "ROLLBACK TO SAVEPOINT asl")
        asked = self._await(translation)
        self._hold_locks()
        pids = {pid for one in asked for pid in one.holders}
        holders = tuple(
            other for other in self._peers() if other.connection.info.backend_pid in pids
        )
        message = f"{translation.kind}: a lock is held elsewhere"
        return LockUnavailable(message, holders, locks.wanted_by(asked))

    def stand_behind(
        self, translation: Translation, queued: Callable[[Wanted], tuple[object, ...]]
    ) -> None:
        """Raises LockUnavailable where others wait for what stops the statement's locks."""
        asked = self._await(translation)
        wanted = locks.wanted_by(asked)
        ahead = queued(wanted)
        if not ahead:
            self._awaited = {}
            return
        if self._touched.snapshot is None and not self._is_idle:
            # Looking took one.
            exchange.send(self._connection, "ROLLBACK")
            self._hold_locks()
        raise LockUnavailable(f"{translation.kind}: others wait before it", ahead, wanted)

    def _await(self, translation: Translation) -> tuple[locks.Asked, ...]:
        """Keeps which tables the statement's names lead to now."""
        asked = self._look(translation)
        self._awaited = {one.name: one.oid for one in asked if one.oid is not None}
        return asked

    def _hold_locks(self) -> None:
        """What LOCK took stays taken while the transaction is begun again for its snapshot's sake:
        nothing else happens in between."""
        if self._holds_locks and self._is_idle:
            exchange.send(self._connection, self._begin + "SAVEPOINT asl;")

    def _look(self, translation: Translation) -> tuple[locks.Asked, ...]:
        text = locks.look_text(translation)
        if not text:
            return ()
        was_idle = self._is_idle
        asked = locks.asked_from(
            exchange.fetch(self._connection, self._begin + text if was_idle else text)
        )
        if was_idle:
            exchange.send(self._connection, "ROLLBACK")
        return asked

    def _check_awaited(self, translation: Translation) -> None:
        """A table that was dropped while the statement waited for it is gone for it, even where
        another took its name: Redshift finds the table before it waits. The words are those of
        "Cluster versions for Amazon Redshift"."""
        awaited, self._awaited = self._awaited, {}
        if not awaited:
            return
        now = {one.name: one.oid for one in self._look(translation)}
        for name, oid in awaited.items():
            if name in now and now[name] != oid:
                shown = name.replace('"', "")
                raise SqlError(
                    f"ERROR: table {shown_table_id(shown)} dropped by concurrent transaction",
                    detail=f"{shown} was dropped by the transaction that this one waited for",
                )

    def _check_snapshot(self, translation: Translation) -> None:
        """The catalogue shows a table of a later commit, the snapshot none of its rows: "the
        transaction can't read from the newly created table" ("Troubleshooting serializable
        isolation errors")."""
        touched = self._touched
        if touched.snapshot is None or touched.definitions == self._history.definitions:
            return
        names = dict.fromkeys((*translation.tables, *locks.written_tables(translation)))
        if names and (late := locks.tables_after_snapshot(self._connection, tuple(names))):
            shown = ", ".join(late).replace('"', "")
            raise SqlError(
                "ERROR: 1018 DETAIL: Relation does not exist.",
                detail=f"{shown} was created after this transaction's snapshot",
            )

    def conflict(self, translation: Translation, told: str) -> SqlError:
        """The error where another transaction has changed the same rows since this one's snapshot;
        `told` is what PostgreSQL says of it."""
        if self._history.is_serializable:
            exchange.send(self._connection, "ROLLBACK TO SAVEPOINT asl")
            names = locks.written_tables(translation)
            oids = locks.oids_of(self._connection, names).values()
            violation = self._history.touch(self._touched, oids, oids)
            if violation is not None:
                return self._violated(violation)
        # SNAPSHOT gives "protection against update and delete conflicts" ("CREATE DATABASE"); the
        # words are Redshift's, seen in reports (aws/amazon-redshift-jdbc-driver issue 147).
        message = "ERROR: could not complete because of conflict with concurrent transaction"
        return SqlError(message, detail=told)

    def _violated(self, violation: Violation) -> SqlError:
        name = locks.shown_name(self._connection, violation.table)
        numbers = ", ".join(map(str, violation.transactions))
        # As in the knowledge centre's article on error 1023.
        return SqlError(
            f"ERROR: 1023 DETAIL: Serializable isolation violation on table -"
            f" {shown_table_id(name)}, transactions forming the cycle are: {numbers}"
            f" (pid:{self._pid})",
            detail=f"no serial order of the transactions gives the same; table {name}",
        )
