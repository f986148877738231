"""Lines of text as records: delimited, of fixed widths, or CSV.

Source: "Data format parameters" and "Multibyte character load errors" in Redshift's developer
guide.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator
from typing import Any

from simulator.sql.loading.copy_command import CopyCommand
from simulator.sql.loading.load_files import BadRecord, LoadFile, Record, Records
from simulator.sql.loading.load_values import BadValue

# Bytes that are no part of a character, as Python's "surrogateescape" keeps them.
_INVALID = re.compile("[\udc80-\udcff]")


def text_records(command: CopyCommand, file: LoadFile) -> Records:
    """Fields between delimiters; ESCAPE and REMOVEQUOTES are followed."""
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


def fixed_records(command: CopyCommand, file: LoadFile) -> Records:
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


def csv_records(command: CopyCommand, file: LoadFile) -> Records:
    """Fields between delimiters, quoted perhaps: then over several lines."""
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


def _decoded(command: CopyCommand, file: LoadFile, line: bytes, number: int) -> str | BadRecord:
    """A line's text. What is no character is an error, or stays for `with_replacements`, as a
    surrogate for each byte."""
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
    return line.decode(errors="surrogateescape")


def with_replacements(mark: str, found: Records) -> Records:
    """The records with ACCEPTINVCHARS' character for each byte that is none."""
    for one in found:
        if isinstance(one, BadRecord):
            yield BadRecord(one.line, one.code, one.reason, _replaced(mark, one.raw))
            continue
        places = tuple(
            place for place, value in enumerate(one.fields) if value and _INVALID.search(value)
        )
        fields = one.fields
        if places:
            fields = [value and _replaced(mark, value) for value in fields]
        yield Record(one.line, fields, _replaced(mark, one.raw), places)


def _replaced(mark: str, text: str) -> str:
    return _INVALID.sub(lambda _match: mark, text)


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
