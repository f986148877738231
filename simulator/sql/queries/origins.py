"""Which relation a name was looked for in, as Redshift's errors tell it."""

from __future__ import annotations

import re

import sqlglot
from sqlglot import exp
from sqlglot.errors import SqlglotError

_MARKS = re.compile("\x00(?:[0-9]+\x00)?")


def relation_without(column: str, sql: str) -> str:
    """` in t`, where t is the only relation of the query that names the column; a subquery without
    a name is derived_table1 (awslabs/amazon-redshift-utils, issue 637). Empty where there are
    several, or none. `sql` is PostgreSQL's text of the statement that failed."""
    try:
        tree = sqlglot.parse_one(_MARKS.sub("", sql), read="postgres")
    except SqlglotError:
        return ""
    for one in tree.find_all(exp.Column):
        if one.name == column and not one.table:
            source = _only_source(one.find_ancestor(exp.Select, exp.Update, exp.Delete))
            return "" if source is None else f" in {source.alias_or_name or 'derived_table1'}"
    return ""


def _only_source(scope: exp.Expr | None) -> exp.Expr | None:
    if scope is None:
        return None
    origin = scope.args.get("from_")
    if not isinstance(scope, exp.Select):
        found = scope.this if origin is None and not scope.args.get("using") else None
    elif origin is None or scope.args.get("joins"):
        found = None
    else:
        found = origin.this
    return found if isinstance(found, (exp.Table, exp.Subquery)) else None
