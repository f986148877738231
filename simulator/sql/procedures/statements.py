"""SQL in a procedure: its statements, EXECUTE, and what ends its transaction.

Source: "Supported PL/pgSQL statements" and "Managing transactions" in Redshift's developer guide.
"""

from __future__ import annotations

from collections.abc import Callable

from simulator.sql.errors import SqlError
from simulator.sql.lexer import tokenize
from simulator.sql.outcome import Outcome
from simulator.sql.procedures.frame import Frame
from simulator.sql.procedures.nodes import Execute, Sql, Tokens
from simulator.sql.procedures.requests import Ask, Work
from simulator.sql.procedures.scope import Scope, filled
from simulator.sql.procedures.values import UTILITY, is_from_query, query_text

# Runs a CALL: the text, its tokens, and the variables that its arguments may name.
Caller = Callable[[str, Tokens, Scope], Work]


def run_sql(frame: Frame, statement: Sql, scope: Scope, *, call: Caller) -> Work:
    """A statement that stands in the procedure."""
    tokens = statement.tokens
    word = tokens[0].keyword
    if word == "CALL":
        yield from call(frame.routine.body, tokens, scope)
    elif word in ("COMMIT", "ROLLBACK", "END", "ABORT") and len(tokens) <= 2:
        frame.in_block = False
        yield from frame.end_transaction("COMMIT" if word in ("COMMIT", "END") else "ROLLBACK")
    elif word in ("BEGIN", "START"):
        if not frame.routine.nonatomic:
            message = f"ERROR: {word} is only supported in NONATOMIC procedures"
            raise SqlError(message, sqlstate="0A000")
        frame.in_block = True
    else:
        inline = word == "CREATE"
        if word in UTILITY or (inline and not is_from_query(tokens)):
            made = filled(frame.routine.body, tokens, Scope())
        else:
            made = filled(frame.routine.body, tokens, scope, inline=inline)
        yield from _ask(frame, Ask(made.text, made.parameters, logged=True), statement.into, scope)


def execute(frame: Frame, statement: Execute, scope: Scope, *, call: Caller) -> Work:
    """EXECUTE: a statement whose text is the value of an expression."""
    text = query_text((yield from frame.evaluate(statement.text, scope)))
    word = (text.split(None, 1) or [""])[0].upper()
    if word.strip(";") in ("COMMIT", "ROLLBACK"):
        # "You can't use COMMIT and ROLLBACK statements from within dynamic SQL".
        message = "ERROR: EXECUTE of transaction control commands is not supported"
        raise SqlError(message, sqlstate="0A000")
    if word == "CALL":
        yield from call(text, tuple(one for one in tokenize(text) if one.value != ";"), Scope())
    else:
        yield from _ask(frame, Ask(text, {}, logged=True), statement.into, scope)


def _ask(frame: Frame, request: Ask, into: tuple[Tokens, ...], scope: Scope) -> Work:
    outcome: Outcome = yield request
    if outcome.row_count >= 0:
        frame.row_count = outcome.row_count
        frame.find(holds=bool(outcome.row_count))
    if into:
        row = outcome.rows[0] if outcome.rows else None
        yield from frame.receive(into, outcome, row, scope)
    if outcome.ends:
        frame.shared.end_transaction()
    elif frame.routine.nonatomic and not frame.in_block:
        yield from frame.end_transaction("COMMIT", explicit=False)
