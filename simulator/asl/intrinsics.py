"""Intrinsic function calls ("States.Format(...)") compiled to closures.

The grammar and the escapes are ASL's, appendix B; what each function does is in `functions`.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeAlias

from simulator.asl.context import ContextObject
from simulator.asl.errors import ASLError, StatesError
from simulator.asl.functions import ARGUMENT_COUNTS, FUNCTIONS, BadArgument, rounded
from simulator.asl.javatext import json_text
from simulator.asl.jsonpath import PathSyntaxError
from simulator.asl.model import JSON
from simulator.asl.paths import Getter, PathMissing, compile_path

# AWS developer guide, "Intrinsic functions": "up to 10 nested intrinsic functions"
MAX_DEPTH = 10


class CallSyntaxError(ASLError):
    """Text that is no intrinsic function call; `position` counts characters from 0."""

    def __init__(self, text: str, position: int, expected: str) -> None:
        self.text = text
        self.position = position
        super().__init__(f"call {text!r}: expected {expected} at character {position + 1}")


@dataclass(frozen=True, slots=True)
class Text:
    """A string literal as written: `raw` still has its backslashes, which States.Format reads."""

    raw: str

    @property
    def value(self) -> str:
        return re.sub(r"\\(.)", r"\1", self.raw, flags=re.DOTALL)


@dataclass(frozen=True, slots=True)
class Constant:
    value: JSON


@dataclass(frozen=True, slots=True)
class PathArgument:
    text: str


@dataclass(frozen=True, slots=True)
class Call:
    name: str
    arguments: tuple[Argument, ...]
    text: str


Argument: TypeAlias = Text | Constant | PathArgument | Call

_FUNCTION_NAME = re.compile(r"States\.([A-Za-z0-9]+)\s*\(")
_NUMBER = re.compile(r"-?\d+(\.\d+)?([eE][+-]?\d+)?")
_WORDS = {"true": True, "false": False, "null": None}
_WORD = re.compile(r"(?:true|false|null)\b")
# AWS refuses any other escape (recorded: `\"` in a literal)
_STRING = re.compile(r"'((?:[^'\\]|\\['\\{}])*)'")
_PATH_STRING = re.compile(r"'(?:[^'\\]|\\.)*'|\"(?:[^\"\\]|\\.)*\"")


def parse_call(text: str) -> Call:
    """Return the parsed call; raise `CallSyntaxError` where `text` is none, names a function that
    does not exist, or has a number of arguments that the function does not take."""
    reader = _Reader(text)
    call = reader.call(depth=1)
    reader.skip_blanks()
    if reader.position != len(text):
        raise reader.error("the end of the call")
    return call


class _Reader:
    def __init__(self, text: str) -> None:
        self.text = text
        self.position = 0

    def error(self, expected: str) -> CallSyntaxError:
        return CallSyntaxError(self.text, self.position, expected)

    def skip_blanks(self) -> None:
        while self.text[self.position : self.position + 1].isspace():
            self.position += 1

    def peek(self) -> str:
        return self.text[self.position : self.position + 1]

    def take(self, pattern: re.Pattern[str]) -> re.Match[str] | None:
        match = pattern.match(self.text, self.position)
        if match is not None:
            self.position = match.end()
        return match

    def call(self, *, depth: int) -> Call:
        start = self.position
        match = self.take(_FUNCTION_NAME)
        if match is None or match[1] not in FUNCTIONS:
            self.position = start
            raise self.error("an intrinsic function and '('")
        if depth > MAX_DEPTH:
            raise self.error(f"at most {MAX_DEPTH} nested functions")
        arguments = self.arguments(depth=depth)
        least, most = ARGUMENT_COUNTS[match[1]]
        if not least <= len(arguments) <= most:
            raise self.error(f"{_counted(least, most)} for States.{match[1]}")
        return Call(match[1], tuple(arguments), self.text[start : self.position])

    def arguments(self, *, depth: int) -> list[Argument]:
        found: list[Argument] = []
        self.skip_blanks()
        if self.peek() == ")":
            self.position += 1
            return found
        while True:
            self.skip_blanks()
            found.append(self.argument(depth=depth))
            self.skip_blanks()
            separator = self.peek()
            if separator not in (",", ")"):
                raise self.error("',' or ')'")
            self.position += 1
            if separator == ")":
                return found

    def argument(self, *, depth: int) -> Argument:
        if self.peek() == "'":
            match = self.take(_STRING)
            if match is None:
                raise self.error(r"a string with no escapes but \', \\, \{ and \}")
            return Text(match[1])
        if self.peek() == "$":
            return self.path()
        word = self.take(_WORD)
        if word is not None:
            return Constant(_WORDS[word[0]])
        number = self.take(_NUMBER)
        if number is not None:
            is_float = number[1] is not None or number[2] is not None
            return Constant(float(number[0]) if is_float else int(number[0]))
        return self.call(depth=depth + 1)

    def path(self) -> PathArgument:
        """The path up to the comma or bracket that ends the argument."""
        start, open_brackets = self.position, 0
        while self.position < len(self.text):
            if self.take(_PATH_STRING) is not None:
                continue
            letter = self.peek()
            if letter in "[(":
                open_brackets += 1
            elif letter in "])" and open_brackets > 0:
                open_brackets -= 1
            elif letter in ",)":
                break
            self.position += 1
        text = self.text[start : self.position].rstrip()
        try:
            compile_path(text)
        except PathSyntaxError as error:
            raise CallSyntaxError(self.text, start + error.position, "a path") from None
        return PathArgument(text)


def _counted(least: int, most: int) -> str:
    if least == most:
        return f"{least} argument{'' if least == 1 else 's'}"
    return f"{least} to {most} arguments"


def compile_call(text: str) -> Getter:
    """Return `get(data, context)` for an intrinsic function call.

    `get` raises `StatesError` States.IntrinsicFailure where the function refuses an argument, and
    States.Runtime where a path in it finds nothing; `compile_call` raises `CallSyntaxError`.
    """
    return _compile(parse_call(text), text.strip())


def _compile(call: Call, whole: str) -> Getter:
    """`whole` is the outermost call's text: AWS's causes name it, not the inner one that failed."""
    fast = _compile_addition(call, whole)
    if fast is not None:
        return fast
    function = FUNCTIONS[call.name]
    arguments = [_compile_argument(call, place, whole) for place in range(len(call.arguments))]
    match arguments:
        case [only]:
            return lambda data, context: _guarded(whole, function, context, only(data, context))
        case [first, second]:
            return lambda data, context: _guarded(
                whole, function, context, first(data, context), second(data, context)
            )
        case _:
            return lambda data, context: _guarded(
                whole, function, context, *(get(data, context) for get in arguments)
            )


def _guarded(
    whole: str, function: Callable[..., JSON], context: ContextObject, *arguments: JSON
) -> JSON:
    try:
        return function(context, *arguments)
    except BadArgument as error:
        raise _failure(whole, str(error)) from None


def _failure(whole: str, reason: str) -> StatesError:
    return StatesError(
        "States.IntrinsicFailure",
        f"The function '{whole}' had the following error: {reason}",
    )


def _compile_argument(call: Call, place: int, whole: str) -> Getter:
    argument = call.arguments[place]
    if isinstance(argument, Text):
        # States.Format reads its own escapes: `\{}` is no place for a value
        text = argument.raw if call.name == "Format" and place == 0 else argument.value
        return lambda _data, _context: text
    if isinstance(argument, Constant):
        value = argument.value
        return lambda _data, _context: value
    if isinstance(argument, Call):
        return _compile(argument, whole)
    return _compile_path_argument(argument.text, whole)


def _compile_path_argument(text: str, whole: str) -> Getter:
    get_value = compile_path(text)

    def get(data: JSON, context: ContextObject) -> JSON:
        try:
            return get_value(data, context)
        except PathMissing as error:
            raise _not_found(whole, error.path, data) from None

    return get


def _not_found(whole: str, path: str, data: JSON) -> StatesError:
    return StatesError(
        "States.Runtime",
        f"The function '{whole}' had the following error: The JsonPath argument for the field "
        f"'{path}' could not be found in the input '{json_text(data)}'",
    )


def _compile_addition(call: Call, whole: str) -> Getter | None:
    """States.MathAdd of anything and a constant, the counter of every loop: no call but the
    argument's own."""
    match call:
        case Call("MathAdd", (_, Constant(value))) if type(value) is int:
            get_value = _compile_argument(call, 0, whole)
        case _:
            return None

    def get(data: JSON, context: ContextObject) -> JSON:
        number = get_value(data, context)
        if type(number) is int:
            return number + value
        try:
            return rounded(number) + value
        except BadArgument as error:
            raise _failure(whole, str(error)) from None

    return get
