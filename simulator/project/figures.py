"""`[timing]` and `[quotas]`: checked against the dataclass that somebody hands in.

The classes are the engine's, which a project may not know; so they come as arguments.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from typing import Any, TypeVar, get_type_hints

from simulator.project.sections import ProjectError, near
from simulator.project.settings import Project

T = TypeVar("T")


def figures(kind: type[T], project: Project, section: str) -> T:
    """An instance of the frozen dataclass `kind` with what `[section]` says, the rest by default.

    Raises `ProjectError` at the key that is unknown, of another type or out of range.
    """
    values: Mapping[str, Any] = getattr(project, section)
    places = {key: project.places[section, key] for key in values}
    return _build(kind, values, places)


def _build(kind: type[T], values: Mapping[str, Any], places: Mapping[str, str]) -> T:
    types = get_type_hints(kind)
    given = {}
    for key, value in values.items():
        if key not in types:
            raise ProjectError(places[key], f"expected a known key, got {key!r}", near(key, types))
        given[key] = _value(types[key], value, places[key])
        # one at a time, so that a range is complained about where it is written
        _try(kind, {key: given[key]}, places[key])
    return kind(**given)


def _value(kind: Any, value: Any, where: str) -> Any:
    if dataclasses.is_dataclass(kind) and isinstance(kind, type):
        if not isinstance(value, dict):
            raise ProjectError(where, f"expected a table, got {value!r}")
        return _build(kind, value, dict.fromkeys(value, where))
    if kind is float and type(value) is int:
        return float(value)
    if kind == dict[str, int]:
        if isinstance(value, dict) and all(type(item) is int for item in value.values()):
            return value
        raise ProjectError(where, f"expected a table of integers, got {value!r}")
    if type(value) is not kind:
        expected = {int: "an integer", float: "a number"}.get(kind, kind)
        raise ProjectError(where, f"expected {expected}, got {value!r}")
    return value


def _try(kind: type[Any], given: dict[str, Any], where: str) -> None:
    try:
        kind(**given)
    except ValueError as error:
        # the class says "quotas.name: expected ..."; the place here is better
        raise ProjectError(where, str(error).partition(": ")[2]) from None
