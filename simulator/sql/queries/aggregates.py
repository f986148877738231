"""Aggregates and window functions whose structure changes: PostgreSQL has no IGNORE NULLS, no
percentiles over a window and no LISTAGG.

Where a window of PostgreSQL's can't compute a thing, its rows are gathered by ARRAY_AGG and a
function of the overlay computes it from them.
"""

from __future__ import annotations

from collections.abc import Callable

from sqlglot import exp

from simulator.sql.errors import SqlError


def call(name: str, *arguments: exp.Expr) -> exp.Anonymous:
    """A call that PostgreSQL reads as it stands."""
    return exp.Anonymous(this=name, expressions=[one.copy() for one in arguments])


def cast(value: exp.Expr, to: str) -> exp.Cast:
    """`CAST(value AS to)` in PostgreSQL's types."""
    return exp.Cast(this=value.copy(), to=exp.DataType.build(to, dialect="postgres"))


def wanted(name: str, arguments: list[exp.Expr], *counts: int) -> None:
    """Raises SqlError where a function has another number of arguments."""
    if len(arguments) not in counts:
        message = f"ERROR: function {name}() takes {counts[0]} arguments, got {len(arguments)}"
        raise SqlError(message, sqlstate="42883")


def windowed(node: exp.Expr) -> exp.Expr:
    """The call with its OVER or WITHIN GROUP clause, where it has one."""
    parent = node.parent
    clauses = (exp.Window, exp.WithinGroup, exp.IgnoreNulls, exp.RespectNulls)
    if isinstance(parent, clauses) and node is parent.this:
        return windowed(parent)
    return node


def window_of(node: exp.Expr) -> exp.Window | None:
    """The OVER clause that the call belongs to."""
    outer = windowed(node)
    return outer if isinstance(outer, exp.Window) else None


def rewrite_aggregate(node: exp.Anonymous, name: str) -> exp.Expr | None:
    """Replaces the call with its clauses; None where this module has nothing to say."""
    rewritten = _REWRITES.get(name)
    if rewritten is not None:
        outer = windowed(node)
        made = rewritten(node, list(node.expressions), outer)
        outer.replace(made)
        return made
    if name in ("first_value", "last_value", "nth_value", "lag", "lead"):
        return _by_nulls(node, name)
    return None


def _over(window: exp.Window, function: exp.Expr) -> exp.Window:
    """The same window over another function."""
    copy = window.copy()
    copy.set("this", function)
    return copy


def _whole_frame(window: exp.Window, order: exp.Expr | None) -> exp.Window:
    """The window with all rows of its partition in its frame, in an order."""
    if window.args.get("order"):
        raise SqlError(
            "ERROR: the OVER clause of this function can't contain ORDER BY", sqlstate="42601"
        )
    copy = window.copy()
    if order is not None:
        copy.set("order", exp.Order(expressions=[one.copy() for one in order.expressions]))
        spec = {"kind": "ROWS", "start": "UNBOUNDED", "start_side": "PRECEDING",
                "end": "UNBOUNDED", "end_side": "FOLLOWING"}  # fmt: skip
        copy.set("spec", exp.WindowSpec(**spec))
    return copy


def _given(value: exp.Expr) -> exp.Expr:
    return exp.Not(this=exp.Is(this=exp.Paren(this=value.copy()), expression=exp.Null()))


def _gathered(value: exp.Expr) -> exp.Filter:
    """`ARRAY_AGG(value) FILTER (WHERE value IS NOT NULL)`"""
    return exp.Filter(this=call("array_agg", value), expression=exp.Where(this=_given(value)))


def _sum(_node: exp.Anonymous, arguments: list[exp.Expr], outer: exp.Expr) -> exp.Expr:
    """A REAL is summed as a DOUBLE PRECISION."""
    wanted("sum", arguments, 1)
    total = call("sum", *_summed(arguments))
    return _over(outer, total) if isinstance(outer, exp.Window) else total


def _summed(arguments: list[exp.Expr]) -> list[exp.Expr]:
    value = arguments[0]
    if isinstance(value, (exp.Null, exp.Literal)):
        return arguments
    if not isinstance(value, exp.Distinct):
        return [call("redshift.summed", value)]
    distinct = value.copy()
    distinct.set("expressions", [call("redshift.summed", one) for one in value.expressions])
    return [distinct]


