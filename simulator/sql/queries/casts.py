"""Casts, literals and intervals: where Redshift's types differ from PostgreSQL's."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from sqlglot import exp

from simulator.sql.errors import NotSupported
from simulator.sql.lexer import Token
from simulator.sql.queries.aggregates import call, cast
from simulator.sql.types import postgres_type

INTERNAL_NAMES = {
    "INT": "int4", "BIGINT": "int8", "SMALLINT": "int2", "DECIMAL": "numeric", "FLOAT": "float4",
    "DOUBLE": "float8", "BOOLEAN": "bool", "CHAR": "bpchar", "VARCHAR": "varchar", "DATE": "date",
    "TEXT": "varchar", "TIMESTAMP": "timestamp", "TIMESTAMPTZ": "timestamptz", "TIME": "time",
    "NCHAR": "bpchar", "NVARCHAR": "varchar", "BPCHAR": "bpchar", "TIMETZ": "timetz",
    "DATETIME": "timestamp", "VARBINARY": "varbyte", "SUPER": "super", "INTERVAL": "interval",
}  # fmt: skip
_TYPE_NAMES = {
    "FLOAT": "REAL", "DOUBLE": "DOUBLE PRECISION", "TIMESTAMPNTZ": "TIMESTAMP",
    "TEXT": "VARCHAR", "UNKNOWN": "unknown", "DECIMAL": "NUMERIC", "DATETIME": "TIMESTAMP",
    "VARBINARY": "VARBYTE",
}  # fmt: skip


def _written(kind: exp.DataType) -> str:
    """PostgreSQL's spelling of a type in an expression."""
    if isinstance(kind, exp.ObjectIdentifier):
        return postgres_type(str(kind.this).upper(), (), in_table=False)
    if isinstance(kind.this, exp.Interval):
        unit = kind.this.args.get("unit")
        return f"INTERVAL {unit.sql(dialect='postgres')}" if unit is not None else "INTERVAL"
    if kind.this == exp.DType.INTERVAL:
        return "INTERVAL"
    plain = kind.this.value if isinstance(kind.this, exp.DType) else str(kind.this)
    if plain == "USERDEFINED":
        plain = str(kind.args.get("kind") or "").upper()
    name = _TYPE_NAMES.get(plain, plain)
    arguments = tuple(str(argument.name) for argument in kind.expressions)
    return postgres_type(name, arguments, in_table=False)


_MOMENTS = frozenset({"date", "timestamp", "timestamptz"})


def special_moment(node: exp.Expr) -> exp.Expr | None:
    """'now', 'today' and the like, by the virtual clock ("Special datetime values")."""
    if not (isinstance(node, exp.Literal) and node.is_string):
        return None
    word = node.name.strip().lower()
    if word == "now":
        return call("redshift.sysdate")
    today = cast(call("redshift.current_date"), "timestamp")
    days = {"today": 0, "tomorrow": 1, "yesterday": -1}.get(word)
    if days is None:
        return None
    if not days:
        return today
    step = exp.Literal.number(days)
    return exp.Paren(this=exp.Add(this=today, expression=exp.Paren(this=step)))


def rewrite_cast(node: exp.Cast) -> None:
    """Type names in PostgreSQL's spelling; VARCHAR(n) cuts by bytes, binary strings are UTF-8."""
    written = _written(node.to)
    this = node.this
    if written in _MOMENTS:
        this = special_moment(this) or this
    plain = isinstance(this, (exp.Null, exp.Parameter, exp.Literal))
    if written == "super" and isinstance(this, exp.Literal):
        made: exp.Expr = call("redshift.to_super", this)
    elif written.startswith("varchar") and not isinstance(this, (exp.Null, exp.Parameter)):
        made = cast(this, "text") if plain else call("redshift.as_text", this)
        if written != "varchar":
            made = call("redshift.fit", made, _length(written))
    elif written.startswith("bytea") and not isinstance(this, exp.Null):
        made = call("redshift.varbyte", this)
        if written != "bytea":
            made = call("substring", made, exp.Literal.number(1), _length(written))
    else:
        made = this.copy()
    done: exp.Expr = exp.Cast(this=made, to=_target(written))
    node.replace(call("redshift.narrow", done) if written.startswith("numeric(19,") else done)


def _length(written: str) -> exp.Expr:
    """What stands in the parentheses of a type."""
    return exp.Literal.number(written.partition("(")[2][:-1])


def _target(written: str) -> exp.Expr:
    if written.startswith("bytea"):
        written = "bytea"
    if written in ("super", "name", "oid", "regclass") or written.startswith("INTERVAL"):
        return exp.Var(this=written)
    return exp.DataType.build(written, dialect="postgres")


