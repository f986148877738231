"""The comparisons of a filter, `[?(...)]`. Equality across types is Jayway's: a number equals the
string that spells it, and a member that is missing equals nothing, null included."""

from __future__ import annotations

from simulator.asl.model import JSON


class _Missing:
    """What a path inside a filter gives where it finds nothing."""


MISSING = _Missing()


def compare(operator: str, left: JSON, other: JSON) -> bool:
    """Whether `left operator other`, as in a filter."""
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
    if left is MISSING or other is MISSING:
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
