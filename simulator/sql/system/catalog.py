"""What is in a database: schemas, tables, columns, as the Data API lists them.

The Data API asks by the JDBC driver's metadata calls (its answers have JDBC's `nullable`, sizes and
types of tables). Redshift's own system tables are none of PostgreSQL's: they are left out.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from simulator.sql.types import RESULT_TYPES

if TYPE_CHECKING:
    from simulator.sql.warehouse import Warehouse

# Schemas that every Redshift database has besides those of its users.
SYSTEM_SCHEMAS = ("information_schema", "pg_catalog", "pg_internal")
# Schemas of PostgreSQL's and of ours that a Redshift database has not.
_HIDDEN = "n.nspname !~ '^pg_' AND n.nspname NOT IN ('information_schema', 'redshift')"

_SCHEMAS = f"SELECT n.nspname::text FROM pg_namespace n WHERE {_HIDDEN}"  # noqa: S608 - a constant
_TABLES = (
    "SELECT n.nspname::text, c.relname::text, c.relkind::text"  # noqa: S608 - a constant
    " FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace"
    f" WHERE c.relkind IN ('r', 'v', 'm', 'f', 'p') AND {_HIDDEN}"
    " AND n.nspname::text LIKE %s AND c.relname::text LIKE %s ORDER BY 1, 2"
)
_COLUMNS = (
    "SELECT n.nspname::text, c.relname::text, a.attname::text, a.atttypid::bigint,"  # noqa: S608 - a constant
    " a.atttypmod, a.attnotnull, pg_get_expr(d.adbin, d.adrelid)"
    " FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace"
    " JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped"
    " LEFT JOIN pg_attrdef d ON d.adrelid = c.oid AND d.adnum = a.attnum"
    f" WHERE c.relkind IN ('r', 'v', 'm', 'f', 'p') AND {_HIDDEN}"
    " AND (%s::text IS NULL OR n.nspname = %s) AND (%s::text IS NULL OR c.relname = %s)"
    " ORDER BY 1, 2, a.attnum"
)


@dataclass(frozen=True, slots=True)
class ListedTable:
    """`kind` is JDBC's TABLE or VIEW."""

    schema: str
    name: str
    kind: str


@dataclass(frozen=True, slots=True)
class ListedColumn:
    """`size` is JDBC's column size: a string's length, a decimal's precision; `default` is an
    expression, None where there is none."""

    schema: str
    table: str
    name: str
    type_name: str
    size: int
    scale: int
    is_nullable: bool
    default: str | None


def schemas(warehouse: Warehouse, database: str, pattern: str) -> list[str]:
    """The names that match a LIKE pattern, in order."""
    found = _asked(warehouse, database, _SCHEMAS, ())
    names = sorted({*(name for (name,) in found), *SYSTEM_SCHEMAS})
    return [name for name in names if _is_like(name, pattern)]


def tables(
    warehouse: Warehouse, database: str, schema_pattern: str, table_pattern: str
) -> list[ListedTable]:
    """The committed tables and views whose names match LIKE patterns, in order."""
    found = _asked(warehouse, database, _TABLES, (schema_pattern, table_pattern))
    return [ListedTable(s, n, "VIEW" if kind in "vm" else "TABLE") for s, n, kind in found]


def columns(
    warehouse: Warehouse, database: str, schema: str | None, table: str | None
) -> list[ListedColumn]:
    """The columns of a table, of all tables of a schema, or of all tables."""
    found = _asked(warehouse, database, _COLUMNS, (schema, schema, table, table))
    return [_column(row) for row in found]


def _asked(
    warehouse: Warehouse, database: str, query: str, values: Sequence[Any]
) -> list[tuple[Any, ...]]:
    connection = warehouse.connection(database)
    try:
        return connection.execute(query, tuple(values)).fetchall()
    finally:
        warehouse.give_back(database, connection)


def _column(row: tuple[Any, ...]) -> ListedColumn:
    schema, table, name, oid, modifier, not_null, default = row
    type_name, _length, size = RESULT_TYPES.get(oid, ("varchar", 0, 65535))
    scale = 6 if type_name in ("timestamp", "timestamptz", "time", "timetz") else 0
    if modifier >= 4 and type_name in ("varchar", "bpchar"):
        size = modifier - 4
    elif modifier >= 4 and type_name == "numeric":
        size, scale = (modifier - 4) >> 16 & 0xFFFF, (modifier - 4) & 0x7FF
    return ListedColumn(schema, table, name, type_name, size, scale, not not_null, default)


def _is_like(name: str, pattern: str) -> bool:
    """LIKE without escapes: "%" is any text, "_" any character."""
    import re

    parts = (".*" if c == "%" else "." if c == "_" else re.escape(c) for c in pattern)
    return re.fullmatch("".join(parts), name, re.DOTALL) is not None
