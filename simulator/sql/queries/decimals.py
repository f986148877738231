"""Precision and scale of decimals, which PostgreSQL's values do not keep: of quotients, and of what
chooses between values. Source: "Computations with numeric values".
"""

from __future__ import annotations

from sqlglot import exp

from simulator.sql.queries.aggregates import call


def rewrite_quotient(node: exp.Div, tables: dict[str, str]) -> None:
    """A decimal quotient has the scale of "Computations with numeric values", which asks for the
    precision of both sides. `tables` are the statement's, by the names that columns use."""
    sides = (node.this, node.expression)
    if all(isinstance(one, exp.Literal) and one.name.isdigit() for one in sides):
        return
    sizes = [_precision(one, tables) for one in sides]
    precisions = [one if isinstance(one, exp.Literal) else _once(one) for one in sizes]
    node.replace(call("redshift.divide", *sides, *precisions))


_CALLED_PRECISIONS = {"count": 19, "sum": 38}


def _precision(node: exp.Expr, tables: dict[str, str]) -> exp.Expr:
    """An expression for the decimal precision of a side; 0 where it is not known."""
    while isinstance(node, (exp.Paren, exp.Neg, exp.Alias, exp.Window)):
        node = node.this
    unknown = exp.Literal.number(0)
    if isinstance(node, exp.Literal) and not node.is_string:
        digits = node.name.replace(".", "").lstrip("0")
        return exp.Literal.number(10 if node.name.isdigit() else max(len(digits), 1))
    if isinstance(node, exp.Cast) and isinstance(node.to, exp.DataType):
        arguments = node.to.expressions
        if node.to.this == exp.DType.DECIMAL and arguments:
            return exp.Literal.number(int(arguments[0].name))
        sizes = {exp.DType.SMALLINT: 5, exp.DType.INT: 10, exp.DType.BIGINT: 19}
        if node.to.this in sizes:
            return exp.Literal.number(sizes[node.to.this])
    if _called(node) in _CALLED_PRECISIONS:
        return exp.Literal.number(_CALLED_PRECISIONS[_called(node)])
    if _called(node) == "abs":
        return _precision(node.expressions[0], tables)
    if isinstance(node, exp.Column):
        held = _held(node)
        return _precision(held, tables) if held is not None else _column_precision(node, tables)
    return _computed_precision(node, tables) or unknown


def _computed_precision(node: exp.Expr, tables: dict[str, str]) -> exp.Expr | None:
    if isinstance(node, exp.Mul):
        sides = [_precision(one, tables) for one in (node.this, node.expression)]
        return call("redshift.product_precision", *sides)
    if isinstance(node, (exp.Add, exp.Sub, exp.Div)) and (parts := _parts(node, tables)):
        name = "quotient_precision" if isinstance(node, exp.Div) else "sum_precision"
        return call(f"redshift.{name}", *parts)
    return None


def _parts(node: exp.Binary, tables: dict[str, str]) -> list[exp.Expr]:
    """Precision and scale of both sides in turn; none where a scale can't be told."""
    parts: list[exp.Expr] = []
    for side in (node.this, node.expression):
        scale = _scale(side, tables)
        if scale is None:
            return []
        parts += [_precision(side, tables), scale]
    return parts


def _column_precision(column: exp.Column, tables: dict[str, str]) -> exp.Expr:
    asked = _asked("precision_of", column, tables)
    return exp.Literal.number(0) if asked is None else asked


def _held(column: exp.Column) -> exp.Expr | None:
    """What a subquery or a common table expression selects under the column's name."""
    select = column.parent_select
    origin = select.args.get("from_") if isinstance(select, exp.Select) else None
    if select is None or origin is None:
        return None
    sources = [origin.this, *(join.this for join in select.args.get("joins") or [])]
    for source in sources:
        if column.table and source.alias_or_name != column.table:
            continue
        query = _query_of(source)
        for one in query.expressions if isinstance(query, exp.Select) else ():
            if one.alias_or_name == column.name:
                found: exp.Expr = one.this if isinstance(one, exp.Alias) else one
                return found
    return None


def _query_of(source: exp.Expr) -> exp.Expr | None:
    query: exp.Expr | None = None
    if isinstance(source, exp.Subquery):
        query = source.this
    elif isinstance(source, exp.Table) and not source.db:
        named = (one for one in source.root().find_all(exp.CTE)
                 if one.alias == source.name)  # fmt: skip
        cte = next(named, None)
        # One that reads itself selects what it selects at first.
        query = cte.this if cte is not None and not source.find_ancestor(exp.CTE) else None
    while isinstance(query, exp.SetOperation):
        query = query.this
    return query


def _asked(function: str, column: exp.Column, tables: dict[str, str]) -> exp.Expr | None:
    """What the catalogue says of a column; None where no table can be told."""
    if column.table:
        found = [tables[column.table]] if column.table in tables else []
    else:
        found = list(dict.fromkeys(tables.values()))
    if not found:
        return None
    names = exp.Array(expressions=[exp.Literal.string(name) for name in found])
    return call(f"redshift.{function}", names, exp.Literal.string(column.name))


# Functions whose result is one of their arguments, from that place on.
_CHOICES = {"nvl": 0, "coalesce": 0, "isnull": 0, "nvl2": 1, "greatest": 0, "least": 0}


