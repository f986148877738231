"""JSON as AWS reads it, and where each value stands in its text.

`read_json` is the fast reader. `find_positions` reads once more, slower, only when there is
something to point at.
"""

from __future__ import annotations

import json
import math
import re
from dataclasses import dataclass

from simulator.asl.errors import ASLError
from simulator.asl.model import JSON

# how much of the text Jackson repeats in a location
_SHOWN = 500


@dataclass(frozen=True, slots=True)
class Position:
    """Where something starts; both count from 1."""

    line: int
    column: int


class JSONSyntaxError(ASLError):
    """Text that is no JSON. `message` and `location` are in the words of Jackson, AWS's reader
    (recorded), whose column is the one after the character or word at fault; `position` is that of
    the fault itself."""

    def __init__(self, message: str, location: str, position: Position) -> None:
        self.message = message
        self.location = location
        self.position = position
        super().__init__(f"{message} at line {position.line}, column {position.column}")


def read_json(text: str) -> JSON:
    """Return the value of JSON `text`: integers as int, other numbers as float, no NaN and no
    Infinity; the last of duplicate keys wins. Raises `JSONSyntaxError`."""
    try:
        return load_strict(text)
    except json.JSONDecodeError as error:
        raise _syntax_error(text, _at_fault(text, error), error.msg) from None
    except _UnfitError as error:
        offset = max(text.find(error.token), 0)
        raise _syntax_error(text, offset, "no value that JSON can carry") from None
    except RecursionError:
        position = Position(1, 1)
        raise JSONSyntaxError("Nested too deeply", _location(text, position), position) from None


def _at_fault(text: str, error: json.JSONDecodeError) -> int:
    """Where the first character stands that doesn't fit. Python 3.13 points at a trailing comma,
    earlier ones and AWS's reader at what follows it."""
    if not error.msg.startswith("Illegal trailing comma"):
        return error.pos
    rest = text[error.pos + 1 :]
    return error.pos + 1 + len(rest) - len(rest.lstrip())


class _UnfitError(ValueError):
    """Python would read this token, JSON knows no such value."""

    def __init__(self, token: str) -> None:
        self.token = token
        super().__init__(f"{token} is no JSON")


def load_strict(text: str) -> JSON:
    """`json.loads` without what JSON cannot carry: NaN, infinities (1e999 too), lone surrogates.
    Raises ValueError, RecursionError where it is nested too deeply."""
    value = json.loads(text, parse_constant=_refuse, parse_float=_finite)
    if "\\ud" in text or "\\uD" in text:
        try:
            json.dumps(value, ensure_ascii=False).encode()
        except UnicodeEncodeError:
            raise _UnfitError("\\ud") from None
    return value


def _refuse(name: str) -> JSON:
    raise _UnfitError(name)


def _finite(digits: str) -> float:
    number = float(digits)
    if not math.isfinite(number):
        raise _UnfitError(digits)
    return number


_WORD = re.compile(r"-?[A-Za-z_$][\w$]*")
_VALUES = "JSON String, Number, Array, Object or token 'null', 'true' or 'false'"
_EXPECTED = {
    "Expecting property name enclosed in double quotes": (
        "was expecting double-quote to start field name"
    ),
    "Expecting ',' delimiter": "was expecting comma to separate entries",
    "Expecting ':' delimiter": "was expecting a colon to separate field name and value",
    "Expecting value": f"expected a valid value ({_VALUES})",
    "Extra data": "was expecting the end of the text",
}


def _syntax_error(text: str, offset: int, message: str) -> JSONSyntaxError:
    position = position_of(text, offset)
    word = _WORD.match(text, offset)
    if offset >= len(text):
        message, length = "Unexpected end-of-input", 0
    elif word is not None:
        message, length = f"Unrecognized token '{word[0]}': was expecting ({_VALUES})", len(word[0])
    else:
        letter = text[offset]
        expected = _EXPECTED.get(message, message)
        message, length = f"Unexpected character ('{letter}' (code {ord(letter)})): {expected}", 1
    after = Position(position.line, position.column + length)
    location = _location(text, after)
    return JSONSyntaxError(f"{message}\n at {location}", location, position)


