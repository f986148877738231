"""What the validator's checks share: where they put findings, and checks of a single value.

Messages are AWS's. Those that no recording shows were measured by others with
ValidateStateMachineDefinition and published with their tools.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from simulator.asl.errors import Diagnostic
from simulator.asl.model import JSON

SCHEMA = "SCHEMA_VALIDATION_FAILED"


@dataclass(frozen=True, slots=True)
class Finding:
    """A diagnostic without its line and column: those are the value's at `at`."""

    code: str
    message: str
    location: str
    at: str

    def placed(self, line: int, column: int) -> Diagnostic:
        """The finding with its place in the text."""
        return Diagnostic(self.code, self.message, self.location, line, column)


@dataclass(slots=True)
class Report:
    """Collects findings. `lacking` holds what AWS takes and a simulation cannot run."""

    machine_type: str
    errors: list[Finding] = field(default_factory=list)
    lacking: list[Finding] = field(default_factory=list)

    def add(self, code: str, message: str, location: str, *, at: str | None = None) -> None:
        """AWS would refuse this. `at` is the member to point at, where `location` is its parent."""
        self.errors.append(Finding(code, message, location, at or location or "/"))

    def schema(self, message: str, location: str, *, at: str | None = None) -> None:
        """AWS's SCHEMA_VALIDATION_FAILED."""
        self.add(SCHEMA, message, location or "/", at=at)

    def lacks(self, feature: str, location: str, *, state: str | None = None) -> None:
        """AWS would take this; say by name that the simulator does not run it."""
        where = f"state '{state}'" if state is not None else "the state machine"
        found = Finding(
            "NOT_MODELLED", f"{where} uses {feature}, which is not simulated", location, location
        )
        if found not in self.lacking:
            self.lacking.append(found)

    def unknown_function(self, reason: str, location: str, *, state: str) -> None:
        """AWS would take this, and fail when the state calls what is not there."""
        message = f"state '{state}': {reason}"
        self.lacking.append(Finding("UNKNOWN_FUNCTION", message, location, location))


def listed(names: Iterable[str]) -> str:
    """Names as AWS lists them: `[Next, End]`."""
    return f"[{', '.join(names)}]"


_TYPES: Mapping[str, tuple[type, ...]] = {
    "String": (str,),
    "Boolean": (bool,),
    "Integer": (int,),
    "Number": (int, float),
    "Object": (dict,),
    "Array": (list,),
}


def is_type(report: Report, value: JSON, kind: str, location: str) -> bool:
    """Whether `value` is of AWS's type `kind`; reports it where not."""
    if type(value) in _TYPES[kind]:
        return True
    report.schema(f"Expected value of type {kind}", location)
    return False


def is_one_of(report: Report, value: JSON, allowed: tuple[str, ...], location: str) -> bool:
    """Whether `value` is one of the words `allowed`; reports it where not."""
    if type(value) is not str:
        report.schema("Expected value of type [STRING]", location)
        return False
    if value in allowed:
        return True
    report.schema(f"Value should be one of the following: {listed(allowed)}", location)
    return False


def check_range(
    report: Report,
    value: JSON,
    location: str,
    *,
    minimum: float | None = None,
    maximum: float | None = None,
    kind: str = "Integer",
) -> None:
    """A number within its bounds, both included."""
    if not is_type(report, value, kind, location):
        return
    if minimum is not None and value < minimum:
        report.schema(f"Minimum value is {minimum}", location)
    elif maximum is not None and value > maximum:
        report.schema(f"Maximum value is {maximum}", location)


def check_fields(
    report: Report, fields: Mapping[str, JSON], allowed: Iterable[str], location: str
) -> None:
    """No field but those `allowed`; AWS names the object, we point at the field."""
    known = frozenset(allowed)
    for name in fields:
        if name not in known:
            report.schema(f"Field '{name}' is not supported", location, at=f"{location}/{name}")


def check_required(
    report: Report, fields: Mapping[str, JSON], required: tuple[str, ...], location: str
) -> bool:
    """Whether all fields of `required` are there; reports the missing ones together."""
    missing = [name for name in required if name not in fields]
    if missing:
        report.schema(f"These fields are required: {listed(missing)}", location)
    return not missing


def check_only_one(
    report: Report,
    fields: Mapping[str, JSON],
    names: tuple[str, ...],
    location: str,
    *,
    is_required: bool = False,
) -> None:
    """At most one of `names`; exactly one where `is_required`."""
    found = [name for name in names if name in fields]
    if len(found) > 1:
        report.schema(
            f"There should only be one of the following fields: {listed(names)}",
            location,
            at=f"{location}/{found[1]}",
        )
    elif not found and is_required:
        report.schema(
            f"This object should have only one of the following fields: {listed(names)}", location
        )


def check_other_language(
    report: Report, fields: Mapping[str, JSON], names: Iterable[str], location: str, language: str
) -> None:
    """None of the fields `names`, which belong to the query language that is not `language`."""
    other = "JSONPath" if language == "JSONata" else "JSONata"
    for name in names:
        if name in fields:
            report.schema(
                f"The QueryLanguage is set to '{language}', but field '{name}' is only supported "
                f"for the '{other}' QueryLanguage",
                location,
                at=f"{location}/{name}",
            )
