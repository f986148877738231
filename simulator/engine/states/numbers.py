"""Numbers of a state: written out, or found in its input by a path."""

from __future__ import annotations

from collections.abc import Mapping

from simulator.asl.context import ContextObject
from simulator.asl.errors import StatesError
from simulator.asl.model import JSON
from simulator.asl.paths import compile_path
from simulator.engine.sizes import compact_json


class Number:
    """A field, or its `...Path` form. `value` is None where neither is there."""

    __slots__ = ("_get", "_literal", "field", "path")

    def __init__(self, fields: Mapping[str, JSON], field: str) -> None:
        self.field = field
        self._literal = fields.get(field)
        self.path: str | None = fields.get(f"{field}Path")
        self._get = None if self.path is None else compile_path(self.path)

    @classmethod
    def of(cls, literal: JSON, path: str | None) -> Number:
        """A number that the model holds in two attributes."""
        fields = {"": literal}
        if path is not None:
            fields["Path"] = path
        return cls(fields, "")

    def value(self, given: JSON, context: ContextObject) -> JSON:
        """What is written or found, whatever its type. Raises `PathMissing`."""
        return self._literal if self._get is None else self._get(given, context)


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
