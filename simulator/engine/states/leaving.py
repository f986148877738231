"""How a state is left: what its result, or the error that a catcher takes, makes of its output and
of the variables."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, TypeAlias

from simulator.asl.context import ContextObject
from simulator.asl.model import JSON
from simulator.engine.dataflow import (
    NO_CONTEXT,
    Combine,
    Transform,
    compile_fields,
    compile_filter,
    compile_payload,
    compile_result_path,
    mentions_context,
)
from simulator.engine.sizes import (
    SAME,
    UNBOUNDED,
    path_growth,
    result_path_growth,
    template_growth,
)

if TYPE_CHECKING:
    from simulator.asl import model
    from simulator.engine.branch import Branch

Assigned: TypeAlias = Mapping[str, JSON] | None


class ResultFields:
    """ResultSelector, ResultPath and OutputPath of a Task, Parallel or Map, or in JSONata Output;
    and Assign."""

    __slots__ = (
        "_assign",
        "_is_jsonata",
        "_output",
        "_project",
        "_put",
        "_select",
        "growth",
        "input_factor",
        "needs_context",
    )

    def __init__(self, state: model.Task | model.Parallel | model.Map) -> None:
        self._is_jsonata = state.is_jsonata
        selector = state.result_selector if state.has_result_selector else None
        self._select: Transform | None = compile_payload(
            state.result_selector, is_present=state.has_result_selector
        )
        self._put: Combine | None = compile_result_path(state.result_path)
        self._project: Transform | None = compile_filter(state.output_path)
        self._output: Transform | None = compile_fields(
            state.output, "Output", is_present=state.has_output, is_jsonata=True
        )
        self._assign: Transform | None = compile_assign(state)
        self.needs_context = state.is_jsonata or mentions_context(
            selector, state.output_path, state.assign
        )
        growth = SAME if selector is None else template_growth(selector)
        self.input_factor = 0 if state.result_path == "$" else 1
        growth = result_path_growth(state.result_path, growth)
        self.growth = path_growth(state.output_path).after(growth)
        if state.is_jsonata:
            self.growth = UNBOUNDED

    def leave(self, branch: Branch, result: JSON, size: int) -> None:
        """Leave the state with what its result makes; `size` bounds the result."""
        step = branch.step
        context = branch.context(step) if self.needs_context else NO_CONTEXT
        if self._is_jsonata:
            context.states = {"result": result}
            output = result if self._output is None else self._output(branch.value, context)
            given = branch.value
        else:
            output, given = self._made(branch, result, context)
        assigned = None if self._assign is None else self._assign(given, context)
        factor, constant = self.growth
        # the factor counts the result's places and the input's: both bounds are taken for each
        bound = factor * (size + self.input_factor * branch.size) + constant
        branch.leave(output, bound, step.next, assigned)

    def _made(self, branch: Branch, result: JSON, context: ContextObject) -> tuple[JSON, JSON]:
        """The output in JSONPath, and what Assign's paths read: the selected result."""
        if self._select is not None:
            result = self._select(result, context)
        output = result if self._put is None else self._put(branch.value, result)
        return (output if self._project is None else self._project(output, context)), result


class CatchFields:
    """ResultPath of a catcher, or in JSONata its Output; and its Assign."""

    __slots__ = ("_assign", "_is_jsonata", "_output", "_put", "needs_context")

    def __init__(self, catcher: model.Catcher, field: str, *, is_jsonata: bool) -> None:
        self._is_jsonata = is_jsonata
        self._put: Combine | None = compile_result_path(catcher.result_path)
        self._output: Transform | None = compile_fields(
            catcher.output, f"{field}/Output", is_present=catcher.has_output, is_jsonata=True
        )
        self._assign: Transform | None = compile_fields(
            catcher.assign,
            f"{field}/Assign",
            is_present=bool(catcher.assign),
            is_jsonata=is_jsonata,
        )
        self.needs_context = is_jsonata or mentions_context(catcher.assign)

    def caught(self, branch: Branch, error_output: JSON) -> tuple[JSON, Assigned]:
        """The output of the state, and what is assigned to variables."""
        context = branch.context(branch.step) if self.needs_context else NO_CONTEXT
        if self._is_jsonata:
            context.states = {"errorOutput": error_output}
            output, given = error_output, branch.value
            if self._output is not None:
                output = self._output(branch.value, context)
        else:
            output, given = error_output, error_output
            if self._put is not None:
                output = self._put(branch.value, error_output)
        return output, None if self._assign is None else self._assign(given, context)


def compile_assign(state: model.StateFields) -> Transform | None:
    """Assign; None where nothing is assigned."""
    return compile_fields(
        state.assign, "Assign", is_present=bool(state.assign), is_jsonata=state.is_jsonata
    )
