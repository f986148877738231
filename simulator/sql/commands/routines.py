"""CREATE PROCEDURE and CREATE FUNCTION, and what else names a routine.

A procedure is kept in PostgreSQL's catalogue with its text as it stands, for its owner, rights and
overloads; `procedures.running` runs it. Source: "CREATE PROCEDURE", "CREATE FUNCTION" in Redshift's
developer guide.
"""

from __future__ import annotations

import json
import re
from typing import Any

from simulator.sql import settings
from simulator.sql.commands.columns import bare_type, column_type
from simulator.sql.commands.roles import signature
from simulator.sql.commands.users import user
from simulator.sql.commands.written import Written
from simulator.sql.cursor import Cursor, qualified
from simulator.sql.errors import NotSupported, SqlError
from simulator.sql.lexer import Token, quote_name, quote_text, tokenize
from simulator.sql.procedures.parser import parse_body
from simulator.sql.procedures.requests import HEADER
from simulator.sql.queries.query import translate_query
from simulator.sql.translation import Translation

# Where the translation of a statement has its parameters (`translation.parameter_mark`).
_MARK = re.compile("\x00([0-9]+)\x00")
_SHOWN_TYPES = {
    "int": "integer", "int4": "integer", "int8": "bigint", "int2": "smallint", "bool": "boolean",
    "float8": "double precision", "float": "double precision", "float4": "real",
    "decimal": "numeric", "varchar": "character varying", "text": "character varying",
    "nvarchar": "character varying", "char": "character", "nchar": "character",
    "bpchar": "character", "timestamp": "timestamp without time zone",
    "timestamptz": "timestamp with time zone", "time": "time without time zone",
    "timetz": "time with time zone",
}  # fmt: skip
_MODES = ("IN", "OUT", "INOUT")
_VOLATILITIES = ("VOLATILE", "STABLE", "IMMUTABLE")


def create_procedure(cursor: Cursor, *, replace: bool) -> Written:
    """After CREATE [OR REPLACE] PROCEDURE."""
    relation = cursor.relation()
    arguments = _arguments(cursor)
    found = _clauses(cursor)
    body = found["body"]
    parse_body(body)
    inputs = ",".join(_catalogue_type(kind) for _, mode, kind in arguments if mode != "OUT")
    outputs = [[mode, _catalogue_type(kind)] for _, mode, kind in arguments if mode != "IN"]
    kept = {
        "arguments": arguments,
        "nonatomic": found["nonatomic"],
        "settings": found["settings"],
        "shown": [shown_type(kind) for _, _, kind in arguments],
        "inputs": inputs,
        "outputs": outputs,
    }
    if found["nonatomic"] and (found["definer"] or found["settings"]):
        message = "ERROR: SECURITY DEFINER and SET are not supported for NONATOMIC procedures"
        raise SqlError(message, sqlstate="0A000")
    source = f"{HEADER}{json.dumps(kept)}\n{body}"
    written = ", ".join(
        f"{quote_name(name) + ' ' if name else ''}{_catalogue_type(kind)}"
        for name, mode, kind in arguments
        if mode != "OUT"
    )
    verb = "CREATE OR REPLACE" if replace else "CREATE"
    security = "DEFINER" if found["definer"] else "INVOKER"
    name = qualified(relation)
    checked = ", ".join(map(quote_text, (*relation, inputs, json.dumps(outputs))))
    return Written(
        f"{verb} PROCEDURE {name}({written}) LANGUAGE plpgsql SECURITY {security}"
        f" AS {quote_text(source)}",
        before=[
            "SET LOCAL check_function_bodies = off",
            f"SELECT redshift.check_outputs({checked})",
        ],
        # "EXECUTE ... By default, only the owner and superusers may run a new stored procedure".
        after=[f"SELECT redshift.close_procedure({quote_text(relation[1])})"],
    )


def _arguments(cursor: Cursor) -> list[tuple[str, str, str]]:
    """`( [ [ argname ] [ argmode ] argtype [, ...] ] )` as (name, mode, type)."""
    cursor.expect_sign("(")
    if cursor.accept_sign(")"):
        return []
    found = cursor.listed(lambda: _argument(cursor))
    cursor.expect_sign(")")
    for mode in ("IN", "OUT"):
        if sum(one[1] in (mode, "INOUT") for one in found) > 32:
            message = "ERROR: procedures cannot have more than 32 input or 32 output arguments"
            raise SqlError(message, sqlstate="54023")
    return found


def _argument(cursor: Cursor) -> tuple[str, str, str]:
    words = 0
    while (token := cursor.peek(words)) is not None and token.kind in ("word", "quoted"):
        words += 1
    mode = next((cursor.keyword(i) for i in (0, 1) if cursor.keyword(i) in _MODES), "IN")
    name = ""
    if cursor.keyword() == mode and words > 1:
        cursor.take()
        words -= 1
    if words > 1 and not _is_type(cursor, words):
        name = cursor.name()
        words -= 1
        if cursor.keyword() == mode and words > 1:
            cursor.take()
    start = cursor.at
    if not cursor.accept("REFCURSOR"):
        column_type(cursor)
    taken = cursor.tokens[start : cursor.at]
    return name, mode, cursor.text[taken[0].start : taken[-1].end].lower()


def _is_type(cursor: Cursor, words: int) -> bool:
    """Whether all the words that come next are the type's: DOUBLE PRECISION and the like."""
    two = (cursor.keyword(), cursor.keyword(1))
    kinds = (("DOUBLE", "PRECISION"), ("CHARACTER", "VARYING"), ("BINARY", "VARYING"))
    return (words == 2 and two in kinds) or (words == 4 and cursor.keyword(2) == "TIME")


