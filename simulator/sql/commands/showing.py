"""SHOW: a parameter, a table's or a procedure's definition.

Sources: "SHOW", "SHOW TABLE", "SHOW PROCEDURE" in Redshift's developer guide.
"""

from __future__ import annotations

from simulator.sql import settings
from simulator.sql.commands.listing import LISTS
from simulator.sql.commands.roles import signature
from simulator.sql.cursor import Cursor, qualified
from simulator.sql.errors import NotSupported
from simulator.sql.lexer import quote_name, quote_text
from simulator.sql.translation import Translation

_REFUSED = ("EXTERNAL", "MODEL", "DATASHARES", "POLICIES", "RLS", "MASKING", "TEMPLATE")


def show(cursor: Cursor) -> Translation:
    """After SHOW."""
    if cursor.accept("PROCEDURE"):
        return _procedure(cursor)
    if cursor.accept("TABLE"):
        relation = cursor.relation()
        cursor.end()
        query = f"SELECT redshift.show_table({quote_text(qualified(relation))})"
        return _shown(f'{query} AS "Show Table DDL statement"')
    if lists := LISTS.get(cursor.keyword()):
        cursor.take()
        return lists(cursor)
    if cursor.keyword() in _REFUSED:
        raise NotSupported(f"SHOW {cursor.keyword()}")
    if cursor.accept("ALL"):
        rows = (f"SELECT {quote_text(name)}, {settings.shown(name)}" for name in settings.NAMES)
        query = " UNION ALL ".join(rows)
        return _shown(f"SELECT * FROM ({query}) AS s (name, setting)")  # noqa: S608 - of our own
    if cursor.accept("TRANSACTION", "ISOLATION", "LEVEL"):
        return _shown("SELECT 'serializable' AS transaction_isolation")
    name = settings.parameter(cursor)
    return _shown(f"SELECT {settings.shown(name)} AS {quote_name(name)}")


def _shown(query: str) -> Translation:
    return Translation("SHOW", "sql", query, has_rows=True)


def _procedure(cursor: Cursor) -> Translation:
    """`sp_name [( [ [ argname ] [ argmode ] argtype [, ...] ] )]`."""
    start = cursor.at
    relation = cursor.relation()
    inputs = "NULL"
    if not cursor.done:
        cursor.at = start
        kinds = signature(cursor).partition("(")[2][:-1]
        inputs = quote_text(kinds.replace(", ", ","))
    cursor.end()
    names = ", ".join(map(quote_text, relation))
    query = f"SELECT redshift.show_procedure({names}, {inputs})"
    return _shown(f'{query} AS "Stored Procedure Definition"')
