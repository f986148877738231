"""UNLOAD: a query's rows as files of the lake, text, CSV, JSON or Parquet.

Source: "UNLOAD" and "UNLOAD examples" in Redshift's developer guide. How many slices a cluster has
is the model's: four, as in the guide's examples; rows go to them in the query's order.
"""

from __future__ import annotations

import io
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time
from decimal import Decimal
from typing import Any

from simulator.sql.errors import SqlError
from simulator.sql.loading.arrow import arrow_module
from simulator.sql.loading.compression import packed
from simulator.sql.loading.lake import Lake
from simulator.sql.loading.unload_command import UnloadCommand
from simulator.sql.outcome import Column, Outcome, Row

SLICES = 4
_EXTENSIONS = {"gzip": ".gz", "bzip2": ".bz2", "zstd": ".zst"}
_DEFAULT_PARTITION = "__HIVE_DEFAULT_PARTITION__"
_BARE_IN_JSON = frozenset(("int2", "int4", "int8", "float4", "float8", "numeric", "super"))


@dataclass(frozen=True, slots=True)
class UnloadedFile:
    """A file that UNLOAD writes; `rows` counts a header too."""

    key: str
    content: bytes
    rows: int


def check_destination(command: UnloadCommand, lake: Lake) -> None:
    """Raises SqlError where files are in the way, or there is no such bucket."""
    found = lake.objects(command.bucket, command.prefix)
    if found and not (command.allow_overwrite or command.clean_path):
        raise SqlError(
            "ERROR: Specified unload destination on S3 is not empty. Consider using a different"
            " bucket / prefix, manually removing the target files in S3, or using the"
            " ALLOWOVERWRITE option.",
            sqlstate="XX000",
            detail=f"s3://{command.bucket}/{found[0].key} is there",
        )


def files_of(command: UnloadCommand, outcome: Outcome) -> list[UnloadedFile]:
    """The files that hold the rows, the manifest last. Raises SqlError for columns that are not
    there or don't fit, NotSupported without pyarrow."""
    columns = list(outcome.columns)
    names = [one.name for one in columns]
    for name in command.partition_by:
        if name not in names:
            raise SqlError(f'ERROR: column "{name}" does not exist', sqlstate="42703")
    if command.partition_by and len(command.partition_by) == len(names) and not command.include:
        message = "ERROR: at least one non-partition column is required"
        raise SqlError(message, sqlstate="0A000")
    files: list[UnloadedFile] = []
    for folder, rows in _partitions(command, columns, outcome.rows):
        kept = [
            at
            for at, one in enumerate(columns)
            if command.include or one.name not in command.partition_by
        ]
        picked = [tuple(row[at] for at in kept) for row in rows]
        shown = [columns[at] for at in kept]
        files.extend(_files(command, command.prefix + folder, shown, picked))
    if command.manifest:
        files.append(_manifest(command, columns, files))
    return files


def write_files(command: UnloadCommand, lake: Lake, files: Sequence[UnloadedFile]) -> None:
    """Puts the files into the lake; CLEANPATH removes what was there."""
    if command.clean_path:
        prefixes = {one.key.rpartition("/")[0] + "/" for one in files}
        for prefix in sorted(prefixes) if command.partition_by else [command.prefix]:
            for found in lake.objects(command.bucket, prefix):
                lake.remove(command.bucket, found.key)
    for one in files:
        lake.put(command.bucket, one.key, one.content)


def _partitions(
    command: UnloadCommand, columns: Sequence[Column], rows: Sequence[Row]
) -> Iterator[tuple[str, list[Row]]]:
    """`column=value/` folders with their rows; one without a name where there are no keys."""
    if not command.partition_by:
        yield "", list(rows)
        return
    names = [one.name for one in columns]
    places = [names.index(name) for name in command.partition_by]
    found: dict[str, list[Row]] = {}
    for row in rows:
        values = [_text(row[at]) for at in places]
        folder = "".join(
            f"{name}={_DEFAULT_PARTITION if value is None else _escaped(value)}/"
            for name, value in zip(command.partition_by, values, strict=True)
        )
        found.setdefault(folder, []).append(row)
    yield from found.items()


def _escaped(value: str) -> str:
    """Hive's escapes of what a folder's name can't hold."""
    return "".join(f"%{ord(one):02X}" if one in "/\\%:=\x00" else one for one in value)


