"""Variables of a PL/pgSQL procedure, and statements with their values in place of their names.

A name in a statement is the variable's wherever an expression may begin, as in the PL/pgSQL that
Redshift comes from; a table, an alias, or a column that is written to keeps its name.
"""

# ruff: noqa: SIM905 - word lists read better as text
from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time
from decimal import Decimal
from typing import Any

from simulator.sql.errors import SqlError
from simulator.sql.lexer import Token
from simulator.sql.outcome import Column
from simulator.sql.procedures.nodes import Tokens

_BEFORE_EXPRESSIONS = frozenset(
    "SELECT WHERE AND OR NOT ON HAVING BY THEN ELSE WHEN CASE BETWEEN LIKE ILIKE IN IS VALUES SET"
    " LIMIT OFFSET DISTINCT ALL ANY SOME TOP ESCAPE TO FROM EXCEPT UNION RETURNING INTERVAL".split()
)
_CLAUSES = frozenset(
    "SELECT FROM WHERE GROUP ORDER HAVING SET VALUES ON USING INTO JOIN LIMIT UPDATE"
    " QUALIFY".split()
)
_TABLE_CLAUSES = frozenset("FROM INTO JOIN UPDATE USING".split())
# Calls whose arguments hold a FROM.
_WITH_FROM = frozenset("EXTRACT TRIM SUBSTRING OVERLAY".split())
_LENGTH = re.compile(
    r"(?:varchar|character varying|nvarchar|char|character|nchar|bpchar)\s*\((\d+)\)"
)
# Types that hold a text as far as a variable is concerned.
_TEXTS = frozenset(("refcursor", "text", "name", "bpchar"))


@dataclass(frozen=True, slots=True)
class Value:
    """`text` as Redshift would show it, None: NULL; `type` as a cast to it is written."""

    text: str | None
    type: str = "varchar"

    @property
    def is_true(self) -> bool:
        return self.text is not None and self.text.lower() in ("t", "true", "1")


NULL = Value(None)


@dataclass(slots=True)
class Slot:
    """A variable: one value, or those of a record's fields (None: it has no row type yet)."""

    name: str
    type: str
    value: Value = NULL
    fields: dict[str, Value] | None = None
    is_record: bool = False
    constant: bool = False
    not_null: bool = False
    cursor: Tokens = ()
    parameters: tuple[str, ...] = ()


@dataclass(slots=True)
class Scope:
    """The variables that a block sees: its own, then those of the blocks around it."""

    slots: dict[str, Slot] = field(default_factory=dict)
    outer: Scope | None = None
    label: str = ""

    def find(self, name: str) -> Slot | None:
        """The variable of this name, None where there is none."""
        scope: Scope | None = self
        while scope is not None:
            if name in scope.slots:
                return scope.slots[name]
            scope = scope.outer
        return None

    def labelled(self, label: str) -> Scope | None:
        """The scope of a block or loop with a label."""
        scope: Scope | None = self
        while scope is not None:
            if label and scope.label == label:
                return scope
            scope = scope.outer
        return None

    def add(self, slot: Slot) -> Slot:
        """Makes a variable of the scope's own."""
        self.slots[slot.name] = slot
        return slot


def value_of(column: Column, raw: Any) -> Value:
    """A result's field as a variable keeps it."""
    text = shown(raw)
    return Value(text, type_of(column, text))


def type_of(column: Column, text: str | None) -> str:
    """A result column's type as a cast to it is written; decimals keep the value's own scale."""
    name = column.type_name
    if name == "numeric":
        digits = len((text or "").partition(".")[2])
        return f"numeric(38,{min(digits, 37)})"
    if name in ("bpchar", "name", "varchar", "unknown", "void"):
        return "varchar"
    return name


def shown(raw: Any) -> str | None:
    """A value as text that a cast reads back."""
    if raw is None:
        return None
    if isinstance(raw, bool):
        return "true" if raw else "false"
    if isinstance(raw, datetime):
        return raw.isoformat(" ")
    if isinstance(raw, (date, time)):
        return raw.isoformat()
    if isinstance(raw, Decimal):
        return format(raw, "f") if raw.is_finite() else str(raw)
    if isinstance(raw, bytes):
        return raw.hex()
    return str(raw)


def cast_type(declared: str) -> str:
    """A declared type as a cast names it."""
    folded = " ".join(declared.lower().split())
    return "varchar" if folded in _TEXTS or folded.startswith("varchar") else folded


def typed(given: str, kind: str) -> str:
    """SQL of a value of a type by its text. That of a SUPER is its JSON, which a cast would take
    for a string."""
    return f"JSON_PARSE({given})" if kind == "super" else f"CAST({given} AS {kind})"


def check_length(declared: str, value: Value) -> None:
    """A string that is too long for its variable is an error, no matter of cutting it."""
    match = _LENGTH.fullmatch(" ".join(declared.lower().split()))
    if match and value.text is not None and len(value.text.encode()) > int(match[1]):
        kind = "character varying" if "var" in declared.lower() else "character"
        message = f"ERROR: value too long for type {kind}({match[1]})"
        raise SqlError(message, sqlstate="22001")


@dataclass(slots=True)
class Statement:
    """A statement's text as the dialect reads it, with the values of its `:parameters`."""

    text: str
    parameters: dict[str, str] = field(default_factory=dict)


