"""Pass and Succeed: their output is there at once."""

from __future__ import annotations

from simulator.asl import model
from simulator.engine.dataflow import (
    Combine,
    Transform,
    compile_filter,
    compile_payload,
    compile_result_path,
    compose,
    mentions_context,
    placing,
)
from simulator.engine.sizes import (
    SAME,
    Growth,
    path_growth,
    result_path_growth,
    size_of,
    template_growth,
)
from simulator.engine.step import APPLY, APPLY_IN_CONTEXT, KEEP, Step


def compile_pass(state: model.Pass) -> Step:
    """A Pass: Result, or Parameters, or its input, put where ResultPath says."""
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
    apply = compose(compile_filter(state.input_path), compile_filter(state.output_path))
    growth = path_growth(state.output_path).after(path_growth(state.input_path))
    step = Step("Succeed", state.name)
    needs = mentions_context(state.input_path, state.output_path)
    return _finish(step, apply, growth, needs_context=needs)


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
