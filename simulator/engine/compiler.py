"""A definition becomes linked steps, once: every path, template and rule is compiled to a closure.

`compile_definition` is the only way from the language's model to what runs.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import assert_never

from simulator.asl import model
from simulator.engine.machine import Machine
from simulator.engine.states.choice import ChoiceStep, compile_choice
from simulator.engine.states.distributed import compile_distributed
from simulator.engine.states.fail import compile_fail
from simulator.engine.states.leaving import CatchFields
from simulator.engine.states.map import compile_map
from simulator.engine.states.parallel import compile_parallel
from simulator.engine.states.pass_ import compile_pass, compile_succeed
from simulator.engine.states.task import compile_task
from simulator.engine.states.wait import compile_wait
from simulator.engine.step import HandledStep, Step

__all__ = ["Machine", "compile_definition", "compile_flow"]


def compile_definition(definition: model.Definition) -> Machine:
    """Compile a definition that the validator accepted."""
    return Machine(definition, compile_flow(definition.flow), definition.timeout_seconds)


def compile_flow(flow: model.Flow) -> Step:
    """Compile the states of a flow, link them, and return the first."""
    steps = {name: _compile_state(state) for name, state in flow.states.items()}
    for name, state in flow.states.items():
        _link(steps[name], state, steps)
    return steps[flow.start_at]


def _compile_state(state: model.State) -> Step:
    match state:
        case model.Pass():
            return compile_pass(state)
        case model.Succeed():
            return compile_succeed(state)
        case model.Choice():
            return compile_choice(state)
        case model.Fail():
            return compile_fail(state)
        case model.Wait():
            return compile_wait(state)
        case model.Task():
            return compile_task(state)
        case model.Parallel():
            return compile_parallel(state, [compile_flow(branch) for branch in state.branches])
        case model.Map():
            compile_one = compile_distributed if state.mode == "DISTRIBUTED" else compile_map
            return compile_one(state, compile_flow(state.processor))
        case _:
            assert_never(state)


def _link(step: Step, state: model.State, steps: Mapping[str, Step]) -> None:
    """Point a step at those that follow it."""
    if isinstance(state, model.Choice):
        assert isinstance(step, ChoiceStep)
        # a Choice's closure reads its targets out of `targets`, filled here
        step.targets.extend(steps[rule.next] for rule in state.choices)
        step.default = steps[state.default] if state.default else None
    elif not isinstance(state, model.Succeed | model.Fail) and state.next is not None:
        step.next = steps[state.next]
    if isinstance(step, HandledStep) and isinstance(state, model.Task | model.Parallel | model.Map):
        step.retriers = state.retry
        step.catchers = tuple(
            (
                catcher,
                CatchFields(catcher, f"Catch[{number}]", is_jsonata=state.is_jsonata),
                steps[catcher.next],
            )
            for number, catcher in enumerate(state.catch)
        )