def rewrite_choice(node: exp.Case | exp.Anonymous, tables: dict[str, str]) -> None:
    """CASE, NVL and their like give decimals of one scale, that of the widest of their values. Only
    where one of them shows that it is a number: columns alone may be of any type, and a text's
    width would be lost."""
    values = _values(node)
    if len(values) < 2 or not any(map(_is_number, values)):
        return
    scales = [_scale(one, tables) for one in values]
    if any(scale is None for scale in scales) or _are_whole(values):
        return
    widest = _once(call("redshift.widest", *(one for one in scales if one is not None)))
    node.replace(call("redshift.evened", node, widest))


def _is_number(node: exp.Expr) -> bool:
    while isinstance(node, (exp.Paren, exp.Neg)):
        node = node.this
    if isinstance(node, exp.Cast):
        return isinstance(node.to, exp.DataType) and bool(node.to.this == exp.DType.DECIMAL)
    if isinstance(node, exp.Literal):
        return not node.is_string
    return isinstance(node, (exp.Add, exp.Sub, exp.Mul)) or _called(node) in ("sum", "avg")


def _called(node: exp.Expr) -> str:
    """The function's name in small letters; empty where the node calls none."""
    return str(node.name).lower() if isinstance(node, exp.Anonymous) else ""


# A value with the tables that its columns are told by.
Placed = tuple[exp.Expr, dict[str, str]]


def decimal_shape(values: list[Placed]) -> tuple[exp.Expr, exp.Expr]:
    """Expressions for the precision and the scale of a column that holds one of these values; 0 and
    NULL at run time for what is not known."""
    kept = [(value, tables) for value, tables in values if not isinstance(value, exp.Null)]
    scales = [_scale(*one) or exp.Null() for one in kept] or [exp.Null()]
    sizes = [_size(*one) for one in kept] or [exp.Literal.number(0)]
    if len(kept) == 1:
        return sizes[0], scales[0]
    pairs = [
        exp.Cast(
            this=exp.Array(expressions=[part.copy() for part in parts]),
            to=exp.Var(this="integer[]"),
        )
        for parts in (sizes, scales)
    ]
    return call("redshift.united", *pairs), call("redshift.widest", *scales)


def _size(node: exp.Expr, tables: dict[str, str]) -> exp.Expr:
    while isinstance(node, exp.Paren):
        node = node.this
    if isinstance(node, (exp.Case, exp.Anonymous)) and (values := _values(node)):
        return decimal_shape([(one, tables) for one in values])[0]
    if _called(node) in ("min", "max"):
        return _precision(node.expressions[0], tables)
    return _precision(node, tables)


def _once(value: exp.Expr) -> exp.Expr:
    """A subquery of its own is computed once, not for every row."""
    return exp.Subquery(this=exp.Select(expressions=[value]))


def _values(node: exp.Case | exp.Anonymous) -> list[exp.Expr]:
    """The values that may be chosen, without NULL."""
    if isinstance(node, exp.Case):
        default = node.args.get("default")
        found = [one.args["true"] for one in node.args["ifs"]] + ([default] if default else [])
    else:
        name = str(node.name).lower()
        if name == "decode":
            pairs = node.expressions[1:]
            found = [*pairs[1::2], *(pairs[-1:] if len(pairs) % 2 else [])]
        else:
            found = node.expressions[_CHOICES[name] :] if name in _CHOICES else []
    return [one for one in found if not isinstance(one, exp.Null)]


def _are_whole(values: list[exp.Expr]) -> bool:
    return all(isinstance(one, exp.Literal) and one.name.isdigit() for one in values)


def _scale(node: exp.Expr, tables: dict[str, str]) -> exp.Expr | None:
    """An expression for the scale of a value, NULL at run time for what is no decimal; None where
    it can't be told."""
    while isinstance(node, (exp.Paren, exp.Neg, exp.Window)):
        node = node.this
    if isinstance(node, (exp.Case, exp.Anonymous)) and (values := _values(node)):
        found = [_scale(one, tables) for one in values]
        known = [one for one in found if one is not None]
        return call("redshift.widest", *known) if len(known) == len(found) else None
    if isinstance(node, (exp.Literal, exp.Cast)):
        return _shown_scale(node)
    if _called(node) in ("sum", "min", "max", "avg", "abs"):
        held = node.expressions[0] if node.expressions else None
        if isinstance(held, exp.Distinct):
            held = held.expressions[0]
        return _scale(held, tables) if held is not None else None
    if isinstance(node, exp.Column):
        held = _held(node)
        return _scale(held, tables) if held is not None else _asked("scale_of", node, tables)
    if isinstance(node, (exp.Add, exp.Sub, exp.Mul)):
        sides = [_scale(one, tables) for one in (node.this, node.expression)]
        if any(one is None for one in sides):
            return None
        name = "sum_of" if isinstance(node, exp.Mul) else "widest"
        return call(f"redshift.{name}", *(one for one in sides if one is not None))
    if isinstance(node, exp.Div) and (parts := _parts(node, tables)):
        return call("redshift.quotient_scale", *parts)
    return None


def _shown_scale(node: exp.Literal | exp.Cast) -> exp.Expr | None:
    """The scale of a literal or of a cast to a decimal."""
    if isinstance(node, exp.Literal):
        if node.is_string or "e" in node.name.lower():
            return None
        return exp.Literal.number(len(node.name.partition(".")[2]))
    if isinstance(node.to, exp.DataType) and node.to.this == exp.DType.DECIMAL:
        arguments = node.to.expressions
        return exp.Literal.number(int(arguments[1].name) if len(arguments) > 1 else 0)
    return None


__all__ = ["decimal_shape", "rewrite_choice", "rewrite_quotient"]
