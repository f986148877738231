"""What one run uses, counted in a simulated one."""

from __future__ import annotations

from collections.abc import Iterable

from simulator.deployment.estimate import Usage
from simulator.lakes import fill_lakes
from simulator.project import Project
from simulator.report.visits import read_history


def usage_of(settings: Project) -> Usage:
    """Run the project's machine once, with its default input. Raises what simulating raises."""
    from simulator.simulator import Simulator

    fill_lakes(settings)
    with Simulator.from_project(settings) as simulation:
        execution = simulation.start(settings.input)
        simulation.run()
        run = read_history(execution.history())
        invocations = simulation.invocations
        statements = simulation.statements
        return Usage(
            transitions=run.transitions,
            invocations=len(invocations),
            lambda_seconds=sum(one.ended_ms - one.started_ms for one in invocations) / 1000,
            run_seconds=(run.end_ms - run.start_ms) / 1000,
            sql_seconds=_covered(
                (one.started_ms, one.finished_ms)
                for one in statements
                if one.started_ms is not None and one.finished_ms is not None
            )
            / 1000,
        )


def _covered(spans: Iterable[tuple[int, int]]) -> int:
    """How long at least one of the spans lasts, in milliseconds."""
    total, end_ms = 0, -1
    for start, stop in sorted(spans):
        total += max(0, stop - max(start, end_ms))
        end_ms = max(end_ms, stop)
    return total
