"""What statements connect to: a provisioned cluster, or a workgroup of Redshift Serverless."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Protocol

from simulator.services.api import ServiceError

# an endpoint's name, and whether it is a workgroup's
Endpoint = tuple[str, bool]


class Provider(Protocol):
    """The service that clusters, or workgroups, are made by."""

    def state_of(self, identifier: str) -> str | None: ...

    def is_available(self, identifier: str) -> bool: ...

    def house_of(self, identifier: str) -> str: ...

    def when_pausing(self, listener: Callable[[str], None]) -> None: ...


class Clusters(Provider, Protocol):
    """The service that clusters are made by: they are rebooted and resized as well."""

    def is_read_only(self, identifier: str) -> bool: ...

    def when_available(self, listener: Callable[[str], None]) -> None: ...


# What a status means to somebody who connects, where the endpoint isn't available: "held" until it
# is (an elastic resize holds connections: "Resizing clusters"), or "down" and nobody answers.
# Anything else is "closed": the Data API gets no credentials for it.
_REACH = {"resizing": "held", "rebooting": "down", "hardware-failure": "down"}


class Endpoints:
    """The clusters and the workgroups of an account; without the latter there are none."""

    def __init__(self, clusters: Clusters, workgroups: Provider | None = None) -> None:
        self._clusters = clusters
        self._workgroups = workgroups

    def state_of(self, endpoint: Endpoint) -> str | None:
        """Its status; None where there is none of this name."""
        provider = self._provider(endpoint)
        return None if provider is None else provider.state_of(endpoint[0])

    def is_available(self, endpoint: Endpoint) -> bool:
        """Whether it takes queries."""
        provider = self._provider(endpoint)
        return provider is not None and provider.is_available(endpoint[0])

    def reach_of(self, endpoint: Endpoint) -> str:
        """What becomes of whoever connects: "open", "held", "down" or "closed"."""
        if self.is_available(endpoint):
            return "open"
        return _REACH.get(self.state_of(endpoint) or "", "closed")

    def is_read_only(self, endpoint: Endpoint) -> bool:
        """Whether it takes no writes for now."""
        return not endpoint[1] and self._clusters.is_read_only(endpoint[0])

    def when_available(self, listener: Callable[[Endpoint], None]) -> None:
        """Have `listener(endpoint)` called when a cluster takes queries again."""
        self._clusters.when_available(lambda name: listener((name, False)))

    def house_of(self, endpoint: Endpoint) -> str | None:
        """The name of the warehouse behind it; None where there is none."""
        provider = self._provider(endpoint)
        if provider is None or provider.state_of(endpoint[0]) is None:
            return None
        return provider.house_of(endpoint[0])

    def when_pausing(self, listener: Callable[[Endpoint], None]) -> None:
        """Have `listener(endpoint)` called when its queries are to be terminated."""
        self._clusters.when_pausing(lambda name: listener((name, False)))
        if self._workgroups is not None:
            self._workgroups.when_pausing(lambda name: listener((name, True)))

    def _provider(self, endpoint: Endpoint) -> Provider | None:
        return self._workgroups if endpoint[1] else self._clusters


def endpoint_of(request: Mapping[str, Any]) -> Endpoint | None:
    """The cluster or the workgroup that a request names; None for neither. Raises
    ValidationException for both."""
    cluster, workgroup = request.get("ClusterIdentifier"), request.get("WorkgroupName")
    if cluster and workgroup:
        raise ServiceError(
            "ValidationException", "ClusterIdentifier and WorkgroupName cannot both be provided."
        )
    if workgroup:
        # "arn:aws:redshift-serverless:REGION:ACCOUNT:workgroup/ID" stands for a name too: not here
        return str(workgroup), True
    return (str(cluster), False) if cluster else None
