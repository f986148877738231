"""Primary, unique and foreign keys: informational on Redshift, and kept as a table's attributes."""

from __future__ import annotations

import re
from dataclasses import dataclass

from simulator.sql.cursor import Cursor, qualified
from simulator.sql.errors import SqlError
from simulator.sql.lexer import quote_name


@dataclass(frozen=True, slots=True)
class References:
    """`clause` as SHOW TABLE has it; `check` is SQL that fails where there is no such table, or it
    has no such columns."""

    target: tuple[str, str]
    clause: str
    check: str


@dataclass(frozen=True, slots=True)
class Constraint:
    """A key of a table; `text` as SHOW TABLE has it."""

    name: str
    kind: str
    columns: list[str]
    references: References | None = None

    @property
    def text(self) -> str:
        shown = f"{self.kind} ({', '.join(map(quote_key, self.columns))})"
        return f"{shown} {self.references.clause}" if self.references else shown


def constraint(cursor: Cursor, table: str) -> Constraint:
    """`[CONSTRAINT name] PRIMARY KEY | UNIQUE | FOREIGN KEY ( ... )`; without a name it has the one
    that PostgreSQL makes. Raises SqlError."""
    given = cursor.name() if cursor.accept("CONSTRAINT") else ""
    if cursor.accept("PRIMARY", "KEY"):
        return Constraint(given or f"{table}_pkey", "PRIMARY KEY", cursor.names_in_parentheses())
    if cursor.accept("UNIQUE"):
        columns = cursor.names_in_parentheses()
        return Constraint(given or f"{table}_{columns[0]}_key", "UNIQUE", columns)
    if cursor.keyword() == "CHECK":
        raise SqlError("ERROR: CHECK constraints are not supported", sqlstate="0A000")
    cursor.expect("FOREIGN", "KEY")
    columns = cursor.names_in_parentheses()
    cursor.expect("REFERENCES")
    name = given or f"{table}_{columns[0]}_fkey"
    return Constraint(name, "FOREIGN KEY", columns, references(cursor))


def references(cursor: Cursor) -> References:
    """After REFERENCES."""
    target = cursor.relation()
    token = cursor.peek()
    columns = cursor.names_in_parentheses() if token is not None and token.value == "(" else []
    shown = ", ".join(map(quote_name, columns)) or "1"
    named = ".".join(quote_key(part) for part in target if part)
    clause = f"REFERENCES {named}" + (f"({', '.join(map(quote_key, columns))})" if columns else "")
    check = f"SELECT {shown} FROM {qualified(target)} LIMIT 0"  # noqa: S608 - quoted names
    return References(target, clause, check)


def quote_key(name: str) -> str:
    """A column's name as a definition shows it: quoted where it has to be."""
    return name if re.fullmatch(r"[a-z_][a-z0-9_$]*", name) else quote_name(name)
