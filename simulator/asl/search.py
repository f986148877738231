"""What an indefinite path finds: all matches, in the order in which Jayway visits them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import assert_never

from simulator.asl.filters import holds
from simulator.asl.jsonpath import Filter, Index, Length, Name, Scan, Slice, Step, Wildcard
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


def length(value: JSON) -> int | None:
    """What `length()` answers; null for a value that has no length."""
    return len(value) if isinstance(value, dict | list | str) else None
