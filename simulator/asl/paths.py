"""Paths compiled to closures: what a path finds in data, and where a ResultPath puts a result.

Common forms (`$`, `$.a`, `$.a.b[0]`) are a handful of subscripts; everything else walks. Causes are
the words of Jayway's JSONPath, which AWS repeats (recorded: "Missing property in path $['no']").
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias

from simulator.asl.context import ContextObject
from simulator.asl.errors import StatesError
from simulator.asl.javatext import display, json_text
from simulator.asl.jsonpath import Index, Length, Name, Path, PathSyntaxError, Step, parse_path
from simulator.asl.model import JSON
from simulator.asl.search import find_all, length

Getter: TypeAlias = Callable[[JSON, ContextObject], JSON]
Setter: TypeAlias = Callable[[JSON, JSON], JSON]

__all__ = ["Getter", "PathMissing", "PathSyntaxError", "Setter", "compile_path", "compile_setter"]


class PathMissing(StatesError):
    """A path that finds nothing. `cause` is AWS's for InputPath, OutputPath and their like;
    `path` is the path's text, for the fields that AWS names otherwise; `is_past_end` says that
    only the last index was missing, which a template takes for null."""

    def __init__(self, path: str, detail: str, *, is_past_end: bool = False) -> None:
        self.path = path
        self.detail = detail
        self.is_past_end = is_past_end
        super().__init__("States.Runtime", f"Invalid path '{path}' : {detail}")


def compile_path(text: str) -> Getter:
    """Return `get(data, context)` for a path of the state's data ("$..."), the Context Object
    ("$$...") or a variable ("$name..."): its value where the path is definite, else the list of
    all matches.

    `get` raises `PathMissing` where a definite path finds nothing; `compile_path` raises
    `PathSyntaxError` where `text` is no path.
    """
    path = parse_path(text)
    if path.root == "@":
        raise PathSyntaxError(text, 0, "'$'")
    get = _compile_data(path)
    if path.root == "$":
        return get
    variable = path.variable
    if variable is not None:
        return _of_variable(path, variable, get)
    return lambda _data, context: get(context, context)


def _of_variable(path: Path, name: str, get: Getter) -> Getter:
    def read(_data: JSON, context: ContextObject) -> JSON:
        if name not in context.variables:
            raise PathMissing(path.text, f"Variable ${name} is not defined")
        return get(context.variables[name], context)

    return read


def _compile_data(path: Path) -> Getter:
    """The path's value in the first argument, whatever its root."""
    if path.is_reference:
        return _compile_reference(path)
    unions = [step for step in path.steps[:-1] if isinstance(step, Name) and len(step.names) > 1]
    if unions:
        return _never(path, unions[0])
    if path.steps and isinstance(path.steps[-1], Length):
        return _compile_length(path)
    if path.is_definite:
        return _compile_definite(path)
    return lambda data, _context: _all(path, data)


def _compile_reference(path: Path) -> Getter:
    keys = tuple(_key(step) for step in path.steps)
    match keys:
        case ():
            return lambda data, _context: data
        case (str() as name,):
            return _one_name(path, name)
        case (str() as first, str() as second):
            return _two_names(path, first, second)
        case _:
            return _many_keys(path, keys)


def _key(step: Step) -> str | int:
    assert isinstance(step, Name | Index)
    return step.names[0] if isinstance(step, Name) else step.indexes[0]


# Subscripts decide by exceptions, which cost nothing until one is raised: a string key suits only
# an object, so TypeError and KeyError are all that a wrong shape can give.
def _one_name(path: Path, name: str) -> Getter:
    def get(data: JSON, _context: ContextObject) -> JSON:
        try:
            return data[name]
        except (KeyError, TypeError):
            raise _missing(path, data) from None

    return get


def _two_names(path: Path, first: str, second: str) -> Getter:
    def get(data: JSON, _context: ContextObject) -> JSON:
        try:
            return data[first][second]
        except (KeyError, TypeError):
            raise _missing(path, data) from None

    return get


def _many_keys(path: Path, keys: tuple[str | int, ...]) -> Getter:
    def get(data: JSON, _context: ContextObject) -> JSON:
        value = data
        try:
            for key in keys:
                # an index suits a string in Python, never in JSONPath
                if type(value) is str:
                    raise _missing(path, data)
                value = value[key]
        except (KeyError, TypeError, IndexError):
            raise _missing(path, data) from None
        return value

    return get


def _compile_definite(path: Path) -> Getter:
    """Several names at the end: an object of those that are there."""

    def get(data: JSON, _context: ContextObject) -> JSON:
        found = _all(path, data)
        if not found:
            raise _missing(path, data)
        return found[0]

    return get


def _compile_length(path: Path) -> Getter:
    get = _compile_data(Path(path.text, path.root, path.steps[:-1]))
    return lambda data, context: length(get(data, context))


def _never(path: Path, union: Name) -> Getter:
    """AWS takes several names in the middle of a path at creation, and fails at run time."""
    names = ", ".join(f"'{name}'" for name in union.names)

    def get(_data: JSON, _context: ContextObject) -> JSON:
        raise PathMissing(path.text, f"Multi properties can only be used as path leafs: $[{names}]")

    return get


