"""What Terraform made, as its outputs tell: what the other commands work on."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from simulator.deployment.errors import DeploymentError


@dataclass(frozen=True, slots=True)
class Warehouse:
    """A cluster or a workgroup; the other one is None."""

    database: str
    cluster_identifier: str | None = None
    workgroup_name: str | None = None

    @property
    def address(self) -> dict[str, str]:
        """The members of a Data API request that name it."""
        if self.cluster_identifier is not None:
            return {"ClusterIdentifier": self.cluster_identifier, "Database": self.database}
        return {"WorkgroupName": str(self.workgroup_name), "Database": self.database}


@dataclass(frozen=True, slots=True)
class Source:
    """What fills the lake, where it is named."""

    dms_replication_task_arn: str | None = None
    rds_instance_identifier: str | None = None


@dataclass(frozen=True, slots=True)
class Kept:
    """What destroying leaves behind, and the resources that it consists of."""

    final_snapshot: str | None = None
    lake_bucket: str | None = None
    resources: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Stack:
    """A deployed stack. `secret_arn`: the login of whoever reads the reports."""

    state_machine_arn: str
    alias_arn: str
    region: str
    warehouse: Warehouse
    secret_arn: str
    lake_bucket: str
    source: Source = Source()
    console: Mapping[str, str] = field(default_factory=dict)


def read(outputs: Mapping[str, Any], *, deploy: str) -> Stack:
    """The stack in Terraform's outputs; `deploy` is the command that makes them.

    Raises `DeploymentError` where nothing is deployed, or not all of it.
    """
    house = _needed(outputs, "warehouse", deploy)
    source = outputs.get("upstream_source") or {}
    return Stack(
        state_machine_arn=_needed(outputs, "state_machine_arn", deploy),
        alias_arn=_needed(outputs, "state_machine_alias_arn", deploy),
        region=_needed(outputs, "region", deploy),
        warehouse=Warehouse(
            database=house["database"],
            cluster_identifier=house.get("cluster_identifier"),
            workgroup_name=house.get("workgroup_name"),
        ),
        secret_arn=_needed(outputs, "analyst_secret_arn", deploy),
        lake_bucket=_needed(outputs, "lake_bucket", deploy),
        source=Source(
            source.get("dms_replication_task_arn"), source.get("rds_instance_identifier")
        ),
        console=outputs.get("console") or {},
    )


def kept(outputs: Mapping[str, Any]) -> Kept:
    """What the stack says that it leaves behind."""
    told = outputs.get("kept_on_destroy") or {}
    resources: Sequence[str] = told.get("resources") or ()
    return Kept(told.get("final_snapshot"), told.get("lake_bucket"), tuple(resources))


def _needed(outputs: Mapping[str, Any], name: str, deploy: str) -> Any:
    if outputs.get(name) is None:
        told = "nothing is deployed" if not outputs else f"its output {name!r} is missing"
        raise DeploymentError("stack", f"expected a deployed one, got none: {told}", deploy)
    return outputs[name]
