"""JSONata in definitions: text between `{%` and `%}` is an expression, all else stands as it is.

The language itself is the package jsonata-python's; here are AWS's rules around it: what `$states`
holds, the functions that Step Functions adds, time and chance from the simulation, and the words of
States.QueryEvaluationError (all recorded; developer guide, "Transforming data with JSONata in Step
Functions").
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import Any, TypeAlias

from simulator.asl.context import ContextObject
from simulator.asl.errors import ASLError, QueryEvaluationError
from simulator.asl.javatext import json_text
from simulator.asl.jsonata_functions import bindings
from simulator.asl.model import JSON

# (state's raw input, context) -> value
Evaluate: TypeAlias = Callable[[JSON, ContextObject], JSON]

_KINDS: dict[type, str] = {
    bool: "boolean",
    int: "number",
    float: "number",
    str: "string",
    list: "array",
    dict: "object",
    type(None): "null",
}
# what fails inside an expression otherwise than by a JSONata error, by JSONata's codes
_CODES: dict[type[Exception], str] = {
    ZeroDivisionError: "D1001: Number out of range: Infinity",
    OverflowError: "D1001: Number out of range: Infinity",
    RecursionError: "U1001: Stack overflow error. Check for non-terminating recursive function",
}


class ExpressionSyntaxError(ASLError):
    """Text between `{%` and `%}` that is no JSONata."""


def is_expression(value: JSON) -> bool:
    """Whether a value is the text of an expression: nothing may stand around the brackets."""
    return type(value) is str and value.startswith("{%") and value.endswith("%}")


def has_expression(value: JSON) -> bool:
    """Whether an expression stands anywhere in a value."""
    if isinstance(value, dict):
        return any(has_expression(one) for one in value.values())
    if type(value) is list:
        return any(has_expression(one) for one in value)
    return is_expression(value)


def check_expression(text: str) -> None:
    """Raise `ExpressionSyntaxError` where an expression cannot be parsed."""
    _parse(_inner(text))


def compile_value(value: JSON, field: str) -> Evaluate:
    """Return `evaluate(state_input, context)`: `value` with the expressions in it evaluated.

    `field` is where it stands, such as "Arguments"; AWS names the place of an expression after it
    ("Arguments/FunctionName"). `evaluate` raises `QueryEvaluationError`.
    """
    return _compile(value, field) or (lambda _input, _context: value)


def expected(value: JSON, kind: str, *, text: JSON, field: str) -> JSON:
    """`value`, which has to be of JSONata's type `kind`; `text` is the field as it was written."""
    if _KINDS[type(value)] == kind:
        return value
    shown = (
        f"The JSONata expression '{_inner(text)}' specified for the"
        if is_expression(text)
        else (f"The value '{json_text(text)}' specified for the")
    )
    raise QueryEvaluationError(
        f"{shown} field '{field}' returned an unexpected result type. Expected '{kind}', but was "
        f"'{_KINDS[type(value)]}' for value: {json_text(value)}",
        field,
    )


def _compile(value: JSON, field: str) -> Evaluate | None:
    """None for a part without an expression."""
    if is_expression(value):
        return _compile_expression(_inner(value), field)
    if isinstance(value, dict):
        members = {name: _compile(one, f"{field}/{name}") for name, one in value.items()}
        if not any(members.values()):
            return None
        return lambda given, context: {
            name: value[name] if part is None else part(given, context)
            for name, part in members.items()
        }
    if type(value) is list:
        parts = [_compile(one, f"{field}[{number}]") for number, one in enumerate(value)]
        if not any(parts):
            return None
        return lambda given, context: [
            one if part is None else part(given, context)
            for one, part in zip(value, parts, strict=True)
        ]
    return None


def _inner(text: str) -> str:
    return text[2:-2].strip()


def _compile_expression(text: str, field: str) -> Evaluate:
    expression = _parse(text)
    named = f"The JSONata expression '{text}' specified for the field '{field}'"

    def evaluate(given: JSON, context: ContextObject) -> JSON:
        try:
            found = expression.evaluate(None, bindings(given, context))
        except Exception as error:  # noqa: BLE001 - whatever an expression raises is its failure
            reason = f"threw an error during evaluation. {_reason(error)}"
            raise QueryEvaluationError(f"{named} {reason}", field) from None
        if found is None:
            raise QueryEvaluationError(f"{named} returned nothing (undefined).", field)
        try:
            return _plain(found)
        except TypeError:
            raise QueryEvaluationError(
                f"{named} returned an unsupported result type.", field
            ) from (None)

    return evaluate


def _parse(text: str) -> Any:
    module = _package()
    try:
        expression = module.Jsonata(text)
    except Exception as error:  # noqa: BLE001 - the parser raises whatever it meets
        raise ExpressionSyntaxError(_reason(error)) from None
    # nulls stay apart from what is undefined, and JSON needs no second look
    expression.set_output_convert_nulls(False)
    expression.set_validate_input(False)
    return expression


def _package() -> Any:
    """The package, loaded by the first definition that has JSONata in it."""
    if "jsonata" not in sys.modules:
        # it raises the process's recursion limit, which is not its to set
        limit = sys.getrecursionlimit()
        import jsonata

        sys.setrecursionlimit(limit)
        return jsonata
    return sys.modules["jsonata"]


def _reason(error: Exception) -> str:
    code = getattr(error, "error", None)
    if isinstance(code, str):
        return f"{code}: {error}"
    for kind, words in _CODES.items():
        if isinstance(error, kind):
            return words
    return f"D3030: {error}"


def _plain(value: Any) -> JSON:
    """A result as JSON: the package's lists and its null are its own. Raises TypeError for a
    function or a pattern."""
    kind = type(value)
    if kind in (str, int, bool) or value is None:
        return value
    if kind is float:
        return int(value) if value.is_integer() and abs(value) < 1e15 else value
    if isinstance(value, list):
        return [_plain(one) for one in value]
    if isinstance(value, dict):
        return {name: _plain(one) for name, one in value.items()}
    if kind.__name__ == "NullValue":
        return None
    raise TypeError(kind.__name__)
