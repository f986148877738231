"""How single function calls are written for PostgreSQL, where their structure changes."""

from __future__ import annotations

from sqlglot import exp

from simulator.sql.errors import NotSupported, SqlError
from simulator.sql.functions import (
    AGGREGATES,
    COUNTED,
    DATE_PARTS,
    IN_DOUBLE,
    INTERVALS,
    KNOWN_LATER,
    NATIVE,
    OVERLAY,
    RENAMED,
    REWRITTEN,
    TRUNCATED,
)


def call(name: str, *arguments: exp.Expr) -> exp.Anonymous:
    """A call that PostgreSQL reads as it stands."""
    return exp.Anonymous(this=name, expressions=[one.copy() for one in arguments])


def cast(value: exp.Expr, to: str) -> exp.Cast:
    """`CAST(value AS to)` in PostgreSQL's types."""
    return exp.Cast(this=value.copy(), to=exp.DataType.build(to, dialect="postgres"))


def rewrite_call(node: exp.Anonymous) -> None:
    """Replaces a call by PostgreSQL's; refuses what is not on the allow list."""
    name = str(node.name).lower()
    if name.startswith("redshift."):
        return
    if isinstance(node.this, exp.Identifier) or isinstance(node.parent, exp.Dot):
        raise NotSupported(f"function {name}(...)", "user-defined functions")
    if name in _REWRITES:
        node.replace(_REWRITES[name](node, list(node.expressions)))
    elif name in IN_DOUBLE:
        outer = _windowed(node)
        outer.replace(cast(outer, "double precision"))
    elif name in OVERLAY:
        node.set("this", f"redshift.{name}")
    elif name in NATIVE or name in RENAMED:
        node.set("this", RENAMED.get(name, name))
    elif name in KNOWN_LATER or name in REWRITTEN:
        raise NotSupported(f"function {name}(...)")
    else:
        raise NotSupported(
            f"function {name}(...)", "not on the simulator's list of Redshift's functions"
        )


def _windowed(node: exp.Expr) -> exp.Expr:
    """The call with its OVER or WITHIN GROUP clause, where it has one."""
    parent = node.parent
    if isinstance(parent, (exp.Window, exp.WithinGroup)) and node is parent.this:
        return _windowed(parent)
    return node


def date_part(node: exp.Expr) -> str:
    """The canonical name of a date part, given as a word or a string."""
    if isinstance(node, exp.Literal) and not node.is_string:
        raise SqlError(f"ERROR: invalid date part {node.sql()}", sqlstate="22023")
    word = str(node.name).lower()
    if word not in DATE_PARTS:
        raise SqlError(f'ERROR: timestamp units "{word}" not recognized', sqlstate="22023")
    return DATE_PARTS[word]


def _at(node: exp.Expr) -> exp.Expr:
    """A date argument; an untyped one is a timestamp."""
    untyped = isinstance(node, exp.Parameter) or (isinstance(node, exp.Literal) and node.is_string)
    return cast(node, "timestamp") if untyped else node.copy()


def _wanted(name: str, arguments: list[exp.Expr], *counts: int) -> None:
    if len(arguments) not in counts:
        message = f"ERROR: function {name}() takes {counts[0]} arguments, got {len(arguments)}"
        raise SqlError(message, sqlstate="42883")


def _dateadd(_node: exp.Anonymous, arguments: list[exp.Expr]) -> exp.Expr:
    _wanted("dateadd", arguments, 3)
    part = date_part(arguments[0])
    if part not in INTERVALS:
        raise SqlError(f'ERROR: dateadd: date part "{part}" not supported', sqlstate="22023")
    step = exp.Interval(this=exp.Literal.string(INTERVALS[part]))
    distance = exp.Mul(this=exp.Paren(this=cast(arguments[1], "integer")), expression=step)
    at = _at(arguments[2])
    return exp.Paren(this=exp.Add(this=exp.Paren(this=at), expression=distance))


