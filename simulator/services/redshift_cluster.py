"""Amazon Redshift's clusters: describe, pause and resume in virtual time.

"When you pause a cluster, Amazon Redshift creates a snapshot, begins terminating queries, and puts
the cluster in a pausing state"; while it is paused, "connections or queries to the cluster aren't
available" (Amazon Redshift Management Guide, Pausing and resuming clusters).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from simulator.engine.ports import World
from simulator.services.api import Caller, NotModelled, ServiceError

# Statuses, and those that pausing and resuming pass through.
NEXT_STATUS: dict[str, frozenset[str]] = {
    "available": frozenset({"pausing"}),
    "pausing": frozenset({"paused"}),
    "paused": frozenset({"resuming"}),
    "resuming": frozenset({"available"}),
}
# ClusterAvailabilityStatus has Available, Unavailable, Maintenance, Modifying and Failed (Amazon
# Redshift API reference, Cluster).
_AVAILABILITY = {
    "available": "Available",
    "pausing": "Modifying",
    "paused": "Unavailable",
    "resuming": "Modifying",
}
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class ClusterSettings:
    """A cluster that exists when the simulation starts."""

    identifier: str
    database: str = "dev"
    master_username: str = "awsuser"
    node_type: str = "ra3.large"
    number_of_nodes: int = 2
    first_status: str = "available"

    def __post_init__(self) -> None:
        if self.first_status not in NEXT_STATUS:
            raise ValueError(
                f"cluster {self.identifier}.first_status: expected one of {list(NEXT_STATUS)}, "
                f"got {self.first_status!r}"
            )


class RedshiftCluster:
    """The service "redshift". Without declared clusters any identifier names one that is ready."""

    name = "redshift"

    def __init__(self, world: World, clusters: Sequence[ClusterSettings] | None = None) -> None:
        self._world = world
        self._settings: dict[str, ClusterSettings] = {}
        self._status: dict[str, str] = {}
        self._on_pausing: list[Callable[[str], None]] = []
        self._created_ms = world.scheduler.now_ms
        self._takes_any = clusters is None
        for settings in clusters or ():
            self._add(settings)

    def _add(self, settings: ClusterSettings) -> None:
        self._settings[settings.identifier] = settings
        self._status[settings.identifier] = settings.first_status
        self._pass_on(settings.identifier)

    @property
    def identifiers(self) -> tuple[str, ...]:
        """The clusters that there are so far."""
        return tuple(self._settings)

    def state_of(self, identifier: str) -> str | None:
        """The cluster's ClusterStatus; None when there is no such cluster."""
        if identifier not in self._settings and self._takes_any:
            self._add(ClusterSettings(identifier))
        return self._status.get(identifier)

    def is_available(self, identifier: str) -> bool:
        """Whether it takes queries."""
        return self.state_of(identifier) == "available"

    def when_pausing(self, listener: Callable[[str], None]) -> None:
        """Have `listener(identifier)` called when a cluster begins to terminate its queries."""
        self._on_pausing.append(listener)

    def describe_clusters(self, request: Mapping[str, Any], caller: Caller) -> dict[str, Any]:
        """The clusters, or the one of ClusterIdentifier; ClusterNotFoundFault if unknown."""
        if request.get("TagKeys") or request.get("TagValues"):
            raise NotModelled("redshift DescribeClusters by tags: clusters have no tags here")
        identifier = request.get("ClusterIdentifier")
        identifiers = list(self._settings) if identifier is None else [self._known(identifier)]
        return {"Clusters": [self._description(known) for known in identifiers]}

    def pause_cluster(self, request: Mapping[str, Any], caller: Caller) -> dict[str, Any]:
        """Pause it: running queries end at once, `paused` comes later."""
        identifier = self._known(request["ClusterIdentifier"])
        if self._status[identifier] != "available":
            raise ServiceError("InvalidClusterStateFault", "You can only pause an ACTIVE Cluster")
        self._move(identifier, "pausing")
        for listener in self._on_pausing:
            listener(identifier)
        return {"Cluster": self._description(identifier)}

    def resume_cluster(self, request: Mapping[str, Any], caller: Caller) -> dict[str, Any]:
        """Resume it: `available` comes later."""
        identifier = self._known(request["ClusterIdentifier"])
        if self._status[identifier] != "paused":
            raise ServiceError("InvalidClusterStateFault", "You can only resume a PAUSED Cluster")
        self._move(identifier, "resuming")
        return {"Cluster": self._description(identifier)}

    def _known(self, identifier: str) -> str:
        # Cluster identifiers are kept in lower case (Amazon Redshift API reference, CreateCluster).
        identifier = identifier.lower()
        if self.state_of(identifier) is None:
            raise ServiceError(
                "ClusterNotFoundFault", f"Cluster {identifier} not found.", status=404
            )
        return identifier

    def _move(self, identifier: str, status: str) -> None:
        assert status in NEXT_STATUS[self._status[identifier]]
        self._status[identifier] = status
        scheduler = self._world.scheduler
        self._world.trace.add(scheduler.now_ms, "ClusterStatus", identifier, status)
        self._pass_on(identifier)

    def _pass_on(self, identifier: str) -> None:
        """Set the timer that ends a status which ends by itself."""
        timing = self._world.timing
        duration_ms, following = {
            "pausing": (timing.cluster_pause_ms, "paused"),
            "resuming": (timing.cluster_resume_ms, "available"),
        }.get(self._status[identifier], (0, ""))
        if following:
            self._world.scheduler.after(duration_ms, lambda: self._move(identifier, following))

    def _description(self, identifier: str) -> dict[str, Any]:
        settings, status = self._settings[identifier], self._status[identifier]
        world = self._world
        host = f"{identifier}.c{world.account_id[:11]}.{world.region}.redshift.amazonaws.com"
        namespace = world.identity.uuid("cluster-namespace", identifier, 1)
        return {
            "ClusterIdentifier": identifier,
            "NodeType": settings.node_type,
            "ClusterStatus": status,
            "ClusterAvailabilityStatus": _AVAILABILITY[status],
            "MasterUsername": settings.master_username,
            "DBName": settings.database,
            "Endpoint": {"Address": host, "Port": 5439},
            "ClusterCreateTime": _EPOCH + timedelta(milliseconds=self._created_ms),
            "AutomatedSnapshotRetentionPeriod": 1,
            "ManualSnapshotRetentionPeriod": -1,
            "ClusterSecurityGroups": [],
            "VpcSecurityGroups": [],
            "ClusterParameterGroups": [
                {"ParameterGroupName": "default.redshift-2.0", "ParameterApplyStatus": "in-sync"}
            ],
            "ClusterSubnetGroupName": "default",
            "AvailabilityZone": f"{world.region}a",
            "PreferredMaintenanceWindow": "sun:03:00-sun:03:30",
            "PendingModifiedValues": {},
            "ClusterVersion": "1.0",
            "AllowVersionUpgrade": True,
            "NumberOfNodes": settings.number_of_nodes,
            "PubliclyAccessible": False,
            "Encrypted": True,
            "Tags": [],
            "EnhancedVpcRouting": False,
            "IamRoles": [],
            "MaintenanceTrackName": "current",
            "DeferredMaintenanceWindows": [],
            "ClusterNamespaceArn": (
                f"arn:aws:redshift:{world.region}:{world.account_id}:namespace:{namespace}"
            ),
        }
