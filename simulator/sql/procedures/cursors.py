"""Cursors of a procedure: OPEN, FETCH, CLOSE, and that of a FOR over rows.

A cursor's rows are kept when it is opened, as the leader node keeps them; it ends with its
transaction. Source: "Cursors" in "Supported PL/pgSQL statements" in Redshift's developer guide.
"""

from __future__ import annotations

from simulator.sql.errors import SqlError
from simulator.sql.outcome import Outcome
from simulator.sql.procedures.frame import Frame
from simulator.sql.procedures.nodes import Close, Fetch, ForRows, Open, Tokens
from simulator.sql.procedures.requests import Ask, Asking, Rows, Work
from simulator.sql.procedures.scope import Scope, Slot, Value, filled
from simulator.sql.procedures.values import query_text


def open_cursor(frame: Frame, statement: Open, scope: Scope) -> Work:
    """OPEN of an unbound cursor, or of a bound one with its arguments."""
    slot = scope.find(statement.cursor)
    if slot is None:
        message = f'ERROR: "{statement.cursor}" is not a known variable'
        raise SqlError(message, sqlstate="42601")
    if slot.value.text is None:
        slot.value = Value(frame.shared.unnamed_portal(), "varchar")
    frame.shared.check_no_cursor()
    inner = Scope(outer=scope)
    for name, tokens in zip(slot.parameters, statement.arguments, strict=True):
        value = yield from frame.evaluate(tokens, scope)
        inner.add(Slot(name, value.type, value))
    query = statement.query or slot.cursor
    outcome = yield from _answer(frame, query, inner, dynamic=statement.dynamic)
    frame.shared.keep(slot.value.text or "", outcome)


def fetch(frame: Frame, statement: Fetch, scope: Scope) -> Work:
    """FETCH: the next row into the targets, and FOUND; past the last one NULLs."""
    rows = _opened(frame, statement.cursor, scope)
    row = rows.outcome.rows[rows.at] if rows.at < len(rows.outcome.rows) else None
    rows.at += row is not None
    frame.find(holds=row is not None)
    yield from frame.receive(statement.targets, rows.outcome, row, scope)


def close(frame: Frame, statement: Close, scope: Scope) -> None:
    """CLOSE."""
    del frame.shared.cursors[_opened(frame, statement.cursor, scope).name]


def open_loop(frame: Frame, statement: ForRows, scope: Scope) -> Asking[Rows]:
    """The rows of a FOR, whose cursor has no name."""
    frame.shared.check_no_cursor()
    outcome = yield from _answer(frame, statement.query, scope, dynamic=statement.dynamic)
    return Rows(frame.shared.unnamed_portal(), outcome, frame.shared.epoch)


def _opened(frame: Frame, variable: str, scope: Scope) -> Rows:
    slot = scope.find(variable)
    return frame.shared.cursor((slot.value.text if slot is not None else "") or variable)


def _answer(frame: Frame, query: Tokens, scope: Scope, *, dynamic: bool) -> Asking[Outcome]:
    """The answer to a query, or, `dynamic`, to one whose text is the value of an expression."""
    if dynamic:
        text, parameters = query_text((yield from frame.evaluate(query, scope))), {}
    else:
        statement = filled(frame.routine.body, query, scope)
        text, parameters = statement.text, statement.parameters
    outcome: Outcome = yield Ask(text, parameters)
    return outcome
