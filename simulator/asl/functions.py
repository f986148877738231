"""The 18 intrinsic functions, each `function(context, *arguments)`.

Rules are the developer guide's ("Intrinsic functions"); where a recording differs, its rule is
said. What a function cannot take raises `BadArgument`.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import json
import math
import re
from collections.abc import Callable, Mapping

from simulator.asl.context import ContextObject
from simulator.asl.errors import ASLError
from simulator.asl.filters import same
from simulator.asl.javatext import display, json_text
from simulator.asl.model import JSON
from simulator.asl.positions import load_strict

# "ArrayRange ... can't contain more than 1000 elements"
MAX_RANGE = 1000
# "an object string containing 10,000 or fewer characters"
MAX_TEXT = 10_000


class BadArgument(ASLError):
    """A function refuses its arguments; the text says why."""


def rounded(value: JSON) -> int:
    """A number as an integer, halves upwards, as Java's `Math.round` (recorded: -1.5 is -1)."""
    if type(value) is int:
        return value
    if type(value) is float and math.isfinite(value):
        return math.floor(value + 0.5)
    raise BadArgument(f"expected a number, got {json_text(value)}")


def _text(value: JSON) -> str:
    if type(value) is not str:
        raise BadArgument(f"expected a string, got {json_text(value)}")
    return value


def _short_text(value: JSON) -> str:
    text = _text(value)
    if len(text) > MAX_TEXT:
        raise BadArgument(f"expected at most {MAX_TEXT} characters, got {len(text)}")
    return text


def _list(value: JSON) -> list[JSON]:
    if type(value) is not list:
        raise BadArgument(f"expected an array, got {json_text(value)}")
    return value


def _array(_context: ContextObject, *values: JSON) -> JSON:
    return list(values)


def _array_partition(_context: ContextObject, values: JSON, size: JSON) -> JSON:
    array, length = _list(values), rounded(size)
    if length <= 0:
        raise BadArgument(f"expected a chunk size over 0, got {length}")
    return [array[start : start + length] for start in range(0, len(array), length)]


def _array_contains(_context: ContextObject, values: JSON, wanted: JSON) -> JSON:
    return any(same(one, wanted) for one in _list(values))


def _array_range(_context: ContextObject, first: JSON, last: JSON, step: JSON) -> JSON:
    start, stop, stride = rounded(first), rounded(last), rounded(step)
    if stride == 0:
        raise BadArgument("expected an increment other than 0")
    # the last value belongs to the range
    numbers = range(start, stop + (1 if stride > 0 else -1), stride)
    if len(numbers) > MAX_RANGE:
        raise BadArgument(f"expected at most {MAX_RANGE} elements, got {len(numbers)}")
    return list(numbers)


def _array_get_item(_context: ContextObject, values: JSON, place: JSON) -> JSON:
    array, index = _list(values), rounded(place)
    if not 0 <= index < len(array):
        raise BadArgument(f"expected an index from 0 to {len(array) - 1}, got {index}")
    return array[index]


def _array_length(_context: ContextObject, values: JSON) -> JSON:
    return len(_list(values))


def _array_unique(_context: ContextObject, values: JSON) -> JSON:
    # canonical text tells 1 from 1.0 and true apart, and takes any value as a key
    kept: dict[str, JSON] = {}
    for one in _list(values):
        kept.setdefault(json.dumps(one, sort_keys=True), one)
    return list(kept.values())


def _base64_encode(_context: ContextObject, value: JSON) -> JSON:
    return base64.b64encode(_short_text(value).encode()).decode()


def _base64_decode(_context: ContextObject, value: JSON) -> JSON:
    try:
        return base64.b64decode(_short_text(value), validate=True).decode()
    except (binascii.Error, UnicodeError, ValueError):
        raise BadArgument(f"expected Base64, got {json_text(value)}") from None


_ALGORITHMS = {
    "MD5": hashlib.md5,
    "SHA-1": hashlib.sha1,
    "SHA-256": hashlib.sha256,
    "SHA-384": hashlib.sha384,
    "SHA-512": hashlib.sha512,
}


def _hash(_context: ContextObject, value: JSON, algorithm: JSON) -> JSON:
    make = _ALGORITHMS.get(_text(algorithm))
    if make is None:
        raise BadArgument(f"expected one of {list(_ALGORITHMS)}, got {algorithm}")
    return make(_short_text(value).encode()).hexdigest()


