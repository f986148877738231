"""Statements to PostgreSQL in one message and their results back, without a cursor in between.

psycopg's cursors prepare, adapt and describe what is asked of them, which costs several times what
a small statement does; a batch of the Data API has dozens of those. Texts sent here hold no
placeholders. What waits is psycopg's own loop, so that a signal is heard meanwhile.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from psycopg import errors, generators
from psycopg.adapt import Transformer
from psycopg.pq import ExecStatus

if TYPE_CHECKING:
    import psycopg
    from psycopg.pq.abc import PGresult

_GOOD = (ExecStatus.COMMAND_OK, ExecStatus.TUPLES_OK, ExecStatus.EMPTY_QUERY)


def send(connection: psycopg.Connection[Any], text: str) -> list[PGresult]:
    """The results of the statements of a text, in order. Raises psycopg.Error for the first that
    fails: none follows it."""
    pgconn = connection.pgconn
    pgconn.send_query(text.encode())
    results: list[PGresult] = connection.wait(generators.execute(pgconn))
    last = results[-1]
    if last.status not in _GOOD:
        raise errors.error_from_result(last)
    return results


def rows_of(connection: psycopg.Connection[Any], result: PGresult) -> tuple[tuple[Any, ...], ...]:
    """The rows of a result, as the connection reads its types."""
    reader = Transformer(connection)
    reader.set_pgresult(result)
    return tuple(reader.load_rows(0, result.ntuples, tuple))


def fetch(connection: psycopg.Connection[Any], text: str) -> tuple[tuple[Any, ...], ...]:
    """The rows of the last statement of a text. Raises as `send`."""
    return rows_of(connection, send(connection, text)[-1])


def row_count(result: PGresult) -> int:
    """How many rows a statement gave or changed; -1 where that is none of its business."""
    if result.status == ExecStatus.TUPLES_OK:
        return result.ntuples
    return -1 if result.command_tuples is None else result.command_tuples
