"""A Map Run: the child executions of one entry into a distributed Map, until all have ended.

Developer guide, "Using Map state in Distributed mode for large-scale parallel workloads": each
child execution has an ARN and a history of its own; the run fails once more of them failed than
are tolerated, and those that still run are stopped then.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

from simulator.asl.model import JSON
from simulator.engine.machine import Machine
from simulator.engine.sizes import compact_json

if TYPE_CHECKING:
    from simulator.engine.identity import Identity
    from simulator.engine.quotas import Quotas
    from simulator.engine.scheduler import Scheduler


class ChildExecution(Protocol):
    """A child execution as its Map Run knows it (`engine.execution` has the class)."""

    arn: str
    name: str
    state_machine_arn: str
    is_express: bool
    input_text: str
    status: str
    output: JSON
    error: str | None
    cause: str | None
    start_ms: int
    stop_ms: int | None

    @property
    def is_running(self) -> bool: ...
    @property
    def output_text(self) -> str | None: ...
    def redrive(self) -> None: ...
    def stop(self) -> None: ...
    def timestamp(self, at_ms: int) -> str: ...
    def when_ended(self, listener: Callable[[Any], None]) -> None: ...


class Parent(Protocol):
    """The execution whose distributed Map it is."""

    arn: str
    state_machine_arn: str
    scheduler: Scheduler
    identity: Identity
    quotas: Quotas

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
    ) -> ChildExecution:
        """Start a child execution."""

    def child_started(self, child: Any) -> None:
        """A child execution runs, for the first time or again."""


@dataclass(slots=True)
class Limits:
    """What UpdateMapRun may change while the run goes on."""

    max_concurrency: int
    tolerated_count: int | None
    tolerated_percentage: float | None

    def are_exceeded(self, *, failed: int, total: int) -> bool:
        """Whether too many items failed. Without either limit, none may."""
        if self.tolerated_count is None and self.tolerated_percentage is None:
            return failed > 0
        if self.tolerated_count is not None and failed > self.tolerated_count:
            return True
        share = self.tolerated_percentage
        return share is not None and failed * 100 > share * total


@dataclass(frozen=True, slots=True)
class Input:
    """The input of one child execution, and how many items are in it."""

    value: JSON
    items: int = 1


class MapRun:
    """`status` is AWS's: RUNNING, SUCCEEDED, FAILED, ABORTED. `ended` is called when no child runs
    any more and none is left to start, or when too many failed."""

    def __init__(
        self,
        parent: Parent,
        machine: Machine,
        *,
        arn: str,
        label: str,
        is_express: bool,
        limits: Limits,
        ended: Callable[[], None],
    ) -> None:
        self.parent = parent
        self.arn = arn
        self.label = label
        self.is_express = is_express
        self.limits = limits
        self.status = "RUNNING"
        self.start_ms = parent.scheduler.now_ms
        self.stop_ms: int | None = None
        self.redrive_count = 0
        self.redrive_ms: int | None = None
        self.inputs: Sequence[Input] = ()
        # by the input's place; None where it is still to start
        self.children: list[ChildExecution | None] = []
        self._machine = machine
        self._ended = ended
        self._waiting: list[int] = []
        self._running = 0

    def begin(self, inputs: Sequence[Input]) -> None:
        """Start child executions, as many at once as may run."""
        self.inputs = inputs
        self.children = [None] * len(inputs)
        self._waiting = list(reversed(range(len(inputs))))
        self.go_on()

    def go_on(self) -> None:
        """Start what may start, and end when nothing is left."""
        most = self.limits.max_concurrency
        while self._waiting and self._running < most:
            self._start(self._waiting.pop())
        if not self._waiting and not self._running and self.status == "RUNNING":
            self._ended()

    def _start(self, place: int) -> None:
        parent = self.parent
        child = self.children[place]
        self._running += 1
        if child is not None and not child.is_express:
            child.redrive()
        else:
            machine_arn = parent.state_machine_arn.partition("/")[0] + f"/{self.label}"
            name = parent.identity.uuid("map-child", f"{self.arn}:{place}")
            kind = "express" if self.is_express else "execution"
            arn = f"{machine_arn.replace(':stateMachine:', f':{kind}:', 1)}:{name}"
            if self.is_express:
                arn += f":{parent.identity.uuid('express-execution', arn)}"
            child = parent.child(
                self._machine,
                arn=arn,
                name=name,
                state_machine_arn=machine_arn,
                is_express=self.is_express,
                input_text=compact_json(self.inputs[place].value),
                map_run_arn=self.arn,
            )
            self.children[place] = child
        parent.child_started(child)
        child.when_ended(self._child_ended)

    def _child_ended(self, _child: ChildExecution) -> None:
        self._running -= 1
        if self.status != "RUNNING":
            return
        failed = self.count_items("FAILED", "TIMED_OUT", "ABORTED")
        total = sum(one.items for one in self.inputs)
        if self.limits.are_exceeded(failed=failed, total=total):
            self._waiting.clear()
            self.stop_children()
            self._ended()
        else:
            self.go_on()

    @property
    def has_failed(self) -> bool:
        """Whether more items failed than are tolerated."""
        failed = self.count_items("FAILED", "TIMED_OUT", "ABORTED")
        total = sum(one.items for one in self.inputs)
        return self.limits.are_exceeded(failed=failed, total=total)

    def count_items(self, *statuses: str) -> int:
        """How many items are in child executions of these statuses."""
        return sum(
            given.items
            for given, child in zip(self.inputs, self.children, strict=True)
            if child is not None and child.status in statuses
        )

    def end(self, status: str) -> None:
        """The run is over."""
        self.status = status
        self.stop_ms = self.parent.scheduler.now_ms

    def stop_children(self) -> None:
        """Stop the child executions that run."""
        status, self.status = self.status, "STOPPING"
        for child in self.children:
            if child is not None and child.is_running:
                child.stop()
        self.status = status

    def abort(self) -> None:
        """The state that started it is no longer waited for."""
        self._waiting.clear()
        self.stop_children()
        self.end("ABORTED")

    def redrive(self) -> None:
        """Run again what did not succeed."""
        self.status = "RUNNING"
        self.stop_ms = None
        self.redrive_count += 1
        self.redrive_ms = self.parent.scheduler.now_ms
        self._waiting = [
            place
            for place, child in reversed(list(enumerate(self.children)))
            if child is None or child.status != "SUCCEEDED"
        ]
        self.go_on()

    @property
    def all_succeeded(self) -> bool:
        """Whether every child execution succeeded."""
        return all(one is not None and one.status == "SUCCEEDED" for one in self.children)

    def outputs(self) -> list[Any]:
        """What the child executions that succeeded gave, in the order of the items."""
        return [
            child.output
            for child in self.children
            if child is not None and child.status == "SUCCEEDED"
        ]