def _json_merge(_context: ContextObject, left: JSON, right: JSON, deep: JSON) -> JSON:
    if not isinstance(left, dict) or not isinstance(right, dict):
        raise BadArgument("expected two objects")
    if deep is not False:
        # "Step Functions only supports the shallow merging mode ... specify the boolean false"
        raise BadArgument(f"expected false (a shallow merge), got {json_text(deep)}")
    return {**left, **right}


def _string_to_json(_context: ContextObject, value: JSON) -> JSON:
    text = _text(value)
    if not text.strip():
        # recorded: an empty or blank string gives null
        return None
    try:
        return load_strict(text)
    except (ValueError, RecursionError):
        raise BadArgument(f"expected JSON text, got {text}") from None


def _json_to_string(_context: ContextObject, value: JSON) -> JSON:
    return json_text(value)


def _math_random(context: ContextObject, first: JSON, last: JSON, seed: JSON | None = None) -> JSON:
    start, stop = rounded(first), rounded(last)
    if start >= stop:
        raise BadArgument(f"expected a start under the end {stop}, got {start}")
    if seed is None:
        chance = context.draw("MathRandom")
    else:
        chance = hashlib.sha256(f"MathRandom {rounded(seed)}".encode()).digest()
    return start + int.from_bytes(chance, "big") % (stop - start)


def _math_add(_context: ContextObject, left: JSON, right: JSON) -> JSON:
    return rounded(left) + rounded(right)


def _string_split(_context: ContextObject, value: JSON, separators: JSON) -> JSON:
    """Splits at each character of `separators` and drops empty parts (recorded)."""
    text, letters = _text(value), _text(separators)
    if not letters:
        return [text] if text else []
    return [part for part in re.split(f"[{re.escape(letters)}]", text) if part]


def _uuid(context: ContextObject) -> JSON:
    """Version 4, from the simulation's chance."""
    number = int.from_bytes(context.draw("UUID")[:16], "big")
    number = number & ~(0xF << 76) | 4 << 76
    number = number & ~(0x3 << 62) | 0x2 << 62
    digits = f"{number:032x}"
    return "-".join((digits[:8], digits[8:12], digits[12:16], digits[16:20], digits[20:]))


_FORMAT_PART = re.compile(r"\\(.)|(\{\})", re.DOTALL)


def _format(_context: ContextObject, template: JSON, *values: JSON) -> JSON:
    """Puts the values where `{}` stands; a backslash makes the next character plain."""
    text = _text(template)
    places = sum(match[2] is not None for match in _FORMAT_PART.finditer(text))
    if places != len(values):
        raise BadArgument(f"expected {places} arguments after the template, got {len(values)}")
    rest = iter(values)
    return _FORMAT_PART.sub(
        lambda match: match[1] if match[2] is None else display(next(rest)), text
    )


FUNCTIONS: Mapping[str, Callable[..., JSON]] = {
    "Array": _array,
    "ArrayContains": _array_contains,
    "ArrayGetItem": _array_get_item,
    "ArrayLength": _array_length,
    "ArrayPartition": _array_partition,
    "ArrayRange": _array_range,
    "ArrayUnique": _array_unique,
    "Base64Decode": _base64_decode,
    "Base64Encode": _base64_encode,
    "Format": _format,
    "Hash": _hash,
    "JsonMerge": _json_merge,
    "JsonToString": _json_to_string,
    "MathAdd": _math_add,
    "MathRandom": _math_random,
    "StringSplit": _string_split,
    "StringToJson": _string_to_json,
    "UUID": _uuid,
}

# how many arguments each takes, at least and at most
ARGUMENT_COUNTS: Mapping[str, tuple[int, int]] = {
    "Array": (0, 1000),
    "ArrayContains": (2, 2),
    "ArrayGetItem": (2, 2),
    "ArrayLength": (1, 1),
    "ArrayPartition": (2, 2),
    "ArrayRange": (3, 3),
    "ArrayUnique": (1, 1),
    "Base64Decode": (1, 1),
    "Base64Encode": (1, 1),
    "Format": (1, 1000),
    "Hash": (2, 2),
    "JsonMerge": (3, 3),
    "JsonToString": (1, 1),
    "MathAdd": (2, 2),
    "MathRandom": (2, 3),
    "StringSplit": (2, 2),
    "StringToJson": (1, 1),
    "UUID": (0, 0),
}
# the functions whose answer depends on chance
DRAWING = ("States.UUID", "States.MathRandom")
