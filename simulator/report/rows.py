"""The rows of a timeline: one for each state of a line, however often it was visited.

Polling visits the same few states over and over; they are folded, with a count and a total, and
their visits stay visible as pieces of the row's bar.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Literal

from simulator.report.critical import Critical
from simulator.report.statements import Statement, statements_by_visit
from simulator.report.visits import Branch, Run, Visit

# a state that started more statements than this shows how many they were
MAX_STATEMENTS = 3


@dataclass(frozen=True, slots=True)
class Bar:
    """A piece of a row's bar, in virtual ms since the epoch."""

    start_ms: int
    end_ms: int
    kind: Literal["critical", "normal", "branch", "sql", "slack", "fault"]


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the timeline. `guide` draws the tree before the label."""

    kind: Literal["state", "branch", "sql", "fault"]
    guide: str
    label: str
    start_ms: int
    # over all visits
    duration_ms: int
    bars: tuple[Bar, ...]
    visits: int = 1
    attempts: int | None = None
    is_critical: bool = False
    is_failed: bool = False


def timeline_rows(run: Run, critical: Critical, statements: Sequence[Statement] = ()) -> list[Row]:
    """All rows, top down: states in the order of their first visits, branches and statements
    below theirs, statements that no state started at the end."""
    by_visit, apart = statements_by_visit(run, statements)
    return _line_rows([run.main], "", critical, by_visit) + statement_rows(apart)


def statement_rows(statements: Sequence[Statement], guide: str = "") -> list[Row]:
    """A row for each statement; one for all of them if they are many."""
    rows = [_statement_row(statement, guide) for statement in statements]
    if len(rows) <= MAX_STATEMENTS:
        return rows
    total = sum(row.duration_ms for row in rows)
    bars = tuple(bar for row in rows for bar in row.bars)
    label = f"sql {len(rows)} statements"
    return [replace(rows[0], label=label, duration_ms=total, bars=bars, visits=len(rows))]


def _line_rows(
    lines: Sequence[Branch],
    guide: str,
    critical: Critical,
    statements: Mapping[int, Sequence[Statement]],
) -> list[Row]:
    """The states of one line, or of several that are shown as one (the iterations of a Map)."""
    visits = [visit for line in lines for visit in line.visits]
    by_name: dict[str, list[Visit]] = {}
    for visit in sorted(visits, key=lambda visit: visit.event_id):
        by_name.setdefault(visit.name, []).append(visit)
    rows = []
    for same in by_name.values():
        rows.append(_state_row(same, guide, critical))
        started = [s for visit in same for s in statements.get(visit.event_id, ())]
        rows += statement_rows(started, guide + "  ")
        rows += _group_rows(same, guide, critical, statements)
    return rows


def _state_row(visits: list[Visit], guide: str, critical: Critical) -> Row:
    is_critical = [visit.event_id in critical.visits for visit in visits]
    outcomes = {outcome for visit in visits if (outcome := _bad_end(visit))}
    return Row(
        kind="state",
        guide=guide,
        label=" ".join([visits[0].name, *sorted(outcomes)]),
        start_ms=visits[0].entered_ms,
        duration_ms=sum(visit.duration_ms for visit in visits),
        bars=tuple(
            Bar(visit.entered_ms, visit.ended_ms, "critical" if marked else "normal")
            for visit, marked in zip(visits, is_critical, strict=True)
        ),
        visits=len(visits),
        attempts=sum(visit.attempts for visit in visits),
        is_critical=any(is_critical),
        is_failed="FAILED" in outcomes,
    )


def _bad_end(visit: Visit) -> str | None:
    """FAILED where a state ended its branch so, STOPPED where another's failure ended it."""
    if visit.exited_ms is not None or visit.kind == "Succeed":
        return None
    failed_group = bool(visit.group_ends) and not visit.group_ends[-1][1]
    return "FAILED" if visit.kind == "Fail" or visit.failures or failed_group else "STOPPED"


def _group_rows(
    visits: list[Visit],
    guide: str,
    critical: Critical,
    statements: Mapping[int, Sequence[Statement]],
) -> list[Row]:
    """What is inside of a Parallel (a row for each branch and its states) or a Map (its states)."""
    branches = [branch for visit in visits for branch in visit.branches]
    if visits[0].kind == "Map":
        return _line_rows(branches, guide + "│ ", critical, statements) if branches else []
    by_index: dict[int, list[Branch]] = {}
    for branch in branches:
        by_index.setdefault(branch.index, []).append(branch)
    rows = []
    for index, same in sorted(by_index.items()):
        is_last = index == max(by_index)
        rows.append(_branch_row(index, same, guide + ("└ " if is_last else "├ "), critical))
        inner = guide + ("  " if is_last else "│ ")
        rows += _line_rows(same, inner, critical, statements)
    return rows


def _branch_row(index: int, branches: list[Branch], guide: str, critical: Critical) -> Row:
    slack_ms = [critical.slack_ms[branch] for branch in branches if branch in critical.slack_ms]
    is_critical = any(_is_on(branch, critical) for branch in branches)
    label = f"branch {index + 1}"
    if slack := min(slack_ms, default=0):
        label += f"  slack {duration_text(slack)}"
    elif is_critical:
        label += "  critical"
    bars = [Bar(branch.started_ms, branch.ended_ms, "branch") for branch in branches]
    bars += [
        Bar(branch.ended_ms, branch.ended_ms + critical.slack_ms[branch], "slack")
        for branch in branches
        if critical.slack_ms.get(branch)
    ]
    return Row(
        kind="branch",
        guide=guide,
        label=label,
        start_ms=branches[0].started_ms,
        duration_ms=sum(branch.ended_ms - branch.started_ms for branch in branches),
        bars=tuple(bars),
        is_critical=is_critical,
    )


def _is_on(branch: Branch, critical: Critical) -> bool:
    return any(visit.event_id in critical.visits for visit in branch.visits)


def _statement_row(statement: Statement, guide: str) -> Row:
    start_ms = _first(statement.started_ms, statement.created_ms)
    end_ms = _first(statement.finished_ms, start_ms)
    bars = (Bar(start_ms, end_ms, "sql"),)
    failed = statement.status in ("FAILED", "ABORTED")
    label = f"sql {statement.id}" + (f" {statement.status}" if failed else "")
    return Row("sql", guide, label, start_ms, end_ms - start_ms, bars, is_failed=failed)


def _first(*moments: int | None) -> int:
    return next(moment for moment in moments if moment is not None)


def duration_text(duration_ms: int) -> str:
    """A time span as people read it: "12.3 s", "17m05s", "2h00m05s"."""
    if duration_ms < 999_950:
        return f"{duration_ms / 1000:.1f} s"
    seconds = round(duration_ms / 1000)
    if seconds < 3600:
        return f"{seconds // 60}m{seconds % 60:02d}s"
    return f"{seconds // 3600}h{seconds // 60 % 60:02d}m{seconds % 60:02d}s"
