"""Objects of the lake as COPY reads them: unpacked, cut into records, each with its place.

Source: "Data format parameters" and STL_LOAD_ERRORS in Redshift's developer guide.
"""

from __future__ import annotations

import csv
import gzip
import io
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from simulator.sql.copy_command import CopyCommand
from simulator.sql.errors import SqlError
from simulator.sql.lake import StoredObject
from simulator.sql.wording import load_failed

_BOM = b"\xef\xbb\xbf"


@dataclass(frozen=True, slots=True)
class LoadFile:
    """An object's content as lines: unpacked, without byte order mark and its `header` lines."""

    url: str
    content: bytes
    header: int = 0

    def place(self, line: int) -> str:
        """Where a line of the content is, as `stl_load_errors` names it."""
        return f"{self.url}, line {line + self.header}"


def unreadable(command: CopyCommand, place: str, what: str) -> SqlError:
    """The load's failure at a place, with what is wrong there."""
    return load_failed(command.table, SqlError("", detail=f"{place}: {what}"))


def read_file(command: CopyCommand, found: StoredObject) -> LoadFile:
    """The object's content. Raises SqlError where it is not packed as the command says."""
    url = f"s3://{command.bucket}/{found.key}"
    content = found.path.read_bytes()
    if command.gzip:
        try:
            content = gzip.decompress(content)
        except (OSError, EOFError, zlib.error) as error:
            raise unreadable(command, url, f"not in gzip format ({error})") from None
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


def line_places(files: Sequence[LoadFile]) -> Iterator[str]:
    """Where each line of all files is."""
    for file in files:
        for line in range(1, file.content.count(b"\n") + 1):
            yield file.place(line)


def records(command: CopyCommand, file: LoadFile) -> Iterator[tuple[int, list[str]]]:
    """Each record's fields, with the line at which it ends. Raises SqlError for
    what is no text, or no CSV."""
    text = _text(command, file)
    if not command.csv:
        for number, line in enumerate(text.split("\n")[:-1], 1):
            yield number, line.split(command.delimiter)
        return
    reader = csv.reader(
        io.StringIO(text, newline=""),
        delimiter=command.delimiter,
        quotechar=command.quote,
        doublequote=True,
        strict=True,
    )
    try:
        for fields in reader:
            yield reader.line_num, fields
    except csv.Error as error:
        raise unreadable(command, file.place(reader.line_num), str(error)) from None


def _text(command: CopyCommand, file: LoadFile) -> str:
    try:
        return file.content.decode()
    except UnicodeDecodeError as error:
        if command.invalid_characters is None:
            line = file.content.count(b"\n", 0, error.start) + 1
            raise unreadable(command, file.place(line), f"invalid UTF-8: {error}") from None
    text = file.content.decode(errors="replace")
    return text.replace("\ufffd", command.invalid_characters)
