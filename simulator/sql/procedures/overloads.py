"""Which procedure of a name a call means, by its arguments' types.

"the query engine determines which procedure to call based on the number of arguments that you
provide and the data types of the arguments" ("Naming stored procedures"); what is converted by
itself is in "Implicit conversion types".
"""

# ruff: noqa: SIM905 - word lists read better as text
from __future__ import annotations

from collections.abc import Sequence

from simulator.sql.procedures.nodes import Tokens
from simulator.sql.procedures.requests import Routine
from simulator.sql.procedures.scope import Value

# The type of a literal that may still become anything.
UNKNOWN = '"unknown"'
_SAME = {
    "int": "integer", "int4": "integer", "int8": "bigint", "int2": "smallint", "bool": "boolean",
    "float8": "double precision", "float": "double precision", "float4": "real",
    "decimal": "numeric", "varchar": "character varying", "text": "character varying",
    "nvarchar": "character varying", "refcursor": "character varying", "char": "character",
    "nchar": "character", "bpchar": "character",
    "timestamp without time zone": "timestamp", "timestamp with time zone": "timestamptz",
    "time without time zone": "time", "time with time zone": "timetz",
}  # fmt: skip
# From the narrowest: a number is taken by the next wider type that a procedure has.
_NUMBERS = ("smallint", "integer", "bigint", "numeric", "real", "double precision")
_TEXTS = ("character varying", "character")
_MOMENTS = "date timestamp timestamptz time timetz".split()


def plain_type(text: str) -> str:
    """A type's name without length, as an error message has it."""
    base = text.partition("(")[0].strip().lower()
    return _SAME.get(base, base)


def written_type(tokens: Tokens, value: Value) -> str:
    """The type of an argument as it is written: a bare literal has none yet."""
    if len(tokens) == 1 and (
        tokens[0].kind in ("string", "dollar", "parameter") or tokens[0].keyword == "NULL"
    ):
        return UNKNOWN
    return value.type


def best_fitting(routines: Sequence[Routine], types: Sequence[str]) -> list[Routine]:
    """Those that fit the types best, more than one where they fit alike."""
    costs = [(_cost(one, types), one) for one in routines]
    fitting = [(cost, one) for cost, one in costs if cost is not None]
    best = min((cost for cost, _ in fitting), default=0)
    return [one for cost, one in fitting if cost == best]


def _cost(routine: Routine, types: Sequence[str]) -> int | None:
    wanted = [one.type for one in routine.arguments if one.mode != "OUT"]
    costs = [_conversion(plain_type(a), plain_type(b)) for a, b in zip(types, wanted, strict=True)]
    return None if None in costs else sum(one or 0 for one in costs)


def _conversion(given: str, wanted: str) -> int | None:
    """How far a type is from another; None where nothing is converted by itself."""
    if given == wanted:
        return 0
    if given == UNKNOWN:
        return 1 if wanted in _TEXTS else 2
    if given in _NUMBERS and wanted in _NUMBERS:
        steps = _NUMBERS.index(wanted) - _NUMBERS.index(given)
        return steps if steps > 0 else 20 - steps
    if wanted in _TEXTS:
        return 1 if given in _TEXTS else 40
    if given in _MOMENTS and wanted in _MOMENTS:
        return 10
    if given in _NUMBERS[:3] and wanted == "boolean":
        return 30
    return None
