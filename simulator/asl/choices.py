"""Checks of a Choice state's rules."""

from __future__ import annotations

from collections.abc import Mapping

from simulator.asl.expressions import check_assign, check_jsonata, check_output, check_reference
from simulator.asl.findings import (
    Report,
    check_fields,
    check_only_one,
    check_other_language,
    check_required,
    is_type,
    listed,
)
from simulator.asl.model import JSON
from simulator.asl.timestamps import timestamp_ns

_COMPARED = ("String", "Numeric", "Timestamp")
_ORDERS = ("Equals", "LessThan", "GreaterThan", "LessThanEquals", "GreaterThanEquals")
_TESTS = ("IsNull", "IsPresent", "IsNumeric", "IsString", "IsBoolean", "IsTimestamp")
_OPERATORS = (
    *(f"{kind}{order}{path}" for kind in _COMPARED for order in _ORDERS for path in ("", "Path")),
    "StringMatches",
    "BooleanEquals",
    "BooleanEqualsPath",
    *_TESTS,
)
_SELECTORS = ("And", "Or", "Not", "Variable", "Condition")


def check_choices(report: Report, choices: JSON, location: str, *, language: str) -> None:
    """The field Choices: at least one rule, each with a Next."""
    if not is_type(report, choices, "Array", location):
        return
    if not choices:
        report.schema("Value cannot be empty", location)
    for number, rule in enumerate(choices):
        below = f"{location}[{number}]"
        if not is_type(report, rule, "Object", below):
            continue
        if check_required(report, rule, ("Next",), below):
            is_type(report, rule["Next"], "String", f"{below}/Next")
        if language == "JSONata":
            _check_condition(report, rule, below)
        else:
            _check_rule(report, rule, below, is_top=True)


def _check_condition(report: Report, rule: Mapping[str, JSON], location: str) -> None:
    check_other_language(report, rule, (*_SELECTORS[:4], *_OPERATORS), location, "JSONata")
    if check_required(report, rule, ("Condition",), location):
        check_jsonata(report, rule["Condition"], f"{location}/Condition")
    check_output(report, rule, location, language="JSONata")


def _check_rule(report: Report, rule: Mapping[str, JSON], location: str, *, is_top: bool) -> None:
    selectors = [name for name in _SELECTORS if name in rule]
    if "Condition" in rule:
        check_other_language(report, rule, ("Condition",), location, "JSONPath")
        return
    if len(selectors) != 1:
        report.schema(
            f"The object must have only one of the following fields, {listed(_SELECTORS)}", location
        )
    outer = ("Next", "Assign", "Output") if is_top else ()
    inner = ("Variable", *_OPERATORS) if "Variable" in rule else _SELECTORS
    known = (*outer, *inner, "Comment")
    check_fields(report, rule, (*known, *selectors), location)
    for name in selectors:
        _check_selector(report, rule, name, location)
    _check_later_fields(report, rule, location, is_top=is_top)


def _check_later_fields(
    report: Report, rule: Mapping[str, JSON], location: str, *, is_top: bool
) -> None:
    if is_top and "Assign" in rule:
        check_assign(report, rule["Assign"], f"{location}/Assign", language="JSONPath")
    if is_top:
        check_other_language(report, rule, ("Output",), location, "JSONPath")


def _check_selector(report: Report, rule: Mapping[str, JSON], name: str, location: str) -> None:
    value, below = rule[name], f"{location}/{name}"
    match name:
        case "And" | "Or":
            if is_type(report, value, "Array", below):
                if not value:
                    report.schema("Value cannot be empty", below)
                for number, inner in enumerate(value):
                    _check_inner(report, inner, f"{below}[{number}]")
        case "Not":
            _check_inner(report, value, below)
        case _:
            check_reference(report, value, below)
            _check_operators(report, rule, location)


def _check_inner(report: Report, rule: JSON, location: str) -> None:
    if is_type(report, rule, "Object", location):
        _check_rule(report, rule, location, is_top=False)


def _check_operators(report: Report, rule: Mapping[str, JSON], location: str) -> None:
    check_only_one(report, rule, _OPERATORS, location, is_required=True)
    for name in _OPERATORS:
        if name in rule:
            _check_expected(report, name, rule[name], f"{location}/{name}")


def _check_expected(report: Report, name: str, value: JSON, location: str) -> None:
    """The value beside an operator is of the operator's type."""
    if name.endswith("Path"):
        check_reference(report, value, location)
    elif name.startswith("Numeric"):
        is_type(report, value, "Number", location)
    elif name.startswith("Timestamp"):
        if is_type(report, value, "String", location) and timestamp_ns(value) is None:
            report.schema("String does not match RFC3339 timestamp", location)
    elif name.startswith("String"):
        is_type(report, value, "String", location)
    else:
        is_type(report, value, "Boolean", location)
