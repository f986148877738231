"""A table's attributes: distribution and sort keys, and what else PostgreSQL has no place for.

Source: "CREATE TABLE" in Redshift's developer guide. Keys are informational there: checked for
sense, never enforced.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any

from simulator.sql.cursor import Cursor
from simulator.sql.errors import SqlError
from simulator.sql.lexer import quote_text


@dataclass(slots=True)
class Table:
    """What the definition of one table said so far; `parts` are PostgreSQL's, a column's each."""

    columns: list[str] = field(default_factory=list)
    kinds: dict[str, str] = field(default_factory=dict)
    parts: list[str] = field(default_factory=list)
    not_null: set[str] = field(default_factory=set)
    dist_keys: list[str] = field(default_factory=list)
    sort_keys: list[str] = field(default_factory=list)
    keys: list[str] = field(default_factory=list)
    dist_style: str = ""
    # Columns' encodings, and informational constraints by their names.
    encodings: dict[str, str] = field(default_factory=dict)
    constraints: dict[str, str] = field(default_factory=dict)
    before: list[str] = field(default_factory=list)
    like: bool = False
    interleaved: bool = False

    def kept(self) -> str:
        """What PostgreSQL has no place for, as JSON text; "" where nothing was said."""
        said: dict[str, Any] = {
            "distkey": next(iter(self.dist_keys), None),
            "diststyle": "KEY" if self.dist_keys else self.dist_style or None,
            "sortkeys": self.sort_keys,
            "encodings": self.encodings,
            "constraints": self.constraints,
            "interleaved": self.interleaved,
        }
        filled = {key: value for key, value in said.items() if value}
        return json.dumps(filled) if filled else ""


def attributes(cursor: Cursor, table: Table) -> None:
    """Those after the columns, up to the end or AS."""
    while not cursor.done and cursor.keyword() != "AS":
        _attribute(cursor, table)


def _attribute(cursor: Cursor, table: Table) -> None:
    if cursor.accept("BACKUP"):
        if not (cursor.accept("YES") or cursor.accept("NO")):
            raise cursor.error()
    elif cursor.accept("DISTSTYLE"):
        table.dist_style = cursor.keyword()
        if table.dist_style not in ("AUTO", "EVEN", "KEY", "ALL"):
            raise cursor.error()
        cursor.take()
    elif cursor.accept("DISTKEY"):
        table.dist_keys.extend(cursor.names_in_parentheses())
    elif cursor.keyword() in ("SORTKEY", "COMPOUND", "INTERLEAVED"):
        table.interleaved = sort_key(cursor, table.sort_keys)
    elif cursor.accept("ENCODE", "AUTO"):
        pass
    else:
        raise cursor.error()


def table_attributes(cursor: Cursor, *, until: tuple[str, ...]) -> None:
    """Attributes of a materialized view: those of a table, checked and no more."""
    table = Table()
    while not cursor.done and cursor.keyword() not in until:
        _attribute(cursor, table)


def sort_key(cursor: Cursor, columns: list[str]) -> bool:
    """`[COMPOUND | INTERLEAVED] SORTKEY (...)` or `SORTKEY AUTO`; whether it is interleaved."""
    interleaved = not cursor.accept("COMPOUND") and cursor.accept("INTERLEAVED")
    cursor.expect("SORTKEY")
    if cursor.accept("AUTO"):
        return False
    token = cursor.peek()
    if token is not None and token.value == "(":
        columns.extend(cursor.names_in_parentheses())
    else:
        columns.append(cursor.name())
    return interleaved


def check_keys(table: Table) -> None:
    """Whether the keys go together, and are of columns that there are. Raises SqlError."""
    if len(table.dist_keys) > 1:
        raise SqlError("ERROR: cannot specify more than one distkey", sqlstate="42601")
    if table.dist_keys and table.dist_style in ("EVEN", "ALL"):
        message = f"ERROR: Cannot specify DISTKEY column with DISTSTYLE {table.dist_style}"
        raise SqlError(message, sqlstate="42601")
    if table.like:
        if table.dist_keys or table.sort_keys or table.dist_style:
            # "you can't explicitly set them in the CREATE TABLE ... LIKE statement"
            message = "ERROR: DISTKEY, DISTSTYLE and SORTKEY can't be specified with LIKE"
            raise SqlError(message, sqlstate="42601")
        return
    for column in (*table.dist_keys, *table.sort_keys):
        kind = {"super": "SUPER", "bytea": "VARBYTE"}.get(table.kinds.get(column, "")[:5])
        if kind is not None:
            # "You can't define SUPER columns as either a distribution or sort key".
            message = f'ERROR: column "{column}" of type {kind} cannot be a distkey or sortkey'
            raise SqlError(message, sqlstate="0A000")
    for column in (*table.dist_keys, *table.sort_keys, *table.keys):
        if column not in table.columns:
            message = f'ERROR: column "{column}" named in key does not exist'
            raise SqlError(message, sqlstate="42703")


def set_attributes(name: str, kept: str) -> str:
    """SQL that changes what is kept of a table's attributes."""
    return f"SELECT redshift.set_attributes({quote_text(name)}::regclass, {quote_text(kept)})"
