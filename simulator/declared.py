"""What a project declares around its pipeline, in the services' own words."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Iterable, Iterator

from simulator.asl.transitions import state_names
from simulator.project import ProjectError
from simulator.project.reader import read_json
from simulator.project.sections import near
from simulator.project.settings import KeySettings, Project
from simulator.services.api import ServiceError
from simulator.services.dynamodb import Key, Table
from simulator.services.dynamodb.service import declared_table


def tables_of(project: Project) -> Iterator[Table]:
    """The tables of DynamoDB, with their items. Raises `ProjectError`."""
    for settings in project.tables.values():
        where = settings.where
        items = [] if settings.items is None else read_json(settings.items, where)
        if not isinstance(items, list) or not all(isinstance(one, dict) for one in items):
            raise ProjectError(where, f"expected a JSON list of items in {settings.items}")
        indexes = {name: _key(key) for name, key in settings.indexes.items()}
        try:
            yield declared_table(settings.name, _key(settings.key), indexes, items)
        except ServiceError as error:
            raise ProjectError(where, f"items: {error.message}") from None


def check_mocks(project: Project, definitions: Iterable[str]) -> None:
    """Refuse a mock of a state that no definition has. Raises `ProjectError`."""
    names: list[str] = []
    for text in definitions if project.mocks else ():
        # what is no definition is refused with its place when the state machine is made
        with contextlib.suppress(ValueError, KeyError, TypeError, AttributeError):
            names += state_names(json.loads(text))
    for name, mock in project.mocks.items():
        if name not in names:
            raise ProjectError(
                mock.where, f"expected a state of the definition, got {name!r}", near(name, names)
            )


def _key(settings: KeySettings) -> Key:
    return Key(settings.partition, settings.sort, settings.types)
