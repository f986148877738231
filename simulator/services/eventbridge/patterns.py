"""What events a pattern matches ("Amazon EventBridge event patterns", and "Comparison operators for
use in event patterns").

A pattern names fields of the event; each holds fields in turn, or a list of the values and of the
comparisons that one of its values may meet.
"""

from __future__ import annotations

import ipaddress
import json
import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeAlias

Pattern: TypeAlias = Mapping[str, Any]

_NUMERIC: Mapping[str, Callable[[Any, Any], bool]] = {
    "=": lambda value, bound: bool(value == bound),
    "<": lambda value, bound: bool(value < bound),
    "<=": lambda value, bound: bool(value <= bound),
    ">": lambda value, bound: bool(value > bound),
    ">=": lambda value, bound: bool(value >= bound),
}
# what anything-but takes beside plain values
_NEGATED = ("prefix", "suffix", "equals-ignore-case", "wildcard")
# "numeric matching ... values between -5.0e9 and +5.0e9 inclusive"
_LARGEST = 5.0e9


def matches(pattern: Pattern, event: Any) -> bool:
    """Whether an event has what a pattern names.

    Fields that it doesn't name count for nothing, one that isn't there matches `exists: false`
    alone, and of an array in the event one value is enough. Values are compared as they are
    written: 300 isn't 300.0 ("EventBridge event patterns", considerations).
    """
    there: Mapping[str, Any] = event if isinstance(event, Mapping) else {}
    for name, expected in pattern.items():
        if name == "$or":
            if not any(matches(one, event) for one in expected):
                return False
        elif isinstance(expected, Mapping):
            if not matches(expected, there.get(name)):
                return False
        elif not _field_matches(expected, there, name):
            return False
    return True


def _field_matches(expected: Sequence[Any], event: Mapping[str, Any], name: str) -> bool:
    if name not in event:
        return any(isinstance(one, Mapping) and one.get("exists") is False for one in expected)
    found = event[name]
    values = found if isinstance(found, list) else [found]
    return any(_meets(one, value) for one in expected for value in values)


def _meets(expected: Any, value: Any) -> bool:
    if not isinstance(expected, Mapping):
        # 1, 1.0 and true are equal to Python alone
        return json.dumps(expected) == json.dumps(value)
    ((operator, operand),) = expected.items()
    if operator == "exists":
        # only values exist, not what holds others
        return bool(operand) and not isinstance(value, Mapping)
    return _OPERATORS[operator](operand, value)


def _starts(operand: Any, value: Any) -> bool:
    if not isinstance(value, str):
        return False
    if isinstance(operand, Mapping):
        wanted = str(operand["equals-ignore-case"]).lower()
        return value.lower().startswith(wanted)
    return value.startswith(operand)


def _ends(operand: Any, value: Any) -> bool:
    if not isinstance(value, str):
        return False
    if isinstance(operand, Mapping):
        return value.lower().endswith(str(operand["equals-ignore-case"]).lower())
    return value.endswith(operand)


def _is_ignoring_case(operand: Any, value: Any) -> bool:
    return isinstance(value, str) and value.lower() == operand.lower()


def _is_like(operand: str, value: Any) -> bool:
    if not isinstance(value, str):
        return False
    # an asterisk, and a backslash before one that is meant
    parts = re.findall(r"\\[*\\]|\*|[^*\\]+|\\", operand)
    text = "".join(".*" if part == "*" else re.escape(re.sub(r"\\(.)", r"\1", part))
                   for part in parts)  # fmt: skip
    return re.fullmatch(text, value, re.DOTALL) is not None


def _is_other(operand: Any, value: Any) -> bool:
    if isinstance(operand, Mapping):
        ((operator, given),) = operand.items()
        wanted = given if isinstance(given, list) else [given]
        return not any(_OPERATORS[operator](one, value) for one in wanted)
    wanted = operand if isinstance(operand, list) else [operand]
    return not any(_meets(one, value) for one in wanted)


def _is_in_range(operand: Sequence[Any], value: Any) -> bool:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return False
    pairs = zip(operand[::2], operand[1::2], strict=True)
    return all(_NUMERIC[sign](value, bound) for sign, bound in pairs)


def _is_in_network(operand: str, value: Any) -> bool:
    try:
        return ipaddress.ip_address(value) in ipaddress.ip_network(operand, strict=False)
    except ValueError:
        return False


