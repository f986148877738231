"""Tables of a TOML file that know where they stand, so that every complaint names the place.

`tomllib` keeps no line numbers; they are found again in the text by its headers and keys.
"""

from __future__ import annotations

import difflib
import math
import re
import tomllib
from collections.abc import Iterable, Mapping
from datetime import date, datetime, time
from pathlib import Path
from typing import Any, TypeVar

T = TypeVar("T")
REQUIRED: Any = object()
KEY_LINE = re.compile(
    r"""\s*((?:"[^"]*"|'[^']*'|[\w-]+)(?:\s*\.\s*(?:"[^"]*"|'[^']*'|[\w-]+))*)\s*="""
)
NAMES_OF_TYPES = {
    str: "text in quotes",
    int: "an integer",
    float: "a number",
    bool: "true or false",
    dict: "a table",
    list: "a list",
}


class ProjectError(Exception):
    """A project that cannot be read. `where: what was expected, got ...`, and perhaps a hint."""

    def __init__(self, where: str, message: str, hint: str | None = None) -> None:
        self.where = where
        self.hint = hint
        super().__init__(f"{where}: {message}" + (f"\n  hint: {hint}" if hint else ""))


def near(name: str, known: Iterable[str]) -> str | None:
    """A hint that names what was probably meant."""
    names = list(known)
    close = difflib.get_close_matches(name, names, n=1, cutoff=0.6)
    if close:
        return f"did you mean {close[0]!r}?"
    return f"known here: {', '.join(sorted(names))}" if names else None


def shown(path: Path) -> str:
    """A path as a user would type it from where they stand."""
    try:
        return str(path.relative_to(Path.cwd()))
    except ValueError:
        return str(path)


class Document:
    """One TOML file: its text, its values and its lines."""

    def __init__(self, file: Path) -> None:
        self.file = file
        try:
            self.text = file.read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError) as error:
            raise ProjectError(
                shown(file), f"expected a readable UTF-8 file, got {error}"
            ) from None
        try:
            self.values = tomllib.loads(self.text)
        except tomllib.TOMLDecodeError as error:
            raise ProjectError(*_toml_complaint(file, error)) from None
        except RecursionError:
            raise ProjectError(shown(file), "expected TOML, got values nested too deep") from None
        self.lines, self.headers = _lines_by_path(self.text)

    def where(self, path: tuple[str, ...]) -> str:
        """`file:line: [section] key` of what stands at `path`; its nearest parent's line."""
        # a table may have no line of its own ([lambda.load] makes "lambda"): then its first key's,
        # or, inside an inline table, that of the key which holds it
        below = [line for key, line in self.lines.items() if key[: len(path)] == path]
        above = [self.lines.get(path[:end], 1) for end in range(1, len(path))]
        line = min(below, default=max(above, default=1))
        if path in self.headers or not path[:-1]:
            name = f"[{'.'.join(map(_quoted, path))}]"
        else:
            name = f"[{'.'.join(map(_quoted, path[:-1]))}] {path[-1]}"
        return f"{shown(self.file)}:{line}: {name}"


