"""The customer's original problem: jobs that take longer than their host may live."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from simulator import Simulator
from simulator import project as projects

MINUTE_MS = 60_000
Make = Callable[..., Any]


def taking(project: projects.Project, insert_ms: int) -> projects.Project:
    """An example whose one INSERT takes this long."""
    timing = {"statement": {"noise": 0, "base_by_kind_ms": {"INSERT": insert_ms}}}
    return dataclasses.replace(project, timing=timing)


@pytest.mark.parametrize("minutes", [20, 120])
def test_05_a_long_statement_succeeds_while_every_lambda_call_stays_short(
    root: Path, minutes: int
) -> None:
    """Jobs of more than 15 minutes broke the function that ran them. Polled, they may take as long
    as they need: no function waits for them."""
    project = projects.read(root / "examples" / "polled_job" / "simulator.toml")
    with Simulator.from_project(taking(project, minutes * MINUTE_MS)) as simulator:
        execution = simulator.start()
        simulator.run()
        assert execution.status == "SUCCEEDED", execution.cause
        (statement,) = simulator.statements
        assert statement.duration_ms is not None
        assert statement.duration_ms >= minutes * MINUTE_MS
        assert execution.virtual_seconds > minutes * 60
        assert simulator.tables()["daily_sales"] == 2
        lasting = [call.ended_ms - call.started_ms for call in simulator.invocations]
        assert len(lasting) > minutes
        assert max(lasting) < 1000


@pytest.mark.parametrize("minutes", [20, 120])
def test_05_the_blocking_variant_dies(root: Path, minutes: int) -> None:
    """The same statements in a function that waits for them: it is killed after 15 minutes, and
    what it began goes on unwatched."""
    project = projects.read(root / "examples" / "blocking_lambda" / "simulator.toml")
    with Simulator.from_project(taking(project, minutes * MINUTE_MS)) as simulator:
        execution = simulator.start()
        simulator.run()
        assert (execution.status, execution.error) == ("FAILED", "Sandbox.Timedout")
        assert "Task timed out after 900.00 seconds" in str(execution.cause)
        assert 900 <= execution.virtual_seconds < 902
        (statement,) = simulator.statements
        assert statement.finished_ms is not None
        assert statement.status == "FINISHED"
        assert statement.finished_ms - execution.start >= minutes * MINUTE_MS


@pytest.mark.parametrize("minutes", [20, 120])
def test_05_the_shipped_pipeline_bears_long_jobs(
    shipped: Make, simulate: Make, minutes: int
) -> None:
    """The shipped pipeline polls too, with its own settings: so long may a dimension load take."""
    # the item load updates twice
    timing = {"statement": {"noise": 0, "base_by_kind_ms": {"UPDATE": minutes * MINUTE_MS // 2}}}
    simulator = simulate(shipped(timing=timing))
    execution = simulator.start({"refresh_date": "2024-01-08"})
    simulator.run()
    assert execution.status == "SUCCEEDED", execution.cause
    assert execution.virtual_seconds > minutes * 60
    assert max(view.duration_ms for view in simulator.statements) >= minutes * MINUTE_MS
    assert max(call.ended_ms - call.started_ms for call in simulator.invocations) < 1000
