"""Table locks as Redshift takes them, asked of PostgreSQL without ever waiting.

Source: "How do I find and release locks in Amazon Redshift?" (AWS re:Post knowledge center). COPY,
INSERT, UPDATE and DELETE hold a ShareRowExclusiveLock, which lets others read but not write;
SELECT holds an AccessShareLock; ALTER TABLE, DROP and TRUNCATE hold an AccessExclusiveLock.
PostgreSQL has the same three, but its own writers lock rows: theirs is asked for in words.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import psycopg

from simulator.sql.cursor import qualified
from simulator.sql.isolation import CHANGE, READ, WRITE, Wanted
from simulator.sql.lexer import quote_text
from simulator.sql.postgres import exchange
from simulator.sql.translation import Translation

# PostgreSQL's lock modes that stop each of Redshift's ("Explicit Locking", its documentation).
_READ = ("AccessExclusiveLock",)
_WRITE = (
    "RowExclusiveLock", "ShareUpdateExclusiveLock", "ShareLock", "ShareRowExclusiveLock",
    "ExclusiveLock", "AccessExclusiveLock",
)  # fmt: skip
_CHANGE = ("AccessShareLock", "RowShareLock", *_WRITE)
_STOPPED_BY = (_READ, _WRITE, _CHANGE)
_OWN_LOCKS = (
    "SELECT relation::bigint, mode <> 'AccessShareLock' FROM pg_locks WHERE locktype = 'relation'"
    # Lower ones are the catalogue's.
    " AND pid = pg_backend_pid() AND relation >= 16384"
)
_DATABASE = "(SELECT oid FROM pg_database WHERE datname = current_database())"


@dataclass(frozen=True, slots=True)
class Asked:
    """A table that a statement needs: its oid (None: it does not exist), how strong a lock, and the
    processes whose locks stand in the way."""

    name: str
    oid: int | None
    strength: int
    holders: frozenset[int]


def written_tables(translation: Translation) -> tuple[str, ...]:
    """The tables whose rows a statement changes."""
    copy = translation.copy
    return translation.writes if copy is None else (qualified((copy.schema, copy.table)),)


def lock_text(translation: Translation) -> str:
    """Asks for the write locks before anything else, so that a transaction's snapshot comes after
    them."""
    names = written_tables(translation)
    # What EXPLAIN plans is not done.
    if not names or translation.kind == "EXPLAIN":
        return ""
    return f"LOCK TABLE {', '.join(names)} IN SHARE ROW EXCLUSIVE MODE NOWAIT;"


def look_text(translation: Translation) -> str:
    """The query for `Asked` of each table that a statement names; "" where it names none."""
    wanted = dict.fromkeys(translation.tables, READ)
    wanted.update(dict.fromkeys(written_tables(translation), WRITE))
    wanted.update(dict.fromkeys(translation.changes, CHANGE))
    if not wanted:
        return ""
    rows = ", ".join(
        f"({quote_text(name)}, to_regclass({quote_text(name)})::oid, {strength},"
        f" '{{{','.join(_STOPPED_BY[strength])}}}'::text[])"
        for name, strength in wanted.items()
    )
    return (
        "SELECT w.name, w.relation::bigint, w.strength, array_agg(l.pid)"  # noqa: S608 - quoted names
        f" FROM (VALUES {rows}) AS w(name, relation, strength, modes)"
        " LEFT JOIN pg_locks l ON l.locktype = 'relation' AND l.granted"
        f" AND l.database = {_DATABASE} AND l.relation = w.relation"
        " AND l.mode = ANY (w.modes) AND l.pid <> pg_backend_pid() GROUP BY 1, 2, 3"
    )


def asked_from(rows: Sequence[Sequence[Any]]) -> tuple[Asked, ...]:
    """What `look_text` found."""
    return tuple(
        Asked(name, oid, strength, frozenset(pid for pid in pids if pid is not None))
        for name, oid, strength, pids in rows
    )


def wanted_by(asked: Iterable[Asked]) -> Wanted:
    """The locks as who waits compares them."""
    return frozenset((one.oid, one.strength) for one in asked if one.oid is not None)


def touched_tables(
    connection: psycopg.Connection[Any], translation: Translation
) -> tuple[set[int], set[int]]:
    """Oids that the transaction has read and written so far, by the locks that it holds: what views
    stand for is in them. "COPY and INSERT operations are pure write operations. DELETE and UPDATE
    operations are read/write operations" ("Write and read/write operations")."""
    reads: set[int] = set()
    writes: set[int] = set()
    for oid, is_written in exchange.fetch(connection, _OWN_LOCKS):
        (writes if is_written else reads).add(oid)
    if translation.kind in ("UPDATE", "DELETE", "MERGE"):
        reads.update(oids_of(connection, translation.writes).values())
    return reads, writes


def oids_of(connection: psycopg.Connection[Any], names: Sequence[str]) -> dict[str, int]:
    """The oids of those of the tables that exist."""
    if not names:
        return {}
    text = f"SELECT n, to_regclass(n)::oid::bigint FROM unnest({_array(names)}) n"  # noqa: S608 - quoted
    rows = exchange.fetch(connection, text)
    return {name: oid for name, oid in rows if oid is not None}


def _array(names: Sequence[str]) -> str:
    return f"ARRAY[{', '.join(map(quote_text, names))}]::text[]"


def tables_after_snapshot(
    connection: psycopg.Connection[Any], names: Sequence[str]
) -> tuple[str, ...]:
    """Those of the tables that were made after the transaction's snapshot: names are found in the
    catalogue as it is now, its rows are read as they were then."""
    rows = exchange.fetch(
        connection,
        f"SELECT n FROM unnest({_array(names)}) n WHERE to_regclass(n) IS NOT NULL"  # noqa: S608 - quoted
        " AND NOT EXISTS (SELECT FROM pg_class c WHERE c.oid = to_regclass(n))",
    )
    return tuple(name for (name,) in rows)


def shown_name(connection: psycopg.Connection[Any], oid: int) -> str:
    """ "schema.table" of an oid; "" where it is gone."""
    row = connection.execute(
        "SELECT n.nspname || '.' || c.relname FROM pg_class c"
        " JOIN pg_namespace n ON n.oid = c.relnamespace WHERE c.oid = %s",
        (oid,),
    ).fetchone()
    return str(row[0]) if row else ""
