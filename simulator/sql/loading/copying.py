"""COPY: objects of the lake into a table, through PostgreSQL's own COPY.

CSV goes to PostgreSQL as it is, except where its reading differs from Redshift's; then, and to
find what is wrong with a row, rows are read here. Source: "COPY" and "STL_LOAD_ERRORS" in
Redshift's developer guide.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import psycopg

from simulator.sql.cursor import qualified
from simulator.sql.errors import SqlError
from simulator.sql.lexer import quote_name, quote_text
from simulator.sql.loading.copy_command import CopyCommand
from simulator.sql.loading.json_records import json_paths
from simulator.sql.loading.lake import Lake
from simulator.sql.loading.load_files import BadFile, BadRecord, LoadFile, Record, found_files
from simulator.sql.loading.load_records import records
from simulator.sql.loading.load_values import (
    BPCHAR,
    BYTES,
    NUMERIC,
    SUPER,
    BadValue,
    Target,
    converted,
)
from simulator.sql.postgres.wording import load_failed, sql_error

_MOST_REPLACED = 100
_LINE_OF_ALL = re.compile(r"^COPY .*?, line (\d+)")


@dataclass(frozen=True, slots=True)
class LoadError:
    """A row that was not loaded, as STL_LOAD_ERRORS shows it. `line` counts from 1 in the file."""

    filename: str
    line: int
    code: int
    reason: str
    column: str = ""
    type: str = ""
    length: str = ""
    position: int = 0
    raw_line: str = ""
    raw_value: str = ""


@dataclass(slots=True)
class Load:
    """What a COPY did: rows loaded, what it skipped, the files."""

    count: int = 0
    errors: list[LoadError] = field(default_factory=list)
    # Rows that were loaded with ACCEPTINVCHARS' character in them.
    replaced: list[LoadError] = field(default_factory=list)
    files: list[tuple[str, int, int]] = field(default_factory=list)


class LoadFailed(Exception):
    """More errors than MAXERROR allows; `error` is the statement's."""

    def __init__(self, error: SqlError, errors: list[LoadError]) -> None:
        super().__init__(error.message)
        self.error, self.errors = error, errors


def copy_objects(
    connection: psycopg.Connection[Any],
    command: CopyCommand,
    lake: Lake,
    prefix: str,
    *,
    head: str = "",
) -> Load:
    """Loads what the command names. `head` is what goes to PostgreSQL before, in one message with
    our own question. Raises SqlError, LoadFailed, and psycopg's errors of `head`."""
    targets = _targets(connection, command, head)
    try:
        files = found_files(command, lake)
    except BadFile as error:
        bad = LoadError(error.url, 0, error.code, error.reason)
        raise _failed(command, [bad]) from None
    paths = json_paths(command, lake, len(targets))
    load = Load(files=[(one.url, one.content.count(b"\n"), len(one.content)) for one in files])
    into = _into(command, targets)
    if _is_plain(command, targets, files):
        try:
            load.count = _send_plain(connection, f"{into} ({_options(command, targets)})", files)
        except psycopg.errors.LockNotAvailable:
            raise
        except psycopg.Error as error:
            _explain(command, targets, files, error, prefix)
        return load
    rows = _Rows(command, targets, files, paths)
    _send_rows(connection, into, rows, command, prefix, load)
    return load


def _into(command: CopyCommand, targets: Sequence[Target]) -> str:
    columns = ", ".join(quote_name(one.name) for one in targets)
    return f"COPY {qualified((command.schema, command.table))} ({columns}) FROM STDIN"


def _send_plain(connection: psycopg.Connection[Any], into: str, files: Sequence[LoadFile]) -> int:
    with connection.cursor() as cursor:
        with cursor.copy(into) as copy:
            for file in files:
                copy.write(file.content)
        return cursor.rowcount


def _send_rows(
    connection: psycopg.Connection[Any],
    into: str,
    rows: _Rows,
    command: CopyCommand,
    prefix: str,
    load: Load,
) -> None:
    """Row by row; what PostgreSQL alone finds fault with is left out at another attempt."""
    name = "asl_copy"
    connection.execute(f"SAVEPOINT {name}")
    while True:
        rows.begin()
        try:
            with connection.cursor() as cursor:
                with cursor.copy(into) as copy:
                    for row in rows:
                        copy.write_row(row)
                load.count = cursor.rowcount
        except psycopg.errors.LockNotAvailable:
            raise
        except psycopg.Error as error:
            told = sql_error(error, prefix)
            if told.sqlstate[:2] not in ("22", "23"):
                # No matter of a row's.
                raise told from None
            match = _LINE_OF_ALL.match(error.diag.context or "")
            if match is None:
                raise told from None
            rows.refuse(int(match[1]), told)
            connection.execute(f"ROLLBACK TO SAVEPOINT {name}")
            continue
        break
    load.errors, load.replaced = rows.errors, rows.replaced
    if command.no_load:
        connection.execute(f"ROLLBACK TO SAVEPOINT {name}")
        load.count = 0


