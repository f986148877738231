"""The customer's document line by line: its jobs, their order, and how they hand SQL over.

The number in each name is the line's, and its docstring what the document asks there, in our words.
"""

from __future__ import annotations

import json
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import boto3.session
import botocore.client
import pytest

from simulator import Execution, Simulator
from tests.support.pipeline import ADDRESS, BUILD, CHECK, FACT, ITEM, JOBS

# of build_db alone; staging tables come with the loads
BUILT = {"customer", "customer_address", "date_dim", "item", "store", "store_sales"}
DAY = {"refresh_date": "2024-01-08"}

CleanRun = tuple[Simulator, Execution]
Make = Callable[..., Any]


def by_job(simulator: Simulator) -> dict[str, Any]:
    """The one statement of each job. Fails if a job has more."""
    named = [(view.name.rsplit(":", 1)[-1], view) for view in simulator.statements if view.name]
    assert len(dict(named)) == len(named), f"a job ran more than once: {named}"
    return dict(named)


def entered(execution: Execution) -> list[str]:
    return [state["name"] for state in execution.states()]


def load_function(root: Path) -> Any:
    """The shipped function's module, imported as its Lambda environment does."""
    import importlib.util

    file = root / "lambda" / "redshift_data_api" / "index.py"
    spec = importlib.util.spec_from_file_location("acceptance_data_api", file)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def job(*sql_statements: str) -> dict[str, Any]:
    return {
        "name": "Job",
        "connection": {
            "ClusterIdentifier": "store-sales",
            "Database": "dev",
            "DbUser": "awsuser",
        },
        "sql_statements": list(sql_statements),
        "timeout_seconds": 60,
    }


SUBMISSION = {"execution_id": "1", "redrive_count": 0, "entered_time": "2024-01-09T10:00:00Z"}


def test_01_a_set_up_step_comes_before_the_pipeline(copied_project: Path, command: Make) -> None:
    """The lake is set up before anything runs: where that step was left out and nothing makes up
    for it, one error names the entry, and nothing has run."""
    toml = copied_project / "simulator.toml"
    lines = toml.read_text(encoding="utf-8").splitlines(keepends=True)
    toml.write_text("".join(line for line in lines if not line.startswith(("fill", "options"))))
    code, out, err = command("run")
    assert (code, out) == (2, "")
    assert "[lake.store-sales-lake]: expected a folder .simulator/lake, got nothing there" in err
    # the error and its hint
    assert len(err.splitlines()) == 2
    assert not (copied_project / ".simulator" / "run.json").exists()


def test_04_each_job_runs_once_and_in_order(clean_run: CleanRun) -> None:
    """Started by hand, jobs ran in the wrong order or were forgotten. Here each runs exactly once,
    and only when what it needs is finished."""
    simulator, execution = clean_run
    jobs = by_job(simulator)
    assert set(jobs) == set(JOBS)
    assert {view.status for view in jobs.values()} == {"FINISHED"}
    for before, after in [
        (BUILD, ADDRESS),
        (BUILD, ITEM),
        (ADDRESS, FACT),
        (ITEM, FACT),
        (FACT, CHECK),
    ]:
        assert jobs[before].finished_ms < jobs[after].created_ms
    submitting = [f"Exec{name}" if name != BUILD else name for name in JOBS]
    assert [entered(execution).count(state) for state in submitting] == [1] * len(JOBS)
    # the trace counts what reached the Data API, whoever sent it
    submissions = [
        subject
        for _, kind, subject, _ in simulator.trace.entries
        if kind == "ApiCall" and subject.endswith("ExecuteStatement")
    ]
    assert submissions == ["redshift-data:BatchExecuteStatement"] * len(JOBS)


def test_07_both_dimension_loads_run_at_the_same_time(clean_run: CleanRun) -> None:
    """The two dimension loads don't wait for one another: their SQL is on the warehouse at one
    time."""
    jobs = by_job(clean_run[0])
    address, item = jobs[ADDRESS], jobs[ITEM]
    overlap_ms = min(address.finished_ms, item.finished_ms) - max(
        address.started_ms, item.started_ms
    )
    assert overlap_ms > 1000


