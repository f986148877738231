"""EXPLAIN: the plan of a statement, which does not run.

Source: "EXPLAIN" in Redshift's developer guide. PostgreSQL plans the translated statement, with the
ways to join that Redshift has; `postgres.plans` writes the plan down as Redshift does.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from simulator.sql.errors import NotSupported
from simulator.sql.lexer import Token, quote_text, syntax_error
from simulator.sql.translation import Translation

_EXPLAINED = frozenset({"SELECT", "INSERT", "UPDATE", "DELETE", "CREATE"})
# What Redshift's planner does not do, or nobody would ask of it.
_UNKNOWN_WAYS = (
    "mergejoin", "nestloop", "material", "memoize", "sort", "incremental_sort", "indexscan",
    "indexonlyscan", "bitmapscan",
)  # fmt: skip


def without_verbose(tokens: Sequence[Token]) -> list[Token]:
    """The statement after EXPLAIN. Raises NotSupported for VERBOSE, whose plan is the planner's
    own tree."""
    if len(tokens) > 1 and tokens[1].keyword == "VERBOSE":
        raise NotSupported("EXPLAIN VERBOSE")
    return list(tokens[1:])


def explain(text: str, tokens: Sequence[Token], inner: Translation) -> Translation:
    """The translation of EXPLAIN before a statement with these tokens and this translation. Raises
    SqlError where it can't be explained: "You can use EXPLAIN only for ... SELECT, SELECT INTO,
    CREATE TABLE AS, INSERT, UPDATE, DELETE"."""
    if inner.action == "describe":
        return inner
    if inner.kind not in _EXPLAINED or (inner.kind == "CREATE" and not _is_from_query(tokens)):
        raise syntax_error(text, tokens[0].start, tokens[0].value)
    if any(one.startswith('"redshift".') for one in inner.tables):
        raise NotSupported("EXPLAIN over system tables and views")
    ways = (f"SET LOCAL enable_{one} = off" for one in _UNKNOWN_WAYS)
    # A plan would not tell that a late-binding view stands for nothing yet.
    bound = (f"SELECT redshift.check_bound({quote_text(one)})" for one in inner.tables)
    return replace(
        inner,
        kind="EXPLAIN",
        sql=f"EXPLAIN (FORMAT JSON) {inner.sql}",
        # What planning locks is let go, and its settings with it.
        before=("SAVEPOINT asl_plan", *bound, *ways),
        after=("ROLLBACK TO SAVEPOINT asl_plan", "RELEASE SAVEPOINT asl_plan"),
        changes=(),
        has_rows=True,
    )


def _is_from_query(tokens: Sequence[Token]) -> bool:
    """Whether it is CREATE TABLE ... AS, or SELECT INTO."""
    words = [token.keyword for token in tokens]
    if words[0] != "CREATE":
        return True
    return "TABLE" in words[1:4] and "AS" in words and "VIEW" not in words[1:4]
