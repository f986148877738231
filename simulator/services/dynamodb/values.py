"""Attribute values: `{"S": "text"}`, `{"N": "1.5"}` and so on, checked, compared and measured.

"Supported data types and naming rules in Amazon DynamoDB" has the types, their limits and their
sizes. A value here is always one that `checked` has made, and is never changed in place.
"""

from __future__ import annotations

import decimal
from collections.abc import Mapping
from decimal import Decimal
from typing import Any, TypeAlias

from simulator.services.api import ServiceError

Value: TypeAlias = dict[str, Any]
Item: TypeAlias = dict[str, Value]

SCALARS = ("S", "N", "B")
SETS = {"SS": "S", "NS": "N", "BS": "B"}
# "up to 38 digits of precision ... 1E-130 to 9.99E+125" in magnitude
_DIGITS, _SMALLEST, _LARGEST = 38, -130, 125
_CONTEXT = decimal.Context(prec=_DIGITS, traps=[])
# "The maximum item size in DynamoDB is 400 KB, which includes both attribute name binary length
# and attribute value lengths"
MOST_BYTES = 400 * 1024
_MOST_NESTED = 32


def invalid(message: str) -> ServiceError:
    """A ValidationException."""
    return ServiceError("ValidationException", message)


def bad_value(message: str) -> ServiceError:
    """What DynamoDB says of a value that it does not take."""
    return invalid(f"One or more parameter values were invalid: {message}")


def checked_item(given: Mapping[str, Any]) -> Item:
    """An item as it is kept."""
    return {name: checked(value) for name, value in given.items()}


def checked(given: Any, *, depth: int = 0) -> Value:
    """A value as it is kept: its number normalised, everything in it checked."""
    if not isinstance(given, Mapping) or len(given) != 1:
        told = "must contain exactly one of the supported datatypes"
        raise invalid(f"Supplied AttributeValue has more than one datatypes set, {told}" if given
                      else f"Supplied AttributeValue is empty, {told}")  # fmt: skip
    if depth > _MOST_NESTED:
        raise invalid("Nesting Levels have exceeded supported limits")
    ((kind, content),) = given.items()
    if kind == "M":
        return {kind: {name: checked(one, depth=depth + 1) for name, one in content.items()}}
    if kind == "L":
        return {kind: [checked(one, depth=depth + 1) for one in content]}
    if kind in SETS:
        return {kind: _set(kind, content)}
    if kind == "NULL" and content is not True:
        raise bad_value("Null attribute value types must have the value of true")
    return {kind: _scalar(kind, content)}


def _set(kind: str, content: Any) -> list[Any]:
    if not content:
        raise bad_value(f"An {'string' if kind == 'SS' else 'number'} set  may not be empty")
    members = [_scalar(SETS[kind], one) for one in content]
    if len({_identity(SETS[kind], one) for one in members}) != len(members):
        raise bad_value(f"Input collection {list(content)} contains duplicates.")
    return members


def _scalar(kind: str, content: Any) -> Any:
    if kind in ("S", "N") and not isinstance(content, str):
        found = "NUMBER_VALUE" if isinstance(content, int | float) else "STRUCT_VALUE"
        raise ServiceError("SerializationException", f"{found} cannot be converted to String")
    if kind == "N":
        return number_text(_number(content))
    return bytes(content) if kind == "B" else content


def _number(text: str) -> Decimal:
    try:
        number = Decimal(text)
    except decimal.InvalidOperation:
        number = Decimal("NaN")
    if not number.is_finite() or text != text.strip():
        raise bad_value(f"The parameter cannot be converted to a numeric value: {text}")
    number = number.normalize(decimal.Context(prec=200))
    if len(number.as_tuple().digits) > _DIGITS:
        raise bad_value("Attempting to store more than 38 significant digits in a Number")
    if number and not _SMALLEST <= number.adjusted() <= _LARGEST:
        told = "overflow" if number.adjusted() > 0 else "underflow"
        size = "larger" if told == "overflow" else "smaller"
        raise bad_value(f"Number {told}. Attempting to store a number with magnitude {size} than "
                        "supported range")  # fmt: skip
    return number


def number_text(number: Decimal) -> str:
    """A number as DynamoDB gives it back: 1.50 is 1.5, 1E+2 is 100."""
    number = number.normalize(_CONTEXT)
    return format(number, "f") if number else "0"


def sum_of(left: Value, right: Value, *, is_minus: bool = False) -> Value:
    """The sum, or difference, of two numbers."""
    one, other = Decimal(left["N"]), Decimal(right["N"])
    made = _CONTEXT.subtract(one, other) if is_minus else _CONTEXT.add(one, other)
    return {"N": number_text(_number(str(made)))}


def kind_of(value: Value) -> str:
    """A value's type."""
    return next(iter(value))


def order_of(value: Value) -> Any:
    """What a scalar is ordered by: text by its UTF-8, numbers as numbers, bytes as they are."""
    ((kind, content),) = value.items()
    if kind == "N":
        return Decimal(content)
    return content.encode() if kind == "S" else content


def are_equal(one: Value, other: Value) -> bool:
    """Whether two values are of one type and the same."""
    return bool(identity(one) == identity(other))


def identity(value: Value) -> Any:
    """Something hashable that is the same for equal values, sets in any order."""
    ((kind, content),) = value.items()
    if kind == "M":
        return kind, frozenset((name, identity(one)) for name, one in content.items())
    if kind == "L":
        return kind, tuple(identity(one) for one in content)
    if kind in SETS:
        return kind, frozenset(_identity(SETS[kind], one) for one in content)
    return kind, _identity(kind, content)


def _identity(kind: str, content: Any) -> Any:
    return Decimal(content) if kind == "N" else content


def size_of(item: Item) -> int:
    """An item's size in bytes ("DynamoDB item sizes and formats")."""
    return sum(len(name.encode()) + _size(value) for name, value in item.items())


def _size(value: Value) -> int:
    ((kind, content),) = value.items()
    if kind in SETS:
        return sum(_size({SETS[kind]: one}) for one in content)
    if kind == "M":
        return 3 + sum(len(name.encode()) + 1 + _size(one) for name, one in content.items())
    if kind == "L":
        return 3 + sum(1 + _size(one) for one in content)
    if kind == "N":
        digits = content.replace("-", "").replace(".", "").strip("0")
        return 1 + (len(digits) + 1) // 2 + int(content.startswith("-"))
    if kind in ("BOOL", "NULL"):
        return 1
    return len(content.encode() if kind == "S" else content)


def of_json(value: Any) -> Value:
    """The value that plain JSON stands for, as a document client writes it."""
    match value:
        case None:
            return {"NULL": True}
        case bool():
            return {"BOOL": value}
        case int() | float() | Decimal():
            return checked({"N": str(value)})
        case list():
            return {"L": [of_json(one) for one in value]}
        case dict():
            return {"M": {name: of_json(one) for name, one in value.items()}}
        case _:
            return {"S": str(value)}
