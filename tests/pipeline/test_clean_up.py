"""The third function: what an ended execution left behind goes away."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any

import pytest
import time_machine
from botocore.exceptions import ClientError

from simulator import project as projects
from tests.support.pipeline import JOBS

ROOT = Path(__file__).resolve().parents[2]
DAY = "2024-01-07"
ENDED = datetime(2024, 1, 9, 10, 0, tzinfo=UTC)
MACHINE = "arn:aws:states:us-east-1:123456789012:stateMachine:StoreSales"
EXECUTION = "arn:aws:states:us-east-1:123456789012:execution:StoreSales:night"
CONTEXT = SimpleNamespace(function_name="CleanUp")
MakePipeline = Callable[..., Any]


class FakeService:
    """Answers operations with what is put in `answers`, and notes what was asked."""

    def __init__(self, **answers: Any) -> None:
        self.answers = answers
        self.calls: list[tuple[str, dict[str, Any]]] = []

    def __getattr__(self, operation: str) -> Callable[..., Any]:
        def call(**request: Any) -> Any:
            self.calls.append((operation, request))
            answer = self.answers[operation]
            if isinstance(answer, list):
                answer = answer.pop(0)
            if isinstance(answer, Exception):
                raise answer
            return answer

        return call

    def asked(self, operation: str) -> list[dict[str, Any]]:
        return [request for name, request in self.calls if name == operation]


class Account:
    """The services as the function finds them: a cluster that is available, nothing running."""

    def __init__(self) -> None:
        self.data_api = FakeService(
            list_statements={"Statements": []}, cancel_statement={"Status": True}
        )
        self.redshift = FakeService(
            describe_clusters={"Clusters": [{"ClusterStatus": "available"}]}, pause_cluster={}
        )
        self.states = FakeService(
            describe_execution={"status": "ABORTED"}, list_executions={"executions": []}
        )
        self.functions = FakeService(invoke={})


@pytest.fixture
def account(clean_up_function: ModuleType, monkeypatch: pytest.MonkeyPatch) -> Account:
    made = Account()
    for name, service in vars(made).items():
        monkeypatch.setattr(clean_up_function, name, service)
    monkeypatch.setenv("CLUSTER_IDENTIFIER", "store-sales")
    monkeypatch.setenv("PAUSE_CLUSTER_AFTER", "false")
    return made


def call(function: ModuleType, *, seconds: float, status: str = "ABORTED", **members: Any) -> Any:
    """The function, called this long after the execution's end."""
    event = {
        "detail": {
            "executionArn": EXECUTION,
            "stateMachineArn": MACHINE,
            "status": status,
            "stopDate": int(ENDED.timestamp() * 1000),
        },
        **members,
    }
    with time_machine.travel(ENDED + timedelta(seconds=seconds), tick=False):
        return function.handler(event, CONTEXT)


def refused(code: str) -> ClientError:
    return ClientError({"Error": {"Code": code, "Message": "no"}}, "Operation")


def test_it_cancels_what_runs_by_the_prefix_of_its_names(
    clean_up_function: ModuleType, account: Account
) -> None:
    statuses = ("SUBMITTED", "PICKED", "STARTED", "FINISHED", "FAILED", "ABORTED")
    pages = [
        {"Statements": [{"Id": one, "Status": one} for one in statuses[:2]], "NextToken": "n"},
        {"Statements": [{"Id": one, "Status": one} for one in statuses[2:]]},
    ]
    account.data_api.answers["list_statements"] = pages
    answer = call(clean_up_function, seconds=60)
    assert answer["cancelled"] == ["SUBMITTED", "PICKED", "STARTED"]
    first, second = account.data_api.asked("list_statements")
    assert first == {"StatementName": "StoreSales:night:", "Status": "ALL"}
    assert second == {**first, "NextToken": "n"}


def test_what_ends_meanwhile_is_no_failure_and_what_is_refused_is(
    clean_up_function: ModuleType, account: Account
) -> None:
    running = {"Statements": [{"Id": "a", "Status": "STARTED"}]}
    account.data_api.answers["list_statements"] = running
    account.data_api.answers["cancel_statement"] = refused("ValidationException")
    assert call(clean_up_function, seconds=60)["cancelled"] == []
    account.data_api.answers["cancel_statement"] = refused("InternalServerException")
    with pytest.raises(ClientError):
        call(clean_up_function, seconds=60)


