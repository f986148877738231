"""Objects of the lake as COPY reads them: unpacked, and cut into records, each with its place.

Source: "File compression parameters" and "Using a manifest to specify data files" in Redshift's
developer guide.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass

from simulator.sql.errors import SqlError
from simulator.sql.loading.compression import unpacked
from simulator.sql.loading.copy_command import CopyCommand
from simulator.sql.loading.lake import Lake, StoredObject

_BOM = b"\xef\xbb\xbf"


@dataclass(frozen=True, slots=True)
class LoadFile:
    """An object's content as lines: unpacked, without byte order mark and its `header` lines."""

    url: str
    content: bytes
    header: int = 0


class BadFile(Exception):
    """A file that can't be read at all."""

    def __init__(self, url: str, code: int, reason: str) -> None:
        super().__init__(reason)
        self.url, self.code, self.reason = url, code, reason


@dataclass(frozen=True, slots=True)
class Record:
    """Fields of one row, None where JSON or a column file has null; `line` counts from 1 in the
    file. `replaced` are the places of fields in which characters were replaced."""

    line: int
    fields: list[str | None]
    raw: str
    replaced: tuple[int, ...] = ()


class BadRecord(Exception):
    """A record that can't be read: what STL_LOAD_ERRORS says of it."""

    def __init__(self, line: int, code: int, reason: str, raw: str = "") -> None:
        super().__init__(reason)
        self.line, self.code, self.reason, self.raw = line, code, reason, raw


Records = Iterator[Record | BadRecord]


def found_files(command: CopyCommand, lake: Lake) -> list[LoadFile]:
    """The objects that the command names, in S3's order or the manifest's. Raises SqlError."""
    if command.manifest:
        found = list(_from_manifest(command, lake))
    else:
        found = [(command.bucket, one) for one in lake.objects(command.bucket, command.prefix)]
        if not found:
            raise _no_such_prefix(command.prefix)
    return [_read(command, bucket, one) for bucket, one in found]


def _from_manifest(command: CopyCommand, lake: Lake) -> Iterator[tuple[str, StoredObject]]:
    """ "mandatory specifies whether COPY should return an error if the file is not found"."""
    try:
        entries = json.loads(text_of(lake, command.bucket, command.prefix))["entries"]
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


def text_of(lake: Lake, bucket: str, key: str) -> str:
    """The text of one object. Raises SqlError where there is none, UnicodeDecodeError."""
    found = [one for one in lake.objects(bucket, key) if one.key == key]
    if not found:
        raise _no_such_prefix(key)
    return found[0].path.read_text(encoding="utf-8")


def _no_such_prefix(prefix: str) -> SqlError:
    message = f"ERROR: The specified S3 prefix '{prefix}' does not exist"
    return SqlError(message, sqlstate="XX000")


def _read(command: CopyCommand, bucket: str, found: StoredObject) -> LoadFile:
    url = f"s3://{bucket}/{found.key}"
    content = found.path.read_bytes()
    if command.is_columnar:
        return LoadFile(url, content)
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
