"""What AWS refuses in a definition, in AWS's words, with line and column; and what AWS would take
but the simulator does not run, by name."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache

from simulator.asl.errors import Diagnostic
from simulator.asl.findings import Finding, Report
from simulator.asl.model import JSON
from simulator.asl.positions import (
    Duplicate,
    JSONSyntaxError,
    Position,
    find_positions,
    has_duplicates,
    read_json,
)
from simulator.asl.resources import CheckResource
from simulator.asl.schema import check_machine
from simulator.asl.transitions import check_transitions
from simulator.asl.unmodelled import check_unmodelled


def validate(
    text: str,
    *,
    machine_type: str = "STANDARD",
    check_resource: CheckResource | None = None,
) -> tuple[Diagnostic, ...]:
    """Return every diagnostic of the definition `text`; none means that it can run.

    `machine_type` is "STANDARD" or "EXPRESS"; `check_resource` says why a Task's resource cannot be
    called (None: it can). Diagnostics of code NOT_MODELLED are given once AWS has nothing to
    refuse, so what comes first is always what AWS would say.
    """
    try:
        return _validated(text, machine_type, check_resource)
    except JSONSyntaxError as error:
        return (_not_json(error),)
    except RecursionError:
        message = "The states are too deeply nested"
        return (Diagnostic("TOO_DEEPLY_NESTED", message, "/", 1, 1),)


def _validated(
    text: str, machine_type: str, check_resource: CheckResource | None
) -> tuple[Diagnostic, ...]:
    machine, errors, lacking, doubled = _examined(text, machine_type)
    findings: Sequence[Finding] = errors or lacking
    if not errors and not doubled:
        report = Report(machine_type, lacking=list(lacking))
        check_unmodelled(report, machine, check_resource)
        findings = report.lacking
    if not findings and not doubled:
        return ()
    positions, duplicates = find_positions(text)
    return (*map(_doubled, duplicates), *_placed(findings, positions))


# Thousands of runs of one definition ask the same; what can be called is asked each time.
@lru_cache(maxsize=16)
def _examined(
    text: str, machine_type: str
) -> tuple[JSON, tuple[Finding, ...], tuple[Finding, ...], bool]:
    """The definition, what AWS refuses, what is lacking here, and whether a key is doubled."""
    machine = read_json(text)
    report = Report(machine_type)
    check_machine(report, machine)
    if isinstance(machine, dict):
        check_transitions(report, machine)
    return machine, tuple(report.errors), tuple(report.lacking), has_duplicates(text)


def _not_json(error: JSONSyntaxError) -> Diagnostic:
    return Diagnostic(
        "INVALID_JSON_DESCRIPTION",
        error.message,
        error.location,
        error.position.line,
        error.position.column,
    )


def _doubled(duplicate: Duplicate) -> Diagnostic:
    """JSON leaves open which of two equal keys counts; neither is dropped in silence."""
    line, column = duplicate.position.line, duplicate.position.column
    if duplicate.pointer.endswith("/States"):
        location = f"{duplicate.pointer}/{duplicate.key}"
        message = f"Duplicate State name: {duplicate.key}"
        return Diagnostic("DUPLICATE_STATE_NAME", message, location, line, column)
    message = f"Duplicate field '{duplicate.key}'"
    return Diagnostic("INVALID_JSON_DESCRIPTION", message, duplicate.pointer, line, column)


def _placed(findings: Sequence[Finding], positions: dict[str, Position]) -> tuple[Diagnostic, ...]:
    placed = []
    for finding in findings:
        position = positions.get(finding.at) or positions.get(finding.location) or Position(0, 0)
        placed.append(finding.placed(position.line, position.column))
    return tuple(placed)