@pytest.mark.parametrize("failing", [ADDRESS, ITEM])
@pytest.mark.parametrize("outcome", ["FAILED", "ABORTED"])
def test_08_the_fact_load_never_starts_unless_both_dimensions_are_loaded(
    shipped: Make, simulate: Make, failing: str, outcome: str
) -> None:
    """Both dimensions have to be finished before sales are loaded: whichever fails, no sale is."""
    simulator = simulate(shipped(), outcomes={failing: outcome})
    execution = simulator.start(DAY)
    simulator.run()
    assert (execution.status, execution.error) == ("FAILED", f"{failing}Failed")
    assert execution.cause.startswith(f"{failing}: {outcome}")
    assert FACT not in by_job(simulator)
    assert not [state for state in entered(execution) if FACT in state]
    assert simulator.tables()["sales.store_sales"] == 0


def test_08_the_fact_load_waits_for_the_slower_dimension(shipped: Make, simulate: Make) -> None:
    """Nor is it enough that one of them is finished: here the items take half an hour longer."""
    minutes = 30
    timing = {"statement": {"noise": 0, "base_by_kind_ms": {"UPDATE": minutes * 60_000}}}
    simulator = simulate(shipped(timing=timing))
    execution = simulator.start(DAY)
    simulator.run()
    assert execution.status == "SUCCEEDED", execution.cause
    jobs = by_job(simulator)
    # one UPDATE of addresses, two of items
    assert jobs[ITEM].finished_ms - jobs[ADDRESS].finished_ms > (minutes - 1) * 60_000
    assert jobs[FACT].created_ms > jobs[ITEM].finished_ms


def test_10_call_data_api_hands_the_sql_over_and_does_not_wait(root: Path) -> None:
    """The function submits the SQL and returns the statement's Id at once, before the SQL runs."""

    def submit() -> tuple[Any, float, str]:
        module = load_function(root)
        started = time.time()
        answer = module.call_data_api(job("CREATE TABLE t (n INT)"), **SUBMISSION)
        took = time.time() - started
        return answer, took, module.client.describe_statement(Id=answer["id"])["Status"]

    with Simulator() as simulator:
        answer, took, status = simulator.call(submit)
        (statement,) = simulator.statements
        assert status == "SUBMITTED"
        assert answer["id"] == statement.id
        # one call of the Data API's
        assert took < 0.1
        assert simulator.tables() == {}
        simulator.run()
        assert simulator.tables() == {"t": 0}


def test_11_check_data_api_status_gives_the_latest_status_by_id(root: Path) -> None:
    """Asked with an Id, the function gives the statement's status as it is at that moment, through
    all of its life."""

    def watch(*sql_statements: str, cancel: bool = False) -> list[dict[str, Any]]:
        module = load_function(root)
        submitted = module.call_data_api(job(*sql_statements), **SUBMISSION)
        seen: list[dict[str, Any]] = []
        while not seen or seen[-1]["status"] in ("SUBMITTED", "PICKED", "STARTED"):
            outcome = module.check_data_api_status(submitted)
            if not seen or seen[-1]["status"] != outcome["status"]:
                seen.append(outcome)
            if cancel and outcome["status"] == "STARTED":
                module.client.cancel_statement(Id=submitted["id"])
            time.sleep(0.02)
        return seen

    begins = ["SUBMITTED", "PICKED", "STARTED"]
    with Simulator() as simulator:
        finished = simulator.call(watch, "CREATE TABLE t (n INT)")
        assert [outcome["status"] for outcome in finished] == [*begins, "FINISHED"]
    with Simulator() as simulator:
        failed = simulator.call(watch, "CREATE TABLE t (n INT)", "SELECT n FROM nowhere")
        assert [outcome["status"] for outcome in failed] == [*begins, "FAILED"]
        assert 'relation "nowhere" does not exist' in failed[-1]["Cause"]
    with Simulator() as simulator:
        aborted = simulator.call(watch, "CREATE TABLE t (n INT)", cancel=True)
        assert [outcome["status"] for outcome in aborted] == [*begins, "ABORTED"]


