"""Objects of the lake as COPY reads them: unpacked, cut into records, each with its place.

Source: "Data format parameters", "File compression parameters" and "Using a manifest to specify
data files" in Redshift's developer guide.
"""

from __future__ import annotations

import bz2
import csv
import gzip
import io
import json
import zlib
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, time
from itertools import zip_longest
from pathlib import Path
from typing import Any

from simulator.sql.errors import NotSupported, SqlError
from simulator.sql.loading.copy_command import CopyCommand
from simulator.sql.loading.lake import Lake, StoredObject
from simulator.sql.loading.load_values import BadValue, Number, written_json

_BOM = b"\xef\xbb\xbf"


class BadRecord(Exception):
    """A record that can't be read: what STL_LOAD_ERRORS says of it."""

    def __init__(self, line: int, code: int, reason: str, raw: str = "") -> None:
        super().__init__(reason)
        self.line, self.code, self.reason, self.raw = line, code, reason, raw


@dataclass(frozen=True, slots=True)
class Record:
    """Fields of one row, None where JSON or a column file has null; `line` counts from 1 in the
    file."""

    line: int
    fields: list[str | None]
    raw: str


@dataclass(frozen=True, slots=True)
class LoadFile:
    """An object's content as lines: unpacked, without byte order mark and its `header` lines."""

    url: str
    content: bytes
    header: int = 0
    path: Path | None = None

    def place(self, line: int) -> str:
        """Where a line of the content is."""
        return f"{self.url}, line {line + self.header}"


def found_files(command: CopyCommand, lake: Lake) -> list[LoadFile]:
    """The objects that the command names, in S3's order or the manifest's. Raises SqlError."""
    if command.manifest:
        found = list(_from_manifest(command, lake))
    else:
        found = [(command.bucket, one) for one in lake.objects(command.bucket, command.prefix)]
        if not found:
            message = f"ERROR: The specified S3 prefix '{command.prefix}' does not exist"
            raise SqlError(message, sqlstate="XX000")
    return [_read(command, bucket, one) for bucket, one in found]


def _from_manifest(command: CopyCommand, lake: Lake) -> Iterator[tuple[str, StoredObject]]:
    """ "mandatory specifies whether COPY should return an error if the file is not found"."""
    listed = [o for o in lake.objects(command.bucket, command.prefix) if o.key == command.prefix]
    if not listed:
        message = f"ERROR: The specified S3 prefix '{command.prefix}' does not exist"
        raise SqlError(message, sqlstate="XX000")
    try:
        entries = json.loads(listed[0].path.read_text(encoding="utf-8"))["entries"]
        named = [(str(one["url"]), bool(one.get("mandatory", False))) for one in entries]
    except (ValueError, KeyError, TypeError) as error:
        message = f"ERROR: Manifest file is not in correct json format: {error}"
        raise SqlError(message, sqlstate="XX000") from None
    for url, mandatory in named:
        bucket, _, key = url.removeprefix("s3://").partition("/")
        found = [one for one in lake.objects(bucket, key) if one.key == key]
        if not found and mandatory:
            message = f"ERROR: Problem reading manifest file - S3ServiceException: {url} not found"
            raise SqlError(message, sqlstate="XX000")
        for one in found:
            yield bucket, one


def unpacked(content: bytes, compression: str) -> bytes:
    """The content of a file packed as COPY's option says. Raises ValueError."""
    try:
        if compression == "gzip":
            return gzip.decompress(content)
        if compression == "bzip2":
            return bz2.decompress(content)
    except (OSError, EOFError, zlib.error) as error:
        raise ValueError(str(error)) from None
    if compression == "zstd":
        arrow = arrow_module("pyarrow", "COPY ... ZSTD")
        try:
            with arrow.input_stream(io.BytesIO(content), compression="zstd") as stream:
                return bytes(stream.read())
        except OSError as error:
            raise ValueError(str(error)) from None
    return content


def arrow_module(name: str, what: str) -> Any:
    """A module of pyarrow, which is an extra."""
    import importlib

    try:
        return importlib.import_module(name)
    except ImportError:
        raise NotSupported(what, "pip install 'asl-simulator[parquet]'") from None


