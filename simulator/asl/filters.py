"""Whether a filter, `[?(...)]`, keeps a value. Equality across types is Jayway's: a number equals
the string that spells it, and a member that is missing equals nothing, null included."""

from __future__ import annotations

from typing import assert_never

from simulator.asl.jsonpath import (
    AllOf,
    AnyOf,
    Condition,
    Exists,
    Length,
    NotA,
    Operand,
    Path,
    Test,
)
from simulator.asl.model import JSON


class _Missing:
    """What a path inside a filter gives where it finds nothing."""


_MISSING = _Missing()


def holds(condition: Condition, value: JSON) -> bool:
    """Whether `condition` is true of `value` ("@")."""
    match condition:
        case Exists(path):
            return _resolve(path, value) is not _MISSING
        case Test(left, operator, right):
            return _compare(operator, _resolve(left, value), _resolve(right, value))
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
    from simulator.asl.search import find_all, length

    steps, is_length = operand.steps, False
    if steps and isinstance(steps[-1], Length):
        steps, is_length = steps[:-1], True
    found = find_all(steps, value)
    if not operand.is_definite:
        return length(found) if is_length else found
    if not found:
        return _MISSING
    return length(found[0]) if is_length else found[0]


def _compare(operator: str, left: JSON, other: JSON) -> bool:
    match operator:
        case "==":
            return _equal(left, other)
        case "!=":
            return not _equal(left, other)
        case _:
            return _ordered(operator, left, other)


def _ordered(operator: str, left: JSON, other: JSON) -> bool:
    both_numbers = _is_number(left) and _is_number(other)
    if not both_numbers and not (type(left) is str and type(other) is str):
        return False
    match operator:
        case "<":
            return bool(left < other)
        case "<=":
            return bool(left <= other)
        case ">":
            return bool(left > other)
        case _:
            assert operator == ">="
            return bool(left >= other)


def _is_number(value: JSON) -> bool:
    return type(value) in (int, float)


def _equal(left: JSON, other: JSON) -> bool:
    if left is _MISSING or other is _MISSING:
        return left is other
    if _is_number(left) and type(other) is str:
        try:
            return bool(left == float(other))
        except ValueError:
            return False
    if type(left) is str and _is_number(other):
        return left == str(other)
    return same(left, other)


def same(left: JSON, other: JSON) -> bool:
    """JSON equality: 1 equals 1.0, a bool equals only a bool."""
    if isinstance(left, dict) and isinstance(other, dict):
        return left.keys() == other.keys() and all(same(left[key], other[key]) for key in left)
    if type(left) is list and type(other) is list:
        return len(left) == len(other) and all(map(same, left, other))
    if (type(left) is bool) != (type(other) is bool):
        return False
    return bool(left == other)