def _all(path: Path, data: JSON) -> list[JSON]:
    """Every match; Jayway is strict about the definite part that comes before the first
    wildcard: what is missing there is an error, what is missing later is no match."""
    definite = 0
    for step in path.steps:
        if not (isinstance(step, Name) and len(step.names) == 1) and not (
            isinstance(step, Index) and len(step.indexes) == 1
        ):
            break
        definite += 1
    value, detail = _walk(path.steps[:definite], data, is_leaf=False)
    if detail is not None:
        raise PathMissing(path.text, detail)
    return find_all(path.steps[definite:], value)


def _missing(path: Path, data: JSON) -> PathMissing:
    """Say why the path finds nothing. It walks again, since only failures pay for it."""
    _value, detail = _walk(path.steps, data, is_leaf=True)
    *before, last = path.steps
    parent, parent_detail = _walk(tuple(before), data, is_leaf=False)
    return PathMissing(
        path.text,
        detail or f"No results for path: {_jayway(path.steps)}",
        is_past_end=isinstance(last, Index) and parent_detail is None and type(parent) is list,
    )


def _walk(steps: tuple[Step, ...], data: JSON, *, is_leaf: bool) -> tuple[JSON, str | None]:
    """The value at the end of `steps`, or Jayway's words for the first that is missing."""
    value = data
    for number, step in enumerate(steps):
        so_far, is_last = steps[: number + 1], is_leaf and number == len(steps) - 1
        if isinstance(step, Index):
            if type(value) is not list:
                return None, _no_array(steps[:number], step, value)
            if not -len(value) <= step.indexes[0] < len(value):
                return None, f"No results for path: {_jayway(steps)}"
            value = value[step.indexes[0]]
        elif isinstance(step, Name) and len(step.names) == 1:
            if not isinstance(value, dict):
                return None, _no_object(steps[:number], step, value)
            if step.names[0] not in value:
                if is_last:
                    return None, f"No results for path: {_jayway(so_far)}"
                return None, f"Missing property in path {_jayway(so_far)}"
            value = value[step.names[0]]
    return value, None


def _no_object(before: tuple[Step, ...], step: Name, value: JSON) -> str:
    found = "null" if value is None else _JAVA_CLASS.get(type(value), type(value).__name__)
    return (
        f"Expected to find an object with property ['{step.names[0]}'] in path {_jayway(before)} "
        f"but found '{found}'. This is not a json object according to the JsonProvider: "
        "'com.jayway.jsonpath.spi.json.JacksonJsonProvider'."
    )


_JAVA_CLASS = {
    str: "java.lang.String",
    int: "java.lang.Integer",
    float: "java.lang.Double",
    bool: "java.lang.Boolean",
    list: "java.util.ArrayList",
}


def _no_array(before: tuple[Step, ...], step: Index, value: JSON) -> str:
    if value is None:
        return f"The path {_jayway(before)} is null"
    return (
        f"Filter: [{step.indexes[0]}] can only be applied to arrays. "
        f"Current context is: {display(value)}"
    )


def _jayway(steps: tuple[Step, ...]) -> str:
    """A path as Jayway prints it: `$['a'][0]`."""
    parts = ["$"]
    for step in steps:
        if isinstance(step, Name):
            parts.append("[" + ",".join(f"'{name}'" for name in step.names) + "]")
        elif isinstance(step, Index):
            parts.append("[" + ",".join(map(str, step.indexes)) + "]")
        else:
            parts.append("[...]")
    return "".join(parts)


def compile_setter(text: str | None) -> Setter:
    """Return `put(state_input, result)` for a ResultPath: the input with `result` at the path.

    Only the objects on the way are copied; nothing is mutated. Objects that are missing on the way
    are made. None (null) discards the result, "$" keeps nothing but it. `put` raises
    `StatesError` States.ResultPathMatchFailure where the input has something else on the way, or an
    array that lacks the index (ASL, "ResultPath"); `compile_setter` raises `PathSyntaxError` where
    `text` is no Reference Path of the state's data.
    """
    if text is None:
        return lambda state_input, _result: state_input
    path = parse_path(text)
    if path.root != "$" or not path.is_reference:
        raise PathSyntaxError(text, 0, "a Reference Path")
    keys = tuple(_key(step) for step in path.steps)
    if not keys:
        return lambda _state_input, result: result
    if len(keys) == 1 and isinstance(keys[0], str):
        return _put_one(keys[0])
    return lambda state_input, result: _put(state_input, state_input, keys, result)


def _put_one(name: str) -> Setter:
    def put(state_input: JSON, result: JSON) -> JSON:
        if type(state_input) is not dict:
            raise _unfit(name, state_input)
        return {**state_input, name: result}

    return put


def _put(whole: JSON, place: JSON, keys: tuple[str | int, ...], result: JSON) -> JSON:
    if not keys:
        return result
    key, rest = keys[0], keys[1:]
    if isinstance(key, int):
        if type(place) is not list or not 0 <= key < len(place):
            raise _unfit(key, whole)
        changed = list(place)
        changed[key] = _put(whole, place[key], rest, result)
        return changed
    if type(place) is not dict:
        raise _unfit(key, whole)
    if rest and key not in place:
        return {**place, key: _put(whole, {}, rest, result)}
    return {**place, key: _put(whole, place.get(key), rest, result)}


def _unfit(key: str | int, whole: JSON) -> StatesError:
    """AWS's words for a Reference Path that does not suit the data, as many have reported them."""
    return StatesError(
        "States.ResultPathMatchFailure", f'Unable to apply step "{key}" to input {json_text(whole)}'
    )