def _avg(_node: exp.Anonymous, arguments: list[exp.Expr], outer: exp.Expr) -> exp.Expr:
    """Integers average to a BIGINT: sum, count, and min as the witness of the type."""
    wanted("avg", arguments, 1)
    parts: list[exp.Expr] = []
    for name in ("sum", "count", "min"):
        part: exp.Expr = call(name, *(_summed(arguments) if name == "sum" else arguments))
        parts.append(_over(outer, part) if isinstance(outer, exp.Window) else part)
    return call("redshift.avg", *parts)


def _listagg(node: exp.Anonymous, arguments: list[exp.Expr], outer: exp.Expr) -> exp.Expr:
    """NULL and empty strings are left out ("LISTAGG")."""
    value = arguments[0]
    distinct = isinstance(value, exp.Distinct)
    if isinstance(value, exp.Distinct):
        arguments = [*value.expressions, *arguments[1:]]
    wanted("listagg", arguments, 1, 2)
    text = call("nullif", cast(arguments[0], "text"), exp.Literal.string(""))
    separator = arguments[1] if len(arguments) > 1 else exp.Literal.string("")
    group = node.parent if isinstance(node.parent, exp.WithinGroup) else None
    order = group.expression if group is not None else None
    if isinstance(outer, exp.Window):
        frame = _whole_frame(outer, order)
        if distinct:
            frame.set("this", _gathered(text))
            return call("redshift.listagg", frame, separator)
        frame.set("this", call("string_agg", text, separator))
        return call("redshift.listagg", frame)
    if distinct and order is not None:
        gathered = exp.Filter(
            this=call("array_agg", exp.Order(this=text, expressions=order.expressions)),
            expression=exp.Where(this=_given(text)),
        )
        return call("redshift.listagg", gathered, separator)
    written: exp.Expr = exp.Distinct(expressions=[text]) if distinct else text
    if order is not None:
        ordered = exp.Order(this=separator.copy(), expressions=order.expressions)
        return call("redshift.listagg", call("string_agg", written, ordered))
    return call("redshift.listagg", call("string_agg", written, separator))


def _percentile(name: str, fraction: exp.Expr, ordered: exp.Expr, outer: exp.Expr) -> exp.Expr:
    value = ordered.this if isinstance(ordered, exp.Ordered) else ordered
    falling = bool(ordered.args.get("desc")) if isinstance(ordered, exp.Ordered) else False
    rows: exp.Expr = call("array_agg", value)
    if isinstance(outer, exp.Window):
        frame = _whole_frame(outer, None)
        frame.set("this", rows)
        rows = frame
    return call(f"redshift.{name}", rows, fraction, exp.Boolean(this=falling))


def _median(_node: exp.Anonymous, arguments: list[exp.Expr], outer: exp.Expr) -> exp.Expr:
    wanted("median", arguments, 1)
    return _percentile("percentile_cont", exp.Literal.number("0.5"), arguments[0], outer)


def _within(name: str) -> Callable[[exp.Anonymous, list[exp.Expr], exp.Expr], exp.Expr]:
    def rewritten(node: exp.Anonymous, arguments: list[exp.Expr], outer: exp.Expr) -> exp.Expr:
        wanted(name, arguments, 1)
        group = node.parent
        if not isinstance(group, exp.WithinGroup) or len(group.expression.expressions) != 1:
            message = f"ERROR: {name} needs WITHIN GROUP (ORDER BY expression)"
            raise SqlError(message, sqlstate="42601")
        (ordered,) = group.expression.expressions
        return _percentile(name, arguments[0], ordered, outer)

    return rewritten


def _ratio(_node: exp.Anonymous, arguments: list[exp.Expr], outer: exp.Expr) -> exp.Expr:
    """A value's share of the sum over its partition, a FLOAT8."""
    wanted("ratio_to_report", arguments, 1)
    if not isinstance(outer, exp.Window):
        raise SqlError("ERROR: ratio_to_report requires an OVER clause", sqlstate="42601")
    total = _over(outer, call("sum", arguments[0]))
    share = exp.Div(
        this=cast(exp.Paren(this=arguments[0].copy()), "double precision"),
        expression=call("nullif", total, exp.Literal.number(0)),
    )
    return exp.Paren(this=cast(exp.Paren(this=share), "double precision"))


