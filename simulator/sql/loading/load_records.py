"""The records of a file, in whichever of COPY's formats it is.

Source: "Data format parameters" in Redshift's developer guide.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Sequence
from datetime import date, time
from itertools import zip_longest
from typing import Any

from simulator.sql.loading.arrow import read_table
from simulator.sql.loading.copy_command import CopyCommand
from simulator.sql.loading.json_records import json_records
from simulator.sql.loading.load_files import BadRecord, LoadFile, Record, Records
from simulator.sql.loading.text_records import (
    csv_records,
    fixed_records,
    text_records,
    with_replacements,
)
from simulator.sql.procedures.scope import shown


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
        yield from json_records(command, file, names, paths, as_they_are)
        return
    if command.is_columnar:
        yield from _column_records(command, file, [name in documents for name in names])
        return
    cut = {"csv": csv_records, "fixed": fixed_records, "text": text_records}
    found, mark = cut[command.file_format](command, file), command.invalid_characters
    yield from found if mark is None else with_replacements(mark, found)


def _column_records(command: CopyCommand, file: LoadFile, documents: Sequence[bool]) -> Records:
    """Parquet and ORC: columns by their places."""
    what = f"COPY ... FORMAT {command.file_format.upper()}"
    try:
        table = read_table(file.content, command.file_format, what)
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
