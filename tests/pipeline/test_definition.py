"""The shipped definition: its states, its limits, and what it owes to AWS and to Terraform."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from simulator import project as projects

ROOT = Path(__file__).resolve().parents[2]
JOBS = {
    "BuildDB": "BuildDB",
    "CustomerAddressDimensionLoadJob": "ExecCustomerAddressDimensionLoadJob",
    "ItemDimensionLoadJob": "ExecItemDimensionLoadJob",
    "StoreSalesFactLoadJob": "ExecStoreSalesFactLoadJob",
    "ValidateSalesMetric": "ExecValidateSalesMetric",
}
SQL = sorted((ROOT / "statemachine/sql").rglob("*.sql"))


def all_states(machine: Any) -> Iterator[tuple[str, Any]]:
    """The states of a machine and of the branches inside of it."""
    for name, state in machine["States"].items():
        yield name, state
        for branch in state.get("Branches", []):
            yield from all_states(branch)


@pytest.fixture(scope="module")
def project() -> projects.Project:
    return projects.read(ROOT / "simulator.toml")


@pytest.fixture(scope="module")
def definition(project: projects.Project) -> Any:
    return json.loads(projects.render(project, account_id="1" * 12, region="us-east-1").text)


@pytest.fixture(scope="module")
def states(definition: Any) -> dict[str, Any]:
    return dict(all_states(definition))


@pytest.mark.parametrize("job", JOBS)
def test_every_job_has_its_six_roles(states: dict[str, Any], job: str) -> None:
    roles = {
        f"Initialize{job}": "Pass",
        JOBS[job]: "Task",
        f"Get{job}Status": "Task",
        f"Check{job}Status": "Choice",
        f"Wait{job}": "Wait",
        f"Fail{job}": "Fail",
    }
    assert {name: states[name]["Type"] for name in roles} == roles
    assert states[f"Fail{job}"]["Error"] == f"{job}Failed"


def test_every_task_is_retried_with_backoff_and_jitter_and_ends_by_itself(
    states: dict[str, Any],
) -> None:
    tasks = [state for state in states.values() if state["Type"] == "Task"]
    assert len(tasks) == 5 * 3 + 5
    for task in tasks:
        (retrier,) = task["Retry"]
        assert retrier["JitterStrategy"] == "FULL"
        assert retrier["BackoffRate"] > 1
        assert "Lambda.TooManyRequestsException" in retrier["ErrorEquals"]
        assert "ServiceBusy" in retrier["ErrorEquals"]
        assert task["TimeoutSeconds"] == 60


def test_polling_all_jobs_to_their_deadlines_stays_within_the_event_quota(
    definition: Any, states: dict[str, Any]
) -> None:
    # "Maximum execution history size: 25,000 events"; a poll is Wait 2, Task 5, Choice 2
    polls = sum(
        states[f"Initialize{job}"]["Parameters"]["timeout_seconds"]
        / states[f"Wait{job}"]["Seconds"]
        for job in JOBS
    )
    assert polls * 9 + 200 < 25_000
    deadlines = 4 * states["InitializeBuildDB"]["Parameters"]["timeout_seconds"]
    cluster = states["GetClusterStatus"]["Parameters"]["timeout_seconds"]
    assert definition["TimeoutSeconds"] > deadlines + cluster


def test_a_batch_stays_within_the_data_apis_forty_statements(states: dict[str, Any]) -> None:
    for job in JOBS:
        assert 1 <= len(states[f"Initialize{job}"]["Parameters"]["sql_statements"]) <= 40


@pytest.mark.parametrize("file", SQL, ids=lambda file: f"{file.parent.name}/{file.name}")
def test_a_file_holds_one_statement(file: Path) -> None:
    text = re.sub(r"--[^\n]*", "", file.read_text("utf-8")).strip()
    assert text.endswith(";")
    assert text.count(";") == 1


def test_the_template_holds_no_directive_and_no_number_in_quotes() -> None:
    # Terraform reads %{ as a directive; "${wait_seconds}" would render a number as text
    template = (ROOT / "statemachine/store_sales_etl.asl.json").read_text("utf-8")
    assert "%{" not in template
    numbers = re.findall(r'"(?:Seconds|TimeoutSeconds|timeout_seconds)": (\S+)', template)
    assert numbers
    assert not [number for number in numbers if number.startswith('"')]