def _read(command: CopyCommand, bucket: str, found: StoredObject) -> LoadFile:
    url = f"s3://{bucket}/{found.key}"
    content = found.path.read_bytes()
    if command.is_columnar:
        return LoadFile(url, content, path=found.path)
    if command.compression:
        try:
            content = unpacked(content, command.compression)
        except ValueError as error:
            reason = f"not in {command.compression} format ({error})"
            raise BadFile(url, 1221, reason) from None
    if command.encoding != "utf-8":
        try:
            content = content.decode(command.encoding).removeprefix("\ufeff").encode()
        except UnicodeDecodeError as error:
            raise BadFile(url, 1221, f"not in {command.encoding} encoding ({error})") from None
    content = content.removeprefix(_BOM)
    if b"\r" in content:
        content = content.replace(b"\r\n", b"\n")
    at = 0
    for _line in range(command.ignore_header):
        at = content.find(b"\n", at) + 1
        if at == 0:
            return LoadFile(url, b"")
    content = content[at:] if at else content
    if content and not content.endswith(b"\n"):
        content += b"\n"
    return LoadFile(url, content, command.ignore_header)


class BadFile(Exception):
    """A file that can't be read at all."""

    def __init__(self, url: str, code: int, reason: str) -> None:
        super().__init__(reason)
        self.url, self.code, self.reason = url, code, reason


def line_places(files: Sequence[LoadFile]) -> Iterator[str]:
    """Where each line of all files is."""
    for file in files:
        for line in range(1, file.content.count(b"\n") + 1):
            yield file.place(line)


Records = Iterator[Record | BadRecord]


def records(
    command: CopyCommand,
    file: LoadFile,
    names: Sequence[str],
    paths: Sequence[Any],
    *,
    documents: Collection[str] = (),
) -> Records:
    """Each record, or what is wrong with it. `names` are the columns that are filled, `paths` the
    parsed JSONPaths, one for each column; `documents` those columns that get JSON as it is."""
    if command.file_format == "json":
        as_they_are = [name in documents for name in names]
        yield from _json_records(command, file, names, paths, as_they_are)
        return
    if command.is_columnar:
        yield from _column_records(command, file, [name in documents for name in names])
        return
    cut = {"csv": _csv_records, "fixed": _fixed_records, "text": _text_records}
    yield from cut[command.file_format](command, file)


def _decoded(command: CopyCommand, file: LoadFile, line: bytes, number: int) -> str | BadRecord:
    """A line's text; invalid characters are replaced by as many as they have bytes, or are an
    error."""
    try:
        return line.decode()
    except UnicodeDecodeError as error:
        if command.invalid_characters is None:
            wrong = line[error.start : max(error.end, error.start + 1)]
            shown = " ".join(f"{byte:02x}" for byte in wrong)
            reason = (
                "String contains invalid or unsupported UTF8 codepoints. Bad UTF8 hex sequence:"
                f" {shown} (error {_utf8_error(line, error)})"
            )
            raw = line.decode(errors="replace")
            return BadRecord(number + file.header, 1220, reason, raw)
    text = line.decode(errors="surrogateescape")
    mark = command.invalid_characters
    return "".join(mark if "\udc80" <= one <= "\udcff" else one for one in text)


def _utf8_error(line: bytes, error: UnicodeDecodeError) -> int:
    """The number that "Multibyte character load errors" gives to what is wrong: 1 a sequence over
    four bytes, 2 one that is cut, 3 a first byte that none can be, 4 a further byte that none can
    be, 5 a surrogate."""
    first = line[error.start]
    if error.reason == "unexpected end of data":
        return 2
    if 0xF8 <= first <= 0xFD:
        return 1
    if not 0xC2 <= first <= 0xF4:
        return 3
    return 5 if first == 0xED and line[error.start + 1] >= 0xA0 else 4


def _lines(command: CopyCommand, file: LoadFile) -> Iterator[tuple[int, str] | BadRecord]:
    """Lines with their numbers; ESCAPE lets a line go on after its end."""
    pending, number = b"", 0
    for line in file.content.split(b"\n")[:-1]:
        number += 1
        if command.escape and (len(line) - len(line.rstrip(b"\\"))) % 2 == 1:
            pending += line + b"\n"
            continue
        decoded = _decoded(command, file, pending + line, number)
        pending = b""
        yield decoded if isinstance(decoded, BadRecord) else (number + file.header, decoded)


