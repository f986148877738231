"""PIVOT and UNPIVOT of a query's rows as the grouping and the union that they stand for.

The columns that neither names are part of the result, so they must be known: from the list of a
subquery, or from the catalogue. Source: "FROM clause", "PIVOT and UNPIVOT examples".
"""

from __future__ import annotations

from sqlglot import exp

from simulator.sql.errors import NotSupported, SqlError
from simulator.sql.queries.columns import columns_of

_AGGREGATES = frozenset({"count", "sum", "min", "max", "avg"})


def rewrite_pivots(tree: exp.Expr) -> None:
    """Replaces each source with PIVOT or UNPIVOT by a subquery, in place."""
    for source in list(tree.find_all(exp.Table, exp.Subquery)):
        pivots = source.args.get("pivots")
        if not pivots:
            continue
        if len(pivots) > 1:
            raise SqlError("ERROR: PIVOT cannot be applied to PIVOT or UNPIVOT", sqlstate="0A000")
        (pivot,) = pivots
        source.set("pivots", None)
        columns = _columns(source)
        alias = pivot.args.get("alias")
        inner = source.copy()
        if not inner.alias:
            inner.set("alias", exp.TableAlias(this=exp.to_identifier("asl_rows")))
        made = (
            _unpivot(inner, pivot, columns)
            if pivot.args.get("unpivot")
            else _pivot(inner, pivot, columns)
        )
        name = alias.copy() if alias else exp.TableAlias(this=exp.to_identifier("asl_pivot"))
        source.replace(exp.Subquery(this=made, alias=name))


def _columns(source: exp.Expr) -> list[str]:
    found = columns_of(source)
    if found is None:
        raise NotSupported("PIVOT or UNPIVOT of a query with *", "name its columns")
    return found


def _pivot(inner: exp.Expr, pivot: exp.Pivot, columns: list[str]) -> exp.Select:
    (field,) = pivot.args["fields"]
    aggregates = [_aggregate(one) for one in pivot.expressions]
    used = {field.this.name}
    for aggregate, _ in aggregates:
        used.update(one.name for one in aggregate.find_all(exp.Column))
    kept = [name for name in columns if name not in used]
    selected: list[exp.Expr] = [exp.column(name) for name in kept]
    for value in field.expressions:
        label = value.args["alias"].name if isinstance(value, exp.PivotAlias) else _label(value)
        searched = value.this if isinstance(value, exp.PivotAlias) else value
        for aggregate, suffix in aggregates:
            made = _filtered(aggregate, field.this, searched)
            name = f"{label}_{suffix}" if suffix else label
            selected.append(exp.alias_(made, name, quoted=True))
    select = exp.Select(expressions=selected, from_=exp.From(this=inner))
    if kept:
        select.set("group", exp.Group(expressions=[exp.column(name) for name in kept]))
    return select


def _aggregate(node: exp.Expr) -> tuple[exp.Anonymous, str]:
    """The aggregate's call, and its alias."""
    suffix = node.alias if isinstance(node, exp.Alias) else ""
    function = node.this if isinstance(node, exp.Alias) else node
    if not isinstance(function, exp.Anonymous) or function.name.lower() not in _AGGREGATES:
        raise SqlError("ERROR: PIVOT needs COUNT, SUM, MIN, MAX or AVG", sqlstate="42601")
    return function, suffix


def _label(value: exp.Expr) -> str:
    """ "For constant IN values such as 'abc' or 5 the default column name is the constant.\""""
    if isinstance(value, exp.Literal):
        return str(value.this)
    return "null" if isinstance(value, exp.Null) else "?column?"


def _filtered(aggregate: exp.Anonymous, column: exp.Expr, value: exp.Expr) -> exp.Anonymous:
    """The aggregate over those rows only whose column has the value."""
    same = exp.NullSafeEQ(this=column.copy(), expression=value.copy())
    copy = aggregate.copy()
    (argument,) = copy.expressions
    distinct = isinstance(argument, exp.Distinct)
    held = argument.expressions[0] if distinct else argument
    counted = exp.Literal.number(1) if isinstance(held, exp.Star) else held.copy()
    chosen: exp.Expr = exp.Case(ifs=[exp.If(this=exp.Paren(this=same), true=counted)])
    copy.set("expressions", [exp.Distinct(expressions=[chosen]) if distinct else chosen])
    return copy


def _unpivot(inner: exp.Expr, pivot: exp.Pivot, columns: list[str]) -> exp.Union | exp.Select:
    (field,) = pivot.args["fields"]
    value_name, key_name = pivot.expressions[0].name, field.this.name
    members = []
    for one in field.expressions:
        column = one.this if isinstance(one, exp.PivotAlias) else one
        label = one.args["alias"].name if isinstance(one, exp.PivotAlias) else column.name
        members.append((column.name, label))
    used = {name for name, _ in members}
    selects = []
    for name, label in members:
        key = exp.Cast(this=exp.Literal.string(label), to=exp.DataType.build("varchar"))
        select = exp.Select(
            expressions=[
                *(exp.column(kept) for kept in columns if kept not in used),
                exp.alias_(key, key_name, quoted=True),
                exp.alias_(exp.column(name), value_name, quoted=True),
            ],
            from_=exp.From(this=inner.copy()),
        )
        if not pivot.args.get("include_nulls"):
            given = exp.Not(this=exp.Is(this=exp.column(name), expression=exp.Null()))
            select.set("where", exp.Where(this=given))
        selects.append(select)
    made: exp.Union | exp.Select = selects[0]
    for select in selects[1:]:
        made = exp.Union(this=made, expression=select, distinct=False)
    return made
