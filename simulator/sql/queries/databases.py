"""The databases that a statement's three-part names lead to.

A name may say its database ("Querying data across databases" has the notation); which one is in use
only the transaction knows that runs the statement. Translated for it, a table of another database
is one of the statement's own that holds the other's rows (`elsewhere`).
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import NamedTuple

from simulator.sql.errors import NotSupported

_NAMED: ContextVar[set[str]] = ContextVar("named databases")
# The tables of other databases by what they are here; None where the one in use is not known.
_FOREIGN: ContextVar[dict[str, ForeignTable] | None] = ContextVar("foreign tables", default=None)
_USED: ContextVar[str] = ContextVar("database in use", default="")

SCHEMA = "pg_temp"


class ForeignTable(NamedTuple):
    """A table of another database; `here` is its name while a statement reads it."""

    here: str
    database: str
    schema: str
    name: str


@contextmanager
def noting(used: str = "") -> Iterator[tuple[set[str], dict[str, ForeignTable]]]:
    """What is translated inside adds the databases that it names, in lower case, and, where the one
    in use is told, the tables of others that it reads."""
    named: set[str] = set()
    foreign: dict[str, ForeignTable] = {}
    tokens = _NAMED.set(named), _FOREIGN.set(foreign), _USED.set(used)
    try:
        yield named, foreign
    finally:
        _NAMED.reset(tokens[0])
        _FOREIGN.reset(tokens[1])
        _USED.reset(tokens[2])


def note(database: str) -> None:
    """A name of three parts begins with this."""
    _NAMED.get().add(database.lower())


def read(database: str, schema: str, name: str) -> str:
    """What stands for a table that is read, in the schema `pg_temp`; "" where its own name does."""
    foreign, used = _FOREIGN.get(), _USED.get()
    if not used or foreign is None or database.lower() == used:
        note(database)
        return ""
    parts = (database.lower(), schema, name)
    here = f"asl_db_{hashlib.sha256(json.dumps(parts).encode()).hexdigest()[:16]}"
    foreign[here] = ForeignTable(here, *parts)
    return here


def as_text(foreign: Iterable[ForeignTable]) -> tuple[str, ...]:
    """For a translation, which is kept as JSON."""
    return tuple(json.dumps(one) for one in foreign)


def from_text(kept: Iterable[str]) -> list[ForeignTable]:
    """What `as_text` wrote."""
    return [ForeignTable(*json.loads(one)) for one in kept]


def check(named: Iterable[str], *, used: str) -> None:
    """Raises NotSupported for a database other than that in use."""
    for database in named:
        if database != used:
            raise NotSupported(f"a table of database {database!r} in a statement of {used!r}")
