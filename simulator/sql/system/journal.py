"""What the ledger keeps of one transaction: its statements, its procedures' calls and messages."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from simulator.sql.outcome import Outcome
from simulator.sql.system.ledger import LEVELS, Ledger, Message, Query

if TYPE_CHECKING:
    from simulator.sql.loading.copy_command import CopyCommand
    from simulator.sql.loading.copying import Load, LoadError

# What has a number of its own in STL_QUERY.
_QUERIES = frozenset({"SELECT", "INSERT", "UPDATE", "DELETE", "MERGE", "COPY", "UNLOAD"})


class Journal:
    """One transaction's part in the ledger. Without a ledger it only keeps messages. `last` holds
    what PG_LAST_COPY_ID and its like tell of; a session's transactions share it."""

    def __init__(
        self, ledger: Ledger | None, *, user: str, database: str, last: dict[str, int]
    ) -> None:
        self.ledger = ledger
        self.query: Query | None = None
        self.last = last
        # What procedures said, errors aside.
        self.messages: list[Message] = []
        self._user, self._database = user, database
        # The statement that had to wait: it is kept already when it is asked again.
        self._refused = ""
        # The entries of what the statement at work called and said, and of the calls at work.
        self._logged: list[dict[str, Any]] = []
        self._called: list[dict[str, Any]] = []

    def begin(self, sql: str, now_ms: int, *, number: int, pid: int, xid: int, label: str) -> None:
        """Keeps a statement of the client's. `number` is its query's, 0: the next one free."""
        is_new, self._refused = sql != self._refused, ""
        if self.ledger is None or (self.query is not None and not is_new):
            return
        self.query = self.ledger.begin(
            Query(number, xid, pid, self._user, self._database, sql, "", now_ms, label=label)
        )

    def refuse(self, sql: str) -> None:
        """The statement has to wait."""
        self._refused = sql

    def fail(self, message: str) -> None:
        """The statement failed."""
        if self.query is not None:
            self.query.error = message

    def succeed(self, outcome: Outcome) -> None:
        """The statement ran."""
        if self.query is not None:
            self.query.rows, self.query.kind = max(outcome.row_count, 0), outcome.kind

    def close(self, now_ms: int | None) -> None:
        """The statement is over at its virtual end; one that waits is not."""
        query = self.query
        if query is None or self._refused:
            return
        if query.ended_ms is None:
            query.ended_ms = query.started_ms if now_ms is None else now_ms
        if query.kind in _QUERIES:
            self.last["query_id"] = query.query
        for entry in self._logged:
            entry["ended_ms"] = query.ended_ms
            entry["aborted"] |= bool(query.error) or query.aborted
        self._logged = []
        self.query = None

    def abort(self, now_ms: int | None) -> None:
        """The transaction was rolled back."""
        if self.query is not None and not self.query.error:
            self.query.aborted = True
        self._refused = ""
        self.close(now_ms)

    # Loads and unloads.

    def begin_copy(self) -> None:
        """PG_LAST_COPY_ID is that of the COPY that began last, also where it fails."""
        if self.query is not None:
            self.last["copy_id"] = self.query.query

    def loaded(self, command: CopyCommand, load: Load) -> None:
        """A COPY that ended well."""
        if self.ledger is not None and self.query is not None:
            self.ledger.add_load(command, load, self.query)
        self.last["copy_count"] = load.count

    def failed_to_load(self, command: CopyCommand, errors: Sequence[LoadError]) -> None:
        """A COPY that failed by what it was to load."""
        if self.ledger is not None and self.query is not None:
            self.ledger.add_load_errors(command, errors, self.query)

    def unloaded(self, files: Sequence[tuple[str, int, int]], kind: str, rows: int) -> None:
        """An UNLOAD, with each file's address, rows and bytes."""
        if self.ledger is not None and self.query is not None:
            for path, count, size in files:
                self.ledger.add_unload(path, count, size, kind, self.query)
            self.last["unload_id"] = self.query.query
        self.last["unload_count"] = rows

    # Procedures.

    def enter(self, call: str, now_ms: int) -> None:
        """A procedure is called, by another one perhaps."""
        if self.ledger is not None and self.query is not None:
            entry = self.ledger.add_call(call, self._caller, self.query, now_ms)
            self._called.append(entry)
            self._logged.append(entry)

    def leave(self, *, failed: bool) -> None:
        """The procedure that was called last is over."""
        if self._called:
            self._called.pop()["aborted"] = failed

    @property
    def _caller(self) -> int | None:
        return int(self._called[-1]["call"]) if self._called else None

    def say(self, message: Message, line: int, *, lowest: str, now_ms: int) -> None:
        """A RAISE: kept for the system views from the lowest level on."""
        if message.level != "EXCEPTION":
            self.messages.append(message)
        if self.ledger is None or self.query is None or LEVELS[message.level] < LEVELS[lowest]:
            return
        entry = self.ledger.add_message(message, line, self.query, now_ms)
        self._logged.append(entry)

    def begin_inside(self, sql: str, now_ms: int) -> Query | None:
        """A statement of a procedure's own begins; what it interrupts, for `end_inside`."""
        call = self.query
        if self.ledger is not None and call is not None:
            self.query = self.ledger.begin_inside(sql, call, self._caller, now_ms)
            self.query.ended_ms = now_ms
        return call

    def end_inside(self, call: Query | None, outcome: Outcome | None, *, waits: bool) -> None:
        """It is over, or has to wait and will be kept when it is asked again."""
        inside, self.query = self.query, call
        if inside is None or self.ledger is None or inside is call:
            return
        if waits:
            self.ledger.forget(inside)
        elif outcome is not None:
            inside.rows, inside.kind = max(outcome.row_count, 0), outcome.kind
            if inside.kind in _QUERIES:
                self.last["query_id"] = inside.query
