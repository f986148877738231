"""What AWS takes and the simulator does not run yet, said by state and by name.

Each feature has one line here; whoever adds a feature takes its line out.
"""

from __future__ import annotations

from collections.abc import Mapping

from simulator.asl.findings import Report
from simulator.asl.model import JSON
from simulator.asl.resources import CheckResource, read_resource
from simulator.asl.transitions import inner_flows

Fields = Mapping[str, JSON]


def check_unmodelled(report: Report, machine: Fields, check_resource: CheckResource | None) -> None:
    """Note every use of a feature that comes later; `check_resource` says why a Task's resource
    cannot be called, None if it can."""
    _check_flow(report, machine, "", check_resource)


def _check_flow(
    report: Report,
    flow: Fields,
    pointer: str,
    check_resource: CheckResource | None,
) -> None:
    for name, fields in flow["States"].items():
        location = f"{pointer}/States/{name}"
        if fields["Type"] == "Task":
            _check_task(report, name, fields, location, check_resource)
        for below, inner in inner_flows(fields, location):
            _check_flow(report, inner, below, check_resource)


def _check_task(
    report: Report,
    name: str,
    fields: Fields,
    location: str,
    check_resource: CheckResource | None,
) -> None:
    text, below = fields["Resource"], f"{location}/Resource"
    resource = read_resource(text)
    assert resource is not None
    if check_resource is not None:
        reason = check_resource(text, name)
        if reason is not None and resource.kind == "function":
            report.unknown_function(reason, below, state=name)
        elif reason is not None:
            report.lacks(f"the resource {text} ({reason})", below, state=name)
