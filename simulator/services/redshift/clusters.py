"""Amazon Redshift's clusters: describe, pause, resume, reboot and resize in virtual time.

"When you pause a cluster, Amazon Redshift creates a snapshot, begins terminating queries, and puts
the cluster in a pausing state"; while it is paused, "connections or queries to the cluster aren't
available" (Amazon Redshift Management Guide, Pausing and resuming clusters).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any

from simulator.engine.ports import World
from simulator.services.api import Caller, NotModelled, ServiceError

# Statuses, and those that pausing and resuming pass through.
NEXT_STATUS: dict[str, frozenset[str]] = {
    "creating": frozenset({"available"}),
    "available": frozenset({"pausing", "deleting", "rebooting", "resizing", "hardware-failure"}),
    "pausing": frozenset({"paused"}),
    "paused": frozenset({"resuming", "deleting"}),
    "resuming": frozenset({"available"}),
    "rebooting": frozenset({"available"}),
    "resizing": frozenset({"available"}),
    # until a node is replaced
    "hardware-failure": frozenset({"available"}),
    # and then it is gone
    "deleting": frozenset(),
}
# ClusterAvailabilityStatus has Available, Unavailable, Maintenance, Modifying and Failed (Amazon
# Redshift API reference, Cluster).
_AVAILABILITY = {
    "creating": "Unavailable",
    "deleting": "Modifying",
    "available": "Available",
    "pausing": "Modifying",
    "paused": "Unavailable",
    "resuming": "Modifying",
    "rebooting": "Unavailable",
    "resizing": "Modifying",
    "hardware-failure": "Unavailable",
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
    # the administrator's; None where nobody asks for it
    master_password: str | None = field(default=None, repr=False)
    # what CreateCluster and ModifyCluster said beyond that, as DescribeClusters shows it
    shown: Mapping[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if self.first_status not in NEXT_STATUS:
            raise ValueError(
                f"cluster {self.identifier}.first_status: expected one of {list(NEXT_STATUS)}, "
                f"got {self.first_status!r}"
            )


class RedshiftCluster:
    """Clusters as whoever operates them sees them. Without declared clusters any identifier names
    one that is ready."""

    name = "redshift"

    def __init__(self, world: World, clusters: Sequence[ClusterSettings] | None = None) -> None:
        self._world = world
        self._settings: dict[str, ClusterSettings] = {}
        self._status: dict[str, str] = {}
        self._on_pausing: list[Callable[[str], None]] = []
        self._on_available: list[Callable[[str], None]] = []
        # those in a classic resize
        self._read_only: set[str] = set()
        self._on_deleted: list[Callable[[str], None]] = []
        self._created_ms = world.scheduler.now_ms
        self._takes_any = clusters is None
        for settings in clusters or ():
            self.add(settings)

    def add(self, settings: ClusterSettings) -> None:
        """There is this cluster from now on."""
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
            self.add(ClusterSettings(identifier))
        return self._status.get(identifier)

    def is_available(self, identifier: str) -> bool:
        """Whether it takes queries; in a classic resize it takes those that change nothing."""
        return self.state_of(identifier) == "available" or self.is_read_only(identifier)

    def is_read_only(self, identifier: str) -> bool:
        """Whether it is in a classic resize, which leaves it read-only until that is done
        ("Resizing clusters", Amazon Redshift Management Guide)."""
        return identifier in self._read_only

    def house_of(self, identifier: str) -> str:
        """The warehouse behind a cluster is its own."""
        return identifier

    def settings_of(self, identifier: str) -> ClusterSettings | None:
        """The cluster's settings; None when there is no such cluster."""
        return self._settings.get(identifier)

    def change(self, identifier: str, **shown: Any) -> None:
        """Show other members from now on."""
        settings = self._settings[identifier]
        self._settings[identifier] = replace(settings, shown={**settings.shown, **shown})

    def delete(self, identifier: str) -> None:
        """Terminate its queries; it is gone a little later."""
        self.move(identifier, "deleting")
        self._terminate(identifier)

    def when_deleted(self, listener: Callable[[str], None]) -> None:
        """Have `listener(identifier)` called when a cluster is gone."""
        self._on_deleted.append(listener)

    def when_pausing(self, listener: Callable[[str], None]) -> None:
        """Have `listener(identifier)` called when a cluster begins to terminate its queries."""
        self._on_pausing.append(listener)

    def when_available(self, listener: Callable[[str], None]) -> None:
        """Have `listener(identifier)` called when a cluster takes queries again."""
        self._on_available.append(listener)

    def reboot(self, identifier: str) -> None:
        """Restart it: "a momentary outage to the cluster, during which the cluster status is set to
        rebooting" (Amazon Redshift API reference, RebootCluster)."""
        self.move(identifier, "rebooting")
        self._terminate(identifier)

    def fail(self, identifier: str) -> None:
        """A node fails: queries end, and the cluster is not there until it is replaced."""
        self.move(identifier, "hardware-failure")
        self._terminate(identifier)

    def _terminate(self, identifier: str) -> None:
        for listener in self._on_pausing:
            listener(identifier)

    def describe_clusters(self, request: Mapping[str, Any], caller: Caller) -> dict[str, Any]:
        """The clusters, or the one of ClusterIdentifier; ClusterNotFoundFault if unknown."""
        if request.get("TagKeys") or request.get("TagValues"):
            raise NotModelled("redshift DescribeClusters by tags: not simulated")
        identifier = request.get("ClusterIdentifier")
        # a workgroup's warehouse is none
        clusters = [name for name in self._settings if not name.startswith("workgroup/")]
        identifiers = clusters if identifier is None else [self.known(identifier)]
        return {"Clusters": [self.description(known) for known in identifiers]}

    def pause_cluster(self, request: Mapping[str, Any], caller: Caller) -> dict[str, Any]:
        """Pause it: running queries end at once, `paused` comes later."""
        identifier = self.known(request["ClusterIdentifier"])
        if self._status[identifier] != "available":
            raise ServiceError("InvalidClusterStateFault", "You can only pause an ACTIVE Cluster")
        self.move(identifier, "pausing")
        self._terminate(identifier)
        return {"Cluster": self.description(identifier)}

    def resume_cluster(self, request: Mapping[str, Any], caller: Caller) -> dict[str, Any]:
        """Resume it: `available` comes later."""
        identifier = self.known(request["ClusterIdentifier"])
        if self._status[identifier] != "paused":
            raise ServiceError("InvalidClusterStateFault", "You can only resume a PAUSED Cluster")
        self.move(identifier, "resuming")
        return {"Cluster": self.description(identifier)}

    def resize_cluster(self, request: Mapping[str, Any], caller: Caller) -> dict[str, Any]:
        """Resize it: an elastic resize holds queries until it is done, a classic one lets them read
        ("Resizing clusters", Amazon Redshift Management Guide)."""
        identifier = self.known(request["ClusterIdentifier"])
        if self._status[identifier] != "available":
            raise ServiceError(
                "InvalidClusterStateFault",
                f"Cluster {identifier} is not available: it is {self._status[identifier]}.",
            )
        for member in ("ReservedNodeId", "TargetReservedNodeOfferingId"):
            if request.get(member):
                raise NotModelled(f"redshift ResizeCluster.{member}: not simulated")
        settings = self._settings[identifier]
        is_single = request.get("ClusterType") == "single-node"
        self._settings[identifier] = replace(
            settings,
            node_type=request.get("NodeType") or settings.node_type,
            number_of_nodes=1
            if is_single
            else request.get("NumberOfNodes") or settings.number_of_nodes,
        )
        self.move(identifier, "resizing")
        if request.get("Classic"):
            self._read_only.add(identifier)
        return {"Cluster": self.description(identifier)}

    def known(self, identifier: str) -> str:
        """The identifier as clusters keep it. Raises ClusterNotFoundFault."""
        # Cluster identifiers are kept in lower case (Amazon Redshift API reference, CreateCluster).
        identifier = identifier.lower()
        if self.state_of(identifier) is None:
            raise ServiceError(
                "ClusterNotFoundFault", f"Cluster {identifier} not found.", status=404
            )
        return identifier

    def move(self, identifier: str, status: str) -> None:
        """Take on a status, one of NEXT_STATUS."""
        assert status in NEXT_STATUS[self._status[identifier]]
        self._status[identifier] = status
        scheduler = self._world.scheduler
        self._world.trace.add(scheduler.now_ms, "ClusterStatus", identifier, status)
        self._pass_on(identifier)
        if status == "available":
            self._read_only.discard(identifier)
            for listener in self._on_available:
                listener(identifier)

    def _pass_on(self, identifier: str) -> None:
        """Set the timer that ends a status which ends by itself."""
        timing = self._world.timing
        # AWS says "several minutes" of creating one, as of resuming
        duration_ms, following = {
            "creating": (timing.cluster_resume_ms, "available"),
            "pausing": (timing.cluster_pause_ms, "paused"),
            "resuming": (timing.cluster_resume_ms, "available"),
            "rebooting": (timing.cluster_reboot_ms, "available"),
            "resizing": (timing.cluster_resize_ms, "available"),
            "hardware-failure": (timing.cluster_resize_ms, "available"),
        }.get(self._status[identifier], (0, ""))
        after = self._world.scheduler.after
        if following:
            after(duration_ms, lambda: self.move(identifier, following))
        elif self._status[identifier] == "deleting":
            after(timing.cluster_pause_ms, lambda: self._forget(identifier))

    def _forget(self, identifier: str) -> None:
        del self._settings[identifier], self._status[identifier]
        self._world.trace.add(self._world.scheduler.now_ms, "ClusterStatus", identifier, "deleted")
        for listener in self._on_deleted:
            listener(identifier)

    def tags_of(self, _identifier: str) -> list[dict[str, str]]:
        """A cluster's tags, which whoever made it may have given it."""
        return []

    def description(self, identifier: str) -> dict[str, Any]:
        """A cluster as DescribeClusters shows it."""
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
            "EnhancedVpcRouting": False,
            "IamRoles": [],
            "MaintenanceTrackName": "current",
            "DeferredMaintenanceWindows": [],
            "ClusterNamespaceArn": (
                f"arn:aws:redshift:{world.region}:{world.account_id}:namespace:{namespace}"
            ),
            # one node is leader and compute node at once
            "ClusterNodes": _nodes(settings.number_of_nodes),
            "AvailabilityZoneRelocationStatus": "disabled",
            "MultiAZ": "Disabled",
            "AquaConfiguration": {"AquaStatus": "disabled", "AquaConfigurationStatus": "auto"},
            **settings.shown,
            "Tags": self.tags_of(identifier),
        }


def _nodes(count: int) -> list[dict[str, str]]:
    if count == 1:
        return [{"NodeRole": "SHARED", "PrivateIPAddress": "10.0.0.10"}]
    roles = ["LEADER", *(f"COMPUTE-{number}" for number in range(count))]
    return [
        {"NodeRole": role, "PrivateIPAddress": f"10.0.0.{10 + number}"}
        for number, role in enumerate(roles)
    ]
