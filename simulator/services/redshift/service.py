"""The service "redshift": clusters, and the operations of those who deploy them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from simulator.engine.ports import World
from simulator.services.redshift.clusters import ClusterSettings, RedshiftCluster
from simulator.services.redshift.provisioning import Provisioning


class Redshift(RedshiftCluster):
    """All of its operations. Without declared clusters any identifier names one that is ready."""

    def __init__(self, world: World, clusters: Sequence[ClusterSettings] | None = None) -> None:
        super().__init__(world, clusters)
        self.provisioning = Provisioning(world, self)
        self._operations = self.provisioning.operations()

    def __getattr__(self, name: str) -> Any:
        # the operations of `provisioning`
        operations = self.__dict__.get("_operations", {})
        if name not in operations:
            raise AttributeError(name)
        return operations[name]

    def tags_of(self, identifier: str) -> list[dict[str, str]]:
        """A cluster's tags."""
        return self.provisioning.tags_of(identifier)
