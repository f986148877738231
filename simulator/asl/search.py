"""What an indefinite path finds: all matches, in the order in which Jayway visits them; and whether
a filter, whose operands may be such paths, keeps a value."""

from __future__ import annotations

from collections.abc import Iterator
from typing import assert_never

from simulator.asl.filters import MISSING, compare
from simulator.asl.jsonpath import (
    AllOf,
    AnyOf,
    Condition,
    Exists,
    Filter,
    Index,
    Length,
    Name,
    NotA,
    Operand,
    Path,
    Scan,
    Slice,
    Step,
    Test,
    Wildcard,
)
from simulator.asl.model import JSON


def find_all(steps: tuple[Step, ...], value: JSON) -> list[JSON]:
    """Every value that `steps` reach from `value`."""
    if not steps:
        return [value]
    step, rest = steps[0], steps[1:]
    if isinstance(step, Scan):
        return [
            found
            for below in _descend(value)
            for matched in _reached(rest[0], below, is_last=len(rest) == 1)
            for found in find_all(rest[1:], matched)
        ]
    return [
        found
        for matched in _reached(step, value, is_last=not rest)
        for found in find_all(rest, matched)
    ]


def _descend(value: JSON) -> Iterator[JSON]:
    """The value itself, then all that it holds, each before its own parts."""
    yield value
    for below in _children(value):
        if isinstance(below, dict | list):
            yield from _descend(below)


def _children(value: JSON) -> list[JSON]:
    if isinstance(value, dict):
        return list(value.values())
    return value if isinstance(value, list) else []


def _reached(step: Step, value: JSON, *, is_last: bool) -> list[JSON]:
    match step:
        case Name(names):
            return _named(names, value, is_merged=is_last and len(names) > 1)
        case Index() | Slice():
            return _picked(step, value)
        case Wildcard():
            return _children(value)
        case Filter(condition):
            # applied to an object, a filter keeps or drops that object as a whole (Jayway); "@"
            # "does not match scalar values. It only matches objects" (developer guide, "Paths")
            candidates = value if type(value) is list else [value]
            return [one for one in candidates if isinstance(one, dict) and holds(condition, one)]
        case Scan() | Length():
            raise AssertionError(step)
        case _:
            assert_never(step)


def _named(names: tuple[str, ...], value: JSON, *, is_merged: bool) -> list[JSON]:
    if not isinstance(value, dict):
        return []
    if is_merged:
        return [{name: value[name] for name in names if name in value}]
    return [value[name] for name in names if name in value]


def _picked(step: Index | Slice, value: JSON) -> list[JSON]:
    if type(value) is not list:
        return []
    if isinstance(step, Slice):
        return value[step.start : step.stop]
    return [value[index] for index in step.indexes if -len(value) <= index < len(value)]


def holds(condition: Condition, value: JSON) -> bool:
    """Whether `condition` is true of `value` ("@")."""
    match condition:
        case Exists(path):
            return _resolve(path, value) is not MISSING
        case Test(left, operator, right):
            return compare(operator, _resolve(left, value), _resolve(right, value))
        case AllOf(conditions):
            return all(holds(one, value) for one in conditions)
        case AnyOf(conditions):
            return any(holds(one, value) for one in conditions)
        case NotA(inner):
            return not holds(inner, value)
        case _:
            assert_never(condition)


def _resolve(operand: Operand, value: JSON) -> JSON:
    if not isinstance(operand, Path):
        return operand.value
    steps, is_length = operand.steps, False
    if steps and isinstance(steps[-1], Length):
        steps, is_length = steps[:-1], True
    found = find_all(steps, value)
    if not operand.is_definite:
        return length(found) if is_length else found
    if not found:
        return MISSING
    return length(found[0]) if is_length else found[0]


def length(value: JSON) -> int | None:
    """What `length()` answers; null for a value that has no length."""
    return len(value) if isinstance(value, dict | list | str) else None
