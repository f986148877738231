"""The committed tables as promises read them: now, outside of virtual time, and changing nothing.

A view holds for one moment: what it has read once it doesn't read again.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from simulator.sql.errors import SqlError

if TYPE_CHECKING:
    from simulator.sql.warehouse import Warehouse

# "undefined table" and "invalid schema name"
_NO_SUCH_TABLE = ("42P01", "3F000")


class CommittedTables:
    """One database of a warehouse, read as a superuser in transactions that are rolled back.

    Raises `LockUnavailable` where somebody drops or alters what it would read.
    """

    def __init__(self, warehouse: Warehouse, *, database: str, user: str, now_ms: int) -> None:
        self._warehouse = warehouse
        self._database = database
        self._user = user
        self._now_ms = now_ms
        self._read: dict[str, list[tuple[Any, ...]]] = {}

    def query(self, sql: str) -> list[tuple[Any, ...]]:
        """The rows of one SELECT, in Redshift's SQL. Raises `SqlError`."""
        if sql not in self._read:
            transaction = self._warehouse.begin(self._database, self._user, now_ms=self._now_ms)
            try:
                outcome = transaction.execute(sql, None, now_ms=self._now_ms)
                self._read[sql] = list(outcome.rows)
            finally:
                transaction.rollback()
        return self._read[sql]

    def rows(self, table: str) -> list[tuple[Any, ...]] | None:
        """All rows of a table, in no order; None where there is no such table."""
        try:
            return self.query(f"SELECT * FROM {table}")  # noqa: S608 - a promise's own words
        except SqlError as error:
            if error.sqlstate in _NO_SUCH_TABLE:
                return None
            raise