def _text_records(command: CopyCommand, file: LoadFile) -> Records:
    plain = not (command.escape or command.remove_quotes)
    for one in _lines(command, file):
        if isinstance(one, BadRecord):
            yield one
            continue
        number, line = one
        # "NUL ... is treated as an end of record"
        if command.null_as != "\x00":
            line = line.partition("\x00")[0]
        if plain:
            yield Record(number, list(line.split(command.delimiter)), line)
            continue
        try:
            yield Record(number, _scanned(command, line), line)
        except BadValue as error:
            yield BadRecord(number, error.code, error.reason, line)


def _scanned(command: CopyCommand, line: str) -> list[str | None]:
    """Fields of a line with ESCAPE or REMOVEQUOTES."""
    fields: list[str | None] = []
    at = 0
    while True:
        field, at = _scan_field(command, line, at)
        fields.append(field)
        if at >= len(line):
            return fields
        at += len(command.delimiter)
        if at == len(line):
            return [*fields, ""]


def _scan_field(command: CopyCommand, line: str, at: int) -> tuple[str, int]:
    """One field from a place on, and where it ends."""
    taken: list[str] = []
    quote = ""
    start = at
    while at < len(line):
        one = line[at]
        if command.escape and one == "\\" and at + 1 < len(line):
            following = line[at + 1]
            # \N is the null string; any other character stands for itself.
            taken.append("\\N" if following == "N" and at == start else following)
            at += 2
            continue
        if quote and one == quote:
            quote = ""
            at += 1
            if at < len(line) and not line.startswith(command.delimiter, at):
                raise BadValue(1214, "Delimiter not found")
            break
        if not quote and line.startswith(command.delimiter, at):
            break
        if command.remove_quotes and at == start and one in "'\"":
            quote = one
        else:
            taken.append(one)
        at += 1
    if quote:
        raise BadValue(1212, "Delimited value missing end quote")
    return "".join(taken), at


def _fixed_records(command: CopyCommand, file: LoadFile) -> Records:
    """ "The field widths are based on the number of characters, not the number of bytes"."""
    for one in _lines(command, file):
        if isinstance(one, BadRecord):
            yield one
            continue
        number, line = one
        fields: list[str | None] = []
        at = 0
        for width in command.widths:
            fields.append(line[at : at + width])
            at += width
        if len(line) < at - command.widths[-1]:
            yield BadRecord(number, 1216, "Input line is not valid", line)
            continue
        yield Record(number, fields, line)


def _csv_records(command: CopyCommand, file: LoadFile) -> Records:
    text = _decoded(command, file, file.content, 1)
    if isinstance(text, BadRecord):
        # Only the line that is broken is.
        for one in _lines(command, file):
            if isinstance(one, BadRecord):
                yield one
            else:
                yield Record(one[0], next(_reader(command, one[1]), []), one[1])
        return
    reader = _reader(command, text)
    while True:
        try:
            fields = next(reader, None)
        except csv.Error as error:
            line = reader.line_num + file.header
            yield BadRecord(line, 1212, f"Delimited value missing end quote ({error})")
            return
        if fields is None:
            return
        yield Record(reader.line_num + file.header, list(fields), command.delimiter.join(fields))


def _reader(command: CopyCommand, text: str) -> Any:
    return csv.reader(
        io.StringIO(text, newline=""),
        delimiter=command.delimiter,
        quotechar=command.quote,
        doublequote=True,
        strict=True,
    )


def _json_records(
    command: CopyCommand,
    file: LoadFile,
    names: Sequence[str],
    paths: Sequence[Any],
    as_they_are: Sequence[bool],
) -> Records:
    """ "The JSON data file contains a set of objects or arrays", one after the other."""
    text = file.content.decode(errors="replace")
    decoder = json.JSONDecoder(parse_float=Number, parse_int=Number, parse_constant=Number)
    at = 0
    while True:
        while at < len(text) and text[at] in " \t\r\n,":
            at += 1
        if at >= len(text):
            return
        line = text.count("\n", 0, at) + 1
        try:
            value, end = decoder.raw_decode(text, at)
        except ValueError as error:
            reason = f"Invalid JSON format in file: {error}"
            yield BadRecord(line, 1216, reason, text[at : at + 1024].split("\n", 1)[0])
            return
        raw, at = text[at:end], end
        found = value if isinstance(value, list) and not paths and _of_objects(value) else [value]
        for one in found:
            values = _json_values(command, one, names, paths)
            fields = [
                None if value is None else written_json(value) if whole else _json_text(value)
                for value, whole in zip(values, as_they_are, strict=True)
            ]
            yield Record(line, fields, raw)