def _datediff(_node: exp.Anonymous, arguments: list[exp.Expr]) -> exp.Expr:
    _wanted("datediff", arguments, 3)
    part = date_part(arguments[0])
    if part not in COUNTED:
        raise SqlError(f'ERROR: datediff: date part "{part}" not supported', sqlstate="22023")
    start, end = (cast(one, "timestamp") for one in arguments[1:])
    return call("redshift.datediff", exp.Literal.string(part), start, end)


def _date_trunc(_node: exp.Anonymous, arguments: list[exp.Expr]) -> exp.Expr:
    _wanted("date_trunc", arguments, 2)
    part = date_part(arguments[0])
    if part not in TRUNCATED:
        raise SqlError(f'ERROR: timestamp units "{part}" not supported', sqlstate="22023")
    return call("redshift.date_trunc", exp.Literal.string(part), _at(arguments[1]))


def _date_part(_node: exp.Anonymous, arguments: list[exp.Expr]) -> exp.Expr:
    _wanted("date_part", arguments, 2)
    return call("date_part", exp.Literal.string(date_part(arguments[0])), _at(arguments[1]))


def rewrite_extract(node: exp.Extract) -> None:
    """EXTRACT gives an INTEGER, for a TIMESTAMPTZ a DOUBLE PRECISION (its page)."""
    part = exp.Literal.string(date_part(node.this))
    node.replace(call("redshift.extract", part, _at(node.expression)))


def _decode(_node: exp.Anonymous, arguments: list[exp.Expr]) -> exp.Expr:
    """Two NULLs are equal in DECODE."""
    if len(arguments) < 3:
        raise SqlError("ERROR: DECODE must have at least 3 parameters", sqlstate="42883")
    value, pairs = arguments[0], arguments[1:]
    default = pairs.pop() if len(pairs) % 2 else None
    cases = []
    for search, result in zip(pairs[::2], pairs[1::2], strict=True):
        same = exp.NullSafeEQ(this=value.copy(), expression=search.copy())
        cases.append(exp.If(this=exp.Paren(this=same), true=result.copy()))
    return exp.Case(ifs=cases, default=default.copy() if default else None)


def _nvl(_node: exp.Anonymous, arguments: list[exp.Expr]) -> exp.Expr:
    return call("coalesce", *arguments)


def _nvl2(_node: exp.Anonymous, arguments: list[exp.Expr]) -> exp.Expr:
    _wanted("nvl2", arguments, 3)
    given = exp.Not(this=exp.Is(this=exp.Paren(this=arguments[0].copy()), expression=exp.Null()))
    then = exp.If(this=given, true=arguments[1].copy())
    return exp.Case(ifs=[then], default=arguments[2].copy())


def _charindex(_node: exp.Anonymous, arguments: list[exp.Expr]) -> exp.Expr:
    _wanted("charindex", arguments, 2)
    return call("strpos", arguments[1], arguments[0])


def _avg(node: exp.Anonymous, arguments: list[exp.Expr]) -> exp.Expr:
    """Integers average to a BIGINT: sum, count, and min as the witness of the type."""
    _wanted("avg", arguments, 1)
    outer = _windowed(node)
    parts: list[exp.Expr] = []
    for name in ("sum", "count", "min"):
        part = call(name, *arguments)
        if isinstance(outer, exp.Window):
            copy = outer.copy()
            copy.this.replace(part)
            parts.append(copy)
        else:
            parts.append(part)
    averaged = call("redshift.avg", *parts)
    if outer is not node:
        outer.replace(averaged)
        # The call itself is gone with its clause: what is returned replaces nothing any more.
        return node
    return averaged


