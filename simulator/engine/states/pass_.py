"""Pass and Succeed: their output is there at once."""

from __future__ import annotations

from simulator.asl import model
from simulator.asl.context import ContextObject
from simulator.asl.model import JSON
from simulator.engine.dataflow import (
    Combine,
    Transform,
    compile_fields,
    compile_filter,
    compile_payload,
    compile_result_path,
    compose,
    mentions_context,
    placing,
)
from simulator.engine.sizes import (
    SAME,
    UNBOUNDED,
    Growth,
    path_growth,
    result_path_growth,
    size_of,
    template_growth,
)
from simulator.engine.states.leaving import compile_assign
from simulator.engine.step import APPLY, APPLY_IN_CONTEXT, ASSIGN, KEEP, Step


def compile_pass(state: model.Pass) -> Step:
    """A Pass: Result, or Parameters, or its input, put where ResultPath says."""
    if state.is_jsonata:
        return _compile_jsonata("Pass", state)
    step = _compile_pass(state)
    return step if not state.assign else _assigning(step, state, _result_of(state))


def _result_of(state: model.Pass) -> Transform | None:
    """What the paths of Assign read: the result, before ResultPath places it."""
    if state.has_result:
        return _constant(state.result)
    select = compile_filter(state.input_path)
    return compose(select, compile_payload(state.parameters, is_present=state.has_parameters))


def _compile_pass(state: model.Pass) -> Step:
    if state.has_result:
        result: Transform | None = _constant(state.result)
        growth = Growth(0, size_of(state.result))
    else:
        select = compile_filter(state.input_path)
        payload = compile_payload(state.parameters, is_present=state.has_parameters)
        result = compose(select, payload)
        growth = path_growth(state.input_path)
        if state.has_parameters:
            growth = template_growth(state.parameters).after(growth)
    put = compile_result_path(state.result_path)
    if put is not None and state.has_result:
        placed: Transform | None = _placing_constant(state.result, put)
    else:
        placed = placing(result, put)
    growth = result_path_growth(state.result_path, growth)
    apply = compose(placed, compile_filter(state.output_path))
    needs = mentions_context(
        state.input_path, state.output_path, state.parameters if state.has_parameters else None
    )
    step = Step("Pass", state.name)
    return _finish(step, apply, path_growth(state.output_path).after(growth), needs_context=needs)


def compile_succeed(state: model.Succeed) -> Step:
    """A Succeed: its filtered input."""
    if state.is_jsonata:
        return _compile_jsonata("Succeed", state)
    apply = compose(compile_filter(state.input_path), compile_filter(state.output_path))
    growth = path_growth(state.output_path).after(path_growth(state.input_path))
    step = Step("Succeed", state.name)
    needs = mentions_context(state.input_path, state.output_path)
    return _finish(step, apply, growth, needs_context=needs)


def _compile_jsonata(kind: str, state: model.Pass | model.Succeed) -> Step:
    """Output, or the input as it is; and Assign."""
    step = Step(kind, state.name)
    output = compile_fields(state.output, "Output", is_present=state.has_output, is_jsonata=True)
    assign = compile_assign(state)

    def apply(value: JSON, context: ContextObject) -> tuple[JSON, Step | None, JSON]:
        made = value if output is None else output(value, context)
        return made, step.next, None if assign is None else assign(value, context)

    step.mode, step.apply = ASSIGN, apply
    step.grow(SAME if output is None else UNBOUNDED)
    return step


def _assigning(step: Step, state: model.Pass, result: Transform | None) -> Step:
    """A Pass with Assign in JSONPath: as without, and what `result` makes of the input is read."""
    mode, make = step.mode, step.apply
    assign = compile_assign(state)
    assert assign is not None

    def apply(value: JSON, context: ContextObject) -> tuple[JSON, Step | None, JSON]:
        given = value if result is None else result(value, context)
        assigned = assign(given, context)
        return (value if mode == KEEP else make(value, context)), step.next, assigned

    step.mode, step.apply = ASSIGN, apply
    return step


def _constant(value: model.JSON) -> Transform:
    return lambda _value, _context: value


def _placing_constant(result: model.JSON, put: Combine) -> Transform:
    """One call less than `placing`, on the commonest Pass."""
    return lambda value, _context: put(value, result)


def _finish(step: Step, apply: Transform | None, growth: Growth, *, needs_context: bool) -> Step:
    if apply is None:
        step.mode = KEEP
        step.grow(SAME)
        return step
    step.mode = APPLY_IN_CONTEXT if needs_context else APPLY
    step.apply = apply
    step.grow(growth)
    return step
