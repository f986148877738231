"""Where states lead: unknown targets, states that nothing reaches, names used twice, no end.

Each flow is a scope of its own: a branch's states know only each other. Codes, words and order are
AWS's: a definition without a terminal state hears nothing of unreachable ones.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from simulator.asl.findings import Report
from simulator.asl.model import JSON

Fields = Mapping[str, JSON]
_NAME_LIMIT = 80


def check_transitions(report: Report, machine: Fields) -> None:
    """Everything about the ways between states, in the whole machine."""
    _check_names(report, machine)
    has_end = any(_is_terminal(one) for one in _states(machine).values())
    is_empty = not _states(machine)
    for pointer, flow in _flows(machine, ""):
        is_top = pointer == ""
        if not isinstance(flow.get("States"), dict):
            continue
        _check_targets(report, flow, pointer)
        if is_top and not has_end and not is_empty:
            report.add("MISSING_END_STATE", "Workflow has no terminal state", "", at="/States")
        elif not is_top or has_end:
            _check_reachable(report, flow, pointer)


def state_names(machine: Fields) -> tuple[str, ...]:
    """All states of a machine, those of branches and item processors included."""
    return tuple(name for _, flow in _flows(machine, "") for name in _states(flow))


def caught_errors(machine: Fields) -> dict[str, list[list[str]]]:
    """By state, the ErrorEquals of its catchers in their order, in a machine that is valid."""
    return {
        name: [catcher["ErrorEquals"] for catcher in fields["Catch"]]
        for _, flow in _flows(machine, "")
        for name, fields in _states(flow).items()
        if "Catch" in fields
    }


def _states(flow: Fields) -> dict[str, Fields]:
    states = flow.get("States")
    if not isinstance(states, dict):
        return {}
    return {name: fields for name, fields in states.items() if isinstance(fields, dict)}


def _flows(flow: Fields, pointer: str) -> Iterator[tuple[str, Fields]]:
    """The flow and, below it, those of all branches and item processors."""
    yield pointer, flow
    for name, fields in _states(flow).items():
        for below, inner in inner_flows(fields, f"{pointer}/States/{name}"):
            yield from _flows(inner, below)


def inner_flows(fields: Fields, pointer: str) -> Iterator[tuple[str, Fields]]:
    """A state's own flows: a Parallel's branches, a Map's processor."""
    branches = fields.get("Branches")
    if type(branches) is list:
        for number, branch in enumerate(branches):
            if isinstance(branch, dict):
                yield f"{pointer}/Branches[{number}]", branch
    for name in ("ItemProcessor", "Iterator"):
        processor = fields.get(name)
        if isinstance(processor, dict):
            yield f"{pointer}/{name}", processor


def _is_terminal(fields: Fields) -> bool:
    return fields.get("End") is True or fields.get("Type") in ("Succeed", "Fail")


def _check_names(report: Report, machine: Fields) -> None:
    """State names are unique in the whole machine, branches included (ASL, "States")."""
    seen: set[str] = set()
    for pointer, flow in _flows(machine, ""):
        for name in _states(flow):
            location = f"{pointer}/States/{name}"
            if name in seen:
                report.add("DUPLICATE_STATE_NAME", f"Duplicate State name: {name}", location)
            seen.add(name)
            if len(name) > _NAME_LIMIT:
                report.add(
                    "INVALID_STATE_NAME",
                    f"State name '{name}' exceeds the {_NAME_LIMIT}-character limit allowed by the "
                    "service",
                    location,
                )


def targets(fields: Fields, pointer: str) -> Iterator[tuple[str, str]]:
    """The states that a state names as next ones, with the location of each."""
    for name in ("Next", "Default"):
        if type(fields.get(name)) is str:
            yield f"{pointer}/{name}", fields[name]
    for name in ("Choices", "Catch"):
        entries = fields.get(name)
        for number, entry in enumerate(entries if type(entries) is list else ()):
            if isinstance(entry, dict) and type(entry.get("Next")) is str:
                yield f"{pointer}/{name}[{number}]/Next", entry["Next"]


def _check_targets(report: Report, flow: Fields, pointer: str) -> None:
    names = _states(flow)
    found = [
        target
        for name, fields in names.items()
        for target in targets(fields, f"{pointer}/States/{name}")
    ]
    if type(flow.get("StartAt")) is str:
        found.insert(0, (f"{pointer}/StartAt", flow["StartAt"]))
    for location, target in found:
        if target not in flow.get("States", {}):
            report.add("MISSING_TRANSITION_TARGET", f"Missing 'Next' target: {target}", location)


def _check_reachable(report: Report, flow: Fields, pointer: str) -> None:
    states = _states(flow)
    if "StartAt" not in flow:
        # AWS says that alone (recorded)
        return
    waiting, reached = [flow.get("StartAt")], set()
    while waiting:
        name = waiting.pop()
        if type(name) is str and name in states and name not in reached:
            reached.add(name)
            waiting.extend(target for _place, target in targets(states[name], ""))
    for name in states:
        if name not in reached:
            report.add(
                "MISSING_TRANSITION_TARGET",
                f'State "{name}" is not reachable.',
                f"{pointer}/States/{name}",
            )