def _deviation(name: str) -> Callable[[exp.Anonymous, list[exp.Expr], exp.Expr], exp.Expr]:
    def rewritten(_node: exp.Anonymous, arguments: list[exp.Expr], outer: exp.Expr) -> exp.Expr:
        wanted(name, arguments, 1)
        made: exp.Expr = call(name, *arguments)
        if isinstance(outer, exp.Window):
            made = _over(outer, made)
        return cast(made, "double precision")

    return rewritten


def _truth(name: str) -> Callable[[exp.Anonymous, list[exp.Expr], exp.Expr], exp.Expr]:
    """BOOL_AND and BOOL_OR of booleans or integers; DISTINCT changes nothing."""

    def rewritten(_node: exp.Anonymous, arguments: list[exp.Expr], outer: exp.Expr) -> exp.Expr:
        wanted(name, arguments, 1)
        (value,) = arguments
        held = value.expressions[0] if isinstance(value, exp.Distinct) else value
        made = call(name, call("redshift.truth", held))
        return _over(outer, made) if isinstance(outer, exp.Window) else made

    return rewritten


def _ntile(_node: exp.Anonymous, arguments: list[exp.Expr], outer: exp.Expr) -> exp.Expr:
    """A BIGINT, where PostgreSQL's is an INTEGER."""
    wanted("ntile", arguments, 1)
    if not isinstance(outer, exp.Window):
        raise SqlError("ERROR: ntile requires an OVER clause", sqlstate="42601")
    count = cast(exp.Paren(this=arguments[0].copy()), "integer")
    return cast(_over(outer, call("ntile", count)), "bigint")


def _by_nulls(node: exp.Anonymous, name: str) -> exp.Expr | None:
    """FIRST_VALUE(x IGNORE NULLS) and its like; RESPECT NULLS is the default."""
    ignored = _nulls_ignored(node)
    if ignored is None:
        return None
    window = window_of(node)
    if window is None:
        raise SqlError(f"ERROR: {name} requires an OVER clause", sqlstate="42601")
    arguments = list(node.expressions)
    if not ignored:
        made: exp.Expr = _over(window, call(name, *arguments))
    else:
        made = _without_nulls(name, arguments, window)
    window.replace(made)
    return made


def _nulls_ignored(node: exp.Anonymous) -> bool | None:
    """Whether nulls are to be ignored; None where the call does not say. The words go."""
    parent = node.parent
    if isinstance(parent, (exp.IgnoreNulls, exp.RespectNulls)):
        return isinstance(parent, exp.IgnoreNulls)
    for index, argument in enumerate(node.expressions):
        if isinstance(argument, (exp.IgnoreNulls, exp.RespectNulls)):
            node.expressions[index].replace(argument.this.copy())
            return isinstance(argument, exp.IgnoreNulls)
    return None


def _without_nulls(name: str, arguments: list[exp.Expr], window: exp.Window) -> exp.Expr:
    value = arguments[0]
    place: exp.Expr = exp.Literal.number(1)
    if name == "last_value":
        place = exp.Neg(this=exp.Literal.number(1))
    elif len(arguments) > 1:
        place = arguments[1]
    # No FILTER: the value may hold an aggregate.
    frame = _over(window, call("array_agg", value))
    if name in ("lag", "lead"):
        before = name == "lag"
        spec = {"kind": "ROWS",
                "start": "UNBOUNDED" if before else exp.Literal.number(1),
                "start_side": "PRECEDING" if before else "FOLLOWING",
                "end": exp.Literal.number(1) if before else "UNBOUNDED",
                "end_side": "PRECEDING" if before else "FOLLOWING"}  # fmt: skip
        frame.set("spec", exp.WindowSpec(**spec))
        if before:
            place = exp.Neg(this=exp.Paren(this=place.copy()))
    found = call("redshift.nth", frame, cast(exp.Paren(this=place.copy()), "integer"))
    return call("coalesce", found, arguments[2]) if len(arguments) > 2 else found


_REWRITES: dict[str, Callable[[exp.Anonymous, list[exp.Expr], exp.Expr], exp.Expr]] = {
    "avg": _avg,
    "sum": _sum,
    "listagg": _listagg,
    "median": _median,
    "percentile_cont": _within("percentile_cont"),
    "percentile_disc": _within("percentile_disc"),
    "ratio_to_report": _ratio,
    "bool_and": _truth("bool_and"),
    "bool_or": _truth("bool_or"),
    "ntile": _ntile,
    **{
        name: _deviation(name)
        for name in ("stddev", "stddev_pop", "stddev_samp", "var_pop", "var_samp", "variance")
    },
}
