"""How large a value is as JSON text, without writing it for every state.

Each value in flight carries an upper bound of its size in UTF-8 bytes. A state's compiled fields
say how the bound grows, as `input bound * factor + constant`; only where the bound passes the quota
is the value encoded and counted (a count at every state costs four fifths of the speed).
"""

from __future__ import annotations

import json
import re
from typing import NamedTuple

from simulator.asl.model import JSON

# beyond every quota: forces an exact count
UNKNOWN = 1 << 62

# no wildcard, filter, slice or descent: what it finds is part of what it searches
_PART = re.compile(r"\$(\.[A-Za-z_][A-Za-z_0-9]*|\['[^'\\]*'\]|\[\d+\])*")
_ITEM = re.compile(r"\$\$\.Map\.Item\.(Value|Index)(\.[A-Za-z_][A-Za-z_0-9]*)*")
_NUMBER_BYTES = 32
_SMALL_RESULT = re.compile(r"States\.(MathAdd|MathRandom|ArrayLength|ArrayContains|UUID)\(")
_SMALL_BYTES = 64


class Growth(NamedTuple):
    """A bound of an output: the input's bound times `factor`, plus `constant`."""

    factor: int
    constant: int

    def after(self, before: Growth) -> Growth:
        """Bound of this, applied to what `before` gives."""
        return Growth(
            self.factor * before.factor, min(UNKNOWN, self.factor * before.constant + self.constant)
        )

    def plus(self, other: Growth) -> Growth:
        """Bound of a value that holds both."""
        return Growth(self.factor + other.factor, min(UNKNOWN, self.constant + other.constant))


SAME = Growth(1, 0)
UNBOUNDED = Growth(0, UNKNOWN)


def compact_json(value: JSON) -> str:
    """State data as compact JSON text; AWS's messages write floats otherwise (`javatext`)."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def size_of(value: JSON) -> int:
    """Exact bytes of a value as compact JSON text in UTF-8."""
    text = compact_json(value)
    return len(text) if text.isascii() else len(text.encode("utf-8", "surrogatepass"))


def path_growth(text: str | None) -> Growth:
    """Growth of InputPath, OutputPath and of a payload template's path."""
    if text is None:
        return Growth(0, 2)
    if _PART.fullmatch(text) or _ITEM.fullmatch(text):
        # 32: an index out of the Context Object
        return Growth(1, _NUMBER_BYTES if text.startswith("$$") else 0)
    return UNBOUNDED


def template_growth(template: JSON) -> Growth:
    """Growth of a payload template (Parameters, ResultSelector, ItemSelector)."""
    if isinstance(template, dict):
        total = Growth(0, 2)
        for key, item in template.items():
            total = total.plus(Growth(0, size_of(key) + 2))
            dynamic = key.endswith(".$") and isinstance(item, str)
            total = total.plus(_dynamic_growth(item) if dynamic else template_growth(item))
        return total
    if isinstance(template, list):
        total = Growth(0, 2)
        for item in template:
            total = total.plus(template_growth(item)).plus(Growth(0, 1))
        return total
    return Growth(0, size_of(template))


def _dynamic_growth(text: str) -> Growth:
    if text.startswith("$"):
        return path_growth(text)
    if _SMALL_RESULT.match(text):
        return Growth(0, _SMALL_BYTES)
    return UNBOUNDED


def result_path_growth(text: str | None, result: Growth) -> Growth:
    """Growth of ResultPath, given that of the result it places (both of the state's input)."""
    if text is None:
        return SAME
    if text == "$":
        return result
    # the path's own keys and braces, with every character escaped
    return SAME.plus(result).plus(Growth(0, 6 * len(text) + 8))
