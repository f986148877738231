"""What a statement needs before it can run: files of external tables, and late-binding views bound.

PostgreSQL says so by errors of ours (`system.external_tables`, `system.late_views`); the statement
is undone, what it lacks is made, and it is asked again. What is made for one statement is gone with
it, so that each sees the files as they are.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

import psycopg

from simulator.sql.lexer import quote_text
from simulator.sql.loading.external_rows import rows_of
from simulator.sql.loading.lake import Lake

UNBOUND = "ASL01"
WITHOUT_ROWS = "ASL02"
WITHOUT_LEDGER = "ASL03"
# A statement that names more external tables than this is refused.
MAX_TABLES = 100
_MADE = (
    "CREATE TEMP TABLE pg_temp.asl_external (key text, fields text[]) ON COMMIT DROP;"
    "CREATE TEMP TABLE pg_temp.asl_external_read (key text) ON COMMIT DROP;"
)
_DROPPED = "DROP TABLE IF EXISTS pg_temp.asl_external, pg_temp.asl_external_read;"


class Late:
    """One transaction's part in this. `authorization` is SQL that makes it the user's again."""

    def __init__(self, connection: psycopg.Connection[Any], lake: Lake, authorization: str) -> None:
        self._connection = connection
        self._lake = lake
        self._authorization = authorization
        self._has_rows = False

    def clean_text(self) -> str:
        """SQL before a statement that takes away what was made for the one before."""
        if not self._has_rows:
            return ""
        self._has_rows = False
        return f"RESET SESSION AUTHORIZATION;{_DROPPED}{self._authorization}"

    def load(self, error: psycopg.Error) -> None:
        """Loads the files of the external table that the error names. Raises SqlError."""
        text = error.diag.message_primary or ""
        spec = json.loads(text)
        self._connection.execute("RESET SESSION AUTHORIZATION")
        if not self._has_rows:
            self._connection.execute(_DROPPED + _MADE)
            self._has_rows = True
        row = self._connection.execute("SELECT md5(%s::text)", (text,)).fetchone()
        assert row is not None
        read = f"INSERT INTO pg_temp.asl_external_read VALUES ({quote_text(row[0])})"  # noqa: S608 - a hash
        self._connection.execute(read)
        with self._connection.cursor() as cursor:
            into = "COPY pg_temp.asl_external (key, fields) FROM STDIN"
            with cursor.copy(into) as copy:
                for fields in rows_of(spec, self._lake):
                    copy.write_row((row[0], fields))
        self._connection.execute(self._authorization)

    def bind(self) -> bool:
        """Binds the late-binding views that can be bound by now; whether any was."""
        row = self._connection.execute("SELECT redshift.bind_all()").fetchone()
        return bool(row and row[0])

    def explain(self, tables: Sequence[str]) -> None:
        """Runs the query of the first unbound view among the tables, for its error's sake."""
        for name in tables:
            row = self._connection.execute(
                "SELECT redshift.late_query(oid) FROM pg_class WHERE oid = to_regclass(%s)"
                " AND relkind = 'v' AND pg_get_viewdef(oid) LIKE '%%redshift.unbound(%%'",
                (name,),
            ).fetchone()
            if row is not None and row[0] is not None:
                self._connection.execute(row[0])