def _files(
    command: UnloadCommand, prefix: str, columns: Sequence[Column], rows: list[Row]
) -> Iterator[UnloadedFile]:
    extension = command.extension and f".{command.extension}"
    extension += ".parquet" if command.file_format == "parquet" else ""
    extension += _EXTENSIONS.get(command.compression, "")
    for number, share in enumerate(_shares(rows, parallel=command.parallel)):
        for part, (content, count) in enumerate(_contents(command, columns, share)):
            place = f"{number:04}_part_{part:02}" if command.parallel else f"{part:03}"
            yield UnloadedFile(f"{prefix}{place}{extension}", content, count)


def _shares(rows: list[Row], *, parallel: bool) -> list[list[Row]]:
    """The rows of each slice; one without rows writes no file, but where there are none at all."""
    if not parallel or len(rows) <= 1:
        return [rows]
    size = -(-len(rows) // SLICES)
    return [rows[at : at + size] for at in range(0, len(rows), size)]


def _contents(
    command: UnloadCommand, columns: Sequence[Column], rows: list[Row]
) -> Iterator[tuple[bytes, int]]:
    """One share as the contents of files, each with its number of lines."""
    if command.file_format == "parquet":
        yield _parquet(columns, rows), len(rows)
        return
    header = ""
    if command.header:
        header = _line(command, columns, [one.name for one in columns], is_header=True) + "\n"
    lines = [header] if header else []
    size, count = len(header.encode()), int(bool(header))
    for row in rows:
        line = _row(command, columns, row) + "\n"
        length = len(line.encode())
        if size + length > command.max_bytes and count > bool(header):
            yield packed("".join(lines).encode(), command.compression), count
            lines, size, count = ([header] if header else []), len(header.encode()), bool(header)
        lines.append(line)
        size += length
        count += 1
    yield packed("".join(lines).encode(), command.compression), count


def _row(command: UnloadCommand, columns: Sequence[Column], row: Row) -> str:
    if command.file_format == "json":
        pairs = zip(columns, row, strict=True)
        return "{" + ",".join(f"{json.dumps(c.name)}:{_json(c, v)}" for c, v in pairs) + "}"
    values = [_field(column, value) for column, value in zip(columns, row, strict=True)]
    return _line(command, columns, values)


def _field(column: Column, value: Any) -> str | None:
    if value is None:
        # SUPER columns ignore NULL AS.
        return "null" if column.type_name == "super" else None
    return _text(value)


def _line(
    command: UnloadCommand,
    columns: Sequence[Column],
    values: Sequence[str | None],
    *,
    is_header: bool = False,
) -> str:
    if command.file_format == "fixed":
        return _fixed_line(command, columns, values)
    delimiter = command.delimiter
    if command.file_format == "csv":
        shown = [command.null_as if one is None else _csv(one, delimiter) for one in values]
        return delimiter.join(shown)
    written = []
    for column, value in zip(columns, values, strict=True):
        text = command.null_as if value is None else value
        if value is not None and command.escape and (_is_text(column) or is_header):
            text = _escape(text, delimiter, quotes=command.add_quotes)
        if command.add_quotes and value is not None:
            text = f'"{text}"'
        written.append(text)
    return delimiter.join(written)


def _fixed_line(
    command: UnloadCommand, columns: Sequence[Column], values: Sequence[str | None]
) -> str:
    if len(command.widths) != len(columns):
        message = (
            f"ERROR: fixedwidth spec has {len(command.widths)} columns, the query {len(columns)}"
        )
        raise SqlError(message, sqlstate="XX000")
    shown = []
    for column, value, width in zip(columns, values, command.widths, strict=True):
        text = command.null_as if value is None else value
        if len(text) > width:
            if value is None and not _is_text(column):
                text = ""
            else:
                # "FIXEDWIDTH doesn't truncate data"
                message = f"ERROR: value of column {column.name} is wider than {width}"
                raise SqlError(message, sqlstate="XX000")
        shown.append(text.ljust(width))
    return "".join(shown)


def _is_text(column: Column) -> bool:
    return column.type_name in ("varchar", "bpchar", "name")


def _csv(value: str, delimiter: str) -> str:
    if any(one in value for one in (delimiter, '"', "\n", "\r")):
        return '"' + value.replace('"', '""') + '"'
    return value


def _escape(value: str, delimiter: str, *, quotes: bool) -> str:
    special = {"\n", "\r", "\\", delimiter} | ({'"', "'"} if quotes else set())
    return "".join(f"\\{one}" if one in special else one for one in value)


def _text(value: Any) -> str | None:
    """A value as Redshift writes it into text files."""
    match value:
        case None:
            return None
        case bool():
            return "t" if value else "f"
        case datetime():
            moment = value.replace(tzinfo=None).isoformat(" ")
            moment = moment.rstrip("0") if "." in moment else moment
            return moment + ("+00" if value.tzinfo else "")
        case date() | time():
            return value.isoformat()
        case Decimal():
            return format(value, "f")
        case float():
            return repr(value).removesuffix(".0")
        case bytes():
            return value.hex()
    return str(value)


def _json(column: Column, value: Any) -> str:
    if value is None:
        return "null"
    text = _text(value) or ""
    return text if column.type_name in _BARE_IN_JSON else json.dumps(text, ensure_ascii=False)


def _parquet(columns: Sequence[Column], rows: list[Row]) -> bytes:
    arrow = arrow_module("pyarrow", "UNLOAD ... PARQUET")
    writer = arrow_module("pyarrow.parquet", "UNLOAD ... PARQUET")
    arrays = []
    for at, column in enumerate(columns):
        values = [row[at] for row in rows]
        if column.type_name == "timestamptz":
            # "only the timestamp values are unloaded. The time zone information isn't unloaded."
            values = [one and one.replace(tzinfo=None) for one in values]
        arrays.append(arrow.array(values, type=_arrow_type(arrow, column)))
    table = arrow.table(arrays, names=[one.name for one in columns])
    stream = io.BytesIO()
    writer.write_table(table, stream, compression="snappy")
    return stream.getvalue()


def _arrow_type(arrow: Any, column: Column) -> Any:
    plain = {
        "int2": arrow.int16, "int4": arrow.int32, "int8": arrow.int64, "float4": arrow.float32,
        "float8": arrow.float64, "bool": arrow.bool_, "date": arrow.date32,
        "varbyte": arrow.binary,
    }  # fmt: skip
    if column.type_name == "numeric":
        return arrow.decimal128(column.precision, column.scale)
    if column.type_name in ("timestamp", "timestamptz"):
        return arrow.timestamp("us")
    return plain.get(column.type_name, arrow.string)()


_MANIFEST_TYPES = {
    "int2": "smallint", "int4": "integer", "int8": "bigint", "float4": "real",
    "float8": "double precision", "bool": "boolean", "varchar": "character varying",
    "bpchar": "character", "timestamp": "timestamp without time zone",
    "timestamptz": "timestamp with time zone",
}  # fmt: skip


def _manifest(
    command: UnloadCommand, columns: Sequence[Column], files: Sequence[UnloadedFile]
) -> UnloadedFile:
    entries = []
    for one in files:
        entry: dict[str, Any] = {"url": f"s3://{command.bucket}/{one.key}"}
        if command.verbose or command.file_format == "parquet":
            # COPY from columnar files wants the length.
            entry["meta"] = {"content_length": len(one.content)}
            if command.verbose:
                entry["meta"]["record_count"] = one.rows
        entries.append(entry)
    manifest: dict[str, Any] = {"entries": entries}
    if command.verbose:
        manifest["schema"] = {
            "elements": [{"name": one.name, "type": _manifest_type(one)} for one in columns]
        }
        manifest["meta"] = {
            "content_length": sum(len(one.content) for one in files),
            "record_count": sum(one.rows for one in files),
        }
        manifest["author"] = {"name": "Amazon Redshift", "version": "1.0.0"}
    content = json.dumps(manifest, indent=2).encode()
    return UnloadedFile(f"{command.prefix}manifest", content, 0)


def _manifest_type(column: Column) -> dict[str, Any]:
    found: dict[str, Any] = {"base": _MANIFEST_TYPES.get(column.type_name, column.type_name)}
    if _is_text(column):
        found["max_length"] = column.precision
    elif column.type_name == "numeric":
        found["precision"], found["scale"] = column.precision, column.scale
    return found
