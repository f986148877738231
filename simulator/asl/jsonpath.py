"""JSONPath text becomes steps. What the steps find in data is `paths`' business.

The dialect is that of the early Jayway that AWS runs: names, indexes, slices, unions, wildcards,
`..`, filters, and `length()`. A path is definite when it can name one value only.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import TypeAlias

from simulator.asl.errors import ASLError
from simulator.asl.model import JSON


class PathSyntaxError(ASLError):
    """Text that is no JSONPath; `position` counts characters from 0."""

    def __init__(self, text: str, position: int, expected: str) -> None:
        self.text = text
        self.position = position
        super().__init__(f"path {text!r}: expected {expected} at character {position + 1}")


@dataclass(frozen=True, slots=True)
class Name:
    """`.a`, `['a']`; more names than one at a path's end give an object of those that are there."""

    names: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Index:
    """`[0]`, `[-1]`, `[0,2]`."""

    indexes: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Slice:
    """`[1:3]`, either end left open; a negative end counts from the back."""

    start: int | None
    stop: int | None


@dataclass(frozen=True, slots=True)
class Wildcard:
    pass


@dataclass(frozen=True, slots=True)
class Scan:
    """`..`: what follows is looked for in every value below."""


@dataclass(frozen=True, slots=True)
class Filter:
    """`[?(...)]`."""

    condition: Condition


@dataclass(frozen=True, slots=True)
class Length:
    """`.length()` at a path's end. Other functions are names that nothing has: AWS answers
    `$.Jobs.sum()` with "could not be found in the input"."""


Step: TypeAlias = Name | Index | Slice | Wildcard | Scan | Filter | Length


@dataclass(frozen=True, slots=True)
class Path:
    """A parsed path. `root` is "$", "$$", a variable such as "$name" or, in filters, "@"."""

    text: str
    root: str
    steps: tuple[Step, ...]

    @property
    def variable(self) -> str | None:
        """The variable's name; None where the path's root is none."""
        return self.root[1:] if _VARIABLE.fullmatch(self.root) else None

    @property
    def is_definite(self) -> bool:
        """Whether the path names one value at most."""
        return all(
            is_definite_step(step, is_last=number == len(self.steps) - 1)
            for number, step in enumerate(self.steps)
        )

    @property
    def is_reference(self) -> bool:
        """Whether it is a Reference Path: names and single indexes only (ASL)."""
        return all(
            (isinstance(step, Name) and len(step.names) == 1)
            or (isinstance(step, Index) and len(step.indexes) == 1)
            for step in self.steps
        )


@dataclass(frozen=True, slots=True)
class Literal:
    value: JSON


Operand: TypeAlias = Path | Literal


@dataclass(frozen=True, slots=True)
class Exists:
    path: Path


@dataclass(frozen=True, slots=True)
class Test:
    left: Operand
    operator: str
    right: Operand


@dataclass(frozen=True, slots=True)
class AllOf:
    conditions: tuple[Condition, ...]


@dataclass(frozen=True, slots=True)
class AnyOf:
    conditions: tuple[Condition, ...]


@dataclass(frozen=True, slots=True)
class NotA:
    condition: Condition


Condition: TypeAlias = Exists | Test | AllOf | AnyOf | NotA

_NAME = re.compile(r"(?:\\.|[^\s.\[\]()\\,'\"?*@:])+")
# inside a filter a name ends at an operator as well
_FILTER_NAME = re.compile(r"(?:\\.|[^\s.\[\]()\\,'\"?*@:=<>!&|~])+")
# variables are named by Unicode's rules for identifiers (developer guide, "Variable names")
_VARIABLE = re.compile(r"\$[^\W\d]\w*")
_INDEX = re.compile(r"-?\d+")
_SLICE = re.compile(r"(-?\d+)?\s*:\s*(-?\d+)?")
_OPERATOR = re.compile(r"==|!=|<=|>=|<|>")
_NUMBER = re.compile(r"-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?")
_WORD = re.compile(r"[A-Za-z_][\w-]*")
_LITERALS: dict[str, JSON] = {"true": True, "false": False, "null": None}
# the only script that anybody writes: an index counted from the end
_LAST = re.compile(r"\(\s*@\.length\s*-\s*(\d+)\s*\)")


def is_definite_step(step: Step, *, is_last: bool) -> bool:
    """Whether `step` finds one value at most; several names at the end make one object."""
    match step:
        case Name(names):
            return len(names) == 1 or is_last
        case Index(indexes):
            return len(indexes) == 1
        case Length():
            return True
        case _:
            return False


def parse_path(text: str) -> Path:
    """Return the parsed `text`; raise `PathSyntaxError` where it is no path."""
    reader = _Reader(text)
    path = reader.path()
    # AWS takes blanks after a path, as Jayway does
    reader.skip_blanks()
    if reader.position != len(text):
        raise reader.error("the end of the path")
    return path


