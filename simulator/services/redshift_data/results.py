"""Results as the Data API shows them: typed fields, column metadata, sizes, pages.

Types and texts follow "Mapping JDBC data types when calling the Amazon Redshift Data API" and the
example answers of "Calling the Data API" (Amazon Redshift Management Guide). What these don't show
is what the PostgreSQL JDBC driver, which Redshift's descends from, says of the type.
"""

from __future__ import annotations

import base64
import binascii
import csv
import io
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from simulator.services.api import ServiceError
from simulator.services.redshift_data.limits import PAGE_BYTES, PAGE_ROWS

if TYPE_CHECKING:
    from simulator.sql.warehouse import Column, Outcome

Row = tuple[Any, ...]

_NUMBERS = {"int2", "int4", "int8", "float4", "float8", "numeric"}
_CASE_INSENSITIVE = _NUMBERS | {"bool", "date", "time", "timetz", "timestamp", "timestamptz"}


@dataclass(frozen=True, slots=True)
class Result:
    """What a statement gave. `columns` is empty where it has no result set; `size` is in bytes."""

    columns: tuple[Column, ...]
    rows: tuple[Row, ...]
    row_count: int
    size: int

    @property
    def has_result_set(self) -> bool:
        """Whether GetStatementResult has something to give; an empty result set counts."""
        return bool(self.columns)


def result_of(outcome: Outcome) -> Result:
    """The outcome with its size."""
    return Result(
        columns=outcome.columns,
        rows=outcome.rows,
        row_count=_shown_row_count(outcome),
        size=_result_size(outcome),
    )


def _shown_row_count(outcome: Outcome) -> int:
    # "ResultRows from boto3 describe_statement always return 0 when executing COPY command ...
    # works correctly after the INSERT command" (github.com/aws/aws-sdk issue 333).
    return 0 if outcome.kind == "COPY" else max(outcome.row_count, 0)


def _result_size(outcome: Outcome) -> int:
    # The guide's `select 1` has ResultSize 11: "?column?", "1" and two line ends.
    if not outcome.columns:
        return 0
    size = sum(len(column.label.encode()) + 1 for column in outcome.columns)
    size += len(outcome.columns) * len(outcome.rows)
    for row in outcome.rows:
        size += sum(map(_text_size, row))
    return size


def _text_size(value: Any) -> int:
    if value is None:
        return 0
    if type(value) is bytes:
        return len(value)
    text = _text(value)
    return len(text) if text.isascii() else len(text.encode())


def _text(value: Any) -> str:
    kind = type(value)
    return value if kind is str else _TEXTS.get(kind, str)(value)


def _timestamp_text(value: datetime) -> str:
    """As java.sql.Timestamp writes it: "2022-02-22 00:00:00.0", "2020-08-21 17:33:51.88712"."""
    text = value.replace(tzinfo=None, microsecond=0).isoformat(sep=" ")
    if value.tzinfo is None:
        return f"{text}.{f'{value.microsecond:06d}'.rstrip('0') or '0'}"
    fraction = f".{value.microsecond:06d}".rstrip("0").rstrip(".")
    offset = value.strftime("%z")
    # Redshift's own text of a timestamptz: "2008-01-01 09:59:59+00"
    return f"{text}{fraction}{offset[:3]}{':' + offset[3:5] if offset[3:5] != '00' else ''}"


# How values show whose text is not Python's own.
_TEXTS: dict[type, Callable[[Any], str]] = {
    bool: lambda value: "true" if value else "false",
    Decimal: lambda value: format(value, "f"),
    datetime: _timestamp_text,
}
_FIELDS = {bool: "booleanValue", int: "longValue", float: "doubleValue", bytes: "blobValue"}


def field_of(value: Any) -> dict[str, Any]:
    """A value as a Field: numeric, dates and times are strings."""
    if value is None:
        return {"isNull": True}
    name = _FIELDS.get(type(value))
    return {"stringValue": _text(value)} if name is None else {name: value}


def metadata_of(column: Column) -> dict[str, Any]:
    """A column as ColumnMetadata. A string's declared length is its precision; `length` is 0 in
    every answer that the guide shows."""
    return {
        "isCaseSensitive": column.type_name not in _CASE_INSENSITIVE,
        "isCurrency": False,
        "isSigned": column.type_name in _NUMBERS,
        "label": column.label,
        "length": column.length,
        "name": column.name,
        "nullable": column.nullable,
        "precision": column.precision,
        "scale": column.scale,
        "schemaName": column.schema_name,
        "tableName": column.table_name,
        "typeName": column.type_name,
    }


def page_of(result: Result, next_token: str | None) -> dict[str, Any]:
    """One page of GetStatementResult's answer; a row is never split."""
    rows, page = _rows_of_page(result, next_token)
    return {**page, "Records": [[field_of(value) for value in row] for row in rows]}


def csv_page_of(result: Result, next_token: str | None) -> dict[str, Any]:
    """One page of GetStatementResultV2's answer. As in the guide's example ("Fetch the results of a
    SQL statement in CSV format") there is no header, and a line ends with "\\r\\n"."""
    rows, page = _rows_of_page(result, next_token)
    text = io.StringIO()
    csv.writer(text, lineterminator="\r\n").writerows(
        ["" if value is None else _csv_text(value) for value in row] for row in rows
    )
    return {**page, "Records": [{"CSVRecords": text.getvalue()}], "ResultFormat": "CSV"}


def _csv_text(value: Any) -> str:
    return value.hex() if isinstance(value, bytes) else _text(value)


def _rows_of_page(result: Result, next_token: str | None) -> tuple[tuple[Row, ...], dict[str, Any]]:
    """The rows of a page, and what every page says beside them."""
    start = 0 if next_token is None else offset_of(next_token, len(result.rows))
    end = min(start + PAGE_ROWS, len(result.rows))
    if result.size > PAGE_BYTES:
        end = _end_of_page(result.rows, start, end)
    page: dict[str, Any] = {
        "ColumnMetadata": [metadata_of(column) for column in result.columns],
        "TotalNumRows": len(result.rows),
    }
    if end < len(result.rows):
        page["NextToken"] = token_of(end)
    return result.rows[start:end], page


def _end_of_page(rows: tuple[Row, ...], start: int, last: int) -> int:
    """Where the page that begins at `start` is full; at `last` at the latest."""
    size = 0
    for end in range(start, last):
        size += sum(map(_text_size, rows[end]))
        if end > start and size > PAGE_BYTES:
            return end
    return last


def token_of(offset: int) -> str:
    """An opaque NextToken for what begins at `offset`."""
    return base64.urlsafe_b64encode(f"offset:{offset}".encode()).decode()


def offset_of(token: str, count: int) -> int:
    """Where the page of this NextToken begins."""
    try:
        word, _, digits = base64.urlsafe_b64decode(token.encode()).decode().partition(":")
    except (binascii.Error, UnicodeError):
        word, digits = "", ""
    if word != "offset" or not digits.isdecimal() or int(digits) > count:
        raise ServiceError("ValidationException", "Invalid pagination token.")
    return int(digits)