def filled(
    source: str, tokens: Sequence[Token], scope: Scope, *, inline: bool = False
) -> Statement:
    """The tokens' text with the variables' values; `inline`: as literals, where the statement
    takes no parameters."""
    return _Filling(source, tokens, scope, inline).statement()


@dataclass(slots=True)
class _Filling:
    source: str
    tokens: Sequence[Token]
    scope: Scope
    inline: bool
    parameters: dict[str, str] = field(default_factory=dict)

    def statement(self) -> Statement:
        parts: list[str] = []
        places = _places(self.tokens)
        at, end = 0, 0
        while at < len(self.tokens):
            token = self.tokens[at]
            gap = self.source[end : token.start] if 0 < end <= token.start else " "
            if gap and not gap.isspace():
                # What stood between was a comment, or is no part of this statement.
                gap = " "
            found = self._variable(at) if places[at] else None
            if found is None:
                parts.append(gap + self._as_written(token))
                width = 1
            else:
                value, width = found
                parts.append(gap + self._written(value))
            at += width
            end = self.tokens[at - 1].end
        return Statement("".join(parts).strip(), self.parameters)

    def _as_written(self, token: Token) -> str:
        written = self.source[token.start : token.end]
        if token.start < 0:
            return token.value
        if token.kind == "word" and written.lower() != token.value:
            # PERFORM stands for SELECT.
            return token.value
        return written

    def _variable(self, at: int) -> tuple[Value, int] | None:
        """The value of the variable that begins here, and how many tokens name it."""
        token = self.tokens[at]
        if token.kind == "operator":
            return self._numbered(at)
        if token.kind not in ("word", "quoted"):
            return None
        if _sign(self.tokens, at + 1) == ".":
            return self._field(at)
        if _sign(self.tokens, at + 1) == "(":
            return None
        slot = self.scope.find(token.value)
        if slot is None or slot.is_record:
            return None
        return slot.value, 1

    def _numbered(self, at: int) -> tuple[Value, int] | None:
        """`$1`, an argument by its place."""
        token = self.tokens[at]
        following = self.tokens[at + 1] if at + 1 < len(self.tokens) else None
        if token.value != "$" or following is None or following.start != token.end:
            return None
        slot = self.scope.find(f"${following.value}")
        return (slot.value, 2) if slot is not None else None

    def _field(self, at: int) -> tuple[Value, int] | None:
        """`record.field`, or `label.variable`."""
        if at + 2 >= len(self.tokens):
            return None
        head, name = self.tokens[at].value, self.tokens[at + 2].value
        slot = self.scope.find(head)
        if slot is not None and slot.is_record:
            return record_field(slot, name), 3
        labelled = self.scope.labelled(head)
        if labelled is not None and name in labelled.slots:
            return labelled.slots[name].value, 3
        return None

    def _written(self, value: Value) -> str:
        kind = cast_type(value.type)
        if value.text is None:
            return f"CAST(NULL AS {kind})"
        if self.inline:
            escaped = value.text.replace("\\", "\\\\").replace("'", "''")
            given = f"'{escaped}'"
        else:
            name = f"p{len(self.parameters) + 1}"
            self.parameters[name] = value.text
            given = f":{name}"
        return typed(given, kind)


def record_field(slot: Slot, name: str) -> Value:
    """A record's field. Raises SqlError, as PL/pgSQL does, where it has none."""
    if slot.fields is None:
        message = f'ERROR: record "{slot.name}" is not assigned yet'
        raise SqlError(message, sqlstate="55000")
    if name not in slot.fields:
        message = f'ERROR: record "{slot.name}" has no field "{name}"'
        raise SqlError(message, sqlstate="42703")
    return slot.fields[name]


def _sign(tokens: Sequence[Token], at: int) -> str:
    if not 0 <= at < len(tokens):
        return ""
    token = tokens[at]
    return token.value if token.kind == "operator" else ""


def _places(tokens: Sequence[Token]) -> list[bool]:
    """For each token whether an expression may begin there."""
    places = []
    # What each open parenthesis stands in: its clause, and whether names in it are columns.
    clauses = [""]
    columns = [False]
    for at, token in enumerate(tokens):
        sign = _sign(tokens, at)
        if sign == "(":
            before = tokens[at - 1].keyword if at else ""
            clauses.append("" if before in _WITH_FROM else "(")
            columns.append(before == "INSERT" or _follows_into(tokens, at))
        elif sign == ")" and len(clauses) > 1:
            clauses.pop()
            columns.pop()
        elif token.keyword in _CLAUSES and _sign(tokens, at - 1) != ".":
            clauses[-1] = token.keyword if clauses[-1] or len(clauses) == 1 else ""
        places.append(not columns[-1] and _is_place(tokens, at, clauses[-1]))
    return places


def _is_place(tokens: Sequence[Token], at: int, clause: str) -> bool:
    if clause in _TABLE_CLAUSES:
        return False
    if at == 0:
        return True
    before = tokens[at - 1]
    written = before.keyword == "SET" or _sign(tokens, at - 1) == ","
    if clause == "SET" and _sign(tokens, at + 1) == "=" and written:
        return False
    if before.kind == "operator":
        return before.value not in (")", ".", "::")
    return before.keyword in _BEFORE_EXPRESSIONS


def _follows_into(tokens: Sequence[Token], at: int) -> bool:
    """Whether `INSERT INTO name` or `INTO schema.name` stands right before."""
    back = at - 1
    if back >= 2 and _sign(tokens, back - 1) == ".":
        back -= 2
    return back >= 1 and tokens[back - 1].keyword == "INTO"
