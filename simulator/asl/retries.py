"""Checks of Retry and Catch."""

from __future__ import annotations

from collections.abc import Mapping

from simulator.asl.expressions import check_output, check_reference
from simulator.asl.findings import (
    Report,
    check_fields,
    check_other_language,
    check_range,
    check_required,
    is_one_of,
    is_type,
)
from simulator.asl.model import JSON

_RETRIER = (
    "ErrorEquals",
    "IntervalSeconds",
    "MaxAttempts",
    "BackoffRate",
    "MaxDelaySeconds",
    "JitterStrategy",
    "Comment",
)
_CATCHER = ("ErrorEquals", "Next", "ResultPath", "Comment", "Assign", "Output")


def check_retry(report: Report, retry: JSON, location: str) -> None:
    """The field Retry."""
    for below, retrier in _entries(report, retry, location):
        check_fields(report, retrier, _RETRIER, below)
        _check_numbers(report, retrier, below)
        if "JitterStrategy" in retrier:
            is_one_of(
                report, retrier["JitterStrategy"], ("NONE", "FULL"), f"{below}/JitterStrategy"
            )


def _check_numbers(report: Report, retrier: Mapping[str, JSON], location: str) -> None:
    """AWS takes an IntervalSeconds of 0, other than the specification."""
    bounds = {
        "IntervalSeconds": (0, 99999999),
        "MaxAttempts": (0, 99999999),
        "MaxDelaySeconds": (1, 31622400),
    }
    for name, (least, most) in bounds.items():
        if name in retrier:
            check_range(report, retrier[name], f"{location}/{name}", minimum=least, maximum=most)
    if "BackoffRate" in retrier:
        check_range(
            report, retrier["BackoffRate"], f"{location}/BackoffRate", minimum=1, kind="Number"
        )


def check_catch(report: Report, catch: JSON, location: str, *, language: str) -> None:
    """The field Catch."""
    for below, catcher in _entries(report, catch, location):
        check_fields(report, catcher, _CATCHER, below)
        if check_required(report, catcher, ("Next",), below):
            is_type(report, catcher["Next"], "String", f"{below}/Next")
        check_output(report, catcher, below, language=language)
        wrong = "ResultPath" if language == "JSONata" else "Output"
        check_other_language(report, catcher, (wrong,), below, language)
        if language == "JSONPath" and "ResultPath" in catcher:
            check_reference(
                report,
                catcher["ResultPath"],
                f"{below}/ResultPath",
                may_be_null=True,
                is_target=True,
            )


def _entries(report: Report, entries: JSON, location: str) -> list[tuple[str, Mapping[str, JSON]]]:
    """Each entry with its location, its ErrorEquals checked."""
    found: list[tuple[str, Mapping[str, JSON]]] = []
    if not is_type(report, entries, "Array", location):
        return found
    for number, entry in enumerate(entries):
        below = f"{location}[{number}]"
        if is_type(report, entry, "Object", below):
            found.append((below, entry))
            if check_required(report, entry, ("ErrorEquals",), below):
                is_last = number == len(entries) - 1
                _check_errors(report, entry["ErrorEquals"], f"{below}/ErrorEquals", is_last=is_last)
    return found


def _check_errors(report: Report, names: JSON, location: str, *, is_last: bool) -> None:
    if not is_type(report, names, "Array", location):
        return
    if not names:
        report.schema("Value cannot be empty", location)
    for number, name in enumerate(names):
        is_type(report, name, "String", f"{location}[{number}]")
    if "States.ALL" in names and (len(names) > 1 or not is_last):
        report.schema("States.ALL must appear alone and at end of list", location)