def _location(text: str, position: Position) -> str:
    hidden = len(text) - _SHOWN
    shown = f'"{text[:_SHOWN]}"' + (f"[truncated {hidden} chars]" if hidden > 0 else "")
    return f"[Source: (String){shown}; line: {position.line}, column: {position.column}]"


def position_of(text: str, offset: int) -> Position:
    """The line and column of the character at `offset`."""
    start = text.rfind("\n", 0, offset) + 1
    return Position(text.count("\n", 0, offset) + 1, offset - start + 1)


def has_duplicates(text: str) -> bool:
    """Whether an object in valid JSON `text` says a key twice."""
    found = False

    def note(pairs: list[tuple[str, JSON]]) -> dict[str, JSON]:
        nonlocal found
        members = dict(pairs)
        found = found or len(members) != len(pairs)
        return members

    json.loads(text, object_pairs_hook=note)
    return found


@dataclass(frozen=True, slots=True)
class Duplicate:
    """A key that stands twice in the object at `pointer`, the second time at `position`."""

    pointer: str
    key: str
    position: Position


def find_positions(text: str) -> tuple[dict[str, Position], tuple[Duplicate, ...]]:
    """Where each value of valid JSON `text` stands, by its location in AWS's notation
    ("/States/Load/Retry[0]"; the document is "/"): a member's position is its key's. And the keys
    that stand twice."""
    finder = _Finder(text)
    finder.value("", 0)
    return finder.found, tuple(finder.duplicates)


_BLANK = re.compile(r"[ \t\n\r]*")
_STRING = re.compile(r'"(?:[^"\\]|\\.)*"')
_SCALAR = re.compile(r"[^\s,\]}]+")


class _Finder:
    """Walks valid JSON; recursion is as deep as the document, which json.loads bounded before."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.found: dict[str, Position] = {}
        self.duplicates: list[Duplicate] = []
        # positions are asked for in order, so lines are counted once
        self._line, self._line_start, self._seen = 1, 0, 0

    def value(self, pointer: str, offset: int) -> int:
        """Note what starts at `offset`; return the offset after it."""
        offset = self._skip(offset)
        self.found.setdefault(pointer or "/", self._position(offset))
        letter = self.text[offset]
        if letter == "{":
            return self._object(pointer, offset + 1)
        if letter == "[":
            return self._array(pointer, offset + 1)
        if letter == '"':
            return self._end_of(_STRING, offset)
        return self._end_of(_SCALAR, offset)

    def _object(self, pointer: str, offset: int) -> int:
        keys: set[str] = set()
        offset = self._skip(offset)
        while self.text[offset] != "}":
            position = self._position(offset)
            end = self._end_of(_STRING, offset)
            key = json.loads(self.text[offset:end])
            if key in keys:
                self.duplicates.append(Duplicate(pointer or "/", key, position))
            keys.add(key)
            below = f"{pointer}/{key}"
            self.found.setdefault(below, position)
            offset = self._skip(self.value(below, self._skip(end) + 1))
            if self.text[offset] == ",":
                offset = self._skip(offset + 1)
        return offset + 1

    def _array(self, pointer: str, offset: int) -> int:
        offset, number = self._skip(offset), 0
        while self.text[offset] != "]":
            offset = self._skip(self.value(f"{pointer}[{number}]", offset))
            number += 1
            if self.text[offset] == ",":
                offset = self._skip(offset + 1)
        return offset + 1

    def _skip(self, offset: int) -> int:
        return self._end_of(_BLANK, offset)

    def _end_of(self, pattern: re.Pattern[str], offset: int) -> int:
        match = pattern.match(self.text, offset)
        assert match is not None
        return match.end()

    def _position(self, offset: int) -> Position:
        newlines = self.text.count("\n", self._seen, offset)
        if newlines:
            self._line += newlines
            self._line_start = self.text.rfind("\n", 0, offset) + 1
        self._seen = offset
        return Position(self._line, offset - self._line_start + 1)