class _Reader:
    """Reads one path, left to right; `position` is the next character."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.position = 0
        self.name = _NAME

    def error(self, expected: str) -> PathSyntaxError:
        return PathSyntaxError(self.text, self.position, expected)

    def starts(self, token: str) -> bool:
        return self.text.startswith(token, self.position)

    def take(self, token: str) -> bool:
        if self.starts(token):
            self.position += len(token)
            return True
        return False

    def need(self, token: str) -> None:
        if not self.take(token):
            raise self.error(repr(token))

    def take_match(self, pattern: re.Pattern[str]) -> re.Match[str] | None:
        match = pattern.match(self.text, self.position)
        if match is not None:
            self.position = match.end()
        return match

    def skip_blanks(self) -> None:
        while self.position < len(self.text) and self.text[self.position] in " \t\r\n":
            self.position += 1

    def path(self) -> Path:
        start = self.position
        variable = self.take_match(_VARIABLE)
        if variable is not None:
            root = variable[0]
        elif self.take("$$"):
            root = "$$"
        elif self.take("$"):
            root = "$"
        elif self.take("@"):
            root = "@"
        else:
            raise self.error("'$'")
        steps: list[Step] = []
        while self.position < len(self.text) and self.text[self.position] in ".[":
            steps.extend(self.steps())
        if Length() in steps[:-1]:
            raise self.error("length() at the end of the path")
        return Path(self.text[start : self.position], root, tuple(steps))

    def steps(self) -> list[Step]:
        if self.take(".."):
            if self.starts("["):
                return [Scan(), self.bracket()]
            return [Scan(), self.dotted()]
        if self.take("."):
            # Jayway takes `$.['a']` and `$.[0]` as well
            return [self.bracket()] if self.starts("[") else [self.dotted()]
        return [self.bracket()]

    def dotted(self) -> Step:
        if self.take("*"):
            return Wildcard()
        match = self.take_match(self.name)
        if match is None:
            raise self.error("a name, '*' or '['")
        name = re.sub(r"\\(.)", r"\1", match[0])
        if self.take("("):
            self.skip_blanks()
            self.need(")")
            return Length() if name == "length" else Name((f"{name}()",))
        return Name((name,))

    def bracket(self) -> Step:
        self.need("[")
        self.skip_blanks()
        if self.take("*"):
            step: Step = Wildcard()
        elif self.take("?"):
            self.skip_blanks()
            self.need("(")
            self.name, outer = _FILTER_NAME, self.name
            step = Filter(self.any_of())
            self.name = outer
            self.need(")")
        elif self.starts("'") or self.starts('"'):
            step = self.names()
        else:
            step = self.indexes()
        self.skip_blanks()
        self.need("]")
        return step

    def names(self) -> Name:
        names = [self.quoted()]
        self.skip_blanks()
        while self.take(","):
            self.skip_blanks()
            names.append(self.quoted())
            self.skip_blanks()
        return Name(tuple(names))

    def indexes(self) -> Index | Slice:
        # Jayway takes a third part and ignores it; refused here, rather than half understood
        cut = _SLICE.match(self.text, self.position)
        if cut is not None:
            self.position = cut.end()
            if cut[1] is None and cut[2] is None:
                raise self.error("an index beside ':'")
            return Slice(
                None if cut[1] is None else int(cut[1]), None if cut[2] is None else int(cut[2])
            )
        last = self.take_match(_LAST)
        if last is not None:
            return Index((-int(last[1]),))
        indexes = [self.index()]
        self.skip_blanks()
        while self.take(","):
            self.skip_blanks()
            indexes.append(self.index())
            self.skip_blanks()
        return Index(tuple(indexes))

    def index(self) -> int:
        match = self.take_match(_INDEX)
        if match is None:
            raise self.error("an index, a quoted name, '*', ':' or '?('")
        return int(match[0])

    def quoted(self) -> str:
        quote = self.text[self.position : self.position + 1]
        if quote not in ("'", '"'):
            raise self.error("a quoted name")
        self.position += 1
        letters: list[str] = []
        while not self.starts(quote):
            letter = self.text[self.position : self.position + 1]
            if letter == "\\":
                self.position += 1
                letter = self.text[self.position : self.position + 1]
            if letter == "":
                raise self.error(f"a closing {quote}")
            letters.append(letter)
            self.position += 1
        self.position += 1
        return "".join(letters)

    def any_of(self) -> Condition:
        conditions = [self.all_of()]
        while self.take("||"):
            conditions.append(self.all_of())
        return conditions[0] if len(conditions) == 1 else AnyOf(tuple(conditions))

    def all_of(self) -> Condition:
        conditions = [self.term()]
        while self.take("&&"):
            conditions.append(self.term())
        return conditions[0] if len(conditions) == 1 else AllOf(tuple(conditions))

    def term(self) -> Condition:
        self.skip_blanks()
        condition: Condition
        if self.take("!"):
            condition = NotA(self.term())
        elif self.take("("):
            condition = self.any_of()
            self.need(")")
        else:
            condition = self.test()
        self.skip_blanks()
        return condition

    def test(self) -> Condition:
        left = self.operand()
        self.skip_blanks()
        operator = self.take_match(_OPERATOR)
        if operator is None:
            if isinstance(left, Path):
                return Exists(left)
            raise self.error("an operator")
        self.skip_blanks()
        right = self.operand()
        return Test(left, operator[0], right)

    def operand(self) -> Operand:
        self.skip_blanks()
        # the developer guide ("Reference Paths"): filters know neither regular expressions nor
        # references to other values
        if self.starts("@"):
            return self.path()
        if self.starts("'") or self.starts('"'):
            return Literal(self.quoted())
        number = self.take_match(_NUMBER)
        if number is not None:
            return Literal(json.loads(number[0]))
        word = self.take_match(_WORD)
        if word is not None:
            # a word without quotes is a string: `[?(@.Name==Receipt)]` (AWS's own samples)
            return Literal(_LITERALS.get(word[0], word[0]))
        raise self.error("'@', a string, a number, true, false or null")
