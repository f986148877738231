"""An execution as `Simulator` shows it: its end, its history and its states, always as of now."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from simulator.engine import history
from simulator.engine.ports import World

if TYPE_CHECKING:
    from simulator.engine.execution import Execution as EngineExecution


class Execution:
    """An execution to look at; always as it is now."""

    def __init__(self, execution: EngineExecution, world: World) -> None:
        self._execution = execution
        self._world = world

    @property
    def arn(self) -> str:
        """Its ARN."""
        return self._execution.arn

    @property
    def name(self) -> str:
        """Its name."""
        return self._execution.name

    @property
    def status(self) -> str:
        """RUNNING, SUCCEEDED, FAILED, TIMED_OUT or ABORTED."""
        return self._execution.status

    @property
    def input(self) -> Any:
        """Its input as a JSON value."""
        return self._execution.input

    @property
    def output(self) -> Any:
        """Its output as a JSON value; None unless it succeeded."""
        return self._execution.output

    @property
    def error(self) -> str | None:
        """The error's name."""
        return self._execution.error

    @property
    def cause(self) -> str | None:
        """The error's cause."""
        return self._execution.cause

    @property
    def start(self) -> int:
        """When it started, in virtual milliseconds since the epoch."""
        return self._execution.start_ms

    @property
    def stop(self) -> int | None:
        """When it ended, in virtual milliseconds; None while it runs."""
        return self._execution.stop_ms

    @property
    def virtual_seconds(self) -> float:
        """From its start to its end, or to now."""
        stop_ms = self._execution.stop_ms
        end_ms = self._world.scheduler.now_ms if stop_ms is None else stop_ms
        return (end_ms - self._execution.start_ms) / 1000

    def history(self) -> list[dict[str, Any]]:
        """Its events in AWS's shape, oldest first."""
        execution = self._execution
        return history.events(
            self._world.trace,
            execution.arn,
            start=execution.trace_start,
            end=execution.trace_end,
        )

    def states(self) -> list[dict[str, Any]]:
        """The states as they were entered: name, entered and exited (seconds since the start; None
        while one runs), attempts."""
        from simulator.report.document import state_documents
        from simulator.report.visits import read_history

        return state_documents(read_history(self.history()))

    def __repr__(self) -> str:
        return f"<Execution {self.name} {self.status}>"
