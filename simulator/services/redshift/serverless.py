"""Amazon Redshift Serverless: namespaces, which hold databases and users, and workgroups, which
compute for them.

A namespace has one workgroup at most, and its tables outlive that. A workgroup is never paused: it
costs nothing while nobody asks. Capacity, parameters and usage limits are kept and shown, and do
nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from simulator.engine.ports import World
from simulator.services.api import Caller, NotModelled, ServiceError
from simulator.services.provisioned import Provisioned
from simulator.services.redshift.serverless_members import (
    NAMESPACE_MEMBERS,
    USAGE_LIMIT_MEMBERS,
    WORKGROUP_MEMBERS,
    check_capacity,
    iam_roles,
    parameters,
    refuse,
)

Request = Mapping[str, Any]
Answer = dict[str, Any]

NEXT_STATUS: dict[str, frozenset[str]] = {
    "CREATING": frozenset({"AVAILABLE"}),
    "AVAILABLE": frozenset({"MODIFYING", "DELETING"}),
    "MODIFYING": frozenset({"AVAILABLE"}),
    # and then it is gone
    "DELETING": frozenset(),
}
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_PAGE = 100


@dataclass(frozen=True, slots=True)
class NamespaceSettings:
    """What a namespace's warehouse begins with."""

    database: str
    master_username: str
    master_password: str | None = field(default=None, repr=False)


@dataclass(slots=True)
class _Made:
    """A namespace, workgroup or usage limit. `shown` are its members on the wire."""

    arn: str
    shown: Answer
    status: str = "AVAILABLE"
    created_ms: int = 0
    # the administrator's, of a namespace; None where nobody asks for it
    password: str | None = field(default=None, repr=False)
    tags: dict[str, str] = field(default_factory=dict)


