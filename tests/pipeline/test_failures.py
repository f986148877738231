from __future__ import annotations

import gzip
import re
import shutil
import time
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from tests.support.pipeline import ADDRESS, BUILD, CHECK, FACT, ITEM, JOBS

DAY = "2024-01-07"
DEADLINE = 60
MakePipeline = Callable[..., Any]
FINAL = {"FINISHED", "FAILED", "ABORTED"}


def statement(outcomes: dict[str, str]) -> dict[tuple[str, str], list[str]]:
    """What becomes of each job's first statement."""
    return {("statement", f":{job}"): [outcome] for job, outcome in outcomes.items()}


def status_of(pipeline: Any, job: str) -> str:
    views = [view for view in pipeline.simulator.statements if (view.name or "").endswith(job)]
    return str(views[-1].status)


@pytest.mark.parametrize("job", JOBS)
@pytest.mark.parametrize("outcome", ["FAILED", "ABORTED", "STUCK"])
def test_a_job_that_fails_ends_the_run_by_its_name_and_a_rerun_makes_it_good(
    make_pipeline: MakePipeline, make_picker: Callable[..., Any], job: str, outcome: str
) -> None:
    pipeline = make_pipeline(
        choices=make_picker(statement({job: outcome})), job_timeout_seconds=DEADLINE
    )
    execution = pipeline.load(DAY)
    assert (execution.status, execution.error) == ("FAILED", f"{job}Failed")
    assert execution.cause.startswith(f"{job}: ")
    expected = "past its deadline" if outcome == "STUCK" else outcome
    assert expected in execution.cause
    # four jobs in a row, each quick but for the one that is stuck
    assert execution.virtual_seconds < DEADLINE + 60
    assert {view.status for view in pipeline.simulator.statements} <= FINAL
    after = JOBS[JOBS.index(job) + 1 :] if job not in (ADDRESS, ITEM) else (FACT, CHECK)
    assert not set(after) & set(pipeline.jobs_started())
    rerun = pipeline.load(DAY)
    assert rerun.status == "SUCCEEDED", rerun.cause
    assert pipeline.tables() == pipeline.expected(DAY)


@pytest.mark.parametrize(("failing", "other"), [(ADDRESS, ITEM), (ITEM, ADDRESS)])
def test_a_failed_dimension_cancels_what_the_other_branch_runs_and_is_named(
    make_pipeline: MakePipeline, make_picker: Callable[..., Any], failing: str, other: str
) -> None:
    picker = make_picker(statement({failing: "FAILED", other: "STUCK"}))
    pipeline = make_pipeline(choices=picker)
    execution = pipeline.load(DAY)
    assert (execution.status, execution.error) == ("FAILED", f"{failing}Failed")
    assert execution.cause.startswith(f"{failing}: FAILED")
    assert status_of(pipeline, other) == "ABORTED"
    assert execution.virtual_seconds < 60
    assert FACT not in pipeline.jobs_started()


def test_one_failing_statement_leaves_none_of_the_tables(
    make_pipeline: MakePipeline, make_picker: Callable[..., Any]
) -> None:
    pipeline = make_pipeline(choices=make_picker(statement({BUILD: "FAILED"})))
    pipeline.load(DAY)
    assert not [name for name in pipeline.simulator.tables() if name.startswith("sales.")]


def test_busy_functions_are_tried_again(
    make_pipeline: MakePipeline, make_picker: Callable[..., Any]
) -> None:
    outcomes = {
        ("lambda", "/BuildDB"): ["throttled", "service_error"],
        ("lambda", "/GetClusterStatus"): ["service_error"],
    }
    pipeline = make_pipeline(choices=make_picker(outcomes))
    assert pipeline.load(DAY).status == "SUCCEEDED"
    assert pipeline.tables() == pipeline.expected(DAY)


def test_a_function_that_never_answers_fails_its_job_by_name(
    make_pipeline: MakePipeline, make_picker: Callable[..., Any]
) -> None:
    picker = make_picker({("lambda", "/BuildDB"): ["throttled"] * 20})
    pipeline = make_pipeline(choices=picker)
    execution = pipeline.load(DAY)
    assert (execution.status, execution.error) == ("FAILED", "BuildDBFailed")
    assert "TooManyRequests" in execution.cause


@pytest.mark.parametrize("job", JOBS)
def test_a_submission_whose_answer_is_lost_does_not_run_the_sql_twice(
    make_pipeline: MakePipeline, data_api_function: ModuleType, job: str
) -> None:
    pipeline = make_pipeline()
    lost: list[str] = []

    def handler(event: Any, context: object) -> Any:
        answer = data_api_function.handler(event, context)
        if event["action"] == "call_data_api" and event["job"]["name"] == job and not lost:
            lost.append(answer["id"])
            raise data_api_function.ServiceBusy("the answer is lost")
        return answer

    pipeline.replace_function("StoreSalesRedshiftDataApi", handler)
    assert pipeline.load(DAY).status == "SUCCEEDED"
    assert len(lost) == 1
    assert sorted(pipeline.jobs_started()) == sorted(JOBS)
    assert pipeline.tables() == pipeline.expected(DAY)


