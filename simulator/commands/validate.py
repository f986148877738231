"""`validate`: each diagnostic as `file:line:column: CODE message`, as AWS would find them."""

from __future__ import annotations

import re
import sys
from argparse import Namespace
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from simulator import project
from simulator.asl.errors import Diagnostic
from simulator.asl.resources import CheckResource
from simulator.asl.transitions import state_names
from simulator.asl.validator import validate
from simulator.commands import terminal
from simulator.commands.errors import UsageError
from simulator.commands.render import ACCOUNT_ID, REGION, definition
from simulator.project import DefinitionSettings, Project
from simulator.project.sections import near, shown

FUNCTION = re.compile(r"arn:aws[\w-]*:lambda:[\w-]*:\d*:function:([\w-]+)(?::[\w$-]+)?")
# where AWS's parser begins to repeat the text, from its first character on
QUOTED_SOURCE = "\n at [Source: "
# how much is shown around a place instead
BEFORE, AFTER = 40, 20


@dataclass(frozen=True, slots=True)
class Finding:
    """A diagnostic in a file that a user edits; `near` is the text around it as it was checked."""

    file: str
    diagnostic: Diagnostic
    near: str

    def __str__(self) -> str:
        found = self.diagnostic
        warning = "" if found.severity == "ERROR" else f"{found.severity} "
        place = f"{self.file}:{found.line}:{found.column}"
        message, quotes, _ = found.message.partition(QUOTED_SOURCE)
        if quotes:
            message += f", near {self.near}"
        # one finding is one line
        return f"{place}: {warning}{found.code} {' '.join(message.split())}"


def run(options: Namespace) -> int:
    """Check files, or the project's definition; 2 when one would be refused."""
    findings = list(_findings(options))
    failed = any(finding.diagnostic.severity == "ERROR" for finding in findings)
    if options.json:
        result = "FAIL" if failed else "OK"
        document = {"result": result, "diagnostics": list(map(_entry, findings))}
        terminal.print_json(document)
    else:
        sys.stdout.writelines(f"{finding}\n" for finding in findings)
        if not findings:
            terminal.say("no diagnostics")
    return 2 if failed else 0


def project_findings(settings: Project, only: Path | None = None) -> list[Finding]:
    """Diagnostics of the project's definitions, or of the one in a file, placed in its template."""
    found: list[Finding] = []
    for machine in machines_of(settings):
        if only is None or machine.file == only:
            found += _machine_findings(settings, machine)
    return found


def machines_of(settings: Project) -> list[DefinitionSettings]:
    """The project's own definition, and those of the other state machines."""
    return [settings.definition, *settings.state_machines.values()]


def _machine_findings(settings: Project, machine: DefinitionSettings) -> Iterable[Finding]:
    rendered = project.render_definition(machine, account_id=ACCOUNT_ID, region=REGION)
    file = shown(machine.file)
    check = function_check(settings)
    for one in validate(rendered.text, machine_type=machine.kind, check_resource=check):
        line, column = rendered.position(one.line, one.column) if one.line else (0, 0)
        placed = Diagnostic(one.code, one.message, one.location, line, column, one.severity)
        yield Finding(file, placed, _around(rendered.text, one))


def check_states(names: Sequence[str], settings: Project) -> None:
    """Refuse before a run what `--show` would ask of it in vain. Raises `UsageError`."""
    if not names:
        return
    known = state_names(definition(settings))
    for name in names:
        if name not in known:
            where, hint = "--show", near(name, known)
            raise UsageError(where, f"expected a state of the definition, got {name!r}", hint)


def function_check(settings: Project) -> CheckResource:
    """Whether a Task's resource is a function that the project declares, or mocks the call of."""

    def check(resource: str, state_name: str) -> str | None:
        function = FUNCTION.fullmatch(resource)
        if function is None or state_name in settings.mocks or function[1] in settings.lambdas:
            return None
        hint = near(function[1], settings.lambdas)
        told = f"; {hint}" if hint else ""
        known = f"a function of [lambda.*] in {shown(settings.file)}"
        return f"expected {known}, got {function[1]!r}{told}"

    return check


def _findings(options: Namespace) -> Iterable[Finding]:
    if not options.files:
        yield from project_findings(project.read(project.find(options.project)))
    for file in options.files:
        settings = _project_of(file, options.project)
        if settings is not None:
            yield from project_findings(settings, file.resolve())
        else:
            text = _text(file)
            for diagnostic in validate(text):
                yield Finding(shown(file), diagnostic, _around(text, diagnostic))


def _around(text: str, found: Diagnostic) -> str:
    """The text before and after a diagnostic's place, on one line."""
    lines = text.split("\n")
    at = sum(len(line) + 1 for line in lines[: found.line - 1]) + found.column - 1
    before, after = text[max(0, at - BEFORE) : at], text[at : at + AFTER]
    start = "..." if at > BEFORE else ""
    end = "..." if at + AFTER < len(text) else ""
    return f"{start}{' '.join((before + after).split())}{end}"


def _project_of(file: Path, start: Path) -> Project | None:
    """The project whose definition this file is; None for any other file."""
    try:
        settings = project.read(project.find(start))
    except project.ProjectError:
        # a file can be checked without a project, or beside one that has faults of its own
        return None
    files = [machine.file for machine in machines_of(settings)]
    return settings if file.resolve() in files else None


def _text(file: Path) -> str:
    try:
        return file.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(shown(file), f"expected a readable UTF-8 file, got {error}") from None


def _entry(finding: Finding) -> dict[str, object]:
    found = finding.diagnostic
    return {
        "file": finding.file,
        "line": found.line,
        "column": found.column,
        "code": found.code,
        "message": found.message,
        "severity": found.severity,
        "location": found.location,
    }
