"""Why a run did not succeed, in the user's own words: state, error, cause, their code's frames."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from types import MappingProxyType
from typing import Protocol

from simulator.report.show import pretty
from simulator.report.visits import Branch, Run, Visit

Caught = Mapping[str, Sequence[Sequence[str]]]
NOTHING_CAUGHT: Caught = MappingProxyType({})
# what a catcher says that takes whatever a handler raises
ANY_ERROR = frozenset({"States.ALL", "States.TaskFailed"})


class Invocation(Protocol):
    """What a report needs of a Lambda invocation."""

    @property
    def function_name(self) -> str: ...
    @property
    def error(self) -> str | None: ...
    @property
    def error_message(self) -> str | None: ...
    @property
    def user_traceback(self) -> str | None: ...
    @property
    def output(self) -> str: ...
    @property
    def state_name(self) -> str | None: ...


class Statement(Protocol):
    """What a report needs of a SQL statement. `detail`: what is known beyond Redshift's words,
    which are `error`."""

    @property
    def id(self) -> str: ...
    @property
    def status(self) -> str: ...
    @property
    def error(self) -> str | None: ...
    @property
    def detail(self) -> str: ...


def failed_path(run: Run) -> list[str]:
    """From the outside in: the states, and the branches between, in which the run ended."""
    path: list[str] = []
    line: Branch | None = run.main
    while line is not None and line.visits:
        visit = line.visits[-1]
        path.append(visit.name)
        line = _deciding_branch(visit)
        if line is not None:
            kind = "iteration" if visit.kind == "Map" else "branch"
            path.append(f"{kind} {line.index + 1}")
    return path


def failure_text(
    run: Run,
    invocations: Iterable[Invocation] = (),
    statements: Iterable[Statement] = (),
    *,
    caught: Caught = NOTHING_CAUGHT,
) -> str:
    """Status, place, error and cause; what more is known of failed statements; then each failed
    handler's own traceback and output.

    A handler that refuses on purpose, with an error that the definition catches by its own name and
    a message that the cause tells, has no traceback to study. `caught`: by state, the ErrorEquals
    of its catchers.
    """
    path = failed_path(run)
    where = f" in {' > '.join(path)}" if path else ""
    lines = [f"{run.status}{where}"]
    if run.error is not None:
        lines.append(f"error: {run.error}")
    if run.cause:
        lines.append(f"cause: {cause_text(run.cause)}")
    lines += _statement_lines(run, statements)
    lines += [
        _invocation_text(invocation)
        for invocation in _last_failures(invocations)
        if not (_tells(run.cause, invocation) and _is_caught_by_name(invocation, caught))
    ]
    return "\n".join(lines)


def _statement_lines(run: Run, statements: Iterable[Statement]) -> list[str]:
    """Of each statement that failed: what Redshift said where the cause does not tell, and what is
    known beyond that."""
    lines = []
    cause = cause_text(run.cause) if run.cause else ""
    for statement in statements:
        if statement.status == "FAILED":
            words = statement.error or ""
            # a definition may pass on a part of them
            told = words.rpartition("ERROR: ")[2].strip()
            said = [] if told and told in cause else [words]
            text = "; ".join(filter(None, (*said, statement.detail)))
            lines += [f"statement {statement.id}: {text}"] if text else []
    return lines


def cause_text(cause: str) -> str:
    """A cause as people read it; what Lambda says of an error becomes its type and message."""
    try:
        value = json.loads(cause)
    except ValueError:
        return cause
    if isinstance(value, dict) and "errorMessage" in value:
        kind = value.get("errorType")
        return f"{kind}: {value['errorMessage']}" if kind else str(value["errorMessage"])
    return pretty(cause)


def _deciding_branch(visit: Visit) -> Branch | None:
    if visit.exited_ms is not None or not visit.branches:
        return None
    if visit.group_ends:
        return visit.group_ends[-1][2]
    last = [branch for branch in visit.branches if branch.attempt == visit.tries]
    return last[0] if len(last) == 1 else None


def _tells(cause: str | None, invocation: Invocation) -> bool:
    message = invocation.error_message
    return bool(cause and message) and str(message) in cause_text(str(cause))


def _is_caught_by_name(invocation: Invocation, caught: Caught) -> bool:
    """Whether the first catcher that takes the error says its name."""
    for names in caught.get(invocation.state_name or "", ()):
        if invocation.error in names:
            return True
        if not ANY_ERROR.isdisjoint(names):
            return False
    return False


def _last_failures(invocations: Iterable[Invocation]) -> list[Invocation]:
    """A retried handler fails over and over: the last time of each state and function counts."""
    last: dict[tuple[str | None, str], Invocation] = {}
    for invocation in invocations:
        key = (invocation.state_name, invocation.function_name)
        last.pop(key, None)
        if invocation.error is not None:
            last[key] = invocation
    return list(last.values())


def _invocation_text(invocation: Invocation) -> str:
    state = f" in state {invocation.state_name}" if invocation.state_name else ""
    what = ": ".join(filter(None, (invocation.error, invocation.error_message)))
    lines = [f"\nfunction {invocation.function_name}{state} failed:"]
    lines.append(_indented(invocation.user_traceback or what))
    if invocation.output.strip():
        lines += ["  it printed:", _indented(invocation.output)]
    return "\n".join(lines)


def _indented(text: str) -> str:
    return "\n".join(f"    {line}" for line in text.rstrip().splitlines())