def _of_objects(value: list[Any]) -> bool:
    return bool(value) and all(isinstance(one, dict) for one in value)


def _json_values(
    command: CopyCommand, value: Any, names: Sequence[str], paths: Sequence[Any]
) -> list[Any]:
    if paths:
        return [_followed(value, path) for path in paths]
    if command.paths == "noshred":
        return [value]
    keys = value if isinstance(value, dict) else {}
    if command.paths == "auto ignorecase":
        keys = {key.lower(): one for key, one in keys.items()}
    return [keys.get(name) for name in names]


def _followed(value: Any, path: Sequence[str | int]) -> Any:
    for part in path:
        if isinstance(part, int):
            value = value[part] if isinstance(value, list) and part < len(value) else None
        else:
            value = value.get(part) if isinstance(value, dict) else None
    return value


def _json_text(value: Any) -> str | None:
    if value is None:
        return None
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        return str(value)
    return written_json(value)


def json_paths(command: CopyCommand, lake: Lake, width: int) -> list[Any]:
    """The parsed paths of a JSONPaths file, one for each column; empty for `auto`."""
    if command.file_format != "json" or not command.paths.startswith("s3://"):
        return []
    bucket, _, key = command.paths.removeprefix("s3://").partition("/")
    found = [one for one in lake.objects(bucket, key) if one.key == key]
    if not found:
        message = f"ERROR: The specified S3 prefix '{key}' does not exist"
        raise SqlError(message, sqlstate="XX000")
    try:
        listed = json.loads(found[0].path.read_text(encoding="utf-8"))["jsonpaths"]
        paths = [parse_json_path(str(one)) for one in listed]
    except (ValueError, KeyError, TypeError) as error:
        raise SqlError(f"ERROR: Invalid JSONPath format: {error}", sqlstate="XX000") from None
    if len(paths) != width:
        message = (
            "ERROR: Number of jsonpaths and the number of columns should match. JSONPath size:"
            f" {len(paths)}, Number of columns in table or column list: {width}"
        )
        raise SqlError(message, sqlstate="XX000")
    return paths


def parse_json_path(text: str) -> list[str | int]:
    """`$.a.b[0]` or `$['a']['b'][0]` as keys and places. Raises ValueError."""
    import re

    if not text.startswith("$"):
        raise ValueError(f"Supported notations are 'dot-notation' and 'bracket-notation': {text}")
    parts: list[str | int] = []
    at = 1
    pattern = re.compile(r"\.([^.\[\]]+)|\[(\d+)\]|\['((?:[^']|'')*)'\]|\[\"([^\"]*)\"\]")
    while at < len(text):
        match = pattern.match(text, at)
        if match is None:
            raise ValueError(
                f"Supported notations are 'dot-notation' and 'bracket-notation': {text}"
            )
        dotted, index, single, double = match.groups()
        parts.append(int(index) if index is not None else dotted or single or double or "")
        at = match.end()
    return parts


def _column_records(command: CopyCommand, file: LoadFile, documents: Sequence[bool]) -> Records:
    """Parquet and ORC: columns by their places."""
    from simulator.sql.procedures.scope import shown

    what = f"COPY ... FORMAT {command.file_format.upper()}"
    try:
        if command.file_format == "parquet":
            table = arrow_module("pyarrow.parquet", what).read_table(io.BytesIO(file.content))
        else:
            table = arrow_module("pyarrow.orc", what).read_table(io.BytesIO(file.content))
    except (OSError, ValueError) as error:
        yield BadRecord(1, 1216, f"not in {command.file_format} format ({error})")
        return
    columns = [column.to_pylist() for column in table.columns]
    for number in range(table.num_rows):
        raw: list[Any] = [column[number] for column in columns]
        fields = [
            json.dumps(one, ensure_ascii=False, default=shown)
            if isinstance(one, (dict, list)) or (whole and isinstance(one, (str, date, time)))
            else shown(one)
            for one, whole in zip_longest(raw, documents[: len(raw)], fillvalue=False)
        ]
        yield Record(number + 1, fields, "")
