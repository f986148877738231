"""An execution as its branches and states know it (`engine.execution` has the class)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol

from simulator.asl.model import JSON
from simulator.engine.map_run import MapRun, Parent

if TYPE_CHECKING:
    from simulator.engine.callbacks import Callbacks
    from simulator.engine.machine import Machine
    from simulator.engine.ports import TaskPort, World
    from simulator.engine.trace import BranchId, Trace


class RunningExecution(Parent, Protocol):
    """What runs in an execution asks this of it. Times are virtual milliseconds, sizes bytes."""

    machine: Machine
    machine_name: str
    world: World
    trace: Trace
    tasks: TaskPort
    callbacks: Callbacks
    # how many events it has; the run loop counts them by itself
    events: int
    transition_ms: int
    max_events: int
    max_bytes: int
    map_concurrency: int

    def emit(self, kind: str, subject: BranchId, data: Any) -> None:
        """Write an event. Raises HistoryFull where only the end's is left."""

    def succeed(self, output: JSON) -> None:
        """Its last state has ended."""

    def fail(self, error: str | None, cause: str | None, branch_id: BranchId | None = None) -> None:
        """Nothing caught this error."""

    def fail_history_full(self, branch_id: BranchId) -> None:
        """The history reached its quota."""

    def meet_defect(self, error: Exception, state_name: str, branch_id: BranchId) -> None:
        """An exception that nobody foresaw."""

    def map_run_started(self, run: MapRun) -> None:
        """A distributed Map has begun."""

    def fork_occurrence(self, branch_id: BranchId, state_name: str) -> int:
        """How often this branch has forked in this state, this time included."""

    def timestamp(self, at_ms: int) -> str:
        """A moment as the Context Object shows it."""

    def context_members(self) -> dict[str, JSON]:
        """The Context Object's "Execution"."""
