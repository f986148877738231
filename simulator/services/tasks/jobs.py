"""Jobs run to their end: `states:startExecution.sync` and `.sync:2`.

The Task succeeds with the execution as DescribeExecution shows it; with `.sync:2` its input and
output are JSON, with `.sync` text (recorded: test_sfn_start_execution_sync). Where the execution
does not succeed the Task fails with States.TaskFailed, its cause the same description; where the
state is given up the execution is stopped.
"""

from __future__ import annotations

import json
from typing import Any

from simulator.engine.execution import DEFECT, Execution
from simulator.engine.ports import (
    Cancel,
    TaskFailure,
    TaskOutcome,
    TaskRequest,
    TaskSubmitted,
    TaskSuccess,
)
from simulator.services import sdk_models
from simulator.services.tasks import optimized
from simulator.services.tasks.reach import Done, Reach

PATTERNS = (".sync", ".sync:2")


def start(reach: Reach, request: TaskRequest, pattern: str, done: Done) -> Cancel:
    """Start an execution and wait for its end."""
    job = _Job(reach, request, done, is_parsed=pattern == ".sync:2")
    optimized.start(reach, request, "states", "startExecution", job.hear, answered=job.follow)
    return job.cancel


class _Job:
    def __init__(self, reach: Reach, request: TaskRequest, done: Done, *, is_parsed: bool) -> None:
        self._reach = reach
        self._request = request
        self._done = done
        self._is_parsed = is_parsed
        self._is_given_up = False
        self._arn: str | None = None

    def follow(self, answer: Any) -> None:
        """The execution was started."""
        self._arn = answer["executionArn"]

    def hear(self, outcome: TaskOutcome) -> None:
        """The start was answered."""
        if not isinstance(outcome, TaskSuccess):
            self._done(outcome)
            return
        self._done(TaskSubmitted(outcome.output))
        assert self._arn is not None
        if self._is_given_up:
            self._stop()
            return
        self._services.execution(self._arn).when_ended(self._ended)

    @property
    def _services(self) -> Any:
        return self._reach.services["stepfunctions"]

    def _ended(self, execution: Execution) -> None:
        if self._is_given_up:
            return
        # Step Functions hears of the end by an event
        self._reach.world.scheduler.after(
            self._reach.world.timing.api_call_ms, lambda: self._report(execution)
        )

    def _report(self, execution: Execution) -> None:
        try:
            outcome = self._outcome(execution)
        except Exception as error:  # noqa: BLE001 - a defect of ours
            world = self._reach.world
            outcome = TaskFailure(DEFECT, world.defects.met(self._request.resource, error))
        self._done(outcome)

    def _outcome(self, execution: Execution) -> TaskOutcome:
        caller = self._reach.caller(self._request)
        operation = sdk_models.operation("stepfunctions", "describeExecution")
        assert operation is not None
        answer = self._services.describe_execution({"executionArn": execution.arn}, caller)
        described = operation.result(answer)
        if execution.status != "SUCCEEDED":
            text = json.dumps(described, separators=(",", ":"), ensure_ascii=False)
            return TaskFailure("States.TaskFailed", text)
        if self._is_parsed:
            for name in ("Input", "Output"):
                described[name] = json.loads(described[name])
        return TaskSuccess(described)

    def cancel(self) -> None:
        """Nobody waits any more."""
        self._is_given_up = True
        if self._arn is not None:
            self._stop()

    def _stop(self) -> None:
        execution = self._services.execution(self._arn)
        if execution.is_running:
            # words as users measured them
            parent = self._request.execution_arn
            execution.stop(
                cause=f"The Task state in AWS Step Functions execution [{parent}] which was "
                "managing this resource was aborted"
            )
