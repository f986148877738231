"""Where a run's time went: the critical path, and the slack of each branch beside it.

Shortening a state off the critical path makes no run shorter; a branch's slack is how much longer
it could take without making the run longer.
"""

from __future__ import annotations

from dataclasses import dataclass

from simulator.report.visits import Branch, Run, Visit


@dataclass(frozen=True, slots=True)
class Critical:
    """`visits` holds the event ids of the visits on the path; `slack_ms` is keyed by branch."""

    visits: frozenset[int]
    slack_ms: dict[Branch, int]


def critical_path(run: Run) -> Critical:
    """Walk the tree: all of the main line counts, and in each group the branches that decided."""
    visits: set[int] = set()
    slack_ms: dict[Branch, int] = {}
    lines = [run.main]
    while lines:
        for visit in lines.pop().visits:
            visits.add(visit.event_id)
            for attempt in range(1, visit.tries + 1):
                lines += _deciding(visit, attempt, slack_ms)
    return Critical(frozenset(visits), slack_ms)


def _deciding(visit: Visit, attempt: int, slack_ms: dict[Branch, int]) -> list[Branch]:
    """The branches of one try that its end waited for. Notes the slack of the others."""
    branches = [branch for branch in visit.branches if branch.attempt == attempt]
    if not branches:
        return []
    if attempt > len(visit.group_ends):
        # stopped from outside: the run waited for whoever was still at work
        last_ms = max(branch.ended_ms for branch in branches)
        return [branch for branch in branches if branch.ended_ms == last_ms]
    _, succeeded, decider = visit.group_ends[attempt - 1]
    last = max(branches, key=lambda branch: branch.ended_ms)
    if not succeeded and decider is not None:
        last = decider
    if visit.kind == "Map":
        return _chain(branches, last)
    if not succeeded:
        # the others were stopped: nobody knows what slack they had
        return [last]
    for branch in branches:
        slack_ms[branch] = last.ended_ms - branch.ended_ms
    return [branch for branch in branches if slack_ms[branch] == 0]


def _chain(branches: list[Branch], last: Branch) -> list[Branch]:
    """An iteration that waited for its turn started when another ended: that one counts too."""
    chain = [last]
    first_ms = min(branch.started_ms for branch in branches)
    earlier = sorted((one for one in branches if one is not last), key=lambda one: one.ended_ms)
    # from the last end backwards, so that each is looked at once
    for branch in reversed(earlier):
        started_ms = chain[-1].started_ms
        if started_ms > first_ms and branch.ended_ms <= started_ms:
            chain.append(branch)
    return chain
