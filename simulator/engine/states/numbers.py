"""Numbers of a state: written out, or found in its input by a path."""

from __future__ import annotations

from collections.abc import Mapping

from simulator.asl import jsonata
from simulator.asl.context import ContextObject
from simulator.asl.errors import StatesError
from simulator.asl.model import JSON
from simulator.asl.paths import compile_path
from simulator.engine.dataflow import Transform, mentions_context
from simulator.engine.sizes import compact_json


class Number:
    """A field, its `...Path` form, or in JSONata an expression. `place` is where it stands, such as
    "ItemReader/ReaderConfig/MaxItems"."""

    __slots__ = ("_get", "_literal", "is_expression", "path", "place")

    def __init__(self, literal: JSON, path: str | None, place: str) -> None:
        self.place = place
        self.path = path
        self._literal = literal
        self.is_expression = jsonata.is_expression(literal)
        self._get: Transform | None = None
        if path is not None:
            self._get = compile_path(path)
        elif self.is_expression:
            self._get = jsonata.compile_value(literal, place)

    @classmethod
    def of(cls, fields: Mapping[str, JSON], field: str, within: str) -> Number:
        """A number of the object `fields`, which stands at `within`."""
        return cls(fields.get(field), fields.get(f"{field}Path"), f"{within}/{field}")

    @property
    def needs_context(self) -> bool:
        """Whether its value depends on more than the state's input."""
        return self.is_expression or mentions_context(self.path)

    def value(self, given: JSON, context: ContextObject) -> JSON:
        """What is written or found, whatever its type; None where nothing is written. Raises
        `PathMissing`, `QueryEvaluationError`."""
        if self._get is None:
            return self._literal
        found = self._get(given, context)
        if self.is_expression:
            jsonata.expected(found, "number", text=self._literal, field=self.place)
        return found


def as_count(number: Number, given: JSON, context: ContextObject) -> int | None:
    """ToleratedFailureCount (words recorded: test_map_state_tolerated_failure_count_path)."""
    found = number.value(given, context)
    if found is None:
        return None
    if type(found) is not int:
        raise _unfit("ToleratedFailureCountPath", found, "integer", number.path)
    if found < 0:
        raise StatesError("States.Runtime", "ToleratedFailureCount cannot be negative.")
    return found


def as_percentage(number: Number, given: JSON, context: ContextObject) -> float | None:
    """ToleratedFailurePercentage (recorded: test_map_state_tolerated_failure_percentage_path)."""
    found = number.value(given, context)
    if found is None:
        return None
    if type(found) not in (int, float):
        raise _unfit("ToleratedFailurePercentagePath", found, "float", number.path)
    if not 0 <= found <= 100:
        raise StatesError("States.Runtime", "ToleratedFailurePercentage must be between 0 and 100.")
    return float(found)


def _unfit(field: str, found: JSON, kind: str, path: str | None) -> StatesError:
    text = found if type(found) is str else compact_json(found)
    return StatesError(
        "States.Runtime",
        f'The {field} field refers to value "{text}" which is not a valid {kind}: {path}',
    )
