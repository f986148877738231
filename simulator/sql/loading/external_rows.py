"""The rows of an external table, read from the lake's files when a statement asks for them.

Source: "Querying external data using Amazon Redshift Spectrum" in Redshift's developer guide.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from simulator.sql.errors import SqlError
from simulator.sql.loading.arrow import read_table
from simulator.sql.loading.compression import unpacked
from simulator.sql.loading.copy_command import CopyCommand
from simulator.sql.loading.lake import Lake
from simulator.sql.loading.load_files import BadRecord, LoadFile, Records
from simulator.sql.loading.load_records import records
from simulator.sql.procedures.scope import shown

_COMPRESSIONS = {".gz": "gzip", ".bz2": "bzip2", ".zst": "zstd"}


def rows_of(spec: Mapping[str, Any], lake: Lake) -> Iterator[list[str | None]]:
    """Each row's fields as text, the partition's values last. Raises SqlError."""
    keys = list(spec["partitioned_by"])
    width = len(spec["columns"]) - len(keys)
    if not keys:
        for fields in _below(spec, str(spec["location"]), lake, width):
            yield fields
        return
    for partition in spec["partitions"]:
        values = [partition["values"].get(key) for key in keys]
        for fields in _below(spec, str(partition["location"]), lake, width):
            yield [*fields, *values]


def _below(
    spec: Mapping[str, Any], location: str, lake: Lake, width: int
) -> Iterator[list[str | None]]:
    bucket, _, prefix = location.removeprefix("s3://").partition("/")
    folder = prefix if not prefix or prefix.endswith("/") else f"{prefix}/"
    found = lake.objects(bucket, folder) or [
        o for o in lake.objects(bucket, prefix) if o.key == prefix
    ]
    for one in found:
        name = one.key.rpartition("/")[2]
        # "Spectrum ... ignores hidden files and files that begin with a period, underscore, or
        # hash mark, or end with a tilde".
        if not name or name[0] in "._#" or name.endswith("~"):
            continue
        url = f"s3://{bucket}/{one.key}"
        yield from _of_file(spec, url, one.path, width)


def _of_file(
    spec: Mapping[str, Any], url: str, path: Path, width: int
) -> Iterator[list[str | None]]:
    names = [column for column, _ in spec["columns"][:width]]
    if spec["format"] in ("parquet", "orc"):
        yield from _columnar(spec, url, path, names)
        return
    try:
        content = unpacked(path.read_bytes(), _COMPRESSIONS.get(path.suffix, ""))
    except ValueError as error:
        raise _scan_error(url, str(error)) from None
    header = int(spec["properties"].get("skip.header.line.count", "0"))
    at = 0
    for _line in range(header):
        at = content.find(b"\n", at) + 1 or len(content)
    content = content[at:].replace(b"\r\n", b"\n")
    if content and not content.endswith(b"\n"):
        content += b"\n"
    yield from _fitted(_records(spec, LoadFile(url, content, header), names), spec, width)


def _records(spec: Mapping[str, Any], file: LoadFile, names: list[str]) -> Records:
    serde = spec["serde"]
    delimiter = serde.get("separatorChar") or serde.get("field.delim") or spec["delimiter"]
    if spec["format"] == "csv":
        delimiter = serde.get("separatorChar", ",")
    paths = "auto ignorecase" if spec["format"] == "json" else ""
    command = CopyCommand(
        "", "", (), "", "", file_format=str(spec["format"]), delimiter=delimiter,
        quote=serde.get("quoteChar", '"'), paths=paths, invalid_characters="?",
    )  # fmt: skip
    return records(command, file, names, ())


def _fitted(found: Records, spec: Mapping[str, Any], width: int) -> Iterator[list[str | None]]:
    """Missing fields are NULL, surplus ones are left out, and so is what is no value."""
    null = spec["serde"].get("serialization.null.format", "\\N")
    kinds = [kind for _, kind in spec["columns"][:width]]
    for record in found:
        if isinstance(record, BadRecord):
            raise _scan_error("", f"line {record.line}: {record.reason}")
        fields = [*record.fields[:width], *[None] * (width - len(record.fields))]
        yield [
            None if one == null or not _is_value(one, kind) else one
            for one, kind in zip(fields, kinds, strict=True)
        ]


def _is_value(text: str | None, kind: str) -> bool:
    """Whether a text is a value of the type: an unreadable one is NULL in a text file."""
    if text is None or kind.startswith(("varchar", "char")):
        return True
    try:
        if kind in ("integer", "bigint", "smallint"):
            int(text)
        elif kind.startswith("numeric") or kind in ("real", "double precision"):
            float(text)
        elif kind == "boolean":
            return text.lower() in ("true", "false", "t", "f", "1", "0")
    except ValueError:
        return False
    return bool(text.strip())


def _columnar(
    spec: Mapping[str, Any], url: str, path: Path, names: list[str]
) -> Iterator[list[str | None]]:
    """Parquet's columns by their names, ORC's by their places."""
    what = f"STORED AS {spec['format'].upper()}"
    try:
        table = read_table(path.read_bytes(), spec["format"], what)
    except (OSError, ValueError) as error:
        raise _scan_error(url, str(error)) from None
    held = {name.lower(): at for at, name in enumerate(table.column_names)}
    places = [
        held.get(name) if spec["format"] == "parquet" else (at if at < len(held) else None)
        for at, name in enumerate(names)
    ]
    columns = [
        [None] * table.num_rows if at is None else table.column(at).to_pylist() for at in places
    ]
    for row in zip(*columns, strict=True):
        yield [
            json.dumps(one, ensure_ascii=False) if isinstance(one, (dict, list)) else shown(one)
            for one in row
        ]


def _scan_error(url: str, reason: str) -> SqlError:
    return SqlError(
        "ERROR: Spectrum Scan Error", sqlstate="XX000", detail=f"{url} {reason}".strip()
    )
