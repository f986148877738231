"""The benchmarks measure what they say; how long anything takes is no matter of a test."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from benchmarks import data_api, pipeline
from benchmarks.workloads import WORKLOADS, etl_handler
from simulator import Simulator

ROOT = Path(__file__).resolve().parent.parent


@pytest.mark.parametrize("name", WORKLOADS)
def test_a_workload_enters_as_many_states_as_its_rate_counts(name: str) -> None:
    definition, data, states = WORKLOADS[name]
    with Simulator(account_id="111111111111") as simulator:
        simulator.add_lambda("data-api", etl_handler())
        simulator.create_state_machine(definition, name=name)
        execution = simulator.start(data)
        simulator.run()
        entered = sum(event["type"].endswith("StateEntered") for event in execution.history())
    assert (execution.status, entered) == ("SUCCEEDED", states)


def test_the_command_tells_its_benchmarks() -> None:
    shown = subprocess.run(
        [sys.executable, "-m", "benchmarks", "--help"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    assert "states, pipeline" in shown.stdout


def test_an_unknown_benchmark_is_refused_by_name() -> None:
    refused = subprocess.run(
        [sys.executable, "-m", "benchmarks", "stats"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert refused.returncode == 2
    assert "expected one of states, pipeline, plans, data-api, got 'stats'" in refused.stderr


def test_a_batch_and_its_sql_sent_straight_do_the_same() -> None:
    # each is asserted to have finished; what is dropped in between is there again
    api_ms, direct_ms = data_api.overhead("32 statements over 2 rows", 2)
    assert min(api_ms, direct_ms) > 0


def test_databases_are_counted_with_their_memory_and_disk() -> None:
    made = data_api.databases(11)
    assert (made["early"][0], made["end"][0]) == (10, 11)
    assert made["end"][1] > 0
    assert made["end"][2] > 0


def test_the_floor_leaves_the_tables_that_the_pipeline_leaves() -> None:
    recorded, tables = pipeline.record()
    assert tables["sales.store_sales"] > 0
    simulator, warehouse = pipeline.prepared()
    with simulator:
        assert "sales.store_sales" not in simulator.tables()
        pipeline.replay(recorded, warehouse)
        assert simulator.tables() == tables
