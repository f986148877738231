"""One procedure's frame: its variables declared, read in expressions and given values.

An expression that is more than a literal or a variable is asked of the transaction, as a query.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from simulator.sql.errors import NotSupported, SqlError
from simulator.sql.outcome import Outcome
from simulator.sql.procedures.nodes import Tokens, Variable
from simulator.sql.procedures.requests import Ask, Asking, End, Routine, Shared, Work
from simulator.sql.procedures.scope import (
    NULL,
    Scope,
    Slot,
    Value,
    cast_type,
    filled,
    record_field,
    shown,
    typed,
    value_of,
)
from simulator.sql.procedures.values import assign, declared_type, plain_value


class Frame:
    """What one run of a procedure holds; `shared` is of the whole call."""

    def __init__(self, routine: Routine, shared: Shared, found: Slot) -> None:
        self.routine = routine
        self.shared = shared
        self.row_count = 0
        # NONATOMIC: whether a transaction was begun explicitly
        self.in_block = False
        self._found = found

    def find(self, *, holds: bool) -> None:
        """Sets FOUND."""
        self._found.value = Value("true" if holds else "false", "boolean")

    def end_transaction(self, verb: str, *, explicit: bool = True) -> Work:
        """COMMIT or ROLLBACK; not `explicit`: by an exception, or as NONATOMIC has it."""
        yield End(verb, explicit)
        self.shared.end_transaction()

    # Reading.

    def evaluate(
        self, tokens: Tokens, scope: Scope, kind: str = "", *, source: str = ""
    ) -> Asking[Value]:
        """An expression's value, of a type where one is given; `source` is the text that the
        tokens are of, empty: the procedure's."""
        plain = plain_value(tokens, scope, kind)
        if plain is not None:
            return plain
        statement = filled(source or self.routine.body, tokens, scope)
        expression = f"({statement.text})"
        if kind and kind.lower() != "record":
            expression = f"CAST({expression} AS {cast_type(kind)})"
        outcome = yield Ask(f"SELECT {expression}", statement.parameters)
        if len(outcome.rows) > 1:
            raise SqlError('ERROR: query "SELECT ..." returned more than one row', sqlstate="21000")
        if not outcome.rows:
            return Value(None, kind or "varchar")
        value = value_of(outcome.columns[0], outcome.rows[0][0])
        return Value(value.text, kind) if kind else value

    def evaluate_all(
        self, expressions: Sequence[Tokens], scope: Scope, *, source: str = ""
    ) -> Asking[list[Value]]:
        values = []
        for tokens in expressions:
            value = yield from self.evaluate(tokens, scope, source=source)
            values.append(value)
        return values

    def holds(self, condition: Tokens, scope: Scope) -> Asking[bool]:
        value = yield from self.evaluate(condition, scope)
        return value.is_true

    # Declaring.

    def declare(self, variable: Variable, scope: Scope) -> Work:
        if variable.alias:
            slot = scope.find(variable.alias)
            if slot is None:
                message = f'ERROR: variable "{variable.alias}" does not exist'
                raise SqlError(message, sqlstate="42704")
            scope.slots[variable.name] = slot
            return
        kind = variable.type
        if kind.upper().endswith("%ROWTYPE"):
            yield from self._declare_row(variable, scope)
            return
        if kind.upper().endswith("%TYPE"):
            kind = yield from self._type_of(kind[:-5].strip(), scope)
        slot = Slot(variable.name, kind, Value(None, kind), is_record=kind.lower() == "record")
        slot.cursor, slot.parameters = variable.cursor, variable.parameters
        if variable.cursor:
            slot.value = Value(variable.name, "varchar")
        if variable.default:
            value = yield from self.evaluate(variable.default, scope, kind)
            assign(slot, value)
        slot.constant, slot.not_null = variable.constant, variable.not_null
        scope.add(slot)

    def _declare_row(self, variable: Variable, scope: Scope) -> Work:
        name = variable.type.rpartition("%")[0].strip()
        outcome = yield Ask(f"SELECT * FROM {name} LIMIT 0", {})  # noqa: S608 - the procedure's own text
        fields = {one.name: Value(None, declared_type(one)) for one in outcome.columns}
        scope.add(Slot(variable.name, "record", fields=fields, is_record=True))

    def _type_of(self, name: str, scope: Scope) -> Asking[str]:
        """`variable%TYPE` or `table.column%TYPE`."""
        slot = scope.find(name.lower())
        if slot is not None:
            return slot.type
        table, _, column = name.rpartition(".")
        outcome = yield Ask(f"SELECT {column} FROM {table} LIMIT 0", {})  # noqa: S608 - the procedure's own text
        return declared_type(outcome.columns[0])

    # Writing.

    def assign(self, target: Tokens, expression: Tokens, scope: Scope) -> Work:
        slot = _slot(target, scope)
        if slot.is_record and len(target) == 1:
            raise NotSupported("assigning to a whole record")
        kind = slot.type if not slot.is_record else ""
        value = yield from self.evaluate(expression, scope, kind)
        yield from self.store(target, value, scope)

    def store(self, target: Tokens, value: Value, scope: Scope) -> Work:
        """Gives a variable, or a record's field, a value of another type perhaps."""
        slot = _slot(target, scope)
        if slot.is_record and len(target) == 3:
            record_field(slot, target[2].value)
            assert slot.fields is not None
            slot.fields[target[2].value] = value
            return
        if value.text is not None and cast_type(value.type) != cast_type(slot.type):
            value = yield from converted(value, slot.type)
        assign(slot, Value(value.text, slot.type))

    def receive(
        self,
        targets: tuple[Tokens, ...],
        outcome: Outcome,
        row: tuple[Any, ...] | None,
        scope: Scope,
    ) -> Work:
        """A row into variables, or into one record; None: NULLs."""
        raw = row if row is not None else (None,) * len(outcome.columns)
        values = [value_of(one, field) for one, field in zip(outcome.columns, raw, strict=True)]
        slot = _slot(targets[0], scope)
        if slot.is_record and len(targets[0]) == 1:
            names = [one.name for one in outcome.columns]
            slot.fields = dict(zip(names, values, strict=True))
            return
        for target, value in zip(targets, [*values, *[NULL] * len(targets)], strict=False):
            yield from self.store(target, value, scope)


def converted(value: Value, kind: str) -> Asking[Value]:
    """A value as one of another type; NULL is NULL in each."""
    if value.text is None:
        return Value(None, kind)
    if cast_type(value.type) == cast_type(kind) == "super":
        return Value(value.text, kind)
    text = f"SELECT CAST({typed(':p1', cast_type(value.type))} AS {cast_type(kind)})"
    outcome = yield Ask(text, {"p1": value.text})
    return Value(shown(outcome.rows[0][0]), kind)


def _slot(target: Tokens, scope: Scope) -> Slot:
    name = target[0].value
    slot = scope.find(name)
    if slot is None and len(target) == 3:
        labelled = scope.labelled(name)
        slot = labelled.slots.get(target[2].value) if labelled is not None else None
    if slot is None:
        message = f'ERROR: "{name}" is not a known variable'
        raise SqlError(message, sqlstate="42601")
    return slot
