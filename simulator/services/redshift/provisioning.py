"""Redshift's API for whoever deploys: clusters made, changed, deleted; what surrounds them."""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping
from typing import Any

from simulator.engine.ports import World
from simulator.services.api import Caller, NotModelled, ServiceError
from simulator.services.provisioned import Provisioned
from simulator.services.redshift import groups
from simulator.services.redshift.clusters import ClusterSettings, RedshiftCluster
from simulator.services.redshift.groups import Groups, Kind

Request = Mapping[str, Any]
Answer = dict[str, Any]
Operation = Callable[[Request, Caller], Answer]

# members of CreateCluster and ModifyCluster that DescribeClusters shows as they are
_PLAIN = (
    "AllowVersionUpgrade",
    "AutomatedSnapshotRetentionPeriod",
    "AvailabilityZone",
    "Encrypted",
    "EnhancedVpcRouting",
    "KmsKeyId",
    "MaintenanceTrackName",
    "ManualSnapshotRetentionPeriod",
    "MasterPasswordSecretKmsKeyId",
    "PreferredMaintenanceWindow",
    "PubliclyAccessible",
    "ClusterSubnetGroupName",
    "ClusterVersion",
    "DefaultIamRoleArn",
    "IpAddressType",
    "NodeType",
    "NumberOfNodes",
)
_REFUSED = ("NewClusterIdentifier", "HsmConfigurationIdentifier", "CatalogName", "LoadSampleData")
# kind -> the verbs of its operations
_KINDS: tuple[tuple[Kind, str], ...] = (
    (groups.SUBNET_GROUP, "cluster_subnet_group"),
    (groups.PARAMETER_GROUP, "cluster_parameter_group"),
    (groups.SNAPSHOT_SCHEDULE, "snapshot_schedule"),
    (groups.USAGE_LIMIT, "usage_limit"),
    (groups.EVENT_SUBSCRIPTION, "event_subscription"),
    (groups.SCHEDULED_ACTION, "scheduled_action"),
)


