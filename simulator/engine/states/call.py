"""One try of a Task: what it hears, from whom, and what it writes."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from simulator.asl.model import JSON
from simulator.asl.resources import read_resource, split_resource
from simulator.engine.branch import Branch, too_large
from simulator.engine.ports import (
    Cancel,
    TaskFailure,
    TaskOutcome,
    TaskSubmitted,
    TaskSuccess,
    TaskTaken,
)
from simulator.engine.retry import DATA_LIMIT, TIMEOUT
from simulator.engine.sizes import size_of
from simulator.engine.states.leaving import ResultFields
from simulator.engine.step import HandledStep

if TYPE_CHECKING:
    from simulator.asl import model
    from simulator.engine.scheduler import Timer
    from simulator.engine.trace import BranchId

# a failure of the call itself that comes before its Started event
_BEFORE_STARTED = re.compile(r".*(ScheduleFailed|StartFailed)")


class CallingStep(HandledStep):
    """A Task as its calls know it. `service` is (resourceType, resource) of an integration, None
    for a function or an activity; `prefix` begins the names of its events."""

    __slots__ = ("is_activity", "prefix", "resource", "result", "service")

    def __init__(self, state: model.Task) -> None:
        super().__init__("Task", state.name)
        self.resource = state.resource
        self.service = split_resource(state.resource)
        resource = read_resource(state.resource)
        self.is_activity = resource is not None and resource.kind == "activity"
        if self.is_activity:
            self.prefix = "Activity"
        else:
            self.prefix = "Task" if self.service else "LambdaFunction"
        self.result = ResultFields(state)


class Call:
    """Hears the first of the outcome and the time limits. With a `token` the service's answer only
    says that the task was submitted, and the outcome is a callback's; so it is with a job (.sync),
    whose `cancel` stops it when nobody waits any more. An activity's task is heard of when a worker
    has taken it, and its outcome is the worker's."""

    __slots__ = (
        "_announcement",
        "_heartbeat",
        "_heartbeat_ms",
        "_limits",
        "_timeout",
        "branch",
        "cancel",
        "is_open",
        "step",
        "token",
    )

    def __init__(self, branch: Branch, step: CallingStep, token: str | None) -> None:
        self.branch = branch
        self.step = step
        self.token = token
        self.cancel: Cancel | None = None
        self.is_open = True
        self._timeout: Timer | None = None
        self._heartbeat: Timer | None = None
        self._heartbeat_ms: int | None = None
        self._announcement: Timer | None = None
        self._limits: tuple[int | None, int | None] = (None, None)
        branch.doing = self
        if token is not None:
            branch.execution.callbacks.wait(token, self)

    def limit(self, timeout: int | None, heartbeat: int | None) -> None:
        """Set the time limits, in seconds. Only a callback sends heartbeats: else
        HeartbeatSeconds counts from the start."""
        if timeout is not None:
            self._timeout = self._after(timeout * 1000, lambda: self._expire(is_heartbeat=False))
        if heartbeat is not None:
            self._heartbeat_ms = heartbeat * 1000
            self._await_heartbeat()

    def limit_when_taken(self, timeout: int | None, heartbeat: int | None) -> None:
        """Set an activity's time limits. "The count begins after the task has been started, for
        example, when ActivityStarted [is] logged" (developer guide, "Task")."""
        self._limits = timeout, heartbeat

    def _await_heartbeat(self) -> None:
        if self._heartbeat_ms is not None:
            self._heartbeat = self._after(
                self._heartbeat_ms, lambda: self._expire(is_heartbeat=True)
            )

    def _after(self, delay_ms: int, action: Callable[[], None]) -> Timer:
        world = self.branch.execution.world
        return world.limit(world.scheduler.now_ms + delay_ms, action)

    def announce(self) -> None:
        """Write the Started event, after whatever the start of the call made due at once."""
        if self.is_open:
            self._announcement = self.branch.execution.scheduler.after(
                0, lambda: self.branch.resume(self._write_started)
            )

    def _write_started(self) -> None:
        self._announcement = None
        self.branch.emit(f"{self.step.prefix}Started", self.step.service)

    # -- what it hears ------------------------------------------------------------------------

    def hear(self, outcome: TaskOutcome) -> None:
        """The service's answer; too late once a time limit, a callback or an abort came first."""
        if not self.is_open:
            return
        if self.token is not None and isinstance(outcome, TaskSuccess):
            outcome = TaskSubmitted(outcome.output)
        if isinstance(outcome, TaskTaken):
            self.branch.resume(self._take, outcome)
            return
        action = self._submit if isinstance(outcome, TaskSubmitted) else self._settle
        self.branch.resume(action, outcome)

    def succeed(self, output: JSON) -> None:
        """A callback brings the result."""
        self.branch.resume(self._settle, TaskSuccess(output))

    def give_up(self, error: str | None, cause: str | None) -> None:
        """A callback brings a failure."""
        self.branch.resume(self._settle, TaskFailure(error, cause))

    def beat(self) -> None:
        """A heartbeat: HeartbeatSeconds counts anew."""
        if self._heartbeat is not None:
            self._heartbeat.cancel()
        self._await_heartbeat()

    def _take(self, outcome: TaskTaken) -> None:
        self.branch.emit("ActivityStarted", outcome.worker)
        self.limit(*self._limits)

    def _submit(self, outcome: TaskSubmitted) -> None:
        self._started(outcome)
        self.branch.emit("TaskSubmitted", self._data(outcome.output))

    def _settle(self, outcome: TaskSuccess | TaskFailure) -> None:
        self._started(outcome)
        self._close()
        step, branch = self.step, self.branch
        if isinstance(outcome, TaskFailure):
            kind = outcome.event or f"{step.prefix}Failed"
            self._fail(kind, outcome.error, outcome.cause)
            return
        size = size_of(outcome.output)
        if size > branch.execution.max_bytes:
            too_much = too_large(step.resource)
            self._fail(f"{step.prefix}Failed", DATA_LIMIT, too_much.cause)
            return
        branch.emit(f"{step.prefix}Succeeded", self._data(outcome.output))
        step.result.leave(branch, outcome.output, size)

    def _started(self, outcome: TaskOutcome) -> None:
        """Write the Started event if it is still to come and the outcome doesn't forestall it."""
        if self._announcement is None:
            return
        self._announcement.cancel()
        self._announcement = None
        event = outcome.event if isinstance(outcome, TaskFailure) else None
        if event is None or not _BEFORE_STARTED.fullmatch(event):
            self._write_started()

    def _expire(self, *, is_heartbeat: bool) -> None:
        def expire() -> None:
            self._close()
            self._stop_job()
            kind = f"{self.step.prefix}TimedOut"
            self._fail(kind, TIMEOUT, None, is_heartbeat=is_heartbeat)

        if self.is_open:
            self.branch.resume(expire)

    def _fail(
        self, kind: str, error: str | None, cause: str | None, *, is_heartbeat: bool = False
    ) -> None:
        self.branch.emit(kind, self._data(error, cause))
        self.branch.fail(error, cause, is_heartbeat=is_heartbeat)

    def _data(self, *values: Any) -> Any:
        return (*(self.step.service or ()), *values)

    def _close(self) -> None:
        self.is_open = False
        for timer in (self._timeout, self._heartbeat, self._announcement):
            if timer is not None:
                timer.cancel()
        self._announcement = None
        if self.token is not None:
            self.branch.execution.callbacks.forget(self.token)

    def _stop_job(self) -> None:
        cancel, self.cancel = self.cancel, None
        if cancel is not None:
            cancel()

    def abort(self, *, by: BranchId | None) -> None:  # noqa: ARG002 - nothing to write
        """Hear nothing any more. A call that was started goes on, as on AWS; a job is stopped."""
        if self.is_open:
            self._close()
            self._stop_job()
