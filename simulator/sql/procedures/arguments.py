"""The arguments of a CALL: written, matched to a procedure, and passed to it."""

from __future__ import annotations

from collections.abc import Sequence

from simulator.sql.cursor import Cursor
from simulator.sql.errors import SqlError
from simulator.sql.procedures.frame import converted
from simulator.sql.procedures.nodes import Tokens
from simulator.sql.procedures.overloads import written_type
from simulator.sql.procedures.requests import Asking, Find, Routine
from simulator.sql.procedures.scope import Value
from simulator.sql.procedures.tokens import split_list


def call_parts(source: str, tokens: Tokens) -> tuple[str, str, tuple[Tokens, ...]]:
    """Schema, name and arguments of `CALL [schema.]name ( ... )`."""
    cursor = Cursor(source, list(tokens))
    cursor.expect("CALL")
    schema, name = cursor.relation()
    cursor.expect_sign("(")
    inside = tuple(cursor.balanced(until=lambda: False))
    cursor.expect_sign(")")
    cursor.end()
    if any(token.keyword == "SELECT" for token in inside):
        # "You can't use queries as CALL arguments" ("CALL"); PostgreSQL's words.
        raise SqlError("ERROR: cannot use subquery in CALL argument", sqlstate="0A000")
    return schema, name, split_list(inside)


def matching_routine(
    schema: str, name: str, arguments: Sequence[Tokens], values: Sequence[Value]
) -> Asking[Routine]:
    """The procedure of a name that takes the arguments, as written and with these values."""
    types = tuple(map(written_type, arguments, values))
    routine: Routine = yield Find(schema, name, types)
    return routine


def passed(routine: Routine, values: Sequence[Value]) -> Asking[list[Value]]:
    """The values as the types of the procedure's input arguments."""
    given = []
    inputs = [one for one in routine.arguments if one.mode != "OUT"]
    for argument, value in zip(inputs, values, strict=True):
        cast = yield from converted(value, argument.type)
        given.append(cast)
    return given
