"""What a project declares around its pipeline, in the services' own words."""

from __future__ import annotations

from collections.abc import Iterator

from simulator.project import ProjectError
from simulator.project.reader import read_json
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


def _key(settings: KeySettings) -> Key:
    return Key(settings.partition, settings.sort, settings.types)
