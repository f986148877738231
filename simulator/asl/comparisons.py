"""Choice rules compiled to closures.

A value of another type than the operator's never matches (recorded); a Variable that finds nothing
fails the execution, except under IsPresent. A bool is no number.
"""

from __future__ import annotations

import operator as operators
import re
from collections.abc import Callable, Mapping
from typing import Any, TypeAlias, assert_never

from simulator.asl.context import ContextObject
from simulator.asl.errors import StatesError
from simulator.asl.model import JSON, And, Comparison, Not, Or, Rule
from simulator.asl.paths import Getter, PathMissing, compile_path
from simulator.asl.timestamps import timestamp_ns

Check: TypeAlias = Callable[[JSON, ContextObject], bool]
Order: TypeAlias = Callable[[Any, Any], bool]

_ORDERS: Mapping[str, Order] = {
    "Equals": operators.eq,
    "LessThan": operators.lt,
    "GreaterThan": operators.gt,
    "LessThanEquals": operators.le,
    "GreaterThanEquals": operators.ge,
}
_KINDS = ("String", "Numeric", "Timestamp")
_TYPE_TESTS: Mapping[str, Callable[[JSON], bool]] = {
    "IsNull": lambda value: value is None,
    "IsNumeric": lambda value: type(value) in (int, float),
    "IsString": lambda value: type(value) is str,
    "IsBoolean": lambda value: type(value) is bool,
    "IsTimestamp": lambda value: timestamp_ns(value) is not None,
}
_ORDERED = {f"{kind}{order}": (kind, _ORDERS[order]) for kind in _KINDS for order in _ORDERS}

# the comparison operators, without their Path forms
OPERATORS = frozenset({"BooleanEquals", "StringMatches", "IsPresent", *_TYPE_TESTS, *_ORDERED})
# those whose `...Path` form takes the other value from the data
PATH_OPERATORS = frozenset({"BooleanEquals", *_ORDERED})


def compile_rule(rule: Rule) -> Check:
    """Return `holds(data, context)` for a rule; it raises `StatesError` States.Runtime where a
    Variable or a path finds nothing."""
    match rule:
        case And(rules):
            checks = [compile_rule(one) for one in rules]
            return lambda data, context: all(check(data, context) for check in checks)
        case Or(rules):
            checks = [compile_rule(one) for one in rules]
            return lambda data, context: any(check(data, context) for check in checks)
        case Not(inner):
            check = compile_rule(inner)
            return lambda data, context: not check(data, context)
        case Comparison():
            return _compile_comparison(rule)
        case _:
            assert_never(rule)


def _compile_comparison(rule: Comparison) -> Check:
    if rule.operator == "IsPresent":
        return _compile_presence(rule)
    get = _required(rule.variable)
    if rule.is_path:
        return _compile_pair(rule.operator, get, rule.expected)
    if rule.operator in _TYPE_TESTS:
        return _compile_type_test(_TYPE_TESTS[rule.operator], get, wanted=rule.expected)
    if rule.operator == "StringMatches":
        pattern = _wildcards(rule.expected)
        return lambda data, context: _matches(pattern, get(data, context))
    if rule.operator.startswith("Numeric"):
        return _compile_numeric(_ORDERED[rule.operator][1], get, rule.expected)
    expected = rule.expected
    compare = _comparer(rule.operator)
    return lambda data, context: compare(get(data, context), expected)


def _required(path: str) -> Getter:
    get_value = compile_path(path)

    def get(data: JSON, context: ContextObject) -> JSON:
        try:
            return get_value(data, context)
        except PathMissing:
            raise StatesError(
                "States.Runtime",
                f"Invalid path '{path}': The choice state's condition path references an invalid "
                "value.",
            ) from None

    return get


def _compile_presence(rule: Comparison) -> Check:
    get, wanted = compile_path(rule.variable), rule.expected

    def holds(data: JSON, context: ContextObject) -> bool:
        try:
            get(data, context)
        except PathMissing:
            return wanted is False
        return wanted is True

    return holds


def _compile_type_test(test: Callable[[JSON], bool], get: Getter, *, wanted: JSON) -> Check:
    return lambda data, context: test(get(data, context)) is wanted


def _compile_numeric(order: Order, get: Getter, expected: JSON) -> Check:
    """A constant on the right, the commonest rule: one look at the value's type."""

    def holds(data: JSON, context: ContextObject) -> bool:
        value = get(data, context)
        kind = type(value)
        return (kind is int or kind is float) and order(value, expected)

    return holds


def _compile_pair(operator: str, get: Getter, path: str) -> Check:
    get_expected = _required(path)
    compare = _comparer(operator)
    if operator.endswith("Equals") and "Than" not in operator:
        return lambda data, context: compare(get(data, context), get_expected(data, context))
    key = _KEYS[_ORDERED[operator][0]]

    def holds(data: JSON, context: ContextObject) -> bool:
        value, expected = get(data, context), get_expected(data, context)
        if key(expected) is None:
            # as others saw it on AWS: only an order is asked for what has none
            raise StatesError("States.Runtime", f"Invalid value provided at path '{path}'")
        return compare(value, expected)

    return holds


def _comparer(operator: str) -> Callable[[JSON, JSON], bool]:
    """How two values compare; False where either is not of the operator's type."""
    if operator == "BooleanEquals":
        return lambda value, expected: (
            type(value) is bool and type(expected) is bool and value is expected
        )
    kind, order = _ORDERED[operator]
    key = _KEYS[kind]

    def compare(value: JSON, expected: JSON) -> bool:
        left, right = key(value), key(expected)
        return left is not None and right is not None and order(left, right)

    return compare


def _number_key(value: JSON) -> object:
    return value if type(value) in (int, float) else None


def _string_key(value: JSON) -> object:
    """Java orders strings by UTF-16 units; big-endian bytes order the same way."""
    return value.encode("utf-16-be", "surrogatepass") if type(value) is str else None


_KEYS: Mapping[str, Callable[[JSON], object]] = {
    "Numeric": _number_key,
    "String": _string_key,
    "Timestamp": timestamp_ns,
}


def _matches(pattern: re.Pattern[str], value: JSON) -> bool:
    return type(value) is str and pattern.fullmatch(value) is not None


def _wildcards(text: str) -> re.Pattern[str]:
    r"""`*` stands for any characters, `\*` for itself, `\\` for a backslash."""
    parts = re.findall(r"\\.|.", text, re.DOTALL)
    return re.compile(
        "".join(".*" if part == "*" else re.escape(part[-1]) for part in parts), re.DOTALL
    )