def test_it_looks_again_after_the_time_of_late_submissions(
    clean_up_function: ModuleType, account: Account
) -> None:
    with pytest.raises(clean_up_function.LookAgain):
        call(clean_up_function, seconds=0.5)
    assert len(account.data_api.asked("list_statements")) == 1
    assert call(clean_up_function, seconds=60)["cancelled"] == []


def test_a_redriven_executions_statements_are_its_own(
    clean_up_function: ModuleType, account: Account
) -> None:
    account.states.answers["describe_execution"] = {"status": "RUNNING"}
    assert "cancelled" not in call(clean_up_function, seconds=0.5)
    assert account.data_api.calls == []


@pytest.mark.parametrize("status", ["RUNNING", "SUCCEEDED"])
def test_it_cancels_nothing_of_what_runs_or_succeeded(
    clean_up_function: ModuleType, account: Account, status: str
) -> None:
    call(clean_up_function, seconds=0.5, status=status)
    assert account.data_api.calls == []


@pytest.mark.parametrize("status", ["SUCCEEDED", "FAILED", "TIMED_OUT", "ABORTED"])
def test_it_pauses_the_cluster_where_that_is_set(
    clean_up_function: ModuleType,
    account: Account,
    monkeypatch: pytest.MonkeyPatch,
    status: str,
) -> None:
    call(clean_up_function, seconds=60, status=status)
    assert account.redshift.calls == []
    monkeypatch.setenv("PAUSE_CLUSTER_AFTER", "true")
    assert call(clean_up_function, seconds=60, status=status)["cluster"] == "pausing"
    assert account.redshift.asked("pause_cluster") == [{"ClusterIdentifier": "store-sales"}]


