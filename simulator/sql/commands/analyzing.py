"""ANALYZE COMPRESSION: a report, which here recommends nothing.

Source: "ANALYZE COMPRESSION" in Redshift's developer guide. It "doesn't produce recommendations if
the amount of data in the table is insufficient to produce a meaningful sample": what rows would
take on a cluster's disks is no part of a simulation, so every column keeps its encoding.
"""

from __future__ import annotations

from simulator.sql.cursor import Cursor, qualified
from simulator.sql.errors import SqlError
from simulator.sql.lexer import quote_text
from simulator.sql.queries.checks import refuse_system_relation
from simulator.sql.translation import Translation

# "The accepted range for numrows is a number between 1000 and 1000000000".
_LEAST_ROWS, _MOST_ROWS = 1_000, 1_000_000_000


def analyze_compression(cursor: Cursor) -> Translation:
    """After ANALYZE COMPRESSION: `[table [(column, ...)]] [COMPROWS numrows]`."""
    arguments, lock = "NULL, NULL", ""
    changes: tuple[str, ...] = ()
    if not cursor.done and cursor.keyword() != "COMPROWS":
        relation = cursor.relation()
        refuse_system_relation(*relation)
        name = qualified(relation)
        token = cursor.peek()
        columns = cursor.names_in_parentheses() if token is not None and token.value == "(" else []
        listed = f"ARRAY[{', '.join(map(quote_text, columns))}]::text[]" if columns else "NULL"
        arguments = f"{quote_text(name)}, {listed}"
        # "ANALYZE COMPRESSION acquires an exclusive table lock".
        changes, lock = (name,), f"LOCK TABLE {name} IN ACCESS EXCLUSIVE MODE NOWAIT"
    if cursor.accept("COMPROWS"):
        rows = cursor.integer()
        if not _LEAST_ROWS <= rows <= _MOST_ROWS:
            message = f"ERROR: COMPROWS must be between {_LEAST_ROWS} and {_MOST_ROWS}, got {rows}"
            raise SqlError(message, sqlstate="22023")
    cursor.end()
    query = f"SELECT * FROM redshift.compression_of({arguments})"  # noqa: S608 - quoted
    return Translation(
        "ANALYZE",
        "sql",
        query,
        before=(lock,) if lock else (),
        changes=changes,
        has_rows=True,
    )
