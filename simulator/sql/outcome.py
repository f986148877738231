"""What a statement gave: rows, and their columns as the Data API's metadata describes them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from simulator.sql.types import RESULT_TYPES

Row = tuple[Any, ...]


@dataclass(frozen=True, slots=True)
class Column:
    """A result column. `type_name` is Redshift's (int4, varchar, ...); `length` is 0 as the Data
    API gives it, `precision` a varchar's length; `nullable` as in JDBC: 0 no, 1 yes, 2 unknown."""

    name: str
    label: str
    type_name: str
    length: int
    precision: int
    scale: int
    nullable: int
    table_name: str
    schema_name: str


@dataclass(frozen=True, slots=True)
class Outcome:
    """A statement's result. `row_count`: rows returned or changed, -1 where neither is the
    statement's business; `rows_touched`: rows read and written, for the timing model."""

    kind: str
    columns: tuple[Column, ...] = ()
    rows: tuple[Row, ...] = ()
    row_count: int = -1
    rows_touched: int = 0
    # COMMIT or ROLLBACK where the statement ends its transaction, as TRUNCATE does
    ends: str = ""


# What the catalogue says of a result column's origin: schema, table, column, not null.
Origin = tuple[str, str, str, bool]


def describe(
    result: Any, origins: Mapping[tuple[int, int], Origin], rows: Sequence[Row]
) -> tuple[Column, ...]:
    """The columns of a libpq result. `origins` by (table's oid, column's number); a computed
    decimal's scale is that of its values."""
    return tuple(_column(result, index, origins, rows) for index in range(result.nfields))


def origins_asked(result: Any) -> set[int]:
    """The oids of the tables that a result's columns come from."""
    return {result.ftable(index) for index in range(result.nfields)} - {0}


def _column(
    result: Any, index: int, origins: Mapping[tuple[int, int], Origin], rows: Sequence[Row]
) -> Column:
    label = (result.fname(index) or b"").decode()
    type_name, length, precision = RESULT_TYPES.get(result.ftype(index), ("varchar", 0, 65535))
    scale = 6 if type_name in ("timestamp", "timestamptz", "time", "timetz") else 0
    modifier = result.fmod(index)
    if modifier >= 4 and type_name in ("varchar", "bpchar"):
        precision = modifier - 4
    elif type_name == "numeric":
        precision, scale = _numeric(modifier, index, rows)
    schema, table, name, not_null = origins.get(
        (result.ftable(index), result.ftablecol(index)), ("", "", label, False)
    )
    nullable = (0 if not_null else 1) if table else 2
    return Column(name, label, type_name, length, precision, scale, nullable, table, schema)


def _numeric(modifier: int, index: int, rows: Sequence[Row]) -> tuple[int, int]:
    if modifier < 4:
        exponents = [row[index].as_tuple().exponent for row in rows if row[index] is not None]
        return 38, max((-one for one in exponents if isinstance(one, int)), default=0)
    return (modifier - 4) >> 16 & 0xFFFF, (modifier - 4) & 0x7FF


def origins_from(rows: Iterable[tuple[int, int, str, str, str, bool]]) -> dict[Any, Origin]:
    """Catalogue rows (oid, number, schema, table, column, not null) by oid and number."""
    return {
        (oid, number): (schema, table, column, hard)
        for oid, number, schema, table, column, hard in rows
    }
