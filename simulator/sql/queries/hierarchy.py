"""CONNECT BY as the recursive query that it stands for. Source: "CONNECT BY clause"."""

from __future__ import annotations

from sqlglot import exp

from simulator.sql.errors import NotSupported

_TREE = "asl_tree"
_PARENT = "asl_parent"


def rewrite_hierarchies(tree: exp.Expr) -> None:
    """Replaces each SELECT's CONNECT BY, in place."""
    for select in list(tree.find_all(exp.Select)):
        if select.args.get("connect"):
            _rewrite(select)


def _rewrite(select: exp.Select) -> None:
    connect = select.args["connect"]
    origin = select.args["from_"]
    if select.args.get("joins") or not isinstance(origin.this, exp.Table):
        raise NotSupported("CONNECT BY over anything but one table")
    if connect.args.get("nocycle"):
        raise NotSupported("CONNECT BY NOCYCLE")
    if any(isinstance(one, exp.Star) for one in select.expressions):
        raise NotSupported("SELECT * with CONNECT BY", "name the columns")
    select.set("connect", None)
    table = origin.this
    name = table.alias_or_name
    everything = exp.Column(this=exp.Star(), table=exp.to_identifier(name))
    one = exp.alias_(exp.Literal.number(1), "level")
    roots = exp.Select(expressions=[everything, one], from_=exp.From(this=table.copy()))
    start = connect.args.get("start")
    if start is not None:
        roots.set("where", exp.Where(this=start.copy()))
    deeper = exp.Add(this=exp.column("level", table=_PARENT), expression=exp.Literal.number(1))
    parent = exp.Table(
        this=exp.to_identifier(_TREE), alias=exp.TableAlias(this=exp.to_identifier(_PARENT))
    )
    condition = _between(connect.args["connect"], name)
    children = exp.Select(
        expressions=[everything.copy(), deeper],
        from_=exp.From(this=table.copy()),
        joins=[exp.Join(this=parent, on=condition)],
    )
    union = exp.Union(this=roots, expression=children, distinct=False)
    cte = exp.CTE(this=union, alias=exp.TableAlias(this=exp.to_identifier(_TREE)))
    given = select.args.get("with_")
    ctes = [*(given.expressions if given else []), cte]
    select.set("with_", exp.With(expressions=ctes, recursive=True))
    alias = exp.TableAlias(this=exp.to_identifier(name))
    origin.set("this", exp.Table(this=exp.to_identifier(_TREE), alias=alias))


def _between(condition: exp.Expr, child: str) -> exp.Expr:
    """The condition with each column's row told: PRIOR's are the parent's."""
    holder = exp.Paren(this=condition.copy())
    for prior in list(holder.find_all(exp.Prior)):
        for column in list(prior.find_all(exp.Column)):
            column.set("table", exp.to_identifier(_PARENT))
        prior.replace(prior.this)
    for column in list(holder.find_all(exp.Column)):
        if not column.table:
            column.set("table", exp.to_identifier(child))
    return holder
