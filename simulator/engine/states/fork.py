"""What Parallel and Map share: branches that run beside each other, and the moment they join."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import TYPE_CHECKING

from simulator.asl.errors import StatesError
from simulator.asl.model import JSON
from simulator.engine.branch import Branch
from simulator.engine.states.leaving import ResultFields
from simulator.engine.step import HandledStep
from simulator.engine.trace import BranchId

if TYPE_CHECKING:
    from simulator.asl import model


class ForkStep(HandledStep):
    """A Parallel or Map as a step."""

    __slots__ = ("result",)

    def __init__(self, kind: str, state: model.Parallel | model.Map) -> None:
        super().__init__(kind, state.name)
        self.failed_event = f"{kind}StateFailed"
        self.result = ResultFields(state)


class Fork(ABC):
    """The branches of one entry into a Parallel or Map, until they join."""

    __slots__ = ("branch", "live", "occurrence", "outputs", "size", "step", "stopped")

    def __init__(self, branch: Branch, step: ForkStep, count: int) -> None:
        self.branch = branch
        self.step = step
        self.occurrence = branch.execution.fork_occurrence(branch.id, step.name)
        self.outputs: list[JSON] = [None] * count
        # of the array of outputs: brackets, and a comma for each
        self.size = 2 + count
        self.live: dict[int, Branch] = {}
        # those that failed or were aborted: what a redrive runs again
        self.stopped: dict[int, Branch] = {}
        branch.doing = branch.forked = self

    def branch_id(self, index: int) -> BranchId:
        """Id of the branch or iteration `index`."""
        parent = self.branch.id
        path = (*parent.path, (self.step.name, self.occurrence, index))
        return BranchId(parent.execution_arn, path)

    @property
    def tolerates_failures(self) -> bool:
        """Whether some branches may fail without failing all."""
        return False

    @abstractmethod
    def branch_ended(self, child: Branch, output: JSON, size: int) -> None:
        """A branch came to its end."""

    def branch_failed(self, child: Branch, error: str | None, cause: str | None) -> None:
        """A branch failed, which fails all of them."""
        self._stop(child)
        self.abort(by=child.id)
        self.fail(error, cause, by=child.id)

    def fail(self, error: str | None, cause: str | None, *, by: BranchId | None) -> None:
        """Fail the state; the errors of its own fields come through here too."""
        self.branch.doing = None
        # what a retry or a catch starts follows the event of the branch that failed
        self.branch.resume(lambda: self.branch.fail(error, cause, by=by))

    def join(self, last: BranchId | None, kind: str, outputs: list[JSON]) -> None:
        """All ended well: leave the state with the array of outputs."""

        def leave() -> None:
            self.branch.emit(f"{kind}StateSucceeded", (self.step.name, last))
            self.step.result.leave(self.branch, outputs, self.size)

        self.branch.resume(leave)

    def abort(self, *, by: BranchId | None) -> None:
        """Abort the branches that still run (see `Branch.abort`)."""
        for child in list(self.live.values()):
            self.abort_branch(child, by=by)
            self._stop(child)

    def _stop(self, child: Branch) -> None:
        self.stopped[child.index] = self.live.pop(child.index)

    @abstractmethod
    def redrive(self) -> None:
        """Go on in the branches that failed or were aborted; those that ended well are kept."""

    def abort_branch(self, child: Branch, *, by: BranchId | None) -> None:
        """Abort one branch."""
        child.abort(by=by)


def field_error(cause: str) -> StatesError:
    """A States.Runtime about a field's value."""
    return StatesError("States.Runtime", cause)
