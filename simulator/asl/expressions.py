"""Checks of paths, intrinsic calls and payload templates inside a definition."""

from __future__ import annotations

import re

from simulator.asl.findings import Report, is_type
from simulator.asl.intrinsics import CallSyntaxError, parse_call
from simulator.asl.jsonpath import PathSyntaxError, parse_path
from simulator.asl.model import JSON

VARIABLES = "variables (Assign)"

# "$name" is a variable, "$.name" a path, "$$.name" a path of the Context Object
_VARIABLE = re.compile(r"\$[A-Za-z_]")
_QUOTED = re.compile(r"'(?:[^'\\]|\\.)*'")
# the developer guide, "Fail workflow state": those that return a string
_TEXT_FUNCTIONS = frozenset(
    {"Format", "JsonToString", "ArrayGetItem", "Base64Encode", "Base64Decode", "Hash", "UUID"}
)


def reads_variable(text: str) -> bool:
    """Whether a path or call reads a variable."""
    return _VARIABLE.search(_QUOTED.sub("", text)) is not None


def check_path(
    report: Report, value: JSON, location: str, *, state: str, may_be_null: bool = False
) -> None:
    """A full JSONPath, or null where the field may be."""
    if (value is None and may_be_null) or not is_type(report, value, "String", location):
        return
    if _VARIABLE.match(value):
        report.lacks(VARIABLES, location, state=state)
        return
    try:
        path = parse_path(value)
    except PathSyntaxError:
        path = None
    if path is None or path.root == "@":
        report.schema("Value must be a valid JSONPath.", location)


def check_reference(
    report: Report,
    value: JSON,
    location: str,
    *,
    state: str,
    may_be_null: bool = False,
    is_target: bool = False,
) -> None:
    """A Reference Path: names and indexes only. `is_target` is a ResultPath, which puts something
    into the state's data and so knows no Context Object."""
    if (value is None and may_be_null) or not is_type(report, value, "String", location):
        return
    if not value.startswith("$"):
        report.schema(
            "Value is not a Reference Path: Reference path didn't start with '$'", location
        )
        return
    if _VARIABLE.match(value) and not is_target:
        report.lacks(VARIABLES, location, state=state)
        return
    try:
        path = parse_path(value)
    except PathSyntaxError as error:
        report.schema(f"Value is not a Reference Path: {error}", location)
        return
    if is_target and path.root != "$":
        report.schema("Value is not a Reference Path: the Context Object is read-only", location)
    elif not path.is_reference:
        report.schema("Value is not a Reference Path", location)


def check_expression(
    report: Report, value: JSON, location: str, *, state: str, field: str, at: str
) -> None:
    """A path or an intrinsic call, the value of a `x.$` field."""
    if _is_expression(report, value, at, state=state):
        return
    report.schema(
        f"The value for the field '{field}' must be a valid JSONPath or a valid intrinsic function "
        "call",
        location,
        at=at,
    )


def check_text_expression(
    report: Report, value: JSON, location: str, *, state: str, field: str
) -> None:
    """ErrorPath and CausePath: a path, or a call that gives a string."""
    check_expression(report, value, location, state=state, field=field, at=location)
    if type(value) is str and not value.startswith("$"):
        try:
            name = parse_call(value).name
        except CallSyntaxError:
            return
        if name not in _TEXT_FUNCTIONS:
            report.schema(
                f"The value for the field '{field}' must be a valid JSONPath or a valid intrinsic "
                "function call",
                location,
            )


def _is_expression(report: Report, value: JSON, at: str, *, state: str) -> bool:
    if type(value) is not str:
        return False
    try:
        if value.startswith("$"):
            return parse_path(value).root != "@"
        parse_call(value)
    except (PathSyntaxError, CallSyntaxError):
        if reads_variable(value):
            report.lacks(VARIABLES, at, state=state)
            return True
        return False
    return True


def check_template(report: Report, value: JSON, location: str, *, state: str) -> None:
    """A payload template: every field named `x.$`, at any depth. AWS's location is the object that
    holds the field."""
    if isinstance(value, dict):
        for name, member in value.items():
            below = f"{location}/{name}"
            if name.endswith(".$"):
                if name[:-2] in value:
                    report.schema(
                        f"The fields '{name[:-2]}' and '{name}' stand for the same field",
                        location,
                        at=below,
                    )
                check_expression(report, member, location, state=state, field=name, at=below)
            else:
                check_template(report, member, below, state=state)
    elif type(value) is list:
        for number, member in enumerate(value):
            check_template(report, member, f"{location}[{number}]", state=state)
