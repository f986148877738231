"""Values as Java prints them, since AWS's interpreter is written in it.

`States.Format` shows an object as `{Arg1=1, Arg2=[]}` (recorded), and a float the way
`Double.toString` does.
"""

from __future__ import annotations

import json
from decimal import Decimal

from simulator.asl.model import JSON


def display(value: JSON) -> str:
    """`value` by Java's `toString`: strings bare, objects as `{a=1}`, null as `null`."""
    if type(value) is str:
        return value
    if isinstance(value, dict):
        return "{" + ", ".join(f"{key}={display(one)}" for key, one in value.items()) + "}"
    if type(value) is list:
        return "[" + ", ".join(map(display, value)) + "]"
    return _scalar(value)


def json_text(value: JSON) -> str:
    """Compact JSON text, floats as Java writes them."""
    if isinstance(value, dict):
        members = (f"{json_text(key)}:{json_text(one)}" for key, one in value.items())
        return "{" + ",".join(members) + "}"
    if type(value) is list:
        return "[" + ",".join(map(json_text, value)) + "]"
    if type(value) is str:
        return json.dumps(value, ensure_ascii=False)
    return _scalar(value)


def _scalar(value: JSON) -> str:
    if value is None:
        return "null"
    if type(value) is bool:
        return "true" if value else "false"
    return double_text(value) if type(value) is float else str(value)


def double_text(value: float) -> str:
    """As `Double.toString`: plain from 0.001 up to 10,000,000, else like `1.0E10`."""
    if value == 0 or 1e-3 <= abs(value) < 1e7:
        return format(Decimal(repr(value)), "f")
    sign, digits, exponent = Decimal(repr(value)).as_tuple()
    assert isinstance(exponent, int)
    text = "".join(map(str, digits)).rstrip("0")
    power = len(digits) - 1 + exponent
    return f"{'-' if sign else ''}{text[0]}.{text[1:] or '0'}E{power}"
