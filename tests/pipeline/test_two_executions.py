"""Executions at once, stopped, rerun at once and redriven: every promise is kept."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from tests.support.pipeline import ADDRESS, BUILD, FACT, ITEM, JOBS

DAY, EARLIER = "2024-01-07", "2024-01-05"
MakePipeline = Callable[..., Any]
levels = pytest.mark.parametrize("isolation", ["SNAPSHOT", "SERIALIZABLE"])


def start(pipeline: Any, day: str, name: str) -> Any:
    return pipeline.simulator.start({"refresh_date": day}, name=name)


def run_until(pipeline: Any, holds: Callable[[], bool]) -> None:
    pipeline.simulator.world.scheduler.run(holds)


def statement(pipeline: Any, name: str, job: str) -> Any:
    """The last statement of a job in an execution; None before its submission."""
    end = f":{name}:{job}"
    views = [one for one in pipeline.simulator.statements if (one.name or "").endswith(end)]
    return views[-1] if views else None


def is_started(pipeline: Any, name: str, job: str) -> Callable[[], bool]:
    def look() -> bool:
        view = statement(pipeline, name, job)
        return view is not None and view.status == "STARTED"

    return look


@levels
@pytest.mark.parametrize("days", [(DAY, DAY), (DAY, EARLIER), (EARLIER, DAY)])
@pytest.mark.parametrize("head_start", [None, *JOBS])
def test_two_at_once_take_turns_and_both_succeed(
    make_pipeline: MakePipeline, isolation: str, days: tuple[str, str], head_start: str | None
) -> None:
    pipeline = make_pipeline(isolation=isolation)
    first = start(pipeline, days[0], "a")
    if head_start is not None:
        run_until(pipeline, is_started(pipeline, "a", head_start))
    second = start(pipeline, days[1], "b")
    pipeline.simulator.run()
    assert (first.status, second.status) == ("SUCCEEDED", "SUCCEEDED"), (first.cause, second.cause)
    assert pipeline.simulator.broken == []
    assert pipeline.tables() == pipeline.expected(*days)


@levels
def test_the_second_waits_for_the_firsts_lock(make_pipeline: MakePipeline, isolation: str) -> None:
    pipeline = make_pipeline(isolation=isolation)
    start(pipeline, DAY, "a")
    start(pipeline, DAY, "b")
    pipeline.simulator.run()
    for job in (BUILD, ADDRESS, ITEM, FACT):
        one, other = (statement(pipeline, name, job) for name in ("a", "b"))
        # the later one's second statement, after the lock, begins when the other has committed
        assert other.sub_statements[1].started_ms >= one.finished_ms


@levels
def test_dimensions_of_one_execution_still_run_side_by_side(
    make_pipeline: MakePipeline, isolation: str
) -> None:
    pipeline = make_pipeline(isolation=isolation)
    start(pipeline, DAY, "a")
    pipeline.simulator.run()
    one, other = (statement(pipeline, "a", job) for job in (ADDRESS, ITEM))
    assert one.sub_statements[1].started_ms < other.finished_ms
    assert other.sub_statements[1].started_ms < one.finished_ms


@levels
@pytest.mark.parametrize("job", JOBS)
def test_a_rerun_at_once_while_the_stopped_ones_statement_is_stuck(
    make_pipeline: MakePipeline, make_picker: Callable[..., Any], isolation: str, job: str
) -> None:
    picker = make_picker({("statement", f":a:{job}"): ["STUCK"]})
    pipeline = make_pipeline(choices=picker, isolation=isolation)
    first = start(pipeline, DAY, "a")
    run_until(pipeline, is_started(pipeline, "a", job))
    stop(pipeline, first)
    second = start(pipeline, DAY, "b")
    pipeline.simulator.run()
    assert (first.status, second.status) == ("ABORTED", "SUCCEEDED"), second.cause
    assert statement(pipeline, "a", job).status == "ABORTED"
    assert pipeline.simulator.broken == []
    assert pipeline.tables() == pipeline.expected(DAY)


def stop(pipeline: Any, execution: Any) -> None:
    pipeline.simulator.client("stepfunctions").stop_execution(executionArn=execution.arn)


def redrive(pipeline: Any, execution: Any) -> None:
    pipeline.simulator.client("stepfunctions").redrive_execution(executionArn=execution.arn)


@pytest.mark.parametrize("job", JOBS)
@pytest.mark.parametrize("at_once", [True, False])
def test_what_a_stop_left_is_run_again_by_a_redrive(
    make_pipeline: MakePipeline, make_picker: Callable[..., Any], job: str, at_once: bool
) -> None:
    picker = make_picker({("statement", f":a:{job}"): [] if at_once else ["STUCK"]})
    pipeline = make_pipeline(choices=picker)
    execution = start(pipeline, DAY, "a")
    run_until(pipeline, is_started(pipeline, "a", job))
    stop(pipeline, execution)
    if not at_once:
        # long enough for the clean-up to cancel what is stuck
        pipeline.simulator.run()
        assert statement(pipeline, "a", job).status == "ABORTED"
    redrive(pipeline, execution)
    pipeline.simulator.run()
    assert execution.status == "SUCCEEDED", execution.cause
    assert pipeline.simulator.broken == []
    assert pipeline.tables() == pipeline.expected(DAY)


def test_a_redrive_does_not_run_again_what_finished_unseen(make_pipeline: MakePipeline) -> None:
    pipeline = make_pipeline()
    execution = start(pipeline, DAY, "a")
    # the fact load commits between two polls
    run_until(
        pipeline,
        lambda: (view := statement(pipeline, "a", FACT)) is not None and view.status == "FINISHED",
    )
    stop(pipeline, execution)
    pipeline.simulator.run()
    redrive(pipeline, execution)
    pipeline.simulator.run()
    assert execution.status == "SUCCEEDED"
    assert sorted(pipeline.jobs_started()) == sorted(JOBS)
    assert pipeline.simulator.broken == []


def times_submitted(pipeline: Any) -> dict[str, int]:
    started = pipeline.jobs_started()
    return {job: started.count(job) for job in JOBS if job in started}


@pytest.mark.parametrize("job", JOBS)
@pytest.mark.parametrize("outcome", ["FAILED", "STUCK"])
def test_a_redrive_runs_again_what_failed_and_nothing_else(
    make_pipeline: MakePipeline, make_picker: Callable[..., Any], job: str, outcome: str
) -> None:
    picker = make_picker({("statement", f":a:{job}"): [outcome]})
    pipeline = make_pipeline(choices=picker, job_timeout_seconds=60)
    execution = start(pipeline, DAY, "a")
    pipeline.simulator.run()
    assert (execution.status, execution.error) == ("FAILED", f"{job}Failed")
    redrive(pipeline, execution)
    pipeline.simulator.run()
    assert execution.status == "SUCCEEDED", execution.cause
    # both dimensions end between the same two polls
    again = {one: 2 if one == job else 1 for one in JOBS}
    assert times_submitted(pipeline) == again
    assert pipeline.simulator.broken == []
    assert pipeline.tables() == pipeline.expected(DAY)


def test_a_redrive_that_fails_as_well_says_so_and_can_be_redriven(
    make_pipeline: MakePipeline, make_picker: Callable[..., Any]
) -> None:
    picker = make_picker({("statement", f":a:{FACT}"): ["FAILED@1", "FAILED@2"]})
    pipeline = make_pipeline(choices=picker)
    execution = start(pipeline, DAY, "a")
    pipeline.simulator.run()
    causes = []
    for _ in range(2):
        assert (execution.status, execution.error) == ("FAILED", f"{FACT}Failed")
        causes.append(execution.cause)
        redrive(pipeline, execution)
        pipeline.simulator.run()
    assert execution.status == "SUCCEEDED", execution.cause
    assert [cause.split(" of ")[0] for cause in causes] == [
        f"{FACT}: FAILED in statement 1",
        f"{FACT}: FAILED in statement 2",
    ]
    assert times_submitted(pipeline)[FACT] == 3
    assert pipeline.simulator.broken == []


def test_a_redrive_looks_again_at_a_cluster_that_had_not_come(make_pipeline: MakePipeline) -> None:
    pipeline = make_pipeline(cluster_timeout_seconds=0, first_status="paused")
    execution = start(pipeline, DAY, "a")
    pipeline.simulator.run()
    assert (execution.status, execution.error) == ("FAILED", "ClusterNotAvailable")
    pipeline.simulator.client("redshift").resume_cluster(ClusterIdentifier="store-sales")
    pipeline.simulator.run()
    redrive(pipeline, execution)
    pipeline.simulator.run()
    assert execution.status == "SUCCEEDED", execution.cause


class StopAfterThePoll:
    """Fails a job's statement, and stops the execution so many events after that."""

    def __init__(self, job: str, events: int) -> None:
        self.job = job
        self.left = events
        self.has_failed = self.is_counting = False

    def pick(self, place: Any, options: Any) -> str:
        if place.kind == "statement" and place.subject.endswith(self.job) and not self.has_failed:
            self.has_failed = True
            return "FAILED"
        if place.kind == "operator":
            self.is_counting |= place.subject.endswith(f"{self.job} FAILED")
            if self.is_counting and self.left >= 0 and "stop" in options:
                self.left -= 1
                return "stop" if self.left < 0 else "none"
        return str(options[0])


def test_a_failure_that_a_stop_keeps_from_being_told_is_run_again_by_the_redrive(
    make_pipeline: MakePipeline,
) -> None:
    """Wherever it is stopped between the statement's failure and the execution's own."""
    for events in range(80):
        pipeline = make_pipeline(choices=StopAfterThePoll(ITEM, events))
        execution = start(pipeline, DAY, "a")
        pipeline.simulator.run()
        if execution.status == "FAILED":
            break
        redrive(pipeline, execution)
        pipeline.simulator.run()
        assert execution.status == "SUCCEEDED", (events, execution.cause)
        assert times_submitted(pipeline)[ITEM] == 2
        assert pipeline.simulator.broken == []
    assert events > 10
    assert pipeline.simulator.broken == []
