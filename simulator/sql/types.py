"""Redshift's data types: how PostgreSQL spells them, and how result metadata names them.

Source: "Data types" in Redshift's developer guide. Two defaults differ from PostgreSQL's and
matter: VARCHAR without a length is 256 bytes in a table, NUMERIC without a precision is (18, 0).
"""

from __future__ import annotations

from simulator.sql.errors import NotSupported, SqlError

MAX_VARCHAR = 65535
MAX_CHAR = 4096
MAX_VARBYTE = 1_024_000
MAX_PRECISION = 38

_PLAIN = {
    "SMALLINT": "smallint", "INT2": "smallint",
    "INTEGER": "integer", "INT": "integer", "INT4": "integer",
    "BIGINT": "bigint", "INT8": "bigint",
    "REAL": "real", "FLOAT4": "real",
    "DOUBLE PRECISION": "double precision", "FLOAT8": "double precision",
    "DOUBLE": "double precision",
    "BOOLEAN": "boolean", "BOOL": "boolean",
    "DATE": "date",
    "TIMESTAMP": "timestamp", "TIMESTAMP WITHOUT TIME ZONE": "timestamp",
    "TIMESTAMPTZ": "timestamptz", "TIMESTAMP WITH TIME ZONE": "timestamptz",
    "TIME": "time", "TIME WITHOUT TIME ZONE": "time",
    "TIMETZ": "timetz", "TIME WITH TIME ZONE": "timetz",
    "SUPER": "super", "DATETIME": "timestamp",
}  # fmt: skip
_VARCHAR = {"VARCHAR", "NVARCHAR", "CHARACTER VARYING"}
_CHAR = {"CHAR", "CHARACTER", "NCHAR"}
_NUMERIC = {"NUMERIC", "DECIMAL", "DEC"}
_BINARY = {"VARBYTE", "VARBINARY", "BINARY VARYING"}
# of the catalogue's columns
_CATALOGUE = {"NAME", "OID", "REGCLASS"}
_LATER = {"GEOMETRY", "GEOGRAPHY", "HLLSKETCH"}


def postgres_type(name: str, arguments: tuple[str, ...], *, in_table: bool) -> str:
    """PostgreSQL's spelling of a Redshift type, with Redshift's defaults made explicit.

    `in_table`: a column definition; in an expression VARCHAR is as wide as its input. A VARBYTE's
    length, which PostgreSQL's type has no place for, stands after it: `bytea(n)`.
    Raises NotSupported for types that come later, SqlError for what Redshift lacks.
    """
    if name in _VARCHAR or name == "TEXT":
        return _varchar("" if name == "TEXT" else "".join(arguments), in_table=in_table)
    if name in _CHAR:
        return f"char({_length(arguments[0] if arguments else '1', MAX_CHAR)})"
    if name == "BPCHAR":
        return "char(256)"
    if name in _NUMERIC:
        return _numeric(arguments)
    if name == "FLOAT":
        return "real" if arguments and int(arguments[0]) <= 24 else "double precision"
    if name in _PLAIN and (not arguments or name.startswith("TIME")):
        return _PLAIN[name]
    if name in _BINARY:
        return f"bytea({_length(arguments[0], MAX_VARBYTE)})" if arguments else "bytea"
    if name.startswith("INTERVAL"):
        return name.lower()
    return _other(name, in_table=in_table)


def _other(name: str, *, in_table: bool) -> str:
    if name in _CATALOGUE and not in_table:
        return name.lower()
    if name in _LATER:
        raise NotSupported(f"data type {name}")
    raise SqlError(f'ERROR: type "{name.lower()}" does not exist', sqlstate="42704")


def _varchar(length: str, *, in_table: bool) -> str:
    if not length:
        return "varchar(256)" if in_table else "varchar"
    if length.upper() == "MAX":
        return f"varchar({MAX_VARCHAR})"
    return f"varchar({_length(length, MAX_VARCHAR)})"


def _length(text: str, limit: int) -> int:
    length = limit if text.upper() == "MAX" else int(text)
    if length < 1:
        raise SqlError("ERROR: length for type varchar must be at least 1", sqlstate="22023")
    if length > limit:
        kind = {MAX_VARCHAR: "varchar", MAX_VARBYTE: "varbyte"}.get(limit, "char")
        message = f"ERROR: length for type {kind} cannot exceed {limit}"
        raise SqlError(message, sqlstate="22023")
    return length


def _numeric(arguments: tuple[str, ...]) -> str:
    precision = int(arguments[0]) if arguments else 18
    scale = int(arguments[1]) if len(arguments) > 1 else 0
    if not 1 <= precision <= MAX_PRECISION:
        message = f"ERROR: DECIMAL precision {precision} must be between 1 and {MAX_PRECISION}"
        raise SqlError(message, sqlstate="22023")
    if not 0 <= scale <= precision:
        message = f"ERROR: DECIMAL scale {scale} must be between 0 and precision {precision}"
        raise SqlError(message, sqlstate="22023")
    return f"numeric({precision},{scale})"


# PostgreSQL's oids of the types that results can have: (Redshift's name, length, precision).
# Lengths of varchar and char, and precision and scale of numeric, come from the column itself.
RESULT_TYPES: dict[int, tuple[str, int, int]] = {
    16: ("bool", 0, 1),
    17: ("varbyte", 0, MAX_VARCHAR),
    19: ("name", 0, 128),
    20: ("int8", 0, 19),
    21: ("int2", 0, 5),
    23: ("int4", 0, 10),
    25: ("varchar", 0, MAX_VARCHAR),
    26: ("oid", 0, 10),
    700: ("float4", 0, 8),
    701: ("float8", 0, 17),
    705: ("varchar", 0, MAX_VARCHAR),
    1042: ("bpchar", 0, MAX_CHAR),
    1043: ("varchar", 0, MAX_VARCHAR),
    1082: ("date", 0, 13),
    1083: ("time", 0, 15),
    1114: ("timestamp", 0, 29),
    1184: ("timestamptz", 0, 35),
    1186: ("interval", 0, 49),
    1266: ("timetz", 0, 21),
    1700: ("numeric", 0, 38),
    2278: ("void", 0, 0),
}