class Provisioning:
    """Makes and changes the clusters of `clusters`. `secrets` keeps administrators' passwords."""

    def __init__(self, world: World, clusters: RedshiftCluster) -> None:
        self._world = world
        self._clusters = clusters
        self._groups = Groups(world)
        self._logging: dict[str, Answer] = {}
        self._secrets: dict[str, str] = {}
        self.outside: Provisioned | None = None
        clusters.when_deleted(self._deleted)

    def operations(self) -> dict[str, Operation]:
        """Every operation by its name on a boto3 client."""
        found: dict[str, Operation] = {
            "create_cluster": self.create_cluster,
            "modify_cluster": self.modify_cluster,
            "delete_cluster": self.delete_cluster,
            "reboot_cluster": self.reboot_cluster,
            "modify_cluster_iam_roles": self.modify_cluster_iam_roles,
            "modify_cluster_snapshot_schedule": self.modify_cluster_snapshot_schedule,
            "enable_logging": self.enable_logging,
            "disable_logging": self.disable_logging,
            "describe_logging_status": self.describe_logging_status,
            "create_tags": self._groups.create_tags,
            "delete_tags": self._groups.delete_tags,
            "describe_tags": self._groups.describe_tags,
            "describe_cluster_parameters": _of(self._groups.describe_parameters),
            "reset_cluster_parameter_group": _of(self._groups.reset_parameters),
        }
        for kind, name in _KINDS:
            for verb, plural in (("create", ""), ("modify", ""), ("delete", ""), ("describe", "s")):
                act = getattr(self._groups, verb)
                found[f"{verb}_{name}{plural}"] = _of(functools.partial(act, kind))
        found["modify_cluster_parameter_group"] = _of(self._groups.modify_parameters)
        return found

    def create_cluster(self, request: Request, caller: Caller) -> Answer:
        """CreateCluster: `creating`, and `available` later."""
        _refuse(request)
        identifier = request["ClusterIdentifier"].lower()
        if self._clusters.state_of(identifier) is not None:
            raise ServiceError("ClusterAlreadyExistsFault", "Cluster already exists.")
        is_single = request.get("ClusterType", "multi-node") == "single-node"
        nodes = 1 if is_single else request.get("NumberOfNodes", 1)
        master = request["MasterUsername"]
        if not request.get("ManageMasterPassword") and not request.get("MasterUserPassword"):
            raise ServiceError(
                "InvalidParameterCombination",
                "The parameter MasterUserPassword must be provided unless ManageMasterPassword is "
                "used.",
            )
        shown = {"AvailabilityZone": f"{self._world.region}a", **self._shown(request, identifier)}
        password = request.get("MasterUserPassword")
        if request.get("ManageMasterPassword"):
            managed, password = self._managed_password(request, identifier, master)
            shown |= managed
        # another cluster of an old name is another namespace
        namespace = self._world.identity.uuid("cluster-namespace", identifier)
        region, account = self._world.region, self._world.account_id
        shown["ClusterNamespaceArn"] = f"arn:aws:redshift:{region}:{account}:namespace:{namespace}"
        self._groups.tag(self._groups.arn("cluster", identifier), request.get("Tags"))
        self._clusters.add(
            ClusterSettings(
                identifier,
                database=request.get("DBName") or "dev",
                master_username=master,
                node_type=request["NodeType"],
                number_of_nodes=nodes,
                first_status="creating",
                master_password=password,
                shown={**shown, "NumberOfNodes": nodes},
            )
        )
        if request.get("SnapshotScheduleIdentifier"):
            self._groups.associate(
                request["SnapshotScheduleIdentifier"], identifier, is_wanted=True
            )
        return self._answer(identifier)

    def modify_cluster(self, request: Request, caller: Caller) -> Answer:
        """ModifyCluster: done at once."""
        _refuse(request)
        settings = self._settings(request)
        is_managed = "MasterPasswordSecretArn" in settings.shown
        if request.get("MasterUserPassword") or is_managed != request.get(
            "ManageMasterPassword", is_managed
        ):
            raise NotModelled(
                "redshift ModifyCluster of the administrator's password: ALTER USER changes it"
            )
        changed = self._shown(request, settings.identifier)
        self._clusters.change(settings.identifier, **changed)
        return self._answer(settings.identifier)

    def delete_cluster(self, request: Request, caller: Caller) -> Answer:
        """DeleteCluster: `deleting`, and gone later. Snapshots are not simulated: a final one is
        taken for kept."""
        identifier = self._settings(request).identifier
        final = request.get("FinalClusterSnapshotIdentifier")
        if not request.get("SkipFinalClusterSnapshot") and not final:
            raise ServiceError(
                "InvalidParameterCombination",
                "FinalClusterSnapshotIdentifier is required unless SkipFinalClusterSnapshot is "
                "specified.",
            )
        if self._clusters.state_of(identifier) not in ("available", "paused"):
            raise ServiceError(
                "InvalidClusterStateFault",
                f"There is an operation running on the Cluster. Please try to delete it at a "
                f"later time: {identifier} is {self._clusters.state_of(identifier)}.",
            )
        self._clusters.delete(identifier)
        return self._answer(identifier)

    def reboot_cluster(self, request: Request, caller: Caller) -> Answer:
        """RebootCluster: `rebooting`, without anybody connected; what waited for it holds then."""
        identifier = self._settings(request).identifier
        if self._clusters.state_of(identifier) != "available":
            raise ServiceError(
                "InvalidClusterStateFault",
                f"Cluster {identifier} is not available: it is "
                f"{self._clusters.state_of(identifier)}.",
            )
        self._clusters.reboot(identifier)
        shown = self._clusters.description(identifier)["ClusterParameterGroups"]
        self._clusters.change(
            identifier,
            ClusterParameterGroups=[{**one, "ParameterApplyStatus": "in-sync"} for one in shown],
        )
        return self._answer(identifier)

    def modify_cluster_iam_roles(self, request: Request, caller: Caller) -> Answer:
        """ModifyClusterIamRoles."""
        settings = self._settings(request)
        roles = [one["IamRoleArn"] for one in settings.shown.get("IamRoles", ())]
        kept = [one for one in roles if one not in (request.get("RemoveIamRoles") or ())]
        added = [one for one in request.get("AddIamRoles") or () if one not in kept]
        changed: Answer = {"IamRoles": _roles([*kept, *added])}
        if "DefaultIamRoleArn" in request:
            changed["DefaultIamRoleArn"] = request["DefaultIamRoleArn"]
        self._clusters.change(settings.identifier, **changed)
        return self._answer(settings.identifier)

    def modify_cluster_snapshot_schedule(self, request: Request, caller: Caller) -> Answer:
        """ModifyClusterSnapshotSchedule."""
        identifier = self._settings(request).identifier
        is_wanted = not request.get("DisassociateSchedule")
        schedule = request.get("ScheduleIdentifier") or self._groups.schedule_of(identifier)
        if schedule is not None:
            self._groups.associate(schedule, identifier, is_wanted=is_wanted)
        self._clusters.change(
            identifier,
            SnapshotScheduleIdentifier=schedule if is_wanted else None,
            SnapshotScheduleState="ACTIVE" if is_wanted else None,
        )
        return {}

    def enable_logging(self, request: Request, caller: Caller) -> Answer:
        """EnableLogging; no log is written."""
        identifier = self._settings(request).identifier
        members = ("BucketName", "S3KeyPrefix", "LogDestinationType", "LogExports")
        self._logging[identifier] = {
            "LoggingEnabled": True,
            **{member: request[member] for member in members if request.get(member)},
        }
        return dict(self._logging[identifier])

    def disable_logging(self, request: Request, caller: Caller) -> Answer:
        """DisableLogging."""
        self._logging.pop(self._settings(request).identifier, None)
        return {"LoggingEnabled": False}

    def describe_logging_status(self, request: Request, caller: Caller) -> Answer:
        """DescribeLoggingStatus."""
        identifier = self._settings(request).identifier
        return dict(self._logging.get(identifier, {"LoggingEnabled": False}))

    def tags_of(self, identifier: str) -> list[dict[str, str]]:
        """A cluster's tags as they are shown."""
        return self._groups.tag_list(self._groups.arn("cluster", identifier))

    def _settings(self, request: Request) -> ClusterSettings:
        settings = self._clusters.settings_of(self._clusters.known(request["ClusterIdentifier"]))
        assert settings is not None
        return settings

    def _answer(self, identifier: str) -> Answer:
        return {"Cluster": self._clusters.description(identifier)}

    def _shown(self, request: Request, identifier: str) -> Answer:
        shown = {member: request[member] for member in _PLAIN if request.get(member) is not None}
        if request.get("VpcSecurityGroupIds"):
            shown["VpcSecurityGroups"] = [
                {"VpcSecurityGroupId": one, "Status": "active"}
                for one in request["VpcSecurityGroupIds"]
            ]
        if request.get("ClusterParameterGroupName"):
            shown["ClusterParameterGroups"] = [
                {
                    "ParameterGroupName": request["ClusterParameterGroupName"],
                    "ParameterApplyStatus": "in-sync",
                }
            ]
        if request.get("IamRoles"):
            shown["IamRoles"] = _roles(request["IamRoles"])
        if "AvailabilityZoneRelocation" in request:
            is_on = request["AvailabilityZoneRelocation"]
            shown["AvailabilityZoneRelocationStatus"] = "enabled" if is_on else "disabled"
        if "MultiAZ" in request:
            shown["MultiAZ"] = "Enabled" if request["MultiAZ"] else "Disabled"
        if request.get("Port"):
            host = f"{identifier}.c{self._world.account_id[:11]}.{self._world.region}"
            address = f"{host}.redshift.amazonaws.com"
            shown["Endpoint"] = {"Address": address, "Port": request["Port"]}
        return shown

    def _managed_password(
        self, request: Request, identifier: str, master: str
    ) -> tuple[Answer, str]:
        if self.outside is None or self.outside.keep_secret is None:
            raise NotModelled("redshift ManageMasterPassword: no Secrets Manager is there")
        key = request.get("MasterPasswordSecretKmsKeyId")
        name = f"redshift!{identifier}-{master}"
        arn, password = self.outside.keep_secret(name, master, key)
        self._secrets[identifier] = arn
        return {"MasterPasswordSecretArn": arn}, password

    def _deleted(self, identifier: str) -> None:
        self._logging.pop(identifier, None)
        self._groups.tags.pop(self._groups.arn("cluster", identifier), None)
        secret = self._secrets.pop(identifier, None)
        if secret and self.outside is not None and self.outside.drop_secret is not None:
            self.outside.drop_secret(secret)
        schedule = self._groups.schedule_of(identifier)
        if schedule is not None:
            self._groups.associate(schedule, identifier, is_wanted=False)


def _of(act: Callable[[Request], Answer]) -> Operation:
    return lambda request, _caller: act(request)


def _refuse(request: Request) -> None:
    for member in _REFUSED:
        if request.get(member):
            raise NotModelled(f"redshift {member}: not simulated")


def _roles(arns: Any) -> list[dict[str, str]]:
    return [{"IamRoleArn": arn, "ApplyStatus": "in-sync"} for arn in arns]
