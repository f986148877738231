"""Payload templates: Parameters, ResultSelector, ItemSelector. A field whose name ends in ".$" is
computed from a path or an intrinsic call; everything else is copied as it stands."""

from __future__ import annotations

import re

from simulator.asl.context import ContextObject
from simulator.asl.errors import StatesError
from simulator.asl.functions import DRAWING
from simulator.asl.intrinsics import compile_call
from simulator.asl.javatext import json_text
from simulator.asl.jsonpath import Length, parse_path
from simulator.asl.model import JSON
from simulator.asl.paths import Getter, PathMissing, compile_path

# also where it is a literal's text: a context too many costs nothing but time
_VARIABLE = re.compile(r"\$[^\W\d]")


def compile_expression(text: str) -> Getter:
    """A path or an intrinsic call; raises `PathSyntaxError` or `CallSyntaxError`."""
    return compile_path(text) if text.startswith("$") else compile_call(text)


def compile_template(template: JSON) -> Getter:
    """Return `fill(data, context)`, the template with its ".$" fields computed.

    `fill` raises `StatesError` States.Runtime where a path finds nothing (recorded: "The JSONPath
    '$.x' specified for the field 'value.$' could not be found in the input '...'"), and
    States.IntrinsicFailure; `compile_template` raises `PathSyntaxError` and `CallSyntaxError`.
    Parts without a ".$" field are shared between results, so results must not be mutated.
    """
    return _compile(template) or (lambda _data, _context: template)


def _compile(template: JSON) -> Getter | None:
    """None for a part that has no field to compute."""
    if isinstance(template, dict):
        return _compile_object(template)
    if type(template) is list:
        return _compile_array(template)
    return None


def _compile_object(template: dict[str, JSON]) -> Getter | None:
    frame: dict[str, JSON] = {}
    computed: list[tuple[str, Getter]] = []
    for name, value in template.items():
        if name.endswith(".$"):
            frame[name[:-2]] = None
            computed.append((name[:-2], _compile_field(name, value)))
            continue
        frame[name] = value
        part = _compile(value)
        if part is not None:
            computed.append((name, part))
    if not computed:
        return None
    if len(frame) == 1:
        key, get = computed[0]
        return lambda data, context: {key: get(data, context)}

    def fill(data: JSON, context: ContextObject) -> JSON:
        # the frame keeps the order of the template's fields
        result = frame.copy()
        for name, get_value in computed:
            result[name] = get_value(data, context)
        return result

    return fill


def _compile_array(template: list[JSON]) -> Getter | None:
    parts = [_compile(value) for value in template]
    if not any(parts):
        return None

    def fill(data: JSON, context: ContextObject) -> JSON:
        return [
            value if part is None else part(data, context)
            for value, part in zip(template, parts, strict=True)
        ]

    return fill


def _compile_field(name: str, value: JSON) -> Getter:
    assert type(value) is str, "the validator lets only strings pass here"
    if not value.startswith("$"):
        return compile_call(value)
    get_value = compile_path(value)
    path = parse_path(value)
    is_list = not path.is_definite and not isinstance(path.steps[-1], Length)

    def get(data: JSON, context: ContextObject) -> JSON:
        try:
            return get_value(data, context)
        except PathMissing as error:
            if is_list:
                # recorded: a wildcard or slice of what is missing is an empty array in a template
                return []
            if error.is_past_end:
                # as on AWS: an index past the end of an array is null here, and a miss elsewhere
                return None
            raise not_found(error, field=name, data=data) from None

    return get


def not_found(error: PathMissing, *, field: str, data: JSON) -> StatesError:
    """The miss in AWS's words for templates, ErrorPath and CausePath (recorded)."""
    return StatesError(
        "States.Runtime",
        f"The JSONPath '{error.path}' specified for the field '{field}' could not be found in the "
        f"input '{json_text(data)}'",
    )


def needs_context(value: JSON) -> bool:
    """Whether a path, call or template reads the Context Object or a variable, or draws chance."""
    if type(value) is str:
        return (
            "$$" in value
            or _VARIABLE.search(value) is not None
            or any(name in value for name in DRAWING)
        )
    if isinstance(value, dict):
        return any(
            needs_context(one)
            for name, one in value.items()
            if name.endswith(".$") or type(one) is not str
        )
    return type(value) is list and any(needs_context(one) for one in value if type(one) is not str)
