"""Redshift's SQL to PostgreSQL's, one statement at a time: which grammar reads what.

Whatever is not listed is refused by name. Only what the disk cache does not know comes here, so
that a run with known texts never loads sqlglot.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from simulator.sql import settings
from simulator.sql.commands.explaining import explain, without_verbose
from simulator.sql.commands.forms import COMMANDS, LATER
from simulator.sql.commands.tables import create_table
from simulator.sql.cursor import Cursor
from simulator.sql.errors import NotSupported, SqlError
from simulator.sql.lexer import Token, split_statements, syntax_error
from simulator.sql.queries import databases
from simulator.sql.queries.columns import ColumnsWanted, Known, knowing
from simulator.sql.queries.query import translate_query
from simulator.sql.translation import Translation

# What can be prepared, and so take parameters ("PREPARE"; MERGE is seen to work).
_PREPARED = frozenset({"SELECT", "INSERT", "UPDATE", "DELETE", "MERGE"})


def translate(text: str, known: Known = None, used: str = "") -> Translation:
    """The translation of one statement. Raises SqlError for what Redshift would refuse at
    parsing, NotSupported for what the simulator does not do. Where it depends on columns that are
    not `known`, the action is "describe": translate again with the columns of its tables. Where it
    names other `databases` than that in use, translate again with the latter (`used`)."""
    with knowing(known), databases.noting(used) as (named, foreign):
        try:
            made = _translate(text)
        except ColumnsWanted as wanted:
            made = Translation("SELECT", "describe", tables=tuple(wanted.tables))
    _check_foreign(made, foreign)
    told = databases.as_text(foreign.values())
    return replace(made, databases=tuple(sorted(named)), foreign=told)


def _check_foreign(made: Translation, foreign: Mapping[str, object]) -> None:
    """Others' tables are there to be read ("Querying data across databases")."""
    if any(here in one for here in foreign for one in made.writes):
        raise NotSupported(f"{made.kind} of a table of another database")
    if foreign and made.kind == "CREATE" and " VIEW " in made.sql[:40]:
        raise NotSupported("a view over tables of another database")
    if foreign and made.sql.startswith("SELECT redshift.late_view("):
        raise NotSupported("a view over tables of another database")


def _translate(text: str) -> Translation:
    statements = split_statements(text)
    if not statements:
        return Translation(kind="", action="none")
    if len(statements) > 1:
        # "This statement must be a single SQL statement" (ExecuteStatement); Redshift's words.
        message = "ERROR: cannot insert multiple commands into a prepared statement"
        raise SqlError(message, sqlstate="42601")
    tokens, parameters = _numbered(statements[0])
    translation = _statement(text, tokens)
    if parameters and translation.kind not in _PREPARED:
        place = next(token for token in tokens if token.kind == "parameter")
        raise syntax_error(text, place.start, place.value)
    return replace(translation, parameters=parameters)


def _statement(text: str, tokens: list[Token]) -> Translation:
    cursor = Cursor(text, tokens)
    word = cursor.keyword() or (cursor.tokens[0].value if cursor.tokens else "")
    if word in ("SELECT", "WITH", "(", "INSERT", "UPDATE", "DELETE", "MERGE"):
        return settings.called(tokens) or _query(text, word, tokens)
    if word in COMMANDS:
        cursor.take()
        translation = COMMANDS[word](cursor)
        if not cursor.done:
            raise cursor.error()
        return translation
    if word == "EXPLAIN" and (inner := without_verbose(tokens)):
        return explain(text, inner, _statement(text, list(inner)))
    if word in LATER:
        raise NotSupported(f"statement {word}")
    raise cursor.error()


def _numbered(tokens: list[Token]) -> tuple[list[Token], tuple[str, ...]]:
    """`:name` becomes `$n`, the same number for the same name."""
    numbers: dict[str, int] = {}
    replaced = []
    for token in tokens:
        if token.kind == "parameter":
            number = numbers.setdefault(token.value, len(numbers) + 1)
            replaced.append(replace(token, value=f"${number}"))
        else:
            replaced.append(token)
    return replaced, tuple(numbers)


def _query(text: str, word: str, tokens: list[Token]) -> Translation:
    if word == "DELETE" and len(tokens) > 1 and tokens[1].keyword != "FROM":
        # Redshift's FROM is optional there.
        tokens = [tokens[0], replace(tokens[0], value="from"), *tokens[1:]]
    outer = _outermost(tokens)
    kind = next((tokens[at].keyword for at in outer if tokens[at].keyword in _PREPARED), "SELECT")
    if kind == "SELECT" and any(tokens[at].keyword == "INTO" for at in outer):
        return _select_into(text, tokens, outer)
    query = translate_query(tokens)
    return Translation(
        kind,
        "sql",
        query.sql,
        tables=tuple(query.tables),
        writes=query.written,
        has_rows=kind == "SELECT",
    )


def _outermost(tokens: list[Token]) -> list[int]:
    """The places of the tokens that stand in no parentheses."""
    depth, places = 0, []
    for at, token in enumerate(tokens):
        sign = token.value if token.kind == "operator" else ""
        depth -= sign == ")"
        if depth == 0:
            places.append(at)
        depth += sign == "("
    return places


def _select_into(text: str, tokens: list[Token], outer: list[int]) -> Translation:
    """SELECT INTO is CREATE TABLE AS ("SELECT INTO")."""
    at = next(place for place in outer if tokens[place].keyword == "INTO")
    cursor = Cursor(text, tokens, at + 1)
    temporary = cursor.accept("TEMP") or cursor.accept("TEMPORARY")
    cursor.accept("TABLE")
    start = cursor.at
    cursor.relation()
    name = tokens[start : cursor.at]
    as_word = replace(tokens[at], kind="word", value="as")
    query = [*tokens[:at], *tokens[cursor.at :]]
    written = create_table(Cursor(text, [*name, as_word, *query]), temporary=temporary)
    return Translation(
        "CREATE",
        "sql",
        written.sql,
        before=tuple(written.before),
        after=tuple(written.after),
        tables=tuple(written.tables),
        changes=tuple(written.changes),
    )
