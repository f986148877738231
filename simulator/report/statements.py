"""Which state started which SQL statement.

The rule, for any pipeline: a statement belongs to the Task whose result first names its id. One
that no result names (a function that waits for its own statement, a call that failed) belongs to
the only Task that was open when it was submitted, or to the one among them that called the
function which submitted it. Else it belongs to none, and is shown apart.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import Protocol

from simulator.report.visits import Run, Visit

STATEMENT_ID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")


class Statement(Protocol):
    """What a report needs of a Data API statement; times in virtual ms, None where not reached."""

    @property
    def id(self) -> str: ...
    @property
    def name(self) -> str | None: ...
    @property
    def status(self) -> str: ...
    @property
    def sqls(self) -> Sequence[str]: ...
    @property
    def error(self) -> str | None: ...
    @property
    def created_ms(self) -> int: ...
    @property
    def started_ms(self) -> int | None: ...
    @property
    def finished_ms(self) -> int | None: ...
    @property
    def caller(self) -> str: ...


def statements_by_visit(
    run: Run, statements: Iterable[Statement]
) -> tuple[dict[int, list[Statement]], list[Statement]]:
    """Statements by the event id of the visit that started them, and those of no visit."""
    waiting = {statement.id: statement for statement in statements}
    tasks = [visit for visit in run.visits() if visit.kind == "Task"]
    found: dict[int, list[Statement]] = {}
    for visit in tasks:
        for result in visit.results:
            for identifier in STATEMENT_ID.findall(result):
                # a poll's answer names it as well, but was asked with it
                if identifier in waiting and identifier not in visit.input:
                    found.setdefault(visit.event_id, []).append(waiting.pop(identifier))
    apart = []
    for statement in waiting.values():
        owner = _open_at(tasks, statement)
        if owner is None:
            apart.append(statement)
        else:
            found.setdefault(owner.event_id, []).append(statement)
    return found, apart


def statements_by_run(
    runs: Sequence[Run], statements: Sequence[Statement]
) -> list[list[Statement]]:
    """The statements of each of several executions: of the one whose results name it, else of the
    last that had started when it was submitted."""
    shares: list[list[Statement]] = [[] for _ in runs]
    named = [
        {
            identifier
            for visit in run.visits()
            for result in visit.results
            for identifier in STATEMENT_ID.findall(result)
        }
        for run in runs
    ]
    for statement in statements:
        owners = [index for index, names in enumerate(named) if statement.id in names]
        started = [index for index, run in enumerate(runs) if run.start_ms <= statement.created_ms]
        chosen = owners[0] if owners else started[-1] if started else 0
        shares[chosen].append(statement)
    return shares


def _open_at(tasks: list[Visit], statement: Statement) -> Visit | None:
    open_then = [
        visit for visit in tasks if visit.entered_ms <= statement.created_ms <= visit.ended_ms
    ]
    if len(open_then) > 1:
        # "lambda:load" is a function's handler
        function = statement.caller.removeprefix("lambda:")
        open_then = [visit for visit in open_then if _calls(visit, function)]
    return open_then[0] if len(open_then) == 1 else None


def _calls(visit: Visit, function: str) -> bool:
    texts = [*visit.resources, *visit.parameters]
    return any(function in text for text in texts)