class _Rows:
    """The rows of all files as PostgreSQL takes them; what is wrong with the others is kept, until
    it is too much."""

    def __init__(
        self,
        command: CopyCommand,
        targets: Sequence[Target],
        files: Sequence[LoadFile],
        paths: Sequence[Any],
    ) -> None:
        self.errors: list[LoadError] = []
        self.replaced: list[LoadError] = []
        self._command = command
        self._targets = targets
        self._files = files
        self._paths = paths
        self._places: list[tuple[LoadFile, Record]] = []
        # Files and lines that PostgreSQL refused, with what it said.
        self._refused: dict[tuple[str, int], LoadError] = {}

    def begin(self) -> None:
        """Another pass over all."""
        self.errors, self.replaced = [], []
        self._places = []

    def refuse(self, number: int, told: SqlError) -> None:
        """The row of this number, from 1, is left out of the next pass."""
        file, record = self._places[number - 1]
        column = (
            told.detail.rpartition("column ")[2].split(":")[0].strip('"') if told.detail else ""
        )
        self._refused[(file.url, record.line)] = LoadError(
            file.url, record.line, 1200, told.message.removeprefix("ERROR: "), column,
            raw_line=record.raw,
        )  # fmt: skip

    def __iter__(self) -> Iterator[list[str | None]]:
        names = [one.name for one in self._targets]
        documents = {one.name for one in self._targets if one.type == SUPER}
        for file in self._files:
            for record in records(self._command, file, names, self._paths, documents=documents):
                if isinstance(record, BadRecord):
                    self._add(
                        LoadError(
                            file.url, record.line, record.code, record.reason, raw_line=record.raw
                        )
                    )
                    continue
                row = self._row(file, record)
                if row is not None:
                    self._places.append((file, record))
                    self._note_replaced(file, record)
                    yield row

    def _row(self, file: LoadFile, record: Record) -> list[str | None] | None:
        command = self._command
        if command.ignore_blank_lines and record.fields in ([], [""]):
            return None
        refused = self._refused.get((file.url, record.line))
        if refused is not None:
            self._add(refused)
            return None
        fields = record.fields
        try:
            if command.file_format != "json":
                fields = _fitted(command, fields, self._targets)
        except BadValue as error:
            self._add(
                LoadError(file.url, record.line, error.code, error.reason, raw_line=record.raw)
            )
            return None
        row: list[str | None] = []
        position = 0
        for target, one in zip(self._targets, fields, strict=True):
            try:
                row.append(converted(command, target, one))
            except BadValue as error:
                self._add(
                    LoadError(
                        file.url, record.line, error.code, error.reason, target.name,
                        target.type_name, target.type_length, position, record.raw, one or "",
                    )
                )  # fmt: skip
                return None
            position += len(one or "") + 1
        return row

    def _note_replaced(self, file: LoadFile, record: Record) -> None:
        """ "A log entry is added to STL_REPLACEMENTS for each of the first 100 rows"."""
        if record.replaced and len(self.replaced) < _MOST_REPLACED:
            column = self._targets[record.replaced[0]].name
            self.replaced.append(
                LoadError(file.url, record.line, 0, "", column, raw_line=record.raw)
            )

    def _add(self, error: LoadError) -> None:
        """ "If the load returns the error_count number of errors or greater, the load fails"."""
        self.errors.append(error)
        if len(self.errors) >= max(1, self._command.max_error):
            raise _failed(self._command, self.errors)


def _failed(command: CopyCommand, errors: list[LoadError]) -> LoadFailed:
    last = errors[-1]
    where = f"{last.filename}, line {last.line}" if last.line else last.filename
    named = f"column {last.column}: " if last.column else ""
    cause = SqlError("", detail=f"{where}: {named}{last.reason}")
    return LoadFailed(load_failed(command.table, cause), errors)


def _explain(
    command: CopyCommand,
    targets: Sequence[Target],
    files: Sequence[LoadFile],
    error: psycopg.Error,
    prefix: str,
) -> None:
    """What is wrong with the content that PostgreSQL refused, in COPY's own words."""
    told = sql_error(error, prefix)
    if told.sqlstate[:2] not in ("22", "23"):
        raise told from None
    rows = _Rows(command, targets, files, ())
    for _row in rows:
        pass
    # Found by PostgreSQL alone.
    raise LoadFailed(load_failed(command.table, told), [])


