"""The fields that an inline and a distributed Map share: the items, how many at once, and how many
may fail."""

from __future__ import annotations

from simulator.asl import jsonata, model
from simulator.asl.context import ContextObject
from simulator.asl.errors import QueryEvaluationError
from simulator.asl.javatext import json_text
from simulator.asl.model import JSON
from simulator.engine.dataflow import compile_filter
from simulator.engine.states.fork import field_error
from simulator.engine.states.numbers import Number, as_count, as_percentage


class Items:
    """ItemsPath, or in JSONata Items; without it the state's input."""

    __slots__ = ("_get", "_state")

    def __init__(self, state: model.Map) -> None:
        self._state = state
        if state.is_jsonata:
            self._get = jsonata.compile_value(state.items, "Items") if state.has_items else None
        else:
            self._get = compile_filter(state.items_path)

    def found(self, value: JSON, context: ContextObject) -> list[JSON]:
        """The items. Words for what is no array are recorded."""
        items = value if self._get is None else self._get(value, context)
        state = self._state
        if type(items) is list:
            return items
        if not state.is_jsonata:
            raise field_error(f'Reference path "{state.items_path}" must point to array.')
        if not state.has_items:
            raise QueryEvaluationError(
                f"Map state input must be an array but was: {json_text(items)}"
            )
        jsonata.expected(items, "array", text=state.items, field="Items")
        raise AssertionError("whatever is no list is refused")


def concurrency_of(state: model.Map) -> Number:
    """MaxConcurrency."""
    return Number(state.max_concurrency, state.max_concurrency_path, "MaxConcurrency")


def as_concurrency(number: Number, value: JSON, context: ContextObject) -> int:
    """How many may run at once; 0 for as many as come."""
    found = number.value(value, context)
    if type(found) is not int or found < 0:
        raise field_error(
            "Expected non-negative integer for MaxConcurrency, but got "
            f"'{json_text(found)}' instead."
        )
    return found


class Tolerance:
    """ToleratedFailureCount and ToleratedFailurePercentage."""

    __slots__ = ("numbers",)

    def __init__(self, state: model.Map) -> None:
        self.numbers = (
            Number(
                state.tolerated_failure_count,
                state.tolerated_failure_count_path,
                "ToleratedFailureCount",
            ),
            Number(
                state.tolerated_failure_percentage,
                state.tolerated_failure_percentage_path,
                "ToleratedFailurePercentage",
            ),
        )

    def found(self, value: JSON, context: ContextObject) -> tuple[int | None, float | None]:
        """Both, None where there is none."""
        count, percentage = self.numbers
        return as_count(count, value, context), as_percentage(percentage, value, context)
