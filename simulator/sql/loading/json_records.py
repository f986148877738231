"""JSON values as records, by the names of their members or by JSONPaths.

Source: "COPY from JSON format" in Redshift's developer guide.
"""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from typing import Any

from simulator.sql.errors import SqlError
from simulator.sql.loading.copy_command import CopyCommand
from simulator.sql.loading.lake import Lake
from simulator.sql.loading.load_files import BadRecord, LoadFile, Record, Records, text_of
from simulator.sql.loading.load_values import Number, written_json


def json_records(
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
    try:
        listed = json.loads(text_of(lake, bucket, key))["jsonpaths"]
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
