"""Wait: until a moment, or for some seconds."""

from __future__ import annotations

from typing import TYPE_CHECKING

from simulator.asl import jsonata, model
from simulator.asl.context import ContextObject
from simulator.asl.errors import QueryEvaluationError, StatesError
from simulator.asl.javatext import json_text
from simulator.asl.model import JSON
from simulator.asl.paths import compile_path
from simulator.asl.timestamps import timestamp_ms
from simulator.engine.dataflow import (
    NO_CONTEXT,
    Transform,
    compile_fields,
    compile_filter,
    mentions_context,
)
from simulator.engine.sizes import UNBOUNDED, path_growth
from simulator.engine.states.leaving import compile_assign
from simulator.engine.step import Step

if TYPE_CHECKING:
    from simulator.engine.branch import Branch

# recorded: 24,856 days ahead is "too long"; 2 ** 31 - 1 seconds are 24,855 days and 3 hours
MAX_DELAY_SECONDS = (1 << 31) - 1


class WaitStep(Step):
    """A Wait. `due_ms` reads when it ends off the filtered input."""

    __slots__ = (
        "assign",
        "needs_context",
        "project",
        "seconds",
        "seconds_path",
        "select",
        "state",
        "timestamp",
        "timestamp_path",
    )

    def __init__(self, state: model.Wait) -> None:
        super().__init__("Wait", state.name)
        self.state = state
        self.select = compile_filter(state.input_path)
        self.project = compile_filter(state.output_path)
        self.seconds_path = _compile(state.seconds_path)
        self.timestamp_path = _compile(state.timestamp_path)
        self.seconds: Transform | None = None
        self.timestamp: Transform | None = None
        self.needs_context = mentions_context(
            state.input_path, state.output_path, state.seconds_path, state.timestamp_path
        )
        self.assign = compile_assign(state)
        self.needs_context = self.needs_context or mentions_context(state.assign)
        self.grow(path_growth(state.output_path).after(path_growth(state.input_path)))
        if state.is_jsonata:
            self.project = compile_fields(
                state.output, "Output", is_present=state.has_output, is_jsonata=True
            )
            self.seconds = _expression(state.seconds, "Seconds")
            self.timestamp = _expression(state.timestamp, "Timestamp")
            self.needs_context = True
            self.grow(UNBOUNDED)

    def begin(self, branch: Branch) -> None:
        context = branch.context(self) if self.needs_context else NO_CONTEXT
        value = branch.value if self.select is None else self.select(branch.value, context)
        now_ms = branch.execution.scheduler.now_ms
        due_ms = self._due_ms(value, context, now_ms)
        if due_ms - now_ms > MAX_DELAY_SECONDS * 1000:
            raise StatesError("States.Runtime", "Wait state delay is too long.")
        branch.timer = branch.execution.scheduler.at(
            due_ms, lambda: branch.resume(self._end, branch, value, context)
        )

    def _end(self, branch: Branch, value: JSON, context: ContextObject) -> None:
        output = value if self.project is None else self.project(value, context)
        assigned = None if self.assign is None else self.assign(value, context)
        branch.leave(output, branch.size * self.factor + self.constant, self.next, assigned)

    def _due_ms(self, value: JSON, context: ContextObject, now_ms: int) -> int:
        state = self.state
        if self.seconds is not None or self.timestamp is not None:
            return self._evaluated_ms(value, context, now_ms)
        if type(state.seconds) is int:
            return now_ms + state.seconds * 1000
        if self.seconds_path is not None:
            seconds = self.seconds_path(value, context)
            if type(seconds) is not int:
                raise StatesError(
                    "States.Runtime",
                    "The SecondsPath parameter cannot be parsed as a long value: "
                    f"{state.seconds_path} == {_shown(seconds)}",
                )
            if seconds < 0:
                raise StatesError(
                    "States.Runtime",
                    "The SecondsPath parameter references a negative value: "
                    f"{state.seconds_path} == {seconds}",
                )
            return now_ms + seconds * 1000
        if self.timestamp_path is not None:
            moment = self.timestamp_path(value, context)
            due_ms = timestamp_ms(moment)
            if due_ms is None:
                raise StatesError(
                    "States.Runtime",
                    "The TimestampPath parameter does not reference a valid ISO-8601 extended "
                    f"offset date-time format string: {state.timestamp_path} == {_shown(moment)}",
                )
            return due_ms
        due_ms = timestamp_ms(state.timestamp)
        assert due_ms is not None
        return due_ms

    def _evaluated_ms(self, value: JSON, context: ContextObject, now_ms: int) -> int:
        """The end that an expression gives."""
        state = self.state
        if self.seconds is not None:
            seconds = self.seconds(value, context)
            jsonata.expected(seconds, "number", text=state.seconds, field="Seconds")
            # ASL: an expression for Seconds has to give an integer
            if type(seconds) is not int or not 0 <= seconds <= MAX_DELAY_SECONDS:
                raise QueryEvaluationError(
                    f"The Seconds field must be an integer between 0 and {MAX_DELAY_SECONDS}, but "
                    f"was: {json_text(seconds)}",
                    "Seconds",
                    after_entry=True,
                )
            return now_ms + seconds * 1000
        assert self.timestamp is not None
        moment = self.timestamp(value, context)
        due_ms = timestamp_ms(moment)
        if due_ms is None:
            raise QueryEvaluationError(
                "The Timestamp field cannot be parsed as an ISO-8601 extended offset date-time "
                f"format string: {_shown(moment)}",
                "Timestamp",
                after_entry=True,
            )
        return due_ms


def _expression(value: JSON, field: str) -> Transform | None:
    return jsonata.compile_value(value, field) if jsonata.is_expression(value) else None


def compile_wait(state: model.Wait) -> Step:
    """Compile a Wait."""
    return WaitStep(state)


def _compile(text: str | None) -> Transform | None:
    return None if text is None else compile_path(text)


def _shown(value: JSON) -> str:
    return value if isinstance(value, str) else json_text(value)