def test_a_submission_that_fails_for_good_is_cancelled_by_its_name(
    make_pipeline: MakePipeline, data_api_function: ModuleType
) -> None:
    pipeline = make_pipeline()

    def handler(event: Any, context: object) -> Any:
        answer = data_api_function.handler(event, context)
        if event["action"] == "call_data_api":
            raise ValueError("nobody learns the Id")
        return answer

    pipeline.replace_function("StoreSalesRedshiftDataApi", handler)
    execution = pipeline.load(DAY)
    assert (execution.status, execution.error) == ("FAILED", "BuildDBFailed")
    assert re.fullmatch(
        r"BuildDB: ValueError: nobody learns the Id; cancelled: [0-9a-f-]{36}", execution.cause
    )
    assert status_of(pipeline, BUILD) == "ABORTED"
    assert not [name for name in pipeline.simulator.tables() if name.startswith("sales.")]


def test_an_unknown_status_fails_the_job(
    make_pipeline: MakePipeline, data_api_function: ModuleType
) -> None:
    pipeline = make_pipeline()

    def handler(event: Any, context: object) -> Any:
        if event["action"] == "check_data_api_status":
            return {"status": "HIBERNATING", "Cause": "the statement is HIBERNATING"}
        return data_api_function.handler(event, context)

    pipeline.replace_function("StoreSalesRedshiftDataApi", handler)
    execution = pipeline.load(DAY)
    assert (execution.status, execution.error) == ("FAILED", "BuildDBFailed")
    assert "HIBERNATING" in execution.cause


@pytest.mark.parametrize("job", JOBS)
def test_every_running_status_waits(
    make_pipeline: MakePipeline, data_api_function: ModuleType, job: str
) -> None:
    pipeline = make_pipeline()
    running = ["SUBMITTED", "PICKED", "STARTED"]

    def handler(event: Any, context: object) -> Any:
        answer = data_api_function.handler(event, context)
        if event["action"] == "check_data_api_status" and event["job"]["name"] == job and running:
            return {"status": running.pop(0), "Cause": "as the test has it"}
        return answer

    pipeline.replace_function("StoreSalesRedshiftDataApi", handler)
    execution = pipeline.load(DAY)
    assert execution.status == "SUCCEEDED"
    waits = [event for event in execution.history() if event["type"] == "WaitStateEntered"]
    names = [event["stateEnteredEventDetails"]["name"] for event in waits]
    assert names.count(f"Wait{job}") == 3


def copy_of(lake: Path, folder: Path) -> Path:
    return Path(shutil.copytree(lake, folder / "lake"))


def test_a_file_without_rows_of_its_day_fails_the_fact_load_and_leaves_what_was_loaded(
    make_pipeline: MakePipeline, make_lake: Callable[..., Path], tmp_path: Path
) -> None:
    lake = copy_of(make_lake(scale=0.1), tmp_path)
    pipeline = make_pipeline(lake)
    assert pipeline.load(DAY).status == "SUCCEEDED"
    before = pipeline.tables()
    day = lake / "store_sales" / DAY
    for file in day.iterdir():
        text = gzip.decompress(file.read_bytes()).decode()
        file.write_bytes(gzip.compress(text.replace(DAY, "2024-01-05").encode()))
    execution = pipeline.load(DAY)
    assert (execution.status, execution.error) == ("FAILED", f"{FACT}Failed")
    assert "refresh_date_has_rows" in execution.cause
    assert "ivi" in execution.cause
    assert pipeline.tables() == before
    assert pipeline.jobs_started().count(CHECK) == 1


def test_a_day_without_files_fails_the_fact_load_and_names_the_prefix(
    make_pipeline: MakePipeline,
) -> None:
    pipeline = make_pipeline()
    assert pipeline.load(DAY).status == "SUCCEEDED"
    before = pipeline.tables()["store_sales"]
    execution = pipeline.load("2024-02-01")
    assert (execution.status, execution.error) == ("FAILED", f"{FACT}Failed")
    assert "store_sales/2024-02-01/" in execution.cause
    assert pipeline.tables()["store_sales"] == before


def test_validation_fails_when_the_rows_are_gone_after_the_fact_load(
    make_pipeline: MakePipeline, data_api_function: ModuleType
) -> None:
    pipeline = make_pipeline()

    def handler(event: Any, context: object) -> Any:
        if event["action"] == "call_data_api" and event["job"]["name"] == CHECK:
            sabotage = {**event["job"], "name": "Sabotage", "parameters": {}, "literals": {}}
            sabotage["sql_statements"] = ["DELETE FROM sales.store_sales"]
            data_api_function.handler({**event, "job": sabotage}, context)
            # in virtual time
            time.sleep(10)
        return data_api_function.handler(event, context)

    pipeline.replace_function("StoreSalesRedshiftDataApi", handler)
    execution = pipeline.load(DAY)
    assert (execution.status, execution.error) == ("FAILED", f"{CHECK}Failed")
    assert "refresh_date_has_rows" in execution.cause


def test_an_unknown_user_fails_the_first_job_by_name(make_pipeline: MakePipeline) -> None:
    connection = {"ClusterIdentifier": "store-sales", "Database": "dev", "DbUser": "nobody"}
    pipeline = make_pipeline(connection=connection)
    execution = pipeline.load(DAY)
    assert (execution.status, execution.error) == ("FAILED", "BuildDBFailed")
    assert "nobody" in execution.cause
