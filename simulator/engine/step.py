"""A compiled state. The run loop in `engine.branch` reads it; nothing here is looked up by name.

A state that ends at the moment it starts (Pass, Choice, Succeed) is a closure that the loop calls;
any other (Task, Wait, Parallel, Map, Fail) takes over in `begin` and gives the branch back later.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Protocol

from simulator.asl.model import JSON, Catcher, Retrier
from simulator.engine.sizes import SAME, Growth

# how the run loop treats a step, the most frequent ones first
KEEP, APPLY, CHOOSE, APPLY_IN_CONTEXT, CHOOSE_IN_CONTEXT, ASSIGN, BEGIN = range(7)


def _takes_over(*_arguments: Any) -> Any:
    raise AssertionError("a state that takes over in `begin` has no closure to call")


class Step:
    """One state. `next` is None where the branch ends; the loop reads nothing else of the rest."""

    __slots__ = (
        "aborted",
        "apply",
        "constant",
        "entered",
        "exited",
        "factor",
        "mode",
        "name",
        "next",
    )

    def __init__(self, kind: str, name: str) -> None:
        self.name = name
        self.entered = f"{kind}StateEntered"
        self.exited = f"{kind}StateExited"
        self.aborted = f"{kind}StateAborted"
        self.mode = BEGIN
        self.next: Step | None = None
        # of APPLY modes: the output; of CHOOSE modes: the next step, in context with the output;
        # of ASSIGN: the output, the next step and what is assigned to variables
        self.apply: Callable[..., Any] = _takes_over
        # bound of the output's size: the input's bound times `factor`, plus `constant`
        self.factor, self.constant = SAME

    # whether a redrive runs it again where it stands; else it is entered anew
    goes_on_when_redriven = True

    def grow(self, growth: Growth) -> None:
        """Set the bound of the output's size."""
        self.factor, self.constant = growth

    def begin(self, branch: Any) -> None:
        """Take over a Branch (`engine.branch`) that entered this state with `branch.value`, or
        tries it again. Only of steps whose mode is BEGIN."""
        raise AssertionError(f"{branch.id}, {self.name}: its mode {self.mode} takes no branch over")


class Catching(Protocol):
    """What a catcher makes of an error."""

    def caught(self, branch: Any, error_output: JSON) -> tuple[JSON, Mapping[str, JSON] | None]:
        """The output of the Branch's state, and what is assigned to variables."""


class HandledStep(Step):
    """A state with Retry and Catch: Task, Parallel, Map."""

    __slots__ = ("catchers", "failed_event", "retriers")

    # recorded of a Task that fails its branch (test_parallel_catch_error): TaskStateAborted follows
    is_aborted_with_its_branch = False
    # what each catcher makes of an error, and its target
    catchers: tuple[tuple[Catcher, Catching, Step], ...]
    retriers: tuple[Retrier, ...]

    def __init__(self, kind: str, name: str) -> None:
        super().__init__(kind, name)
        self.catchers = ()
        self.retriers = ()
        # "ParallelStateFailed": written when no retrier takes the error
        self.failed_event: str | None = None


def error_output(error: str | None, cause: str | None) -> JSON:
    """What a catcher hands on: {"Error": ..., "Cause": ...}."""
    output = {}
    if error is not None:
        output["Error"] = error
    if cause is not None:
        output["Cause"] = cause
    return output
