"""Correlated subqueries that Redshift can't decorrelate, which it refuses.

Source: "Correlated subqueries", "Correlated subquery patterns that are not supported". Only columns
with a table's name before them are told apart.
"""

from __future__ import annotations

from sqlglot import exp

from simulator.sql.errors import SqlError


def check_correlations(select: exp.Select) -> None:
    """Raises SqlError for a subquery that refers to an outer one in such a pattern."""
    outer = select.find_ancestor(exp.Select)
    if outer is None:
        return
    own, around = _sources(select), _sources(outer)
    is_correlated = False
    for column in select.find_all(exp.Column):
        name = column.table
        if not name or name in own or column.find_ancestor(exp.Select) is not select:
            continue
        if name in around:
            is_correlated = True
        elif _is_further_out(name, outer):
            # "Correlation references that skip a query block".
            raise _refused()
    if is_correlated and (_has_window(select) or _is_in_outer_join(select, outer)):
        raise _refused()


def _sources(select: exp.Select) -> set[str]:
    origin = select.args.get("from_")
    found = [origin.this] if origin is not None else []
    found += [join.this for join in select.args.get("joins") or []]
    found += [join.this for one in found for join in one.args.get("joins") or []]
    return {one.alias_or_name for one in found}


def _is_further_out(name: str, select: exp.Select) -> bool:
    around = select.find_ancestor(exp.Select)
    while around is not None:
        if name in _sources(around):
            return True
        around = around.find_ancestor(exp.Select)
    return False


def _has_window(select: exp.Select) -> bool:
    """ "Correlation references from within a subquery that contains a window function"."""
    return any(one.find_ancestor(exp.Select) is select for one in select.find_all(exp.Window))


def _is_in_outer_join(select: exp.Select, outer: exp.Select) -> bool:
    """ "A subquery that is part of an ON clause in an outer join"."""
    join = select.find_ancestor(exp.Join, exp.Select)
    return isinstance(join, exp.Join) and join.parent is outer and bool(join.side)


def _refused() -> SqlError:
    message = "ERROR: This type of correlated subquery pattern is not supported yet"
    return SqlError(message, sqlstate="0A000")
