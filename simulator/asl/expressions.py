"""Checks of paths, intrinsic calls and payload templates inside a definition."""

from __future__ import annotations

from collections.abc import Mapping

from simulator.asl.findings import Report, is_type
from simulator.asl.intrinsics import CallSyntaxError, parse_call
from simulator.asl.jsonata import ExpressionSyntaxError, is_expression
from simulator.asl.jsonata import check_expression as check_expression_text
from simulator.asl.jsonpath import PathSyntaxError, parse_path
from simulator.asl.model import JSON

# "Maximum length of 80 Unicode characters" (developer guide, "Variable name syntax")
_LONGEST_NAME = 80
# the developer guide, "Fail workflow state": those that return a string
_TEXT_FUNCTIONS = frozenset(
    {"Format", "JsonToString", "ArrayGetItem", "Base64Encode", "Base64Decode", "Hash", "UUID"}
)


def check_path(report: Report, value: JSON, location: str, *, may_be_null: bool = False) -> None:
    """A full JSONPath, or null where the field may be."""
    if (value is None and may_be_null) or not is_type(report, value, "String", location):
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
    try:
        path = parse_path(value)
    except PathSyntaxError as error:
        report.schema(f"Value is not a Reference Path: {error}", location)
        return
    if is_target and path.root != "$":
        report.schema("Value is not a Reference Path: the Context Object is read-only", location)
    elif not path.is_reference:
        report.schema("Value is not a Reference Path", location)


def check_expression(report: Report, value: JSON, location: str, *, field: str, at: str) -> None:
    """A path or an intrinsic call, the value of a `x.$` field."""
    if _is_path_or_call(value):
        return
    report.schema(
        f"The value for the field '{field}' must be a valid JSONPath or a valid intrinsic function "
        "call",
        location,
        at=at,
    )


def check_text_expression(report: Report, value: JSON, location: str, *, field: str) -> None:
    """ErrorPath and CausePath: a path, or a call that gives a string."""
    check_expression(report, value, location, field=field, at=location)
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


def _is_path_or_call(value: JSON) -> bool:
    if type(value) is not str:
        return False
    try:
        if value.startswith("$"):
            return parse_path(value).root != "@"
        parse_call(value)
    except (PathSyntaxError, CallSyntaxError):
        return False
    return True


def check_template(report: Report, value: JSON, location: str) -> None:
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
                check_expression(report, member, location, field=name, at=below)
            else:
                check_template(report, member, below)
    elif type(value) is list:
        for number, member in enumerate(value):
            check_template(report, member, f"{location}[{number}]")


def check_assign(report: Report, value: JSON, location: str, *, language: str) -> None:
    """The field Assign: variables by their names, each a value or what computes it."""
    if not is_type(report, value, "Object", location):
        return
    if language == "JSONata":
        check_jsonata(report, value, location)
    else:
        check_template(report, value, location)
    for name in value:
        plain = name.removesuffix(".$") if language == "JSONPath" else name
        if plain == "states" or not plain.isidentifier() or len(plain) > _LONGEST_NAME:
            report.schema(
                f"'{plain}' is not a valid variable name", location, at=f"{location}/{name}"
            )


def check_output(
    report: Report, fields: Mapping[str, JSON], location: str, *, language: str
) -> None:
    """Assign and Output, wherever both may stand: a state, a catcher, a JSONata choice."""
    if "Assign" in fields:
        check_assign(report, fields["Assign"], f"{location}/Assign", language=language)
    if "Output" in fields and language == "JSONata":
        check_jsonata(report, fields["Output"], f"{location}/Output")


def check_jsonata(report: Report, value: JSON, location: str) -> None:
    """Every expression in a value can be parsed."""
    if isinstance(value, dict):
        for name, member in value.items():
            check_jsonata(report, member, f"{location}/{name}")
    elif type(value) is list:
        for number, member in enumerate(value):
            check_jsonata(report, member, f"{location}[{number}]")
    elif is_expression(value):
        try:
            check_expression_text(value)
        except ExpressionSyntaxError as error:
            report.schema(f"The value is not a valid JSONata expression: {error}", location)
