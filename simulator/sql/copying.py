"""COPY: objects of the lake into a table, through PostgreSQL's own COPY.

CSV goes to PostgreSQL as it is, except where its reading differs from Redshift's; then rows are
read here. Source: "Data conversion parameters" of COPY in Redshift's developer guide.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any

import psycopg

from simulator.sql.copy_command import CopyCommand
from simulator.sql.cursor import qualified
from simulator.sql.errors import SqlError
from simulator.sql.lake import Lake
from simulator.sql.lexer import quote_name, quote_text
from simulator.sql.load_files import LoadFile, line_places, read_file, records, unreadable
from simulator.sql.wording import load_failed, sql_error

# The character data types by their oids: bpchar and varchar.
_TEXT = frozenset({1042, 1043})
_NUMERIC = 1700
_LINE_OF_ALL = re.compile(r"^COPY .*?, line (\d+)")


@dataclass(frozen=True, slots=True)
class _Target:
    name: str
    type: int
    modifier: int
    identity: str

    @property
    def is_text(self) -> bool:
        return self.type in _TEXT

    @property
    def scale(self) -> int:
        return (self.modifier - 4) & 0x7FF if self.modifier >= 4 else 0


def copy_objects(
    connection: psycopg.Connection[Any],
    command: CopyCommand,
    lake: Lake,
    prefix: str,
    *,
    head: str = "",
) -> int:
    """Loads what the command names; returns the number of rows. `head` is what goes to PostgreSQL
    before, in one message with our own question. Raises SqlError, and psycopg's errors of `head`.
    """
    targets = _targets(connection, command, head)
    found = lake.objects(command.bucket, command.prefix)
    if not found:
        message = f"ERROR: The specified S3 prefix '{command.prefix}' does not exist"
        raise SqlError(message, sqlstate="XX000")
    files = [read_file(command, one) for one in found]
    is_plain = _is_plain(command, targets, files)
    columns = ", ".join(quote_name(one.name) for one in targets)
    into = f"COPY {qualified((command.schema, command.table))} ({columns}) FROM STDIN"
    try:
        with connection.cursor() as cursor:
            if is_plain:
                with cursor.copy(f"{into} ({_options(command, targets)})") as copy:
                    for file in files:
                        copy.write(file.content)
            else:
                with cursor.copy(into) as copy:
                    for _place, row in _rows(command, targets, files):
                        copy.write_row(row)
            return cursor.rowcount
    except psycopg.errors.LockNotAvailable:
        raise
    except psycopg.Error as error:
        # PostgreSQL counts through all that it was sent: lines of files, or rows read here.
        places = (
            line_places(files)
            if is_plain
            else (place for place, _ in _rows(command, targets, files))
        )
        context = _LINE_OF_ALL.sub(
            lambda match: next(islice(places, int(match[1]) - 1, None), match[0]),
            error.diag.context or "",
        )
        told = sql_error(error, prefix, context=context)
        # Classes 22 and 23: data that doesn't fit. Anything else is no matter of a row.
        raise (
            load_failed(command.table, told) if told.sqlstate[:2] in ("22", "23") else told
        ) from None


def nonexistent_table(command: CopyCommand) -> SqlError:
    """What COPY says where its table does not exist."""
    return SqlError(f"ERROR: Cannot COPY into nonexistent table {command.table}")


def _targets(connection: psycopg.Connection[Any], command: CopyCommand, head: str) -> list[_Target]:
    table = quote_text(qualified((command.schema, command.table)))
    cursor = connection.execute(
        f"{head}SELECT attname, atttypid::int, atttypmod, attidentity::text FROM pg_attribute"  # noqa: S608 - quoted
        f" WHERE attrelid = to_regclass({table}) AND attnum > 0 AND NOT attisdropped"
        " ORDER BY attnum"
    )
    while cursor.nextset():
        pass
    rows = cursor.fetchall()
    if not rows:
        raise nonexistent_table(command)
    columns = {row[0]: _Target(*row) for row in rows}
    if not command.columns:
        return [one for one in columns.values() if not one.identity or command.explicit_ids]
    for name in command.columns:
        if name not in columns:
            message = f'ERROR: column "{name}" of relation "{command.table}" does not exist'
            raise SqlError(message, sqlstate="42703")
    return [columns[name] for name in command.columns]


def _is_plain(command: CopyCommand, targets: Sequence[_Target], files: Sequence[LoadFile]) -> bool:
    """Whether PostgreSQL reads this content as Redshift does."""
    if not command.csv or command.blanks_as_null or command.truncate_columns:
        return False
    if command.trim_blanks or command.fill_record or command.ignore_blank_lines:
        return False
    if command.invalid_characters is not None or command.delimiter == command.quote:
        return False
    null = (command.null_as if command.null_as is not None else "\\N").encode()
    scales = [one.scale for one in targets if one.type == _NUMERIC]
    # COPY cuts decimals to the column's scale, where PostgreSQL rounds.
    longer = re.compile(rb"\.\d{%d}" % (min(scales) + 1)) if scales else None
    return not any(
        (null and null in file.content) or (longer is not None and longer.search(file.content))
        for file in files
    )


def _options(command: CopyCommand, targets: Sequence[_Target]) -> str:
    text = [quote_name(one.name) for one in targets if one.is_text]
    other = [quote_name(one.name) for one in targets if not one.is_text]
    options = [
        "FORMAT csv",
        f"DELIMITER {quote_text(command.delimiter)}",
        f"QUOTE {quote_text(command.quote)}",
        f"ESCAPE {quote_text(command.quote)}",
        "NULL ''",
    ]
    # An empty field is an empty string in a character column, NULL in any other.
    if text and not _empty_is_null(command):
        options.append(f"FORCE_NOT_NULL ({', '.join(text)})")
    if other:
        options.append(f"FORCE_NULL ({', '.join(other)})")
    return ", ".join(options)


def _empty_is_null(command: CopyCommand) -> bool:
    return command.empty_as_null or command.null_as == ""


def _rows(
    command: CopyCommand, targets: Sequence[_Target], files: Sequence[LoadFile]
) -> Iterator[tuple[str, list[str | None]]]:
    """Each row with its place."""
    for file in files:
        for line, fields in records(command, file):
            if command.ignore_blank_lines and fields in ([], [""]):
                continue
            place = file.place(line)
            fitted = _fitted(command, fields, len(targets), place)
            values = zip(targets, fitted, strict=True)
            yield place, [_value(command, one, field) for one, field in values]


def _fitted(command: CopyCommand, fields: list[str], width: int, place: str) -> list[str]:
    if len(fields) == width + 1 and fields[-1] == "" and not command.csv:
        # A delimiter at the line's end, as TPC's generators write it, opens no column.
        return fields[:-1]
    if len(fields) < width and command.fill_record:
        return fields + [""] * (width - len(fields))
    if len(fields) != width:
        what = "Delimiter not found" if len(fields) < width else "Extra column(s) found"
        raise unreadable(command, place, what)
    return fields


def _value(command: CopyCommand, target: _Target, field: str) -> str | None:
    null = "\\N" if command.null_as is None else command.null_as
    if field == null or (field == "" and (not target.is_text or _empty_is_null(command))):
        return None
    if command.blanks_as_null and target.is_text and not field.strip(" "):
        return None
    if command.trim_blanks and target.is_text:
        field = field.rstrip(" ")
    if command.truncate_columns and target.is_text and target.modifier > 4:
        return field.encode()[: target.modifier - 4].decode(errors="ignore")
    if target.type == _NUMERIC:
        return _cut(field, target.scale)
    return field


def _cut(field: str, scale: int) -> str:
    whole, point, digits = field.partition(".")
    if not point or not digits.isdigit():
        return field
    return f"{whole}.{digits[:scale]}" if scale else whole
