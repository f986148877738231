"""A column's definition: its type, default, identity and encoding.

Source: "CREATE TABLE", "ALTER TABLE" and "Compression encodings" in Redshift's developer guide.
"""

# ruff: noqa: SIM905 - word lists read better as text
from __future__ import annotations

import hashlib

from simulator.sql.cursor import Cursor
from simulator.sql.errors import SqlError
from simulator.sql.lexer import quote_name
from simulator.sql.queries.query import translate_expression
from simulator.sql.types import postgres_type

ENCODINGS = frozenset(
    "RAW AZ64 BYTEDICT DELTA DELTA32K LZO MOSTLY8 MOSTLY16 MOSTLY32 RUNLENGTH TEXT255 TEXT32K"
    " ZSTD AUTO".split()
)
_TWO_WORDS = {
    ("DOUBLE", "PRECISION"), ("CHARACTER", "VARYING"), ("BINARY", "VARYING"),
}  # fmt: skip
COLUMN_WORDS = frozenset(
    "DEFAULT IDENTITY GENERATED ENCODE DISTKEY SORTKEY NOT NULL UNIQUE PRIMARY REFERENCES COLLATE"
    " CONSTRAINT".split()
)
# Types that PostgreSQL 8.0 has and Redshift's tables have not ("Unsupported PostgreSQL data
# types"); their error as salsita/node-pg-migrate's issue 767 shows it.
_UNSUPPORTED = frozenset(
    "bit money inet cidr macaddr point line lseg box path polygon circle bytea serial serial4"
    " serial8 bigserial oid abstime reltime tinterval name regclass regproc".split()
)
_WHOLE = {"int": "integer", "int4": "integer", "int8": "bigint", "int2": "smallint"}
# Types that an encoding does not take ("Compression encodings", the table of encodings).
_FLOATS = frozenset({"real", "double precision"})
_STRINGS = frozenset({"varchar", "char"})
_UNTYPED = frozenset({"boolean", "super", *_FLOATS})
_MOMENTS = frozenset({"date", "timestamp", "timestamptz"})
_UNENCODED = {
    "az64": _UNTYPED | _STRINGS,
    "bytedict": frozenset({"boolean", "super"}),
    "delta": _UNTYPED | _STRINGS,
    "delta32k": _UNTYPED | _STRINGS | {"smallint"},
    "lzo": frozenset({"boolean", *_FLOATS}),
    "mostly8": _UNTYPED | _STRINGS | _MOMENTS,
    "mostly16": _UNTYPED | _STRINGS | _MOMENTS | {"smallint"},
    "mostly32": _UNTYPED | _STRINGS | _MOMENTS | {"smallint", "integer"},
    "runlength": frozenset({"super"}),
    "text255": _UNTYPED | _MOMENTS | {"char", "smallint", "integer", "bigint", "numeric"},
    "text32k": _UNTYPED | _MOMENTS | {"char", "smallint", "integer", "bigint", "numeric"},
}


def column_type(cursor: Cursor) -> str:
    """A column's type in PostgreSQL's spelling."""
    word = cursor.name().upper()
    if (word, cursor.keyword()) in _TWO_WORDS:
        word = f"{word} {cursor.name().upper()}"
    arguments: tuple[str, ...] = ()
    if cursor.accept_sign("("):
        arguments = tuple(cursor.listed(lambda: cursor.take().value))
        cursor.expect_sign(")")
    if word == "INTERVAL":
        # "INTERVAL year_to_month_qualifier | day_to_second_qualifier": a column needs one.
        fields = [cursor.name().upper()]
        if cursor.accept("TO"):
            fields.append(cursor.name().upper())
        word = f"INTERVAL {' TO '.join(fields)}"
        if fields[-1] == "SECOND" and cursor.accept_sign("("):
            word = f"{word}({cursor.integer()})"
            cursor.expect_sign(")")
    for zone in ("WITH", "WITHOUT"):
        if word in ("TIMESTAMP", "TIME") and cursor.accept(zone, "TIME", "ZONE"):
            word = f"{word} {zone} TIME ZONE"
    return postgres_type(word, arguments, in_table=True)


def refuse_unsupported(cursor: Cursor, table: str, column: str) -> None:
    """Raises SqlError where a type follows that Redshift knows and its tables don't take."""
    ahead = 1
    if (token := cursor.peek(1)) is not None and token.value == "(":
        ahead = next((n for n in range(2, 9) if _is(cursor, n, ")")), 0) + 1
    array = "[]" if _is(cursor, ahead, "[") else ""
    spelled = cursor.keyword().lower()
    if array or spelled in _UNSUPPORTED:
        kind = f"{_WHOLE.get(spelled, spelled)}{array}"
        message = f'ERROR: Column "{table}.{column}" has unsupported type "{kind}".'
        raise SqlError(message, sqlstate="0A000")


def _is(cursor: Cursor, ahead: int, sign: str) -> bool:
    token = cursor.peek(ahead)
    return token is not None and token.value == sign


def bare_type(kind: str) -> str:
    """The type as PostgreSQL takes it: `bytea` has no length there."""
    return "bytea" if kind.startswith("bytea") else kind


def byte_check(name: str, kind: str) -> list[str]:
    """VARCHAR(n), CHAR(n) and VARBYTE(n) hold n bytes, PostgreSQL counts characters. The
    constraint's name says the limit, for the error's wording."""
    base, _, length = kind.partition("(")
    if base not in ("varchar", "char", "bytea") or not length:
        return []
    limit = length[:-1]
    digest = hashlib.sha256(name.encode()).hexdigest()[:8]
    constraint = quote_name(f"redshift_bytes_{base[0]}_{limit}_{digest}")
    return [f"CONSTRAINT {constraint} CHECK (octet_length({quote_name(name)}) <= {limit})"]


def default(cursor: Cursor) -> str:
    """After DEFAULT: the expression in PostgreSQL's words."""

    def stops() -> bool:
        token = cursor.peek()
        return cursor.keyword() in COLUMN_WORDS - {"NULL"} or (
            token is not None and token.value == ","
        )

    return translate_expression(cursor.balanced(until=stops))


def identity(cursor: Cursor, kind: str, when: str) -> str:
    """After IDENTITY: PostgreSQL's clause; `when` is ALWAYS or BY DEFAULT. Raises SqlError."""
    bounds = {"integer": 2**31 - 1, "bigint": 2**63 - 1}
    if kind not in bounds:
        message = "ERROR: identity column must be of type INT or BIGINT"
        raise SqlError(message, sqlstate="42804")
    seed, step = 1, 1
    # The parentheses are optional ("INSERT examples").
    if cursor.accept_sign("("):
        seed = cursor.integer()
        cursor.expect_sign(",")
        step = cursor.integer()
        cursor.expect_sign(")")
    limit = bounds[kind]
    return (
        f"GENERATED {when} AS IDENTITY (START WITH {seed} INCREMENT BY {step}"
        f" MINVALUE {-limit - 1} MAXVALUE {limit})"
    )


def encoding(cursor: Cursor) -> str:
    """The word after ENCODE, in lower case."""
    word = cursor.name()
    if word.upper() not in ENCODINGS:
        raise SqlError(f'ERROR: invalid encoding type "{word}"', sqlstate="42601")
    return word.lower()


def check_encoding(name: str, kind: str, said: str) -> None:
    """Whether a column of this type takes the encoding. Raises SqlError."""
    if kind.partition("(")[0] in _UNENCODED.get(said, ()):
        message = f'ERROR: invalid encoding type specified for column "{name}"'
        raise SqlError(message, sqlstate="0A000")
