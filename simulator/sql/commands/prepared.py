"""PREPARE, EXECUTE and DEALLOCATE: statements kept under a name for a session.

Sources: "PREPARE", "EXECUTE", "DEALLOCATE" in Redshift's developer guide.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from simulator.sql.cursor import Cursor
from simulator.sql.errors import SqlError
from simulator.sql.lexer import tokenize
from simulator.sql.translation import Translation

_STATEMENTS = ("SELECT", "INSERT", "UPDATE", "DELETE", "WITH")


def prepare(cursor: Cursor) -> Translation:
    """After PREPARE: `plan_name [ (datatype [, ...] ) ] AS statement`."""
    name = cursor.name()
    kinds: list[str] = []
    if cursor.accept_sign("("):
        kinds = cursor.listed(lambda: _text(cursor))
        cursor.expect_sign(")")
    cursor.expect("AS")
    if cursor.keyword() not in _STATEMENTS:
        raise cursor.error()
    rest = cursor.tokens[cursor.at :]
    cursor.at = len(cursor.tokens)
    statement = cursor.text[rest[0].start : rest[-1].end]
    command = {"verb": "PREPARE", "name": name, "kinds": kinds, "statement": statement}
    return Translation("PREPARE", "prepared", command=command)


def execute(cursor: Cursor) -> Translation:
    """After EXECUTE: `plan_name [ (parameter [, ...]) ]`."""
    name = cursor.name()
    values: list[str] = []
    if cursor.accept_sign("("):
        values = cursor.listed(lambda: _text(cursor))
        cursor.expect_sign(")")
    command = {"verb": "EXECUTE", "name": name, "values": values}
    return Translation("EXECUTE", "prepared", command=command)


def deallocate(cursor: Cursor) -> Translation:
    """After DEALLOCATE: `[PREPARE] plan_name`."""
    if cursor.keyword(1):
        cursor.accept("PREPARE")
    command = {"verb": "DEALLOCATE", "name": cursor.name()}
    return Translation("DEALLOCATE", "prepared", command=command)


def _text(cursor: Cursor) -> str:
    """What stands before the next comma or the closing parenthesis."""
    taken = cursor.balanced(until=lambda: _is_comma(cursor))
    if not taken:
        raise cursor.error()
    return cursor.text[taken[0].start : taken[-1].end]


def _is_comma(cursor: Cursor) -> bool:
    token = cursor.peek()
    return token is not None and token.kind == "operator" and token.value == ","


@dataclass(slots=True)
class Plans:
    """A session's prepared statements, by name: the parameters' types and the text."""

    kept: dict[str, tuple[list[str], str]] = field(default_factory=dict)

    def read(self, command: dict[str, Any], *, inside: bool) -> str:
        """Does what the command says; the statement to run, empty for none. Raises SqlError.
        `inside`: in a procedure, where PREPARE isn't supported ("Stored procedure limitations")."""
        verb, name = command["verb"], command["name"]
        if inside and verb == "PREPARE":
            raise SqlError("ERROR: PREPARE cannot be executed from a function", sqlstate="25001")
        if verb == "PREPARE":
            if name in self.kept:
                message = f'ERROR: prepared statement "{name}" already exists'
                raise SqlError(message, sqlstate="42P05")
            self.kept[name] = (list(command["kinds"]), command["statement"])
            return ""
        if verb == "DEALLOCATE" and name == "all":
            self.kept.clear()
            return ""
        if name not in self.kept:
            message = f'ERROR: prepared statement "{name}" does not exist'
            raise SqlError(message, sqlstate="26000")
        if verb == "DEALLOCATE":
            del self.kept[name]
            return ""
        kinds, statement = self.kept[name]
        return _filled(name, kinds, statement, list(command["values"]))


def _filled(name: str, kinds: list[str], statement: str, values: list[str]) -> str:
    """The statement with values for `$1` and so on, each of its parameter's type."""
    if len(kinds) != len(values):
        message = f'ERROR: wrong number of parameters for prepared statement "{name}"'
        detail = f"Expected {len(kinds)} parameters but got {len(values)}."
        raise SqlError(message, sqlstate="42601", detail=detail)
    parts: list[str] = []
    end, tokens = 0, tokenize(statement)
    for at, token in enumerate(tokens[1:]):
        before = tokens[at]
        if before.value != "$" or before.end != token.start or token.kind != "number":
            continue
        number = int(token.value)
        if not 1 <= number <= len(values):
            raise SqlError(f"ERROR: there is no parameter ${number}", sqlstate="42P02")
        value = f"CAST({values[number - 1]} AS {kinds[number - 1]})"
        parts.append(statement[end : before.start] + value)
        end = token.end
    return "".join(parts) + statement[end:]
