"""Parallel: branches of their own states, all at once."""

from __future__ import annotations

from collections.abc import Sequence

from simulator.asl import model
from simulator.asl.model import JSON
from simulator.engine.branch import Branch
from simulator.engine.dataflow import (
    NO_CONTEXT,
    compile_fields,
    compile_filter,
    compose,
    mentions_context,
)
from simulator.engine.sizes import UNBOUNDED, path_growth, template_growth
from simulator.engine.states.fork import Fork, ForkStep
from simulator.engine.step import Step


class ParallelStep(ForkStep):
    """A Parallel. `input` makes the branches' input."""

    __slots__ = ("branches", "input", "needs_context")

    def __init__(self, state: model.Parallel, branches: Sequence[Step]) -> None:
        super().__init__("Parallel", state)
        self.branches = tuple(branches)
        self.input = compose(
            compile_filter(state.input_path),
            compile_fields(
                state.parameters,
                "Arguments",
                is_present=state.has_parameters,
                is_jsonata=state.is_jsonata,
            ),
        )
        parameters = state.parameters if state.has_parameters else None
        self.needs_context = mentions_context(state.input_path, parameters)
        growth = path_growth(state.input_path)
        if state.is_jsonata and state.has_parameters:
            self.needs_context, growth = True, UNBOUNDED
        elif state.has_parameters:
            growth = template_growth(parameters).after(growth)
        self.grow(growth)

    def begin(self, branch: Branch) -> None:
        context = branch.context(self) if self.needs_context else NO_CONTEXT
        value = branch.value if self.input is None else self.input(branch.value, context)
        size = branch.size * self.factor + self.constant
        fork = ParallelFork(branch, self, len(self.branches))
        branch.emit("ParallelStateStarted", (self.name, branch.failed_by))
        for index, start in enumerate(self.branches):
            child = Branch(
                branch.execution,
                fork.branch_id(index),
                start,
                value,
                size,
                fork=fork,
                index=index,
                item=branch.item,
                variables=branch.variables,
            )
            fork.live[index] = child
            child.enter(branch.execution.transition_ms)


class ParallelFork(Fork):
    """The branches of one entry into a Parallel."""

    def branch_ended(self, child: Branch, output: JSON, size: int) -> None:
        del self.live[child.index]
        self.outputs[child.index] = output
        self.size += size
        if not self.live:
            self.join(child.id, "Parallel", self.outputs)

    def redrive(self) -> None:
        again, self.stopped = self.stopped, {}
        if not again:
            # the branches ended well, and what the state made of them failed
            self.join(None, "Parallel", self.outputs)
        for index in sorted(again):
            self.live[index] = again[index]
            again[index].redrive(0)


def compile_parallel(state: model.Parallel, branches: Sequence[Step]) -> Step:
    """Compile a Parallel whose branches are compiled."""
    return ParallelStep(state, branches)