class RedshiftServerless:
    """The service "redshift-serverless". Where nothing is declared (`takes_any`) any name is that
    of a workgroup that is ready, with a namespace of its own."""

    name = "redshift-serverless"

    def __init__(
        self,
        world: World,
        *,
        outside: Provisioned | None = None,
        takes_any: bool = False,
    ) -> None:
        self._world = world
        self._outside = outside
        self._takes_any = takes_any
        self._namespaces: dict[str, _Made] = {}
        self._workgroups: dict[str, _Made] = {}
        self._limits: dict[str, _Made] = {}
        # the warehouses of workgroups that are declared
        self._houses: dict[str, str] = {}
        self._on_pausing: list[Callable[[str], None]] = []
        self._on_deleted: list[Callable[[str], None]] = []

    # --- what the Data API and the warehouses ask -----------------------------------------------

    def state_of(self, identifier: str) -> str | None:
        """A workgroup's status; None where there is none of this name."""
        if identifier not in self._workgroups and self._takes_any:
            self._make_namespace({"namespaceName": identifier, "adminUsername": "awsuser"})
            self._make_workgroup(
                {"workgroupName": identifier, "namespaceName": identifier}, "AVAILABLE"
            )
        found = self._workgroups.get(identifier)
        return found.status if found is not None else None

    def declare(self, workgroup: str, *, house: str, database: str, admin: str) -> None:
        """A workgroup that is there from the beginning, before a warehouse of this name."""
        given = {"namespaceName": workgroup, "adminUsername": admin, "dbName": database}
        self._make_namespace(given)
        self._make_workgroup({"workgroupName": workgroup, **given}, "AVAILABLE")
        self._houses[workgroup] = house

    def is_available(self, identifier: str) -> bool:
        """Whether a workgroup takes queries: it does so while it is modified too."""
        return self.state_of(identifier) in ("AVAILABLE", "MODIFYING")

    def house_of(self, identifier: str) -> str:
        """The warehouse behind a workgroup: its namespace's, whose name no cluster can have."""
        if identifier in self._houses:
            return self._houses[identifier]
        namespace = self._namespaces[self._workgroups[identifier].shown["namespaceName"]]
        return _house(namespace)

    def settings_of(self, house: str) -> NamespaceSettings | None:
        """What a warehouse begins with; None where it is no namespace's."""
        for namespace in self._namespaces.values():
            if _house(namespace) == house:
                shown = namespace.shown
                return NamespaceSettings(
                    shown["dbName"], shown["adminUsername"], namespace.password
                )
        return None

    def when_pausing(self, listener: Callable[[str], None]) -> None:
        """Have `listener(workgroup)` called when its queries are terminated."""
        self._on_pausing.append(listener)

    def when_deleted(self, listener: Callable[[str], None]) -> None:
        """Have `listener(warehouse)` called when a namespace is gone."""
        self._on_deleted.append(listener)

    # --- namespaces -----------------------------------------------------------------------------

    def create_namespace(self, request: Request, caller: Caller) -> Answer:
        """CreateNamespace: it is there at once."""
        refuse(request, "CreateNamespace")
        name = request["namespaceName"]
        if name in self._namespaces:
            raise _conflict(f"The namespace {name} already exists.")
        if request.get("manageAdminPassword") and request.get("adminUserPassword"):
            raise _invalid("adminUserPassword can't be given with manageAdminPassword.")
        made = self._make_namespace(request)
        return {"namespace": self._namespace(made)}

    def get_namespace(self, request: Request, caller: Caller) -> Answer:
        """GetNamespace."""
        return {"namespace": self._namespace(self._known_namespace(request))}

    def list_namespaces(self, request: Request, caller: Caller) -> Answer:
        """ListNamespaces."""
        return _page("namespaces", map(self._namespace, self._namespaces.values()), request)

    def update_namespace(self, request: Request, caller: Caller) -> Answer:
        """UpdateNamespace: done at once."""
        refuse(request, "UpdateNamespace")
        made = self._known_namespace(request)
        if made.status != "AVAILABLE":
            raise _conflict(f"The namespace is {made.status}.")
        is_managed = made.shown.get("adminPasswordSecretArn") is not None
        if request.get("adminUserPassword") or is_managed != request.get(
            "manageAdminPassword", is_managed
        ):
            raise NotModelled(
                "redshift-serverless UpdateNamespace of the administrator's password: ALTER USER "
                "gives it another"
            )
        made.shown |= self._namespace_members(request)
        return {"namespace": self._namespace(made)}

    def delete_namespace(self, request: Request, caller: Caller) -> Answer:
        """DeleteNamespace, which has no workgroup any more. Snapshots are not simulated: a final
        one is taken for kept."""
        made = self._known_namespace(request)
        name = made.shown["namespaceName"]
        for workgroup in self._workgroups.values():
            if workgroup.shown["namespaceName"] == name:
                raise _conflict(
                    f"The namespace {name} has the workgroup {workgroup.shown['workgroupName']}: "
                    "it is deleted before its namespace is."
                )
        if made.status != "AVAILABLE":
            raise _conflict(f"The namespace is {made.status}.")
        self._move(made, "DELETING")
        self._later(lambda: self._forget_namespace(name))
        return {"namespace": self._namespace(made)}

    # --- workgroups -----------------------------------------------------------------------------

    def create_workgroup(self, request: Request, caller: Caller) -> Answer:
        """CreateWorkgroup: `CREATING`, and `AVAILABLE` later."""
        refuse(request, "CreateWorkgroup")
        name, namespace = request["workgroupName"], request["namespaceName"]
        if name in self._workgroups:
            raise _conflict(f"The workgroup {name} already exists.")
        self._known_namespace(request)
        if any(one.shown["namespaceName"] == namespace for one in self._workgroups.values()):
            raise _conflict(f"The namespace {namespace} already has a workgroup.")
        made = self._make_workgroup(request, "CREATING")
        timing = self._world.timing
        self._world.scheduler.after(timing.cluster_resume_ms, lambda: self._move(made, "AVAILABLE"))
        return {"workgroup": self._workgroup(made)}

    def get_workgroup(self, request: Request, caller: Caller) -> Answer:
        """GetWorkgroup."""
        return {"workgroup": self._workgroup(self._known_workgroup(request))}

    def list_workgroups(self, request: Request, caller: Caller) -> Answer:
        """ListWorkgroups."""
        if request.get("ownerAccount") not in (None, self._world.account_id):
            raise NotModelled("redshift-serverless ListWorkgroups.ownerAccount: another account")
        return _page("workgroups", map(self._workgroup, self._workgroups.values()), request)

    def update_workgroup(self, request: Request, caller: Caller) -> Answer:
        """UpdateWorkgroup: `MODIFYING`, and `AVAILABLE` later; queries go on meanwhile."""
        refuse(request, "UpdateWorkgroup")
        made = self._known_workgroup(request)
        if made.status != "AVAILABLE":
            raise _conflict(f"There is an operation running on the workgroup: it is {made.status}.")
        made.shown |= self._workgroup_members(request, made.shown)
        self._move(made, "MODIFYING")
        self._later(lambda: self._move(made, "AVAILABLE"))
        return {"workgroup": self._workgroup(made)}

    def delete_workgroup(self, request: Request, caller: Caller) -> Answer:
        """DeleteWorkgroup: its queries end; the tables stay in the namespace."""
        made = self._known_workgroup(request)
        if made.status != "AVAILABLE":
            raise _conflict(f"There is an operation running on the workgroup: it is {made.status}.")
        self._move(made, "DELETING")
        name = made.shown["workgroupName"]
        for listener in self._on_pausing:
            listener(name)
        self._later(lambda: self._forget_workgroup(name))
        return {"workgroup": self._workgroup(made)}

    # --- usage limits and tags ------------------------------------------------------------------

    def create_usage_limit(self, request: Request, caller: Caller) -> Answer:
        """CreateUsageLimit, of a workgroup. Nothing is ever reached here."""
        arns = [one.arn for one in self._workgroups.values()]
        if request["resourceArn"] not in arns:
            raise _not_found(f"The resource {request['resourceArn']} doesn't exist.")
        limit_id = self._world.identity.uuid("serverless", "usagelimit")
        shown = {
            "usageLimitId": limit_id,
            "period": "monthly",
            "breachAction": "log",
            **_members(request, USAGE_LIMIT_MEMBERS),
        }
        made = _Made(self._arn("usagelimit", limit_id), shown)
        self._limits[limit_id] = made
        return {"usageLimit": _limit(made)}

    def get_usage_limit(self, request: Request, caller: Caller) -> Answer:
        """GetUsageLimit."""
        return {"usageLimit": _limit(self._known_limit(request))}

    def list_usage_limits(self, request: Request, caller: Caller) -> Answer:
        """ListUsageLimits, of one resource and kind where they are named."""
        wanted = {key: request[key] for key in ("resourceArn", "usageType") if request.get(key)}
        shown = [
            _limit(one) for one in self._limits.values() if wanted.items() <= one.shown.items()
        ]
        return _page("usageLimits", shown, request)

    def update_usage_limit(self, request: Request, caller: Caller) -> Answer:
        """UpdateUsageLimit."""
        made = self._known_limit(request)
        made.shown |= _members(request, ("amount", "breachAction"))
        return {"usageLimit": _limit(made)}

    def delete_usage_limit(self, request: Request, caller: Caller) -> Answer:
        """DeleteUsageLimit."""
        made = self._known_limit(request)
        del self._limits[made.shown["usageLimitId"]]
        return {"usageLimit": _limit(made)}

    def tag_resource(self, request: Request, caller: Caller) -> Answer:
        """TagResource."""
        self._tagged(request).update(_tags(request["tags"]))
        return {}

    def untag_resource(self, request: Request, caller: Caller) -> Answer:
        """UntagResource."""
        tags = self._tagged(request)
        for key in request["tagKeys"]:
            tags.pop(key, None)
        return {}

    def list_tags_for_resource(self, request: Request, caller: Caller) -> Answer:
        """ListTagsForResource."""
        tags = self._tagged(request)
        return {"tags": [{"key": key, "value": value} for key, value in tags.items()]}

    # --- what these need ------------------------------------------------------------------------

    def _make_namespace(self, request: Request) -> _Made:
        name = request["namespaceName"]
        namespace_id = self._world.identity.uuid("serverless-namespace", name)
        made = self._made("namespace", namespace_id, request)
        made.shown = {
            "namespaceName": name,
            "namespaceId": namespace_id,
            "adminUsername": request.get("adminUsername") or "admin",
            "dbName": request.get("dbName") or "dev",
            "iamRoles": [],
            "logExports": [],
            # "AWS owned key" where none is given
            "kmsKeyId": "AWS_OWNED_KMS_KEY",
        }
        made.shown |= self._namespace_members(request)
        made.password = request.get("adminUserPassword")
        if request.get("manageAdminPassword"):
            arn, made.password = self._keep_secret(request, made.shown)
            made.shown["adminPasswordSecretArn"] = arn
        self._namespaces[name] = made
        return made

    def _namespace_members(self, request: Request) -> Answer:
        shown = _members(request, NAMESPACE_MEMBERS)
        if request.get("iamRoles") is not None:
            shown["iamRoles"] = iam_roles(request["iamRoles"])
        return shown

    def _make_workgroup(self, request: Request, status: str) -> _Made:
        name = request["workgroupName"]
        workgroup_id = self._world.identity.uuid("serverless-workgroup", name)
        made = self._made("workgroup", workgroup_id, request, status)
        world = self._world
        host = f"{name}.{world.account_id}.{world.region}.redshift-serverless.amazonaws.com"
        made.shown = {
            "workgroupName": name,
            "workgroupId": workgroup_id,
            "namespaceName": request["namespaceName"],
            "baseCapacity": 128,
            "enhancedVpcRouting": False,
            "publiclyAccessible": False,
            "port": 5439,
            "ipAddressType": "ipv4",
            "trackName": "current",
            "workgroupVersion": "1.0",
            "patchVersion": "1.0",
            "securityGroupIds": [],
            "subnetIds": [],
            "configParameters": parameters(()),
            "endpoint": {"address": host, "port": 5439, "vpcEndpoints": []},
            "crossAccountVpcs": [],
        }
        made.shown |= self._workgroup_members(request, made.shown)
        self._workgroups[name] = made
        return made

    def _workgroup_members(self, request: Request, before: Answer) -> Answer:
        shown = _members(request, WORKGROUP_MEMBERS)
        check_capacity({**before, **shown})
        if request.get("configParameters") is not None:
            shown["configParameters"] = parameters(
                [*before["configParameters"], *request["configParameters"]]
            )
        if request.get("port") is not None:
            shown["endpoint"] = {**before["endpoint"], "port": request["port"]}
        return shown

    def _made(self, kind: str, made_id: str, request: Request, status: str = "AVAILABLE") -> _Made:
        return _Made(
            self._arn(kind, made_id),
            {},
            status,
            created_ms=self._world.scheduler.now_ms,
            tags=_tags(request.get("tags") or ()),
        )

    def _namespace(self, made: _Made) -> Answer:
        return self._shown(made, "namespaceArn")

    def _workgroup(self, made: _Made) -> Answer:
        return self._shown(made, "workgroupArn")

    def _shown(self, made: _Made, arn: str) -> Answer:
        return {
            **{name: member for name, member in made.shown.items() if member is not None},
            arn: made.arn,
            "status": made.status,
            "creationDate": _EPOCH + timedelta(milliseconds=made.created_ms),
        }

    def _known_namespace(self, request: Request) -> _Made:
        return _known(self._namespaces, request["namespaceName"], "namespace")

    def _known_workgroup(self, request: Request) -> _Made:
        self.state_of(request["workgroupName"])
        return _known(self._workgroups, request["workgroupName"], "workgroup")

    def _known_limit(self, request: Request) -> _Made:
        return _known(self._limits, request["usageLimitId"], "usage limit")

    def _tagged(self, request: Request) -> dict[str, str]:
        for made in (*self._namespaces.values(), *self._workgroups.values()):
            if made.arn == request["resourceArn"]:
                return made.tags
        raise _not_found(f"The resource {request['resourceArn']} doesn't exist.")

    def _keep_secret(self, request: Request, before: Answer) -> tuple[str, str]:
        if self._outside is None or self._outside.keep_secret is None:
            raise NotModelled(
                "redshift-serverless manageAdminPassword: no Secrets Manager is there"
            )
        name, admin = before["namespaceName"], before["adminUsername"]
        key = request.get("adminPasswordSecretKmsKeyId")
        return self._outside.keep_secret(f"redshift!{name}-{admin}", admin, key)

    def _drop_secret(self, arn: str | None) -> None:
        if arn and self._outside is not None and self._outside.drop_secret is not None:
            self._outside.drop_secret(arn)

    def _forget_namespace(self, name: str) -> None:
        made = self._namespaces.pop(name)
        self._drop_secret(made.shown.get("adminPasswordSecretArn"))
        self._record(made, "DELETED")
        for listener in self._on_deleted:
            listener(_house(made))

    def _forget_workgroup(self, name: str) -> None:
        made = self._workgroups.pop(name)
        self._limits = {
            key: one for key, one in self._limits.items() if one.shown["resourceArn"] != made.arn
        }
        self._record(made, "DELETED")

    def _move(self, made: _Made, status: str) -> None:
        assert status in NEXT_STATUS[made.status], f"{made.status} -> {status}"
        made.status = status
        self._record(made, status)

    def _record(self, made: _Made, status: str) -> None:
        self._world.trace.add(self._world.scheduler.now_ms, "ServerlessStatus", made.arn, status)

    def _later(self, act: Callable[[], None]) -> None:
        self._world.scheduler.after(self._world.timing.cluster_pause_ms, act)

    def _arn(self, kind: str, made_id: str) -> str:
        world = self._world
        return f"arn:aws:redshift-serverless:{world.region}:{world.account_id}:{kind}/{made_id}"


