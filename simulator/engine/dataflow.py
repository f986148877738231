"""A state's data flow compiled to closures: InputPath, Parameters, ResultSelector, ResultPath,
OutputPath. A field that is not there costs nothing: it has no closure.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias

from simulator.asl import jsonata
from simulator.asl.context import ContextObject
from simulator.asl.model import JSON
from simulator.asl.paths import PathMissing, compile_path, compile_setter
from simulator.asl.templates import (
    compile_expression,
    compile_template,
    needs_context,
    not_found,
)

Transform: TypeAlias = Callable[[JSON, ContextObject], JSON]
Combine: TypeAlias = Callable[[JSON, JSON], JSON]


def _no_draw(kind: str) -> bytes:
    raise AssertionError(f"{kind}: a field that draws chance was compiled as one that doesn't")


# handed to fields that were found not to look at it
NO_CONTEXT = ContextObject({}, _no_draw)


def compile_filter(text: str | None) -> Transform | None:
    """InputPath or OutputPath; None where it keeps everything. A null path gives {}."""
    if text == "$":
        return None
    if text is None:
        return lambda _value, _context: {}
    return compile_path(text)


def compile_payload(template: JSON, *, is_present: bool) -> Transform | None:
    """Parameters, ResultSelector or ItemSelector; None where there is none."""
    if not is_present:
        return None
    if not _is_dynamic(template):
        return lambda _value, _context: template
    return compile_template(template)


def compile_fields(
    template: JSON, field: str, *, is_present: bool, is_jsonata: bool
) -> Transform | None:
    """A field that is a payload template, or in JSONata a value with expressions; None where it
    isn't there."""
    if is_present and is_jsonata:
        return jsonata.compile_value(template, field)
    return compile_payload(template, is_present=is_present)


def _is_dynamic(template: JSON) -> bool:
    if isinstance(template, dict):
        return any(key.endswith(".$") or _is_dynamic(item) for key, item in template.items())
    return isinstance(template, list) and any(_is_dynamic(item) for item in template)


def compile_result_path(text: str | None) -> Combine | None:
    """ResultPath; None where the result replaces the input ("$")."""
    return None if text == "$" else compile_setter(text)


def compile_field_path(text: str, field: str) -> Transform:
    """A path or intrinsic call whose field AWS names when it finds nothing.

    Recorded: "The JSONPath '$.ErrorX' specified for the field 'ErrorPath' could not be found in the
    input '...'".
    """
    get = compile_expression(text)

    def read(value: JSON, context: ContextObject) -> JSON:
        try:
            return get(value, context)
        except PathMissing as missing:
            raise not_found(missing, field=field, data=value) from None

    return read


def compose(first: Transform | None, second: Transform | None) -> Transform | None:
    """`second` after `first`; None stands for identity."""
    if first is None or second is None:
        return second if first is None else first

    def both(value: JSON, context: ContextObject) -> JSON:
        return second(first(value, context), context)

    return both


def placing(result: Transform | None, put: Combine | None) -> Transform | None:
    """What `result` makes of the input, put into the input by ResultPath."""
    if put is None:
        return result
    if result is None:
        return lambda value, _context: put(value, value)
    return lambda value, context: put(value, result(value, context))


def mentions_context(*fields: JSON) -> bool:
    """Whether any of these paths, templates or calls reads the Context Object or draws chance."""
    return any(field is not None and needs_context(field) for field in fields)
