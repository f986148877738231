"""QUALIFY: a filter on window functions becomes a subquery and a WHERE around it.

Limits and orders stay outside, after the filter. A star is carried as whole rows, so that the
subquery's helper columns don't show in the result.
"""

from __future__ import annotations

from sqlglot import exp

from simulator.sql.errors import NotSupported

_INNER = "asl_qualified"
_KEEP = "asl_keep"


def rewrite_qualify(select: exp.Select) -> None:
    """Rewrites one SELECT in place, before its calls are rewritten."""
    condition = select.args["qualify"].this.copy()
    select.set("qualify", None)
    aliases = {one.alias: one.this for one in select.expressions if isinstance(one, exp.Alias)}
    condition = _with_aliases_replaced(condition, aliases)
    inner = select.copy()
    for clause in ("order", "limit", "offset", "distinct", "with_"):
        inner.set(clause, None)
    inside: list[exp.Expr] = []
    outside: list[exp.Expr] = []
    for index, projection in enumerate(select.expressions):
        _carry(select, projection, index, inside, outside)
    inside.append(exp.alias_(exp.Paren(this=condition), _KEEP))
    _carry_order(select, aliases, inside)
    inner.set("expressions", inside)
    select.set("expressions", outside)
    for clause in ("joins", "group", "having", "where"):
        select.set(clause, None)
    source = exp.Subquery(this=inner, alias=exp.TableAlias(this=exp.to_identifier(_INNER)))
    select.set("from_", exp.From(this=source))
    select.set("where", exp.Where(this=_inner_column(_KEEP)))


def _inner_column(name: str) -> exp.Column:
    return exp.column(name, table=_INNER)


def _with_aliases_replaced(node: exp.Expr, aliases: dict[str, exp.Expr]) -> exp.Expr:
    holder: exp.Expr = exp.Paren(this=node)
    for column in list(holder.find_all(exp.Column)):
        if not column.table and column.name in aliases:
            column.replace(exp.Paren(this=aliases[column.name].copy()))
    replaced: exp.Expr = holder.this
    return replaced


def _carry(
    select: exp.Select,
    projection: exp.Expr,
    index: int,
    inside: list[exp.Expr],
    outside: list[exp.Expr],
) -> None:
    if isinstance(projection, exp.Star) or (
        isinstance(projection, exp.Column) and isinstance(projection.this, exp.Star)
    ):
        table = projection.table if isinstance(projection, exp.Column) else ""
        for source in [table] if table else _sources(select):
            name = f"asl_row_{len(inside)}"
            # A table's name as an expression is its whole row.
            inside.append(exp.alias_(exp.column(source), name))
            row = exp.Paren(this=_inner_column(name))
            outside.append(exp.Dot(this=row, expression=exp.Star()))
        return
    name = f"asl_column_{index}"
    value = projection.this if isinstance(projection, exp.Alias) else projection
    shown = projection.alias if isinstance(projection, exp.Alias) else projection.name
    inside.append(exp.alias_(value.copy(), name))
    outside.append(exp.alias_(_inner_column(name), shown or "?column?", quoted=True))


def _sources(select: exp.Select) -> list[str]:
    origin = select.args.get("from_")
    if origin is None:
        raise NotSupported("QUALIFY without FROM")
    joins = select.args.get("joins") or []
    for join in joins:
        if join.args.get("using") or join.args.get("method"):
            raise NotSupported("QUALIFY with * and JOIN ... USING", "name the columns")
    return [str(one.this.alias_or_name) for one in (origin, *joins)]


def _carry_order(select: exp.Select, aliases: dict[str, exp.Expr], inside: list[exp.Expr]) -> None:
    order = select.args.get("order")
    for index, ordered in enumerate(order.expressions if order else ()):
        value = ordered.this
        if isinstance(value, exp.Literal) or (
            isinstance(value, exp.Column) and not value.table and value.name in aliases
        ):
            continue
        name = f"asl_order_{index}"
        inside.append(exp.alias_(value.copy(), name))
        ordered.set("this", _inner_column(name))