_OPERATORS: Mapping[str, Callable[[Any, Any], bool]] = {
    "prefix": _starts,
    "suffix": _ends,
    "equals-ignore-case": _is_ignoring_case,
    "wildcard": _is_like,
    "anything-but": _is_other,
    "numeric": _is_in_range,
    "cidr": _is_in_network,
}


def check_pattern(pattern: Any, *, where: str) -> None:
    """Raises `ValueError` for what EventBridge refuses."""
    if not isinstance(pattern, Mapping) or not pattern:
        raise ValueError(f"{where}: expected fields and their values, got {pattern!r}")
    for name, expected in pattern.items():
        place = f"{where}.{name}"
        if name == "$or":
            _check_or(expected, place)
        elif isinstance(expected, Mapping):
            check_pattern(expected, where=place)
        elif not isinstance(expected, list | tuple) or not expected:
            raise ValueError(f"{place}: expected a list of values, got {expected!r}")
        else:
            for value in expected:
                _check_value(value, place)


def _check_or(expected: Any, where: str) -> None:
    if not isinstance(expected, list | tuple) or len(expected) < 2:
        raise ValueError(f"{where}: expected a list of two patterns or more, got {expected!r}")
    for one in expected:
        check_pattern(one, where=where)


def _check_value(value: Any, where: str) -> None:
    if isinstance(value, list | tuple):
        raise _wrong(where, "text, numbers or booleans", value)
    if not isinstance(value, Mapping):
        return
    if len(value) != 1:
        raise _wrong(where, "one comparison in each object", dict(value))
    ((operator, operand),) = value.items()
    if operator != "exists" and operator not in _OPERATORS:
        known = ", ".join(["exists", *_OPERATORS])
        raise _wrong(where, f"one of the comparisons {known}", operator)
    _CHECKS[operator](operand, f"{where}.{operator}")


def _check_exists(operand: Any, where: str) -> None:
    if not isinstance(operand, bool):
        raise _wrong(where, "true or false", operand)


def _check_text(operand: Any, where: str) -> None:
    if not isinstance(operand, str):
        raise _wrong(where, "text", operand)


def _check_end(operand: Any, where: str) -> None:
    if isinstance(operand, Mapping) and set(operand) == {"equals-ignore-case"}:
        operand = operand["equals-ignore-case"]
    _check_text(operand, where)


def _check_other(operand: Any, where: str) -> None:
    if isinstance(operand, Mapping):
        if len(operand) != 1 or next(iter(operand)) not in _NEGATED:
            raise _wrong(where, f"one of {', '.join(_NEGATED)}", dict(operand))
        ((operator, given),) = operand.items()
        for one in given if isinstance(given, list) else [given]:
            _CHECKS[operator](one, f"{where}.{operator}")
        return
    for one in operand if isinstance(operand, list) else [operand]:
        if isinstance(one, bool) or not isinstance(one, str | int | float):
            raise _wrong(where, "texts or numbers", one)


def _check_numeric(operand: Any, where: str) -> None:
    if not isinstance(operand, list) or len(operand) not in (2, 4):
        raise _wrong(where, "a comparison and a number, or two of both", operand)
    for sign, bound in zip(operand[::2], operand[1::2], strict=True):
        if sign not in _NUMERIC:
            raise _wrong(where, f"one of {', '.join(_NUMERIC)}", sign)
        if isinstance(bound, bool) or not isinstance(bound, int | float):
            raise _wrong(where, "a number", bound)
        if abs(bound) > _LARGEST:
            raise _wrong(where, "a number from -5.0e9 to 5.0e9", bound)


def _check_network(operand: Any, where: str) -> None:
    try:
        ipaddress.ip_network(operand, strict=False)
    except ValueError:
        raise _wrong(where, "a range of addresses such as 10.0.0.0/24", operand) from None


def _wrong(where: str, expected: str, got: Any) -> ValueError:
    return ValueError(f"{where}: expected {expected}, got {got!r}")


_CHECKS: Mapping[str, Callable[[Any, str], None]] = {
    "exists": _check_exists,
    "prefix": _check_end,
    "suffix": _check_end,
    "equals-ignore-case": _check_text,
    "wildcard": _check_text,
    "anything-but": _check_other,
    "numeric": _check_numeric,
    "cidr": _check_network,
}