def _house(namespace: _Made) -> str:
    return f"namespace/{namespace.shown['namespaceId']}"


def _limit(made: _Made) -> Answer:
    return {**made.shown, "usageLimitArn": made.arn}


def _members(request: Request, names: tuple[str, ...]) -> Answer:
    return {name: request[name] for name in names if request.get(name) is not None}


def _tags(tags: Any) -> dict[str, str]:
    return {tag["key"]: tag["value"] for tag in tags}


def _page(name: str, every: Any, request: Request) -> Answer:
    shown = list(every)
    token = request.get("nextToken") or "0"
    if not token.isdecimal():
        raise ServiceError("ValidationException", f"Invalid nextToken: {token}")
    start = int(token)
    end = start + min(request.get("maxResults") or _PAGE, _PAGE)
    following = {"nextToken": str(end)} if end < len(shown) else {}
    return {name: shown[start:end], **following}


def _known(kept: Mapping[str, _Made], name: str, kind: str) -> _Made:
    found = kept.get(name)
    if found is None:
        raise _not_found(f"The {kind} {name} doesn't exist.")
    return found


def _not_found(message: str) -> ServiceError:
    return ServiceError("ResourceNotFoundException", message)


def _conflict(message: str) -> ServiceError:
    return ServiceError("ConflictException", message)


def _invalid(message: str) -> ServiceError:
    return ServiceError("ValidationException", message)