def _listagg(node: exp.Anonymous, arguments: list[exp.Expr]) -> exp.Expr:
    _wanted("listagg", arguments, 1, 2)
    outer = _windowed(node)
    if isinstance(outer, exp.Window):
        raise NotSupported("LISTAGG as a window function")
    value = arguments[0]
    separator = arguments[1] if len(arguments) > 1 else exp.Literal.string("")
    distinct = isinstance(value, exp.Distinct)
    inner = value.expressions[0] if isinstance(value, exp.Distinct) else value
    written: exp.Expr = cast(inner, "text")
    order = outer.expression if isinstance(outer, exp.WithinGroup) else None
    if distinct and order is not None:
        if [one.this for one in order.expressions] != [inner]:
            raise NotSupported("LISTAGG(DISTINCT x) ordered by something else than x")
        order.expressions[0].set("this", written.copy())
    if distinct:
        written = exp.Distinct(expressions=[written])
    if order is not None:
        aggregated = call(
            "string_agg", written, exp.Order(this=separator.copy(), expressions=order.expressions)
        )
        outer.replace(aggregated)
        return node
    return call("string_agg", written, separator)


def _median(node: exp.Anonymous, arguments: list[exp.Expr]) -> exp.Expr:
    _wanted("median", arguments, 1)
    if isinstance(_windowed(node), exp.Window):
        raise NotSupported("MEDIAN as a window function")
    order = exp.Order(expressions=[exp.Ordered(this=arguments[0].copy(), nulls_first=False)])
    half = call("percentile_cont", exp.Literal.number("0.5"))
    return exp.WithinGroup(this=half, expression=order)


def _regexp_replace(_node: exp.Anonymous, arguments: list[exp.Expr]) -> exp.Expr:
    _wanted("regexp_replace", arguments, 2, 3)
    if len(arguments) == 3:
        text = arguments[2]
        if not isinstance(text, exp.Literal) or "$" in text.name or "\\" in text.name:
            raise NotSupported("REGEXP_REPLACE with a replacement that is no plain string")
    return call("redshift.regexp_replace", *arguments)


def _current_schema(_node: exp.Anonymous, _arguments: list[exp.Expr]) -> exp.Expr:
    return exp.Anonymous(this="current_schema", expressions=[])


_REWRITES = {
    "dateadd": _dateadd, "date_add": _dateadd, "datediff": _datediff, "date_diff": _datediff,
    "date_trunc": _date_trunc, "date_part": _date_part, "decode": _decode, "nvl": _nvl,
    "nvl2": _nvl2, "charindex": _charindex, "avg": _avg, "listagg": _listagg, "median": _median,
    "regexp_replace": _regexp_replace, "current_schema": _current_schema,
}  # fmt: skip

# Words that are calls without parentheses.
_WORDS = {
    "sysdate": "redshift.sysdate", "current_date": "redshift.current_date",
    "current_timestamp": "redshift.now", "current_user": "redshift.current_user",
    "session_user": "redshift.current_user", "user": "redshift.current_user",
}  # fmt: skip
_POSTGRES_WORDS = frozenset({"localtime", "localtimestamp", "current_time", "current_catalog"})


def rewrite_word(node: exp.Expr, *, in_query: bool) -> None:
    """SYSDATE, CURRENT_DATE and the like; CURRENT_TIMESTAMP runs on the leader node only."""
    names: dict[type[exp.Expr], str] = {
        exp.CurrentDate: "current_date",
        exp.CurrentTimestamp: "current_timestamp",
        exp.CurrentUser: "current_user",
    }
    word = names.get(type(node)) or str(node.name).lower()
    if word in _POSTGRES_WORDS:
        raise NotSupported(f"function {word}")
    if word == "current_timestamp" and in_query:
        raise SqlError(
            "ERROR: Specified types or functions (one per INFO message) not supported on Redshift"
            " tables.",
            sqlstate="0A000",
        )
    if word in _WORDS:
        node.replace(exp.Anonymous(this=_WORDS[word], expressions=[]))


__all__ = ["AGGREGATES", "call", "cast", "rewrite_call", "rewrite_extract", "rewrite_word"]
