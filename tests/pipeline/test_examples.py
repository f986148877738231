"""The customer's original problem, and the way out of it."""

from __future__ import annotations

from pathlib import Path

from simulator import Simulator

EXAMPLES = Path(__file__).resolve().parents[2] / "examples"


def test_a_blocking_lambda_dies_after_15_minutes_while_its_statement_goes_on() -> None:
    with Simulator.from_project(EXAMPLES / "blocking_lambda" / "simulator.toml") as simulator:
        execution = simulator.start()
        simulator.run()
        assert (execution.status, execution.error) == ("FAILED", "Sandbox.Timedout")
        assert 900 <= execution.virtual_seconds < 902
        (statement,) = simulator.statements
        assert statement.status == "FINISHED"
        assert statement.finished_ms > execution.stop


def test_the_same_job_polled_takes_two_hours_and_succeeds() -> None:
    with Simulator.from_project(EXAMPLES / "polled_job" / "simulator.toml") as simulator:
        execution = simulator.start()
        simulator.run()
        assert execution.status == "SUCCEEDED"
        assert execution.virtual_seconds > 7200
        assert execution.output["rows"] == 2
        assert simulator.tables()["daily_sales"] == 2
