"""Tables of the cluster's other databases, for a statement that reads them.

"When you query database objects on any other unconnected databases, you have read access only"
("Querying data across databases"). Their committed rows are read as the statement's user, and stand
in a temporary table of the statement's own, as they are when it starts.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any, Protocol

from simulator.sql.cursor import qualified
from simulator.sql.errors import SqlError
from simulator.sql.lexer import quote_name, quote_text
from simulator.sql.outcome import Outcome
from simulator.sql.queries.databases import SCHEMA, ForeignTable, from_text
from simulator.sql.translation import Translation

_COLUMNS = (
    "SELECT a.attname::text, format_type(a.atttypid, a.atttypmod) FROM pg_attribute a"
    " WHERE a.attrelid = to_regclass({name}) AND a.attnum > 0 AND NOT a.attisdropped"
    " ORDER BY a.attnum"
)


class Reader(Protocol):
    """A transaction on another database."""

    def look(self, sql: str, *, now_ms: int) -> list[tuple[Any, ...]]: ...

    def rollback(self) -> None: ...


class Estate(Protocol):
    """The warehouse, as a transaction sees it: its other databases."""

    @property
    def serializable_databases(self) -> str: ...

    def has_database(self, name: str) -> bool: ...

    def begin(self, database: str, user: str, *, now_ms: int, observes: bool = False) -> Reader: ...

    def change_databases(self, command: dict[str, Any]) -> None: ...


def provided(translation: Translation, estate: Estate, *, user: str, now_ms: int) -> Translation:
    """The translation with what makes and drops the tables that it reads elsewhere."""
    before, after = [], []
    for table in from_text(translation.foreign):
        before += _made(table, estate, user, now_ms)
        after.append(f"DROP TABLE {SCHEMA}.{table.here}")
    return replace(
        translation,
        before=(*before, *translation.before),
        after=(*translation.after, *after),
    )


def columns_of(
    translation: Translation, estate: Estate, *, user: str, now_ms: int
) -> dict[str, list[str]]:
    """The columns of the tables that a translation reads elsewhere, by their names here."""
    return {
        f'"{SCHEMA}"."{table.here}"': [name for name, _ in _columns(table, estate, user, now_ms)]
        for table in from_text(translation.foreign)
    }


def named(outcome: Outcome, translation: Translation) -> Outcome:
    """The outcome of EXPLAIN with the tables' own names."""
    rows = outcome.rows
    for table in from_text(translation.foreign) if outcome.kind == "EXPLAIN" else ():
        rows = tuple((line.replace(f"{table.here} ", ""),) for (line,) in rows)
    return replace(outcome, rows=rows)


def _rows(
    table: ForeignTable, estate: Estate, user: str, now_ms: int, query: str
) -> Sequence[tuple[Any, ...]]:
    if not estate.has_database(table.database):
        raise SqlError(f'ERROR: database "{table.database}" does not exist', sqlstate="3D000")
    other = estate.begin(table.database, user, now_ms=now_ms, observes=True)
    try:
        return other.look(query, now_ms=now_ms)
    finally:
        other.rollback()


def _columns(
    table: ForeignTable, estate: Estate, user: str, now_ms: int
) -> Sequence[tuple[Any, ...]]:
    source = qualified((table.schema, table.name))
    name = quote_text(source)
    # Fails as the statement would, where the user may not read it.
    _rows(table, estate, user, now_ms, f"SELECT FROM {source} LIMIT 0")
    return _rows(table, estate, user, now_ms, _COLUMNS.replace("{name}", name))


def _made(table: ForeignTable, estate: Estate, user: str, now_ms: int) -> list[str]:
    """SQL that makes the table here, with the other's rows in it."""
    columns = _columns(table, estate, user, now_ms)
    source = qualified((table.schema, table.name))
    query = f"SELECT t::text FROM {source} AS t"  # noqa: S608 - quoted names
    rows = _rows(table, estate, user, now_ms, query)
    listed = ", ".join(f"{quote_name(name)} {kind}" for name, kind in columns)
    here = f"{SCHEMA}.{table.here}"
    made = [f"CREATE TEMP TABLE {table.here} ({listed}) ON COMMIT DROP"]
    if rows:
        texts = ", ".join(quote_text(text) for (text,) in rows)
        made.append(
            f"INSERT INTO {here} SELECT (s.c).* FROM (SELECT u.r::{here} AS c"  # noqa: S608 - quoted
            f" FROM unnest(ARRAY[{texts}]) AS u (r) OFFSET 0) AS s"
        )
    return made
