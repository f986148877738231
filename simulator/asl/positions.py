"""JSON as AWS reads it, and where each value stands in its text.

`read_json` is the fast reader. `find_positions` reads once more, slower, only when there is a
diagnostic to place.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass

from simulator.asl.errors import ASLError
from simulator.asl.model import JSON


@dataclass(frozen=True, slots=True)
class Position:
    """Where something starts; both count from 1."""

    line: int
    column: int


class JSONSyntaxError(ASLError):
    """Text that is no JSON, at `position`."""

    def __init__(self, message: str, position: Position) -> None:
        self.message = message
        self.position = position
        super().__init__(f"{message} at line {position.line}, column {position.column}")


def read_json(text: str) -> JSON:
    """Return the value of JSON `text`: integers as int, other numbers as float, no NaN, no
    Infinity; the last of duplicate keys wins. Raises `JSONSyntaxError`."""
    try:
        return json.loads(text, parse_constant=_refuse)
    except json.JSONDecodeError as error:
        raise _syntax_error(text, error.pos, error.msg) from None
    except _Constant as error:
        raise _syntax_error(text, text.find(error.name), f"'{error.name}' is no JSON") from None
    except RecursionError:
        raise JSONSyntaxError("nested too deeply", Position(1, 1)) from None


class _Constant(ValueError):
    def __init__(self, name: str) -> None:
        self.name = name
        super().__init__(name)


def _refuse(name: str) -> JSON:
    raise _Constant(name)


_WORD = re.compile(r"[A-Za-z_$][\w$]*")


def _syntax_error(text: str, offset: int, message: str) -> JSONSyntaxError:
    """In Jackson's words for the commonest slip, a bare word (recorded); it reads the word before
    it complains, so its column is the one after it."""
    word = _WORD.match(text, offset)
    if word is not None and word[0] not in ("true", "false", "null"):
        return JSONSyntaxError(
            f"Unrecognized token '{word[0]}': was expecting (JSON String, Number, Array, Object or "
            "token 'null', 'true' or 'false')",
            position_of(text, word.end()),
        )
    return JSONSyntaxError(message, position_of(text, offset))


def position_of(text: str, offset: int) -> Position:
    """The line and column of the character at `offset`."""
    start = text.rfind("\n", 0, offset) + 1
    return Position(text.count("\n", 0, offset) + 1, offset - start + 1)


@dataclass(frozen=True, slots=True)
class Duplicate:
    """A key that stands twice in the object at `pointer`."""

    pointer: str
    key: str
    position: Position


def find_positions(text: str) -> tuple[dict[str, Position], tuple[Duplicate, ...]]:
    """Where each value of valid JSON `text` stands, by its pointer ("/States/Load/Next"; the
    document is "/"): a member's position is its key's. And the keys that stand twice."""
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
        # for line and column in one pass, since positions are asked for in order
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
            return self._string_end(offset)
        match = _SCALAR.match(self.text, offset)
        assert match is not None
        return match.end()

    def _object(self, pointer: str, offset: int) -> int:
        keys: set[str] = set()
        offset = self._skip(offset)
        while self.text[offset] != "}":
            position = self._position(offset)
            end = self._string_end(offset)
            key, offset = json.loads(self.text[offset:end]), end
            if key in keys:
                self.duplicates.append(Duplicate(pointer or "/", key, position))
            keys.add(key)
            below = f"{pointer}/{key}"
            self.found[below] = position
            offset = self.value(below, self._skip(offset) + 1)
            offset = self._skip(offset)
            if self.text[offset] == ",":
                offset = self._skip(offset + 1)
        return offset + 1

    def _array(self, pointer: str, offset: int) -> int:
        offset, number = self._skip(offset), 0
        while self.text[offset] != "]":
            offset = self._skip(self.value(f"{pointer}/{number}", offset))
            number += 1
            if self.text[offset] == ",":
                offset = self._skip(offset + 1)
        return offset + 1

    def _string_end(self, offset: int) -> int:
        match = _STRING.match(self.text, offset)
        assert match is not None
        return match.end()

    def _skip(self, offset: int) -> int:
        match = _BLANK.match(self.text, offset)
        assert match is not None
        return match.end()

    def _position(self, offset: int) -> Position:
        newlines = self.text.count("\n", self._seen, offset)
        if newlines:
            self._line += newlines
            self._line_start = self.text.rfind("\n", 0, offset) + 1
        self._seen = offset
        return Position(self._line, offset - self._line_start + 1)