def nonexistent_table(command: CopyCommand) -> SqlError:
    """What COPY says where its table does not exist."""
    return SqlError(f"ERROR: Cannot COPY into nonexistent table {command.table}")


def _targets(connection: psycopg.Connection[Any], command: CopyCommand, head: str) -> list[Target]:
    table = quote_text(qualified((command.schema, command.table)))
    cursor = connection.execute(
        f"{head}SELECT attname, CASE atttypid WHEN 'pg_catalog.super'::regtype THEN {SUPER}"  # noqa: S608 - quoted
        " ELSE atttypid::int END, atttypmod, attidentity::text, attnotnull"
        f" FROM pg_attribute WHERE attrelid = to_regclass({table}) AND attnum > 0"
        " AND NOT attisdropped ORDER BY attnum"
    )
    while cursor.nextset():
        pass
    rows = cursor.fetchall()
    if not rows:
        raise nonexistent_table(command)
    columns = {row[0]: Target(*row) for row in rows}
    if not command.columns:
        return [one for one in columns.values() if not one.identity or command.explicit_ids]
    for name in command.columns:
        if name not in columns:
            message = f'ERROR: column "{name}" of relation "{command.table}" does not exist'
            raise SqlError(message, sqlstate="42703")
        if columns[name].identity == "a" and not command.explicit_ids:
            message = f'ERROR: cannot set an identity column to a value ("{name}")'
            raise SqlError(message, sqlstate="428C9", detail="EXPLICIT_IDS is not given")
    if command.explicit_ids and any(
        one.identity and one.name not in command.columns for one in columns.values()
    ):
        # "If the command includes a column list, that list must include the IDENTITY columns to use
        # this parameter" ("Data conversion parameters"). The words are ours.
        message = "ERROR: EXPLICIT_IDS needs the IDENTITY column in the column list"
        raise SqlError(message, sqlstate="42601")
    return [columns[name] for name in command.columns]


def _is_plain(command: CopyCommand, targets: Sequence[Target], files: Sequence[LoadFile]) -> bool:
    """Whether PostgreSQL reads this content as Redshift does."""
    if not command.csv or command.delimiter == command.quote or _has_conversions(command):
        return False
    if any(one.type in (SUPER, BYTES) for one in targets):
        return False
    null = (command.null_as if command.null_as is not None else "\\N").encode()
    scales = [one.scale for one in targets if one.type == NUMERIC]
    # COPY cuts decimals to the column's scale, where PostgreSQL rounds.
    longer = re.compile(rb"\.\d{%d}" % (min(scales) + 1)) if scales else None
    return not any(
        (null and null in file.content) or (longer is not None and longer.search(file.content))
        for file in files
    )


def _has_conversions(command: CopyCommand) -> bool:
    return (
        command.blanks_as_null or command.truncate_columns or command.trim_blanks
        or command.fill_record or command.ignore_blank_lines or command.accept_any_date
        or command.round_decimals or command.no_load or command.max_error > 0
        or command.invalid_characters is not None
        or command.date_format not in ("", "YYYY-MM-DD")
        or command.time_format not in ("", "YYYY-MM-DD HH:MI:SS", "YYYY-MM-DD HH24:MI:SS")
    )  # fmt: skip


def _options(command: CopyCommand, targets: Sequence[Target]) -> str:
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
    if text and not (command.empty_as_null or command.null_as == ""):
        options.append(f"FORCE_NOT_NULL ({', '.join(text)})")
    if other:
        options.append(f"FORCE_NULL ({', '.join(other)})")
    return ", ".join(options)


def _fitted(
    command: CopyCommand, fields: list[str | None], targets: Sequence[Target]
) -> list[str | None]:
    width = len(targets)
    if len(fields) == width + 1 and fields[-1] == "" and command.file_format == "text":
        # A delimiter at the line's end, as TPC's generators write it, opens no column.
        return fields[:-1]
    if len(fields) < width and command.fill_record:
        # "zero-length strings or NULLs, as appropriate": the page's example loads CHAR as NULL.
        return fields + [None if one.type == BPCHAR else "" for one in targets[len(fields) :]]
    if len(fields) != width:
        if len(fields) < width:
            raise BadValue(1214, "Delimiter not found")
        raise BadValue(1202, "Extra column(s) found")
    return fields
