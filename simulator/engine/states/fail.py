"""Fail: ends its branch with an error."""

from __future__ import annotations

from typing import TYPE_CHECKING

from simulator.asl import jsonata, model
from simulator.asl.context import ContextObject
from simulator.asl.errors import StatesError
from simulator.engine.dataflow import NO_CONTEXT, Transform, compile_field_path, mentions_context
from simulator.engine.step import Step

if TYPE_CHECKING:
    from simulator.engine.branch import Branch


class FailStep(Step):
    """A Fail. Error and Cause are constants, or found by a path or an intrinsic call."""

    __slots__ = ("cause", "cause_path", "error", "error_path", "needs_context")

    # "Reenters the Fail state and fails again" (Redrive behavior of individual states)
    goes_on_when_redriven = False

    def __init__(self, state: model.Fail) -> None:
        super().__init__("Fail", state.name)
        self.error: str | None = state.error
        self.cause: str | None = state.cause
        self.error_path = _compile(state.error_path, "ErrorPath")
        self.cause_path = _compile(state.cause_path, "CausePath")
        self.needs_context = mentions_context(state.error_path, state.cause_path)
        if state.is_jsonata:
            self.error, self.error_path = _expression(state.error, "Error")
            self.cause, self.cause_path = _expression(state.cause, "Cause")
            self.needs_context = True

    def begin(self, branch: Branch) -> None:
        context = branch.context(self) if self.needs_context else NO_CONTEXT
        error, cause = self.error, self.cause
        if self.error_path is not None:
            error = _text(self.error_path(branch.value, context), "ErrorPath")
        if self.cause_path is not None:
            cause = _text(self.cause_path(branch.value, context), "CausePath")
        branch.end_failed(error, cause)


def compile_fail(state: model.Fail) -> Step:
    """Compile a Fail."""
    return FailStep(state)


def _compile(text: str | None, field: str) -> Transform | None:
    return None if text is None else compile_field_path(text, field)


def _expression(text: str | None, field: str) -> tuple[str | None, Transform | None]:
    """A constant, or what evaluates an expression."""
    if not jsonata.is_expression(text):
        return text, None
    evaluate = jsonata.compile_value(text, field)

    def read(value: model.JSON, context: ContextObject) -> model.JSON:
        return jsonata.expected(evaluate(value, context), "string", text=text, field=field)

    return None, read


def _text(value: model.JSON, field: str) -> str:
    if not isinstance(value, str):
        raise StatesError("States.Runtime", f"The {field} field must refer to a string")
    return value