def shown_type(kind: str) -> str:
    """An argument's type as SHOW PROCEDURE has it, without a length."""
    base = " ".join(kind.partition("(")[0].split()).lower()
    return _SHOWN_TYPES.get(base, base)


def _catalogue_type(kind: str) -> str:
    """An argument's type as the catalogue tells overloads apart by it."""
    if kind == "refcursor":
        return "refcursor"
    return column_type(Cursor(kind, tokenize(kind))).partition("(")[0]


def _clauses(cursor: Cursor) -> dict[str, Any]:
    """What follows the arguments, in any order."""
    found: dict[str, Any] = {"nonatomic": False, "definer": False, "settings": [], "body": None}
    while not cursor.done:
        if cursor.accept("NONATOMIC"):
            found["nonatomic"] = True
        elif cursor.accept("AS"):
            found["body"] = _body(cursor)
        elif cursor.accept("LANGUAGE"):
            language = cursor.name()
            if language != "plpgsql":
                message = f'ERROR: language "{language}" is not supported for stored procedures'
                raise SqlError(message, sqlstate="0A000")
        elif cursor.accept("SECURITY", "DEFINER"):
            found["definer"] = True
        elif cursor.accept("SECURITY", "INVOKER"):
            pass
        elif cursor.accept("SET"):
            found["settings"].append(_setting(cursor))
        else:
            raise cursor.error()
    if found["body"] is None:
        raise cursor.error()
    return found


def _setting(cursor: Cursor) -> str:
    start = cursor.at
    settings.parse(cursor)
    return cursor.text[cursor.tokens[start].start : cursor.tokens[cursor.at - 1].end]


def _body(cursor: Cursor) -> str:
    token = cursor.take()
    if token.kind not in ("dollar", "string"):
        raise cursor.error()
    return token.value


def create_function(cursor: Cursor, *, replace: bool) -> Written:
    """After CREATE [OR REPLACE] FUNCTION: a scalar function in SQL, whose arguments are `$1`, ...
    Raises NotSupported for Python and external ones."""
    name = qualified(cursor.relation())
    kinds: list[str] = []
    named = False
    cursor.expect_sign("(")
    if not cursor.accept_sign(")"):
        arguments = cursor.listed(lambda: _argument(cursor))
        cursor.expect_sign(")")
        kinds = [_catalogue_type(kind) for _, _, kind in arguments]
        named = any(name for name, _, _ in arguments)
    cursor.expect("RETURNS")
    result = bare_type(column_type(cursor))
    volatility = cursor.keyword()
    if volatility not in _VOLATILITIES:
        raise cursor.error()
    cursor.take()
    cursor.expect("AS")
    body = _body(cursor)
    cursor.expect("LANGUAGE")
    language = cursor.name()
    if language != "sql":
        raise NotSupported(f"CREATE FUNCTION ... LANGUAGE {language}")
    if named:
        # "SQL user-defined functions": arguments are $1, $2 and have no names.
        message = "ERROR: SQL functions do not support named arguments"
        raise SqlError(message, sqlstate="0A000")
    verb = "CREATE OR REPLACE" if replace else "CREATE"
    written = translate_query(_numbered(tokenize(body)))
    return Written(
        f"{verb} FUNCTION {name}({', '.join(kinds)}) RETURNS {result.partition('(')[0]}"
        f" {volatility} LANGUAGE sql AS {quote_text(_MARK.sub(_argument_mark, written.sql))}"
    )


def _argument_mark(match: re.Match[str]) -> str:
    """A parameter of a statement is an argument of the function here."""
    return f"${match[1]}"


def _numbered(tokens: list[Token]) -> list[Token]:
    """`$1` as one token; a closing semicolon is dropped."""
    merged: list[Token] = []
    for token in tokens:
        if merged and merged[-1].value == "$" and token.kind == "number":
            merged[-1] = Token("word", f"${token.value}", merged[-1].start, token.end)
        else:
            merged.append(token)
    if merged and merged[-1].value == ";":
        merged.pop()
    return merged


def alter_routine(cursor: Cursor, kind: str) -> Written:
    """After ALTER PROCEDURE or FUNCTION."""
    name = _signature(cursor)
    if cursor.accept("RENAME", "TO"):
        change = f"RENAME TO {quote_name(cursor.name())}"
    else:
        cursor.expect("OWNER", "TO")
        change = f"OWNER TO {user(cursor.name())}"
    cursor.end()
    return Written(f"ALTER {kind} {name} {change}")


def drop_routine(cursor: Cursor, kind: str) -> Written:
    """After DROP PROCEDURE or FUNCTION."""
    exists = " IF EXISTS" if cursor.accept("IF", "EXISTS") else ""
    names = ", ".join(cursor.listed(lambda: _signature(cursor)))
    behaviour = " CASCADE" if cursor.accept("CASCADE") else ""
    if not behaviour:
        cursor.accept("RESTRICT")
    cursor.end()
    return Written(f"DROP {kind}{exists} {names}{behaviour}")


def _signature(cursor: Cursor) -> str:
    """Name and types; OUT arguments are no part of it."""
    probe = Cursor(cursor.text, cursor.tokens, cursor.at)
    probe.relation()
    if probe.peek() is None or not probe.accept_sign("("):
        return qualified(cursor.relation())
    return signature(cursor)


def parse_call(cursor: Cursor) -> Translation:
    """After CALL: only that it is one call."""
    cursor.relation()
    cursor.expect_sign("(")
    cursor.balanced(until=lambda: False)
    cursor.expect_sign(")")
    return Translation("CALL", "call")
