"""The committed tables as promises read them: now, outside of virtual time, and changing nothing.

Promises look after every commit, and a commit changes few tables: a table is read again only when
PostgreSQL's row versions say that it has changed.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

import psycopg

from simulator.sql.errors import LockUnavailable
from simulator.sql.lexer import quote_name, quote_text
from simulator.sql.postgres import exchange

if TYPE_CHECKING:
    from simulator.sql.warehouse import Warehouse

Stamp = tuple[Any, ...]
GONE = (psycopg.errors.UndefinedTable, psycopg.errors.InvalidSchemaName)


class CommittedTables:
    """One database of a warehouse, read as a superuser in transactions that are rolled back.

    Raises `LockUnavailable` where somebody drops or alters what it would read.
    """

    def __init__(
        self, warehouse: Warehouse, *, database: str, user: str, now_ms: Callable[[], int]
    ) -> None:
        self._warehouse = warehouse
        self._database = database
        self._user = user
        self._now_ms = now_ms
        self._kept: dict[str, tuple[Stamp, list[tuple[Any, ...]]]] = {}
        # as of this look
        self._stamps: dict[str, Stamp] = {}

    def look(self) -> CommittedTables:
        """As of now: until the next look nothing is committed."""
        self._stamps = {}
        return self

    def query(self, sql: str) -> list[tuple[Any, ...]]:
        """The rows of one SELECT, in Redshift's SQL. Raises `SqlError`."""
        now_ms = self._now_ms()
        transaction = self._warehouse.begin(
            self._database, self._user, now_ms=now_ms, observes=True
        )
        try:
            return list(transaction.execute(sql, None, now_ms=now_ms).rows)
        finally:
            transaction.rollback()

    def rows(self, table: str) -> list[tuple[Any, ...]] | None:
        """All rows of a table, in no order; None where there is no such table. The same list as
        long as the table is the same."""
        stamp = self._stamp(table)
        if stamp is None:
            self._kept.pop(table, None)
            return None
        if table not in self._kept or self._kept[table][0] != stamp:
            rows = self.query(f"SELECT * FROM {table}")  # noqa: S608 - a promise's own words
            self._kept[table] = (stamp, rows)
        return self._kept[table][1]

    def _stamp(self, table: str) -> Stamp | None:
        """What differs when the table's committed rows do."""
        if table not in self._stamps and table in self._kept:
            # whoever asked for several before does so again: one question instead of many
            with contextlib.suppress(*GONE, psycopg.errors.LockNotAvailable):
                self._stamps = self._ask(list(self._kept))
        if table not in self._stamps:
            try:
                self._stamps |= self._ask([table])
            except GONE:
                return None
            except psycopg.errors.LockNotAvailable:
                raise LockUnavailable(f"{table} is being changed") from None
        return self._stamps[table]

    def _ask(self, tables: Sequence[str]) -> dict[str, Stamp]:
        """A row that comes or changes has a newer transaction than all before it, and rows that
        only go are missed in the count."""
        names = [".".join(quote_name(part) for part in name.lower().split(".")) for name in tables]
        text = " UNION ALL ".join(
            f"SELECT {number}, count(*), age('3'::xid) - min(age(xmin)),"  # noqa: S608
            f" to_regclass({quote_text(name)})::oid FROM {name}"
            for number, name in enumerate(names)
        )
        connection = self._warehouse.connection(self._database)
        try:
            found = exchange.fetch(connection, text)
        finally:
            self._warehouse.give_back(self._database, connection)
        return {tables[number]: tuple(stamp) for number, *stamp in found}


__all__ = ["CommittedTables"]
