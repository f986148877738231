"""Task: a call that goes out through the TaskPort and comes back later, or too late."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from simulator.asl import model
from simulator.asl.context import ContextObject
from simulator.asl.javatext import json_text
from simulator.asl.model import JSON
from simulator.asl.paths import compile_path
from simulator.engine.branch import Branch, too_large
from simulator.engine.dataflow import (
    NO_CONTEXT,
    Transform,
    compile_filter,
    compile_payload,
    compose,
    mentions_context,
)
from simulator.engine.ports import TaskFailure, TaskOutcome, TaskRequest
from simulator.engine.retry import DATA_LIMIT, TIMEOUT
from simulator.engine.sizes import path_growth, size_of, template_growth
from simulator.engine.states.fork import ResultFields, field_error
from simulator.engine.step import HandledStep, Step

if TYPE_CHECKING:
    from simulator.engine.scheduler import Timer

# a failure of the call itself that comes before its Started event
_BEFORE_STARTED = re.compile(r".*(ScheduleFailed|StartFailed)")


class TaskStep(HandledStep):
    """A Task. `service` is (resourceType, resource) of an integration, None for a function."""

    __slots__ = (
        "credentials",
        "heartbeat_path",
        "input",
        "needs_context",
        "parameters",
        "prefix",
        "result",
        "select",
        "service",
        "state",
        "timeout_path",
    )

    def __init__(self, state: model.Task) -> None:
        super().__init__("Task", state.name)
        self.state = state
        self.service = split_resource(state.resource)
        self.prefix = "Task" if self.service else "LambdaFunction"
        self.select = compile_filter(state.input_path)
        self.parameters = compile_payload(state.parameters, is_present=state.has_parameters)
        self.input = compose(self.select, self.parameters)
        self.timeout_path = _compile(state.timeout_seconds_path)
        self.heartbeat_path = _compile(state.heartbeat_seconds_path)
        self.credentials = compile_payload(
            state.credentials, is_present=state.credentials is not None
        )
        parameters = state.parameters if state.has_parameters else None
        self.needs_context = mentions_context(
            state.input_path,
            parameters,
            state.credentials,
            state.timeout_seconds_path,
            state.heartbeat_seconds_path,
        )
        growth = path_growth(state.input_path)
        self.grow(template_growth(parameters).after(growth) if state.has_parameters else growth)
        self.result = ResultFields(state)

    def begin(self, branch: Branch) -> None:
        execution = branch.execution
        context = branch.context(self) if self.needs_context else NO_CONTEXT
        value = branch.value if self.select is None else self.select(branch.value, context)
        payload = value if self.parameters is None else self.parameters(value, context)
        may_be_large = branch.size * self.factor + self.constant > execution.max_bytes
        if may_be_large and size_of(payload) > execution.max_bytes:
            raise too_large(self.name)
        state = self.state
        timeout = self._seconds(self.timeout_path, "TimeoutSecondsPath", value, context)
        if timeout is None:
            timeout = state.timeout_seconds
        heartbeat = self._seconds(self.heartbeat_path, "HeartbeatSecondsPath", value, context)
        if heartbeat is None:
            heartbeat = state.heartbeat_seconds
        credentials = None if self.credentials is None else self.credentials(value, context)
        call = Call(branch, self)
        details = (payload, timeout, heartbeat, credentials)
        if self.service is None:
            branch.emit("LambdaFunctionScheduled", (state.resource, *details))
        else:
            branch.emit("TaskScheduled", (*self.service, execution.world.region, *details))
        call.limit(timeout, heartbeat)
        request = TaskRequest(
            state.resource,
            payload,
            self.name,
            execution.arn,
            branch.retry_count + 1,
            None if credentials is None else credentials["RoleArn"],
        )
        execution.tasks.start(request, call.hear)
        call.announce()

    def _seconds(
        self, path: Transform | None, field: str, value: JSON, context: ContextObject
    ) -> int | None:
        if path is None:
            return None
        found = path(value, context)
        if type(found) is not int or not 0 < found <= 99_999_999:
            raise field_error(
                f"The {field} parameter must refer to a positive integer, but was: "
                f"{json_text(found)}"
            )
        return found


class Call:
    """One try of a Task: hears the first of its outcome and its time limits."""

    __slots__ = ("_announcement", "_timers", "branch", "is_open", "step")

    def __init__(self, branch: Branch, step: TaskStep) -> None:
        self.branch = branch
        self.step = step
        self.is_open = True
        self._timers: list[Timer] = []
        self._announcement: Timer | None = None
        branch.doing = self

    def limit(self, timeout: int | None, heartbeat: int | None) -> None:
        """Set the time limits, in seconds. No integration of ours sends heartbeats, so that
        HeartbeatSeconds counts from the start."""
        after = self.branch.execution.scheduler.after
        if timeout is not None:
            self._timers.append(after(timeout * 1000, lambda: self._expire(is_heartbeat=False)))
        if heartbeat is not None:
            self._timers.append(after(heartbeat * 1000, lambda: self._expire(is_heartbeat=True)))

    def announce(self) -> None:
        """Write the Started event, after whatever the start of the call made due at once."""
        if self.is_open:
            self._announcement = self.branch.execution.scheduler.after(
                0, lambda: self.branch.resume(self._write_started)
            )

    def _write_started(self) -> None:
        self._announcement = None
        self.branch.emit(f"{self.step.prefix}Started", self.step.service)

    def hear(self, outcome: TaskOutcome) -> None:
        """The outcome; too late once a time limit or an abort came first."""
        if self.is_open:
            self.branch.resume(self._settle, outcome)

    def _settle(self, outcome: TaskOutcome) -> None:
        comes_before = (
            isinstance(outcome, TaskFailure)
            and outcome.event is not None
            and _BEFORE_STARTED.fullmatch(outcome.event)
        )
        if self._announcement is not None:
            self._announcement.cancel()
            if not comes_before:
                self._write_started()
        self._close()
        step, branch = self.step, self.branch
        if isinstance(outcome, TaskFailure):
            kind = outcome.event or f"{step.prefix}Failed"
            self._fail(kind, outcome.error, outcome.cause)
            return
        size = size_of(outcome.output)
        if size > branch.execution.max_bytes:
            too_much = too_large(step.state.resource)
            self._fail(f"{step.prefix}Failed", DATA_LIMIT, too_much.cause)
            return
        branch.emit(f"{step.prefix}Succeeded", self._data(outcome.output))
        step.result.leave(branch, outcome.output, size)

    def _expire(self, *, is_heartbeat: bool) -> None:
        def expire() -> None:
            self._close()
            kind = f"{self.step.prefix}TimedOut"
            self._fail(kind, TIMEOUT, None, is_heartbeat=is_heartbeat)

        if self.is_open:
            self.branch.resume(expire)

    def _fail(
        self, kind: str, error: str, cause: str | None, *, is_heartbeat: bool = False
    ) -> None:
        self.branch.emit(kind, self._data(error, cause))
        self.branch.fail(error, cause, is_heartbeat=is_heartbeat)

    def _data(self, *values: Any) -> Any:
        return (*(self.step.service or ()), *values)

    def _close(self) -> None:
        self.is_open = False
        for timer in self._timers:
            timer.cancel()
        if self._announcement is not None:
            self._announcement.cancel()
            self._announcement = None

    def abort(self, *, is_silent: bool) -> None:  # noqa: ARG002 - nothing to write
        """Hear nothing any more. What was started goes on, as on AWS."""
        self._close()


def split_resource(resource: str) -> tuple[str, str] | None:
    """(resourceType, resource) as events show an integration; None for a function's own ARN.

    `arn:aws:states:::lambda:invoke` is ("lambda", "invoke"),
    `arn:aws:states:::aws-sdk:s3:getObject` is ("aws-sdk:s3", "getObject").
    """
    parts = resource.split(":")
    if len(parts) < 7 or parts[2] != "states" or parts[5] == "activity":
        return None
    rest = parts[5:]
    head = 2 if rest[0] == "aws-sdk" else 1
    return ":".join(rest[:head]), ":".join(rest[head:])


def compile_task(state: model.Task) -> Step:
    """Compile a Task."""
    return TaskStep(state)


def _compile(text: str | None) -> Transform | None:
    return None if text is None else compile_path(text)
