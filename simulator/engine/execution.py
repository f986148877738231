"""One execution of a state machine: its life from ExecutionStarted to its end."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any, Protocol

from simulator.asl.model import JSON
from simulator.engine.branch import Branch, HistoryFull
from simulator.engine.callbacks import Callbacks
from simulator.engine.machine import Machine
from simulator.engine.map_run import MapRun
from simulator.engine.ports import TaskPort, World
from simulator.engine.quotas import Quotas
from simulator.engine.retry import RUNTIME
from simulator.engine.scheduler import Timer
from simulator.engine.sizes import compact_json, size_of
from simulator.engine.trace import BranchId

# the error of an execution that met a defect of the simulator's own
DEFECT = "Simulator.InternalError"


class Records(Protocol):
    """Keeps the Map Runs that an execution starts, and their child executions."""

    def map_run_started(self, run: MapRun) -> None: ...

    def child_started(self, child: Execution) -> None: ...


class Execution:
    """Runs a compiled machine on a world's scheduler and writes its events to the world's trace.

    `status` is AWS's (RUNNING, SUCCEEDED, FAILED, TIMED_OUT, ABORTED); `input` and `output` are
    JSON values, `input_text` the input as it was given; times are virtual milliseconds. A task's
    outcome that comes after the end is not heard.
    """

    def __init__(
        self,
        machine: Machine,
        *,
        world: World,
        tasks: TaskPort,
        quotas: Quotas,
        arn: str,
        name: str,
        state_machine_arn: str,
        role_arn: str,
        input_text: str = "{}",
        is_express: bool = False,
        callbacks: Callbacks | None = None,
        records: Records | None = None,
        map_run_arn: str | None = None,
    ) -> None:
        self.machine = machine
        self.arn = arn
        self.name = name
        self.state_machine_arn = state_machine_arn
        self.machine_name = state_machine_arn.split(":")[6]
        self.role_arn = role_arn
        self.is_express = is_express
        self.input_text = input_text
        self.input: JSON = json.loads(input_text)
        self.status = "RUNNING"
        self.output: JSON = None
        self.error: str | None = None
        self.cause: str | None = None
        self.world = world
        self.scheduler = world.scheduler
        self.trace = world.trace
        self.identity = world.identity
        self.tasks = tasks
        self.quotas = quotas
        self.callbacks = callbacks or Callbacks(world.identity)
        # who keeps what a distributed Map starts
        self.records = records
        # the Map Run whose child this is
        self.map_run_arn = map_run_arn
        self.start_ms = self.scheduler.now_ms
        self.stop_ms: int | None = None
        self.redrive_count = 0
        self.redrive_ms: int | None = None
        # read by the run loop
        self.events = 0
        self.transition_ms = world.timing.transition_ms
        self.max_events = quotas.history_events if not is_express else 1 << 62
        self.max_bytes = quotas.state_data_bytes
        self.map_concurrency = quotas.map_concurrency
        # where its entries begin and end in the trace
        self.trace_start = len(self.trace.entries)
        self.trace_end: int | None = None
        self.id = BranchId(arn)
        # how often each state forked, for the ids of its branches
        self._forks: dict[tuple[Any, str], int] = {}
        self._listeners: list[Callable[[Execution], None]] = []
        longest = quotas.express_seconds if is_express else quotas.standard_seconds
        # how long it may be open, redrives and the time between them included
        self.longest_ms = longest * 1000
        self._start()

    def _start(self) -> None:
        data = (self.input, self.input_text, self.role_arn)
        self.emit("ExecutionStarted", self.id, data)
        self.root = Branch(self, self.id, self.machine.start, self.input, size_of(self.input))
        self.root.enter(self.transition_ms)
        self._limit()

    def _limit(self) -> None:
        """Set TimeoutSeconds, which counts from now, and the quota, which counts from the start."""
        due_ms = self.start_ms + self.longest_ms
        if self.machine.timeout_seconds is not None:
            due_ms = min(due_ms, self.scheduler.now_ms + self.machine.timeout_seconds * 1000)
        self._timeout: Timer = self.world.limit(due_ms, self.time_out)

    def redrive(self) -> None:
        """RedriveExecution: go on from what failed or was stopped, under the same ARN.

        Developer guide, "Restarting state machine executions with redrive": results and history are
        kept, "the state machine level timeout, if defined, is reset to 0", and a redrive counts as
        a state transition. Whether AWS would allow it is the service's to say.
        """
        assert not self.is_running
        self.status = "RUNNING"
        self.error = self.cause = self.stop_ms = self.trace_end = None
        self.redrive_count += 1
        self.redrive_ms = self.scheduler.now_ms
        self.emit("ExecutionRedriven", self.id, self.redrive_count)
        self._limit()
        self.root.redrive(self.transition_ms)

    # -- its end ------------------------------------------------------------------------------

    @property
    def is_running(self) -> bool:
        return self.status == "RUNNING"

    def when_ended(self, listener: Callable[[Execution], None]) -> None:
        """Call `listener` at the end, at once if that has come."""
        if self.is_running:
            self._listeners.append(listener)
        else:
            listener(self)

    def succeed(self, output: JSON) -> None:
        """End with the output of the last state."""
        self.output = output
        self._end("SUCCEEDED", "ExecutionSucceeded", self.id, output)

    def fail(self, error: str | None, cause: str | None, branch_id: BranchId | None = None) -> None:
        """End with an error that nothing caught; `branch_id` says in which branch."""
        self._end_with("FAILED", "ExecutionFailed", error, cause, branch_id)

    def fail_history_full(self, branch_id: BranchId) -> None:
        """End because the history reached its quota (words as users report them)."""
        cause = f"The execution reached the maximum number of history events ({self.max_events})."
        self.fail(RUNTIME, cause, branch_id)

    def meet_defect(self, error: Exception, state_name: str, branch_id: BranchId) -> None:
        """End because of an exception that nobody foresaw, or raise it (see `Defects`)."""
        cause = self.world.defects.met(f"state {state_name!r} of {self.arn}", error)
        # what it set off may have ended it before
        if self.is_running:
            self.fail(DEFECT, cause, branch_id)

    def stop(self, error: str | None = None, cause: str | None = None) -> None:
        """StopExecution: whatever runs is left alone and no longer heard."""
        self._end_with("ABORTED", "ExecutionAborted", error, cause, None)

    def time_out(self) -> None:
        """End because TimeoutSeconds passed, or because an operator says that it has."""
        self._end_with("TIMED_OUT", "ExecutionTimedOut", None, None, None)

    def _end_with(
        self,
        status: str,
        kind: str,
        error: str | None,
        cause: str | None,
        branch_id: BranchId | None,
    ) -> None:
        self.error, self.cause = error, cause
        self._end(status, kind, branch_id or self.id, (error, cause))

    def _end(self, status: str, kind: str, subject: BranchId, data: Any) -> None:
        assert self.is_running
        self.root.abort(by=None)
        self._timeout.cancel()
        self.events += 1
        self.trace.append((self.scheduler.now_ms, kind, subject, data))
        self.status = status
        self.stop_ms = self.scheduler.now_ms
        self.trace_end = len(self.trace.entries)
        listeners, self._listeners = self._listeners, []
        for listener in listeners:
            listener(self)

    # -- for its branches and Map Runs --------------------------------------------------------

    def emit(self, kind: str, subject: BranchId, data: Any) -> None:
        """Write an event; the last one that the quota allows is left for the end."""
        if self.events + 1 >= self.max_events:
            raise HistoryFull
        self.events += 1
        self.trace.append((self.scheduler.now_ms, kind, subject, data))

    def map_run_started(self, run: MapRun) -> None:
        """A distributed Map has begun."""
        if self.records is not None:
            self.records.map_run_started(run)

    def child(
        self,
        machine: Machine,
        *,
        arn: str,
        name: str,
        state_machine_arn: str,
        is_express: bool,
        input_text: str,
        map_run_arn: str,
    ) -> Execution:
        """Start a child execution of a Map Run."""
        return Execution(
            machine,
            world=self.world,
            tasks=self.tasks,
            quotas=self.quotas,
            arn=arn,
            name=name,
            state_machine_arn=state_machine_arn,
            role_arn=self.role_arn,
            input_text=input_text,
            is_express=is_express,
            callbacks=self.callbacks,
            records=self.records,
            map_run_arn=map_run_arn,
        )

    def child_started(self, child: Execution) -> None:
        """A child execution of a Map Run runs, for the first time or again."""
        if self.records is not None:
            self.records.child_started(child)

    def fork_occurrence(self, branch_id: BranchId, state_name: str) -> int:
        """How often this branch has forked in this state, this time included."""
        key = (branch_id.path, state_name)
        self._forks[key] = self._forks.get(key, 0) + 1
        return self._forks[key]

    def timestamp(self, at_ms: int) -> str:
        """A moment as the Context Object shows it."""
        moment = datetime.fromtimestamp(at_ms // 1000, UTC)
        return f"{moment:%Y-%m-%dT%H:%M:%S}.{at_ms % 1000:03d}Z"

    def context_members(self) -> dict[str, JSON]:
        """The Context Object's "Execution"."""
        members: dict[str, JSON] = {
            "Id": self.arn,
            "Input": self.input,
            "StartTime": self.timestamp(self.start_ms),
            "Name": self.name,
            "RoleArn": self.role_arn,
        }
        # recorded: only Standard executions, which can be redriven, have it
        if not self.is_express:
            members["RedriveCount"] = self.redrive_count
        # "Context object": there once the execution has been redriven
        if self.redrive_ms is not None:
            members["RedriveTime"] = self.timestamp(self.redrive_ms)
        return members

    @property
    def output_text(self) -> str | None:
        """The output as JSON text; None unless it succeeded."""
        return compact_json(self.output) if self.status == "SUCCEEDED" else None
