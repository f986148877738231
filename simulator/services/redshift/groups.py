"""What surrounds Redshift's clusters: subnet and parameter groups, schedules, limits, tags.

Each kind is created, described, changed and deleted alike, so a table says how; only parameters
are more. None of it changes what a simulated cluster does.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from simulator.engine.ports import World
from simulator.services.api import Caller, ServiceError

Request = Mapping[str, Any]
Answer = dict[str, Any]

# "Amazon Redshift parameter groups": name -> default value, type, and whether it applies at once
_PARAMETERS: Mapping[str, tuple[str, str, str]] = {
    "auto_analyze": ("true", "boolean", "static"),
    "auto_mv": ("true", "boolean", "static"),
    "datestyle": ("ISO, MDY", "string", "static"),
    "enable_case_sensitive_identifier": ("false", "boolean", "static"),
    "enable_user_activity_logging": ("false", "boolean", "static"),
    "extra_float_digits": ("0", "integer", "static"),
    "max_concurrency_scaling_clusters": ("1", "integer", "static"),
    "query_group": ("default", "string", "static"),
    "require_ssl": ("true", "boolean", "static"),
    "search_path": ("$user, public", "string", "static"),
    "statement_timeout": ("0", "integer", "static"),
    "use_fips_ssl": ("false", "boolean", "static"),
    "wlm_json_configuration": ('[{"auto_wlm":true}]', "string", "static"),
}


@dataclass(frozen=True, slots=True)
class Kind:
    """How one kind is named on the wire. `members` are those of a request and how they are shown;
    `wrapper` is what an answer wraps one in, None where the members stand alone."""

    title: str
    name: str
    shown_name: str
    members: Mapping[str, str]
    wrapper: str | None
    plural: str
    arn: str


def _same(*names: str) -> dict[str, str]:
    return {name: name for name in names}


SUBNET_GROUP = Kind(
    "ClusterSubnetGroup",
    "ClusterSubnetGroupName",
    "ClusterSubnetGroupName",
    {"Description": "Description", "SubnetIds": "Subnets"},
    "ClusterSubnetGroup",
    "ClusterSubnetGroups",
    "subnetgroup",
)
PARAMETER_GROUP = Kind(
    "ClusterParameterGroup",
    "ParameterGroupName",
    "ParameterGroupName",
    _same("ParameterGroupFamily", "Description"),
    "ClusterParameterGroup",
    "ParameterGroups",
    "parametergroup",
)
SNAPSHOT_SCHEDULE = Kind(
    "SnapshotSchedule",
    "ScheduleIdentifier",
    "ScheduleIdentifier",
    _same("ScheduleDefinitions", "ScheduleDescription"),
    None,
    "SnapshotSchedules",
    "snapshotschedule",
)
USAGE_LIMIT = Kind(
    "UsageLimit",
    "UsageLimitId",
    "UsageLimitId",
    _same("ClusterIdentifier", "FeatureType", "LimitType", "Amount", "Period", "BreachAction"),
    None,
    "UsageLimits",
    "usagelimit",
)
EVENT_SUBSCRIPTION = Kind(
    "EventSubscription",
    "SubscriptionName",
    "CustSubscriptionId",
    {
        **_same("SnsTopicArn", "SourceType", "Severity", "Enabled"),
        "SourceIds": "SourceIdsList",
        "EventCategories": "EventCategoriesList",
    },
    "EventSubscription",
    "EventSubscriptionsList",
    "eventsubscription",
)
SCHEDULED_ACTION = Kind(
    "ScheduledAction",
    "ScheduledActionName",
    "ScheduledActionName",
    {
        **_same("TargetAction", "Schedule", "IamRole", "ScheduledActionDescription"),
        **_same("StartTime", "EndTime"),
        "Enable": "State",
    },
    None,
    "ScheduledActions",
    "scheduledaction",
)
# the fault's name where it is not the kind's own
_FAULTS = {"EventSubscription": "Subscription", "ScheduledAction": "ScheduledAction"}
_DEFAULTS: Mapping[str, Mapping[str, Any]] = {
    "ClusterSubnetGroup": {"SubnetGroupStatus": "Complete", "VpcId": ""},
    "UsageLimit": {"Period": "monthly", "BreachAction": "log"},
    "EventSubscription": {"Status": "active", "Enabled": True, "Severity": "INFO"},
    "ScheduledAction": {"State": "ACTIVE"},
    "SnapshotSchedule": {"AssociatedClusterCount": 0, "AssociatedClusters": []},
}


class Groups:
    """The things of every kind, by kind and name, and the tags of anything by its ARN."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._kept: dict[str, dict[str, Answer]] = {}
        self._parameters: dict[str, dict[str, str]] = {}
        self.tags: dict[str, dict[str, str]] = {}

    def create(self, kind: Kind, request: Request) -> Answer:
        """Create one."""
        kept = self._kept.setdefault(kind.title, {})
        name = request.get(kind.name) or self._world.identity.uuid("redshift", kind.title)
        if kind is SUBNET_GROUP or kind is PARAMETER_GROUP:
            # "Amazon Redshift stores the value as a lowercase string"
            name = name.lower()
        if name in kept:
            raise ServiceError(
                f"{_FAULTS.get(kind.title, kind.title)}AlreadyExistsFault",
                f"{kind.title} {name} already exists.",
            )
        arn = self.arn(kind.arn, name)
        self.tags[arn] = _tags(request.get("Tags") or ())
        kept[name] = {
            kind.shown_name: name,
            **_DEFAULTS.get(kind.title, {}),
            **self._members(kind, request),
        }
        return self._answer(kind, name)

    def modify(self, kind: Kind, request: Request) -> Answer:
        """Change one."""
        name = self._known(kind, request)
        self._kept[kind.title][name] |= self._members(kind, request)
        return self._answer(kind, name)

    def delete(self, kind: Kind, request: Request) -> Answer:
        """Delete one."""
        name = self._known(kind, request)
        del self._kept[kind.title][name]
        self.tags.pop(self.arn(kind.arn, name), None)
        self._parameters.pop(name, None)
        return {}

    def describe(self, kind: Kind, request: Request) -> Answer:
        """All of a kind, or the one that is named."""
        if request.get(kind.name) is not None:
            names = [self._known(kind, request)]
        else:
            names = list(self._kept.get(kind.title, {}))
        wanted = request.get("ClusterIdentifier")
        shown = [self._shown(kind, name) for name in names]
        if wanted is not None and kind is USAGE_LIMIT:
            shown = [one for one in shown if one["ClusterIdentifier"] == wanted]
        return {kind.plural: shown}

    def describe_parameters(self, request: Request) -> Answer:
        """The parameters of a group: those that were set ("user"), or the others too."""
        name = self._known(PARAMETER_GROUP, request)
        changed = self._parameters.get(name, {})
        source = request.get("Source")
        shown = []
        for parameter, (default, kind, applied) in _PARAMETERS.items():
            found = "user" if parameter in changed else "engine-default"
            if source in (None, found):
                shown.append(
                    {
                        "ParameterName": parameter,
                        "ParameterValue": changed.get(parameter, default),
                        "Source": found,
                        "DataType": kind,
                        "ApplyType": applied,
                        "IsModifiable": True,
                    }
                )
        return {"Parameters": shown}

    def modify_parameters(self, request: Request) -> Answer:
        """Set parameters of a group."""
        name = self._known(PARAMETER_GROUP, request)
        changed = self._parameters.setdefault(name, {})
        for parameter in request["Parameters"]:
            if parameter["ParameterName"] not in _PARAMETERS:
                raise ServiceError(
                    "InvalidParameterValue",
                    f"Could not find parameter with name: {parameter['ParameterName']}",
                )
            changed[parameter["ParameterName"]] = parameter.get("ParameterValue", "")
        return self._parameters_changed(name)

    def reset_parameters(self, request: Request) -> Answer:
        """Set parameters of a group, or all of them, back to their defaults."""
        name = self._known(PARAMETER_GROUP, request)
        changed = self._parameters.setdefault(name, {})
        if request.get("ResetAllParameters"):
            changed.clear()
        for parameter in request.get("Parameters") or ():
            changed.pop(parameter["ParameterName"], None)
        return self._parameters_changed(name)

    def associate(self, schedule: str, identifier: str, *, is_wanted: bool) -> None:
        """Let a snapshot schedule hold for a cluster, or no longer."""
        name = self._known(SNAPSHOT_SCHEDULE, {"ScheduleIdentifier": schedule})
        kept = self._kept[SNAPSHOT_SCHEDULE.title][name]
        clusters = [
            one for one in kept["AssociatedClusters"] if one["ClusterIdentifier"] != identifier
        ]
        if is_wanted:
            clusters.append({"ClusterIdentifier": identifier, "ScheduleAssociationState": "ACTIVE"})
        kept |= {"AssociatedClusters": clusters, "AssociatedClusterCount": len(clusters)}

    def schedule_of(self, identifier: str) -> str | None:
        """The snapshot schedule that holds for a cluster."""
        for name, kept in self._kept.get(SNAPSHOT_SCHEDULE.title, {}).items():
            if any(one["ClusterIdentifier"] == identifier for one in kept["AssociatedClusters"]):
                return name
        return None

    def create_tags(self, request: Request, _caller: Caller) -> Answer:
        """CreateTags."""
        if request["ResourceName"].count(":") < 6:
            reason = f"expected the ARN of a resource, got {request['ResourceName']!r}"
            raise ServiceError("ResourceNotFoundFault", reason, status=404)
        tags = _tags(request["Tags"])
        self.tags.setdefault(request["ResourceName"], {}).update(tags)
        return {}

    def delete_tags(self, request: Request, _caller: Caller) -> Answer:
        """DeleteTags."""
        tags = self.tags.get(request["ResourceName"], {})
        for key in request["TagKeys"]:
            tags.pop(key, None)
        return {}

    def describe_tags(self, request: Request, _caller: Caller) -> Answer:
        """DescribeTags, of one resource or of all."""
        wanted = request.get("ResourceName")
        shown = [
            {"Tag": tag, "ResourceName": arn, "ResourceType": arn.split(":")[5]}
            for arn in self.tags
            for tag in self.tag_list(arn)
            if wanted in (None, arn)
        ]
        return {"TaggedResources": shown}

    def tag_list(self, arn: str) -> list[dict[str, str]]:
        """The tags of something as Redshift shows them."""
        return [{"Key": key, "Value": tag} for key, tag in self.tags.get(arn, {}).items()]

    def tag(self, arn: str, tags: Any) -> None:
        """Give something its first tags."""
        self.tags[arn] = _tags(tags or ())

    def arn(self, kind: str, name: str) -> str:
        """The ARN of something of Redshift's."""
        return f"arn:aws:redshift:{self._world.region}:{self._world.account_id}:{kind}:{name}"

    def _known(self, kind: Kind, request: Request) -> str:
        kept = self._kept.get(kind.title, {})
        name: str = request[kind.name]
        for candidate in (name, name.lower()):
            if candidate in kept:
                return candidate
        raise ServiceError(
            f"{_FAULTS.get(kind.title, kind.title)}NotFoundFault",
            f"{kind.title} {name} not found.",
            status=404,
        )

    def _members(self, kind: Kind, request: Request) -> Answer:
        members = {
            shown: request[given] for given, shown in kind.members.items() if given in request
        }
        if "Subnets" in members:
            members["Subnets"] = [
                {"SubnetIdentifier": subnet, "SubnetStatus": "Active"}
                for subnet in members["Subnets"]
            ]
        if kind is SCHEDULED_ACTION and "State" in members:
            members["State"] = "ACTIVE" if members["State"] else "DISABLED"
        return members

    def _shown(self, kind: Kind, name: str) -> Answer:
        shown = dict(self._kept[kind.title][name])
        return shown | {"Tags": self.tag_list(self.arn(kind.arn, name))}

    def _answer(self, kind: Kind, name: str) -> Answer:
        shown = self._shown(kind, name)
        return {kind.wrapper: shown} if kind.wrapper else shown

    def _parameters_changed(self, name: str) -> Answer:
        return {
            "ParameterGroupName": name,
            "ParameterGroupStatus": "Your parameter group has been updated.",
        }


def _tags(tags: Any) -> dict[str, str]:
    for tag in tags:
        if not tag.get("Key"):
            raise ServiceError("InvalidTagFault", "The tag is invalid: expected a Key, got none")
    return {tag["Key"]: tag.get("Value", "") for tag in tags}