class Section:
    """A table whose keys are taken one by one; `finish` refuses those that nobody took."""

    def __init__(
        self, document: Document, path: tuple[str, ...], values: Mapping[str, Any]
    ) -> None:
        self.document = document
        self.path = path
        self.values = values
        self.known: list[str] = []

    def where(self, *keys: str) -> str:
        """Where a key stands."""
        return self.document.where((*self.path, *keys))

    def error(self, key: str, message: str, hint: str | None = None) -> ProjectError:
        """A complaint about a key."""
        return ProjectError(self.where(key), message, hint)

    def take(self, key: str, kind: type[T], default: Any = REQUIRED) -> T:
        """The value of a key, which must be of this kind; integers pass for numbers."""
        self.known.append(key)
        if key not in self.values:
            if default is not REQUIRED:
                given: T = default
                return given
            where = self.document.where(self.path) if self.path else shown(self.document.file)
            raise ProjectError(where, f"expected a key {key!r}, got none")
        value: Any = self.values[key]
        if kind is float and type(value) is int:
            value = float(value)
        # a bool is an int to Python, and none to anybody else
        if not isinstance(value, kind) or (isinstance(value, bool) and kind is not bool):
            raise self.error(key, f"expected {NAMES_OF_TYPES[kind]}, got {value!r}")
        if kind is str and "\0" in str(value):
            raise self.error(key, f"expected text without NUL, got {value!r}")
        return value

    def path_of(self, key: str, *, folder: bool, default: Any = REQUIRED) -> Path:
        """A path that must exist, relative to the TOML file."""
        return self.existing(self.take(key, str, default), key, folder=folder)

    def existing(self, text: str, key: str, *, folder: bool) -> Path:
        """The absolute path of a file or folder that must be there."""
        kind, got = ("folder", "file") if folder else ("file", "folder")
        try:
            path = (self.document.file.parent / text).resolve()
            if path.is_dir() if folder else path.is_file():
                return path
            found = f"a {got}" if path.exists() else "nothing there"
        except (OSError, ValueError) as error:
            # a name that no file can have, or a folder that may not be searched
            raise self.error(key, f"expected a {kind} at {text!r}, got {error}") from None
        raise self.error(key, f"expected a {kind} at {shown(path)}, got {found}", _neighbours(path))

    def section(self, key: str, *, required: bool = False) -> Section:
        """The table under a key; an empty one where there is none."""
        values = self.take(key, dict, REQUIRED if required else {})
        return Section(self.document, (*self.path, key), values)

    def sections(self, key: str) -> list[Section]:
        """The tables in the table under a key: `[lambda.A]`, `[lambda.B]`."""
        group = self.section(key)
        return [group.section(name, required=True) for name in group.values]

    def choice(self, key: str, options: tuple[str, ...]) -> str:
        """One of these words, the first by default."""
        value = self.take(key, str, options[0])
        if value not in options:
            expected = ", ".join(map(repr, options))
            raise self.error(
                key, f"expected one of {expected}, got {value!r}", near(value, options)
            )
        return value

    def strings(self, key: str) -> tuple[str, ...]:
        """A list of texts; empty by default."""
        values = self.take(key, list, [])
        for value in values:
            if not isinstance(value, str):
                raise self.error(key, f"expected a list of texts in quotes, got {value!r} in it")
        return tuple(values)

    def finish(self) -> None:
        """Refuse every key that was not taken."""
        for key in self.values:
            if key not in self.known:
                what = "a known key" if self.path else "a known section"
                raise self.error(key, f"expected {what}, got {key!r}", near(key, self.known))


def json_value(section: Section, key: str, value: Any) -> Any:
    """A TOML value as JSON: dates and times become ISO text; nan and inf are refused."""
    match value:
        case bool() | int() | str():
            return value
        case float():
            if not math.isfinite(value):
                raise section.error(key, f"expected a number that JSON has, got {value!r}")
            return value
        case datetime() | date() | time():
            return value.isoformat()
        case list():
            return [json_value(section, key, item) for item in value]
        case _:
            return {name: json_value(section, key, item) for name, item in value.items()}


def _toml_complaint(file: Path, error: tomllib.TOMLDecodeError) -> tuple[str, str]:
    text = str(error)
    place = re.search(r" \(at line (\d+), column (\d+)\)", text)
    where = f"{shown(file)}:{place[1]}:{place[2]}" if place else shown(file)
    return where, f"expected TOML, got {text[: place.start()] if place else text}"


def _neighbours(path: Path) -> str | None:
    if not path.parent.is_dir():
        return f"there is no folder {shown(path.parent)} either"
    return near(path.name, sorted(item.name for item in path.parent.iterdir())[:20])


def _quoted(name: str) -> str:
    return name if re.fullmatch(r"[\w-]+", name) else f'"{name}"'


def _lines_by_path(text: str) -> tuple[dict[tuple[str, ...], int], set[tuple[str, ...]]]:
    """The line of each header and key, and which of them are headers."""
    lines: dict[tuple[str, ...], int] = {}
    headers = set()
    header: tuple[str, ...] = ()
    for number, line in enumerate(text.splitlines(), start=1):
        stripped = line.strip()
        if stripped.startswith("[") and (path := _path_in(stripped)):
            header = path
            headers.add(header)
            lines.setdefault(header, number)
        elif match := KEY_LINE.match(line):
            lines.setdefault((*header, *_path_in(f"{match[1]} = 0")), number)
    return lines, headers


def _path_in(line: str) -> tuple[str, ...]:
    """The path of the one key or header in a line, read by TOML's own rules."""
    try:
        value = tomllib.loads(line)
    except tomllib.TOMLDecodeError:
        return ()
    path = []
    while isinstance(value, (dict, list)) and value:
        if isinstance(value, list):
            value = value[0]
            continue
        ((name, value),) = value.items()
        path.append(name)
    return tuple(path)
