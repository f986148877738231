"""UPDATE whose FROM names its target again, which is the target itself on Redshift and another copy
of the table in PostgreSQL. Source: "Examples of UPDATE statements"."""

from __future__ import annotations

from sqlglot import exp

from simulator.sql.errors import NotSupported, SqlError


def rewrite_update(tree: exp.Update) -> None:
    """Takes the target out of FROM; its join conditions become part of WHERE. In place."""
    origin = tree.args.get("from_")
    if origin is None or not isinstance(tree.this, exp.Table):
        return
    first = origin.this
    joins = list(first.args.get("joins") or [])
    named = [one for one in (first, *(join.this for join in joins)) if _is_same(one, tree.this)]
    if not named:
        return
    if len(named) > 1:
        raise NotSupported("UPDATE whose FROM names its target more than once")
    conditions = _conditions(joins)
    others = [one.copy() for one in (first, *(join.this for join in joins)) if one is not named[0]]
    for one in others:
        one.set("joins", None)
    _take_name(tree, named[0])
    if others:
        others[0].set("joins", [exp.Join(this=one) for one in others[1:]])
        tree.set("from_", exp.From(this=others[0]))
    else:
        tree.set("from_", None)
    where = tree.args.get("where")
    if where is not None:
        conditions.append(where.this.copy())
    if conditions:
        parts = [exp.Paren(this=one) for one in conditions]
        tree.set("where", exp.Where(this=exp.and_(*parts)))


def _conditions(joins: list[exp.Expr]) -> list[exp.Expr]:
    """What the joins ask for. Raises SqlError for any but inner joins."""
    conditions = []
    for join in joins:
        if join.args.get("side") or join.args.get("using") or join.args.get("method"):
            message = "ERROR: Target table must be part of an equijoin predicate"
            raise SqlError(message, sqlstate="0A000")
        if join.args.get("on"):
            conditions.append(join.args["on"].copy())
    return conditions


def _is_same(source: exp.Expr, target: exp.Table) -> bool:
    if not isinstance(source, exp.Table) or source.name != target.name:
        return False
    return not source.db or not target.db or source.db == target.db


def _take_name(tree: exp.Update, named: exp.Table) -> None:
    """The target goes by the name that FROM gives it."""
    alias = named.alias
    if not alias:
        return
    before = tree.this.alias_or_name
    tree.this.set("alias", exp.TableAlias(this=exp.to_identifier(alias)))
    for column in tree.find_all(exp.Column):
        if column.table == before:
            column.set("table", exp.to_identifier(alias))