def rewrite_try_cast(node: exp.TryCast) -> None:
    """TRY_CAST gives NULL where the value does not convert."""
    written = _written(node.to)
    if written.startswith("varchar"):
        node.replace(exp.Cast(this=call("redshift.as_text", node.this), to=_target(written)))
        return
    if isinstance(node.this, exp.Null):
        node.replace(exp.Cast(this=exp.Null(), to=_target(written)))
        return
    if written.startswith("bytea"):
        written = "bytea"
    witness = exp.Cast(this=exp.Null(), to=_target(written.partition("(")[0]))
    untyped = isinstance(node.this, exp.Literal) and node.this.is_string
    value = cast(node.this, "text") if untyped else node.this
    tried = call("redshift.try_cast", value, exp.Literal.string(written), witness)
    node.replace(exp.Cast(this=tried, to=_target(written)))


def prepare_intervals(tokens: Sequence[Token]) -> list[Token]:
    """`INTERVAL '1 1:25' DAY TO SECOND` as a cast, which the grammar reads whatever the text."""
    made: list[Token] = []
    at = 0
    while at < len(tokens):
        token = tokens[at]
        units = _units(tokens, at + 2) if token.keyword == "INTERVAL" else []
        if not units or tokens[at + 1].kind != "string":
            made.append(token)
            at += 1
            continue
        words = [replace(token, value=word) for word in ("cast", "as", "interval", "asl_interval")]
        signs = [replace(token, kind="operator", value=sign) for sign in "(),"]
        after = at + 2 + len(units)
        if [one.value for one in tokens[after : after + 3 : 2]] == ["(", ")"]:
            # A fractional precision, which the grammar does not read.
            span = " ".join(one.keyword for one in units) + f"({tokens[after + 1].value})"
            shown = replace(token, kind="string", value=span)
            made += [words[3], signs[0], tokens[at + 1], signs[2], shown, signs[1]]
            after += 3
        else:
            made += [words[0], signs[0], tokens[at + 1], words[1], words[2], *units, signs[1]]
        at = after
    return made


def _units(tokens: Sequence[Token], at: int) -> list[Token]:
    """`DAY`, or `DAY TO SECOND`."""
    found = list(tokens[at : at + 1])
    if not found or found[0].keyword not in _FIELDS:
        return []
    more = list(tokens[at + 1 : at + 3])
    if len(more) == 2 and more[0].keyword == "TO" and more[1].keyword in _FIELDS:
        found += more
    return found


def rewrite_interval(node: exp.Interval) -> None:
    """A literal with its unit or range of units as PostgreSQL reads it."""
    unit = node.args.get("unit")
    if isinstance(node.parent, exp.DataType):
        return
    if not isinstance(node.this, exp.Literal):
        raise NotSupported("INTERVAL of an expression")
    text = str(node.this.this)
    if isinstance(unit, exp.IntervalSpan):
        node.replace(cast_text(text, f"INTERVAL {unit.sql(dialect='postgres')}"))
    elif unit is not None and str(unit.name).upper() in _FIELDS and _is_plain(text):
        node.replace(cast_text(f"{text} {unit.name}", "INTERVAL"))
    else:
        shown = f"{text} {unit.name}" if unit is not None else text
        node.replace(cast_text(shown, "INTERVAL"))


_FIELDS = frozenset({"YEAR", "MONTH", "DAY", "HOUR", "MINUTE", "SECOND"})


def _is_plain(text: str) -> bool:
    return text.strip().lstrip("+-").replace(".", "", 1).isdigit()


def cast_text(text: str, written: str) -> exp.Cast:
    """A string literal cast to a type whose name PostgreSQL reads as it stands."""
    return exp.Cast(this=exp.Literal.string(text), to=exp.Var(this=written))


def rewrite_literal(node: exp.Literal) -> None:
    """A number with an exponent is a floating-point number ("Integer and floating-point
    literals")."""
    if not node.is_string and "e" in node.name.lower() and not isinstance(node.parent, exp.Cast):
        node.replace(cast(node, "double precision"))


def rewrite_comparison(node: exp.EQ | exp.NEQ) -> None:
    """Two literals are compared as VARCHAR, without regard to trailing blanks."""
    sides = (node.this, node.expression)
    if all(isinstance(one, exp.Literal) and one.is_string for one in sides):
        node.set("this", cast(node.this, "varchar"))
        node.set("expression", cast(node.expression, "varchar"))


def rewrite_membership(node: exp.In) -> None:
    """A literal in a list of literals, as `rewrite_comparison`."""
    if isinstance(node.this, exp.Literal) and node.this.is_string:
        node.set("this", cast(node.this, "varchar"))


def rewrite_power(node: exp.Pow) -> None:
    """`a ^ b` in double precision."""
    base, power = (cast(exp.Paren(this=one.copy()), "double precision")
                   for one in (node.this, node.expression))  # fmt: skip
    node.replace(call("power", base, power))


__all__ = [
    "INTERNAL_NAMES", "prepare_intervals", "rewrite_cast", "rewrite_comparison",
    "rewrite_interval", "rewrite_literal", "rewrite_membership", "rewrite_power",
    "rewrite_try_cast", "special_moment",
]  # fmt: skip