def test_it_leaves_the_cluster_to_another_execution(
    clean_up_function: ModuleType, account: Account, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PAUSE_CLUSTER_AFTER", "true")
    account.states.answers["list_executions"] = {"executions": [{"name": "other"}]}
    assert call(clean_up_function, seconds=60)["cluster"] == "needed"
    assert account.redshift.calls == []
    (request,) = account.states.asked("list_executions")
    assert (request["stateMachineArn"], request["statusFilter"]) == (MACHINE, "RUNNING")


def test_a_cluster_on_its_way_is_looked_at_again_by_fresh_invocations_but_not_for_ever(
    clean_up_function: ModuleType, account: Account, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PAUSE_CLUSTER_AFTER", "true")
    account.redshift.answers["describe_clusters"] = {"Clusters": [{"ClusterStatus": "resuming"}]}
    for seconds in (0.5, 60):
        with pytest.raises(clean_up_function.LookAgain):
            call(clean_up_function, seconds=seconds)
    assert account.functions.calls == []
    # Lambda's third attempt is its last
    call(clean_up_function, seconds=181)
    (request,) = account.functions.asked("invoke")
    assert (request["FunctionName"], request["InvocationType"]) == ("CleanUp", "Event")
    handed_over = json.loads(request["Payload"])
    assert handed_over["detail"]["executionArn"] == EXECUTION
    with pytest.raises(clean_up_function.LookAgain):
        call(clean_up_function, seconds=182, since=handed_over["since"])
    with pytest.raises(clean_up_function.LookAgain):
        call(clean_up_function, seconds=1801)


def test_the_settings_agree_and_it_runs_under_the_role_that_submits() -> None:
    project = projects.read(ROOT / "simulator.toml")
    values = {name: one.value for name, one in project.definition.substitutions.items()}
    function = project.lambdas["StoreSalesRedshiftCleanUp"]
    assert function.environment == {
        "CLUSTER_IDENTIFIER": values["cluster_identifier"],
        "PAUSE_CLUSTER_AFTER": json.dumps(values["pause_cluster_after"]),
    }
    assert str(function.role_arn).endswith(":role/StoreSalesRedshiftDataApi")
    # a submission may come as late as the submitting function's timeout
    submitting = project.lambdas["StoreSalesRedshiftDataApi"]
    assert submitting.timeout_seconds < 45


# --- in the simulation -------------------------------------------------------------------------


def started(pipeline: Any, job: str) -> Callable[[], bool]:
    def look() -> bool:
        views = [one for one in pipeline.simulator.statements if (one.name or "").endswith(job)]
        return bool(views) and views[-1].status == "STARTED"

    return look


def stop(pipeline: Any, execution: Any) -> None:
    pipeline.simulator.client("stepfunctions").stop_execution(executionArn=execution.arn)


@pytest.mark.parametrize("job", JOBS)
def test_a_stop_leaves_no_statement_running(
    make_pipeline: MakePipeline, make_picker: Callable[..., Any], job: str
) -> None:
    pipeline = make_pipeline(choices=make_picker({("statement", f":{job}"): ["STUCK"]}))
    execution = pipeline.simulator.start({"refresh_date": DAY})
    pipeline.simulator.world.scheduler.run(started(pipeline, job))
    stop(pipeline, execution)
    pipeline.simulator.run()
    (view,) = [one for one in pipeline.simulator.statements if one.name.endswith(job)]
    assert view.status == "ABORTED"
    assert view.finished_ms - execution.stop < 5_000
    assert pipeline.simulator.broken == []


def test_a_timeout_of_the_execution_leaves_no_statement_running(
    make_pipeline: MakePipeline, make_picker: Callable[..., Any]
) -> None:
    picker = make_picker({("statement", ":BuildDB"): ["STUCK"]})
    pipeline = make_pipeline(choices=picker, execution_timeout_seconds=40)
    execution = pipeline.load(DAY)
    assert execution.status == "TIMED_OUT"
    assert {view.status for view in pipeline.simulator.statements} == {"ABORTED"}
    assert pipeline.simulator.broken == []


def test_a_submission_that_comes_after_the_end_is_cancelled_by_the_second_look(
    make_pipeline: MakePipeline, make_picker: Callable[..., Any]
) -> None:
    # the call takes five seconds, and the execution is stopped in their midst
    picker = make_picker({("statement", ":BuildDB"): ["STUCK"]})
    pipeline = make_pipeline(choices=picker, timing={"api_call_ms": 5_000})
    execution = pipeline.simulator.start({"refresh_date": DAY})

    def is_submitting() -> bool:
        return any(state["name"] == "BuildDB" for state in execution.states())

    pipeline.simulator.world.scheduler.run(is_submitting)
    pipeline.simulator._services["stepfunctions"].stop_execution(
        {"executionArn": execution.arn}, pipeline.simulator._caller
    )
    pipeline.simulator.run()
    (view,) = pipeline.simulator.statements
    assert view.created_ms > execution.stop
    assert view.status == "ABORTED"
    assert view.finished_ms - execution.stop < 300_000
    assert pipeline.simulator.broken == []


@pytest.mark.parametrize("first_status", ["available", "paused"])
@pytest.mark.parametrize("seconds", [0, 3, 30, 400, 430, 450])
def test_a_stop_pauses_the_cluster_where_that_is_set(
    make_pipeline: MakePipeline, first_status: str, seconds: int
) -> None:
    # a cluster resumes for seven minutes
    pipeline = make_pipeline(first_status=first_status, pause_cluster_after=True)
    execution = pipeline.simulator.start({"refresh_date": DAY})
    simulator = pipeline.simulator
    simulator.world.scheduler.run(until_ms=simulator.now + seconds * 1000)
    if execution.status == "RUNNING":
        stop(pipeline, execution)
    simulator.run()
    statuses = [entry[3] for entry in simulator.trace.of_kind("ClusterStatus")]
    assert (statuses or [first_status])[-1] == "paused"
    assert simulator.broken == []


def test_a_failure_pauses_the_cluster_where_that_is_set(
    make_pipeline: MakePipeline, make_picker: Callable[..., Any]
) -> None:
    picker = make_picker({("statement", ":BuildDB"): ["FAILED"]})
    pipeline = make_pipeline(choices=picker, pause_cluster_after=True)
    assert pipeline.load(DAY).status == "FAILED"
    statuses = [entry[3] for entry in pipeline.simulator.trace.of_kind("ClusterStatus")]
    assert statuses == ["pausing", "paused"]
    assert pipeline.simulator.broken == []


def test_two_at_once_leave_the_cluster_to_the_last_one(make_pipeline: MakePipeline) -> None:
    pipeline = make_pipeline(pause_cluster_after=True)
    executions = [pipeline.simulator.start({"refresh_date": DAY}, name=name) for name in "ab"]
    pipeline.simulator.run()
    assert [one.status for one in executions] == ["SUCCEEDED", "SUCCEEDED"]
    moves = pipeline.simulator.trace.of_kind("ClusterStatus")
    assert [entry[3] for entry in moves] == ["pausing", "paused"]
    assert moves[0][0] > min(one.stop for one in executions)
    assert pipeline.simulator.broken == []
