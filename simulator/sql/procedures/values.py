"""What a procedure does with values and texts, without asking anybody."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import Any

from simulator.sql.errors import SqlError
from simulator.sql.lexer import Token
from simulator.sql.procedures.nodes import Tokens
from simulator.sql.procedures.scope import Scope, Slot, Value, cast_type, check_length

# Their names are no variables'; CREATE ... AS SELECT is a query.
UTILITY = frozenset(
    ("DROP", "ALTER", "GRANT", "REVOKE", "COPY", "UNLOAD", "TRUNCATE", "ANALYZE", "VACUUM", "LOCK",
     "COMMENT", "SET", "REFRESH", "RESET")
)  # fmt: skip


def assign(slot: Slot, value: Value) -> None:
    if slot.constant:
        message = f'ERROR: "{slot.name}" is declared CONSTANT'
        raise SqlError(message, sqlstate="22005")
    if slot.not_null and value.text is None:
        message = (
            f'ERROR: null value cannot be assigned to variable "{slot.name}" declared NOT NULL'
        )
        raise SqlError(message, sqlstate="22004")
    check_length(slot.type, value)
    slot.value = value


def plain_value(tokens: Tokens, scope: Scope, kind: str) -> Value | None:
    """The value of a lone literal or variable, where no conversion is needed."""
    if len(tokens) != 1:
        return None
    token = tokens[0]
    wanted = cast_type(kind) if kind else ""
    if token.kind == "string" and wanted in ("", "varchar"):
        return Value(token.value, kind or "varchar")
    if token.kind == "number" and token.value.isdigit() and wanted in ("", "int", "integer"):
        return Value(token.value, kind or "integer") if int(token.value) < 2**31 else None
    if token.keyword == "NULL":
        return Value(None, kind or "varchar")
    if token.keyword in ("TRUE", "FALSE") and wanted in ("", "boolean", "bool"):
        return Value(token.value, kind or "boolean")
    slot = scope.find(token.value) if token.kind in ("word", "quoted") else None
    if slot is not None and not slot.is_record and wanted in ("", cast_type(slot.type)):
        return Value(slot.value.text, kind or slot.value.type)
    return None


def query_text(value: Value) -> str:
    if value.text is None:
        message = "ERROR: cannot EXECUTE a null querystring"
        raise SqlError(message, sqlstate="22004")
    return value.text


def formatted(text: str, values: Sequence[Value]) -> str:
    """A RAISE format: `%` takes the next value, `%%` is a percent sign."""
    parts = text.split("%%")
    wanted = sum(part.count("%") for part in parts)
    if wanted != len(values):
        few = "few" if len(values) < wanted else "many"
        message = f"ERROR: too {few} parameters specified for RAISE"
        raise SqlError(message, sqlstate="42601")
    rest = iter(values)
    shown_parts = []
    for part in parts:
        pieces = part.split("%")
        joined = pieces[0]
        for piece in pieces[1:]:
            value = next(rest)
            joined += ("<NULL>" if value.text is None else _message_text(value)) + piece
        shown_parts.append(joined)
    return "%".join(shown_parts)


def _message_text(value: Value) -> str:
    if cast_type(value.type) in ("boolean", "bool"):
        return "t" if value.is_true else "f"
    return value.text or ""


def declared_type(column: Any) -> str:
    if column.type_name == "numeric":
        return f"numeric({column.precision},{column.scale})"
    if column.type_name in ("varchar", "bpchar"):
        return f"varchar({column.precision})"
    return str(column.type_name)


def wrapped(tokens: Tokens) -> Tokens:
    return (sign("("), *tokens, sign(")"))


def sign(value: str) -> Token:
    # No place in the text: what is written is the value itself.
    return Token("operator", value, -1, -1)


def is_from_query(tokens: Tokens) -> bool:
    return any(
        one.keyword == "AS" and following.keyword in ("SELECT", "WITH", "")
        for one, following in pairwise(tokens)
    ) and any(one.keyword in ("SELECT", "WITH") for one in tokens)
