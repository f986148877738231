"""From a project's `[warehouse]` to the warehouse behind its cluster."""

import pytest

from simulator.engine.identity import Identity
from simulator.engine.ports import World
from simulator.engine.scheduler import Scheduler
from simulator.engine.timing import Timing
from simulator.engine.trace import Trace
from simulator.project.settings import UserSettings, WarehouseSettings
from simulator.services.warehouses import Warehouses
from simulator.sql import storage


@pytest.fixture
def declare():
    made = []

    def make(**settings):
        world = World(
            scheduler=Scheduler(0),
            trace=Trace(),
            identity=Identity(0),
            timing=Timing(),
            account_id="123456789012",
            region="us-east-1",
        )
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
