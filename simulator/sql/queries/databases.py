"""The databases that a statement's three-part names lead to.

A name may say its database where that is the one in use ("Querying across databases" has the
notation); that it is, only the transaction knows that runs the statement.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar

from simulator.sql.errors import NotSupported

_NAMED: ContextVar[set[str]] = ContextVar("named databases")


@contextmanager
def noting() -> Iterator[set[str]]:
    """What is translated inside adds the databases that it names, in lower case."""
    named: set[str] = set()
    token = _NAMED.set(named)
    try:
        yield named
    finally:
        _NAMED.reset(token)


def note(database: str) -> None:
    """A name of three parts begins with this."""
    _NAMED.get().add(database.lower())


def check(named: Iterable[str], *, used: str) -> None:
    """Raises NotSupported for a database other than that in use."""
    for database in named:
        if database != used:
            raise NotSupported(f"a table of database {database!r} in a statement of {used!r}")
