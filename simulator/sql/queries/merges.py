"""MERGE in Redshift's forms: with its short INSERT, and with REMOVE DUPLICATES."""

from __future__ import annotations

from collections.abc import Sequence

from sqlglot import exp

from simulator.sql.errors import SqlError
from simulator.sql.lexer import Token

_GONE = "asl_gone"


def without_duplicates(tokens: Sequence[Token]) -> tuple[list[Token], bool]:
    """The tokens without a closing REMOVE DUPLICATES, and whether it stood there. A form with
    clauses of its own takes their place, so that the grammar reads the statement."""
    if len(tokens) < 3 or [token.keyword for token in tokens[-2:]] != ["REMOVE", "DUPLICATES"]:
        return list(tokens), False
    if tokens[0].keyword != "MERGE":
        return list(tokens), False
    if any(token.keyword == "WHEN" for token in tokens):
        message = "ERROR: REMOVE DUPLICATES can't be used with WHEN clauses"
        raise SqlError(message, sqlstate="42601")
    here = tokens[-1]
    text = "when matched then delete when not matched then insert values ( 1 )"
    words = text.split()
    made = [Token("word" if word.isalpha() else "operator", word, here.start, here.end)
            for word in words]  # fmt: skip
    return [*tokens[:-2], *made], True


def rewrite_merge(tree: exp.Merge, *, removes_duplicates: bool) -> exp.Expr:
    """PostgreSQL's MERGE; REMOVE DUPLICATES deletes what the source matches and inserts the
    source's rows."""
    if removes_duplicates:
        return _replaced(tree)
    for when in tree.args["whens"].expressions:
        then = when.args["then"]
        if isinstance(then, exp.Insert):
            _spell_out(then)
    return tree


def _spell_out(insert: exp.Insert) -> None:
    """`INSERT VALUES (...)`, which the grammar reads as a list of columns."""
    held = insert.this
    if isinstance(held, exp.Tuple) and len(held.expressions) == 1 and not insert.expression:
        (values,) = held.expressions
        if isinstance(values, exp.Anonymous) and values.name.lower() == "values":
            insert.set("this", None)
            members = [one.copy() for one in values.expressions]
            insert.set("expression", exp.Tuple(expressions=members))


def _replaced(tree: exp.Merge) -> exp.Insert:
    target, source = tree.this, tree.args["using"]
    gone = exp.Delete(
        this=target.copy(),
        using=[source.copy()],
        where=exp.Where(this=tree.args["on"].copy()),
        returning=exp.Returning(expressions=[exp.Literal.number(1)]),
    )
    cte = exp.CTE(this=gone, alias=exp.TableAlias(this=exp.to_identifier(_GONE)))
    rows = exp.Select(expressions=[exp.Star()], from_=exp.From(this=source.copy()))
    return exp.Insert(this=target.copy(), expression=rows, with_=exp.With(expressions=[cte]))
