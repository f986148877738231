"""From a project's `[warehouse]` to the warehouse behind its cluster."""

import pytest

from simulator.project.settings import UserSettings, WarehouseSettings
from simulator.services.warehouses import Warehouses
from simulator.sql import storage
from tests.support.worlds import make_world


@pytest.fixture
def declare():
    made = []

    def make(**settings):
        world = make_world()
        superuser = UserSettings("awsuser", superuser=True)
        declared = WarehouseSettings(cluster="store-sales", users=(superuser,), **settings)
        made.append(Warehouses(world, declared))
        return made[-1]

    yield make
    for one in made:
        one.close()


@pytest.mark.parametrize("level", ["SNAPSHOT", "SERIALIZABLE"])
def test_the_isolation_level_is_the_projects_also_after_a_save(declare, level, tmp_path):
    house = declare(isolation=level)("store-sales")
    assert house.isolation == level
    storage.save(house, tmp_path / "state")
    again = storage.load(tmp_path / "state", isolation=level)
    assert again.isolation == level
    again.close()


def test_a_declared_cluster_is_the_only_one(declare):
    assert declare()("another") is None