def test_11_every_status_is_routed(shipped: Make, simulate: Make) -> None:
    """Going on, waiting and failing each follow from the status that was asked for last."""

    def routes(execution: Execution, name: str) -> set[tuple[str, str]]:
        """(status, state that it led to) of each poll of a job."""
        outputs, found = {}, set()
        events = execution.history()
        previous = {event["id"]: event["previousEventId"] for event in events}
        for event in events:
            if (left := event.get("stateExitedEventDetails", {})).get(
                "name"
            ) == f"Check{name}Status":
                outputs[event["id"]] = json.loads(left["output"])["jobs"][name]["outcome"]["status"]
            status = outputs.get(previous[event["id"]])
            if status and "stateEnteredEventDetails" in event:
                found.add((status, event["stateEnteredEventDetails"]["name"]))
        return found

    # polls so close that no status is missed
    fast = {"wait_seconds": 0}
    simulator = simulate(shipped(**fast))
    execution = simulator.start(DAY)
    simulator.run()
    follows = {
        BUILD: "ParallelizeDimensionLoadJob",
        ADDRESS: f"{ADDRESS}Finished",
        ITEM: f"{ITEM}Finished",
        FACT: f"Initialize{CHECK}",
        CHECK: "CheckPauseSetting",
    }
    for name, following in follows.items():
        waits = {(status, f"Wait{name}") for status in ("SUBMITTED", "PICKED", "STARTED")}
        assert routes(execution, name) == waits | {("FINISHED", following)}
    for outcome in ("FAILED", "ABORTED"):
        for name in JOBS:
            simulator = simulate(shipped(), outcomes={name: outcome})
            execution = simulator.start(DAY)
            simulator.run()
            assert (outcome, f"Fail{name}") in routes(execution, name)


def test_12_the_client_is_boto3_s_own_and_made_once(
    shipped: Make, simulate: Make, root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The function uses boto3's `redshift-data` client, made when the module is loaded and not on
    each invocation."""
    made: Counter[str] = Counter()
    original = boto3.session.Session.client

    def counting(self: Any, service_name: str, *arguments: Any, **options: Any) -> Any:
        made[service_name] += 1
        return original(self, service_name, *arguments, **options)

    monkeypatch.setattr(boto3.session.Session, "client", counting)
    simulator = simulate(shipped())
    simulator.start(DAY)
    simulator.run()
    calls = [one for one in simulator.invocations if one.function_name.endswith("DataApi")]
    # a branch each needs an environment of its own, and each environment loads the module once; the
    # clean-up function has a client of its own
    cold = sum(call.is_cold_start for call in calls)
    assert made["redshift-data"] - 1 == cold == 2
    assert len(calls) > 10
    client = simulator.call(lambda: load_function(root).client)
    assert isinstance(client, botocore.client.BaseClient)
    assert client.meta.service_model.service_name == "redshift-data"


def test_15_one_state_runs_several_statements_and_makes_all_tables(
    shipped: Make, simulate: Make, root: Path
) -> None:
    """One state hands several SQL statements over: after it all tables exist."""
    # nothing after BuildDB comes to its end
    simulator = simulate(shipped(), outcomes={ADDRESS: "FAILED", ITEM: "FAILED"})
    execution = simulator.start(DAY)
    simulator.run()
    assert entered(execution).count("BuildDB") == 1
    files = list((root / "statemachine" / "sql" / "build_db").glob("*.sql"))
    assert len(by_job(simulator)[BUILD].sqls) == len(files) > 5
    tables = {name for name in simulator.tables() if not name.startswith("locks.")}
    assert tables == {f"sales.{name}" for name in BUILT}


def test_15_one_failing_statement_leaves_no_table(
    shipped: Make, simulate: Make, root: Path
) -> None:
    """The statements of a state are one transaction: when one fails, none has left anything."""
    files = sorted((root / "statemachine" / "sql" / "build_db").glob("*.sql"))
    texts = [file.read_text(encoding="utf-8") for file in files]
    simulator = simulate(shipped(build_db_sql=[*texts, "SELECT nothing FROM sales.store"]))
    execution = simulator.start(DAY)
    simulator.run()
    assert (execution.status, execution.error) == ("FAILED", "BuildDBFailed")
    last = len(texts) + 1
    assert f"FAILED in statement {last} of {last}" in execution.cause
    assert 'column "nothing" does not exist' in execution.cause
    statuses = [sub.status for sub in by_job(simulator)[BUILD].sub_statements]
    # all of the others had run
    assert statuses.count("FINISHED") == len(texts)
    assert not [name for name in simulator.tables() if name.startswith("sales.")]


def test_21_it_finishes_in_under_three_minutes(clean_run: CleanRun) -> None:
    """A run takes less than three minutes: virtual ones, with the default timing."""
    simulator, execution = clean_run
    assert simulator.project is not None
    assert dict(simulator.project.timing) == {}
    assert execution.status == "SUCCEEDED", execution.cause
    assert 0 < execution.virtual_seconds < 180
    # it did the whole job in this time
    assert simulator.tables()["sales.store_sales"] == execution.output["store_sales"]["rows_loaded"]
    assert execution.output["store_sales"]["rows_loaded"] > 0
