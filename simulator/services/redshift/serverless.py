"""Amazon Redshift Serverless: namespaces, which hold databases and users, and workgroups, which
compute for them.

A namespace has one workgroup at most, and its tables outlive that. A workgroup is never paused: it
costs nothing while nobody asks. Capacity, parameters and usage limits are kept and shown, and do
nothing.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from simulator.engine.ports import World
from simulator.services.api import Caller, NotModelled
from simulator.services.provisioned import Provisioned
from simulator.services.redshift.serverless_limits import UsageLimits
from simulator.services.redshift.serverless_made import (
    Answer,
    Made,
    Request,
    arn_of,
    conflict,
    invalid,
    known,
    members_of,
    not_found,
    page_of,
    tags_of,
)
from simulator.services.redshift.serverless_members import (
    NAMESPACE_MEMBERS,
    WORKGROUP_MEMBERS,
    check_capacity,
    iam_roles,
    parameters,
    refuse,
)

NEXT_STATUS: dict[str, frozenset[str]] = {
    "CREATING": frozenset({"AVAILABLE"}),
    "AVAILABLE": frozenset({"MODIFYING", "DELETING"}),
    "MODIFYING": frozenset({"AVAILABLE"}),
    # and then it is gone
    "DELETING": frozenset(),
}
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class NamespaceSettings:
    """What a namespace's warehouse begins with."""

    database: str
    master_username: str
    master_password: str | None = field(default=None, repr=False)


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
        self._namespaces: dict[str, Made] = {}
        self._workgroups: dict[str, Made] = {}
        # the warehouses of workgroups that are declared
        self._houses: dict[str, str] = {}
        self._on_pausing: list[Callable[[str], None]] = []
        self._on_deleted: list[Callable[[str], None]] = []
        self._limits = limits = UsageLimits(world, self._workgroup_arns)
        self.create_usage_limit = limits.create_usage_limit
        self.get_usage_limit = limits.get_usage_limit
        self.list_usage_limits = limits.list_usage_limits
        self.update_usage_limit = limits.update_usage_limit
        self.delete_usage_limit = limits.delete_usage_limit

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
            raise conflict(f"The namespace {name} already exists.")
        if request.get("manageAdminPassword") and request.get("adminUserPassword"):
            raise invalid("adminUserPassword can't be given with manageAdminPassword.")
        made = self._make_namespace(request)
        return {"namespace": self._namespace(made)}

    def get_namespace(self, request: Request, caller: Caller) -> Answer:
        """GetNamespace."""
        return {"namespace": self._namespace(self._known_namespace(request))}

    def list_namespaces(self, request: Request, caller: Caller) -> Answer:
        """ListNamespaces."""
        return page_of("namespaces", map(self._namespace, self._namespaces.values()), request)

    def update_namespace(self, request: Request, caller: Caller) -> Answer:
        """UpdateNamespace: done at once."""
        refuse(request, "UpdateNamespace")
        made = self._known_namespace(request)
        if made.status != "AVAILABLE":
            raise conflict(f"The namespace is {made.status}.")
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
                raise conflict(
                    f"The namespace {name} has the workgroup {workgroup.shown['workgroupName']}: "
                    "it is deleted before its namespace is."
                )
        if made.status != "AVAILABLE":
            raise conflict(f"The namespace is {made.status}.")
        self._move(made, "DELETING")
        self._later(lambda: self._forget_namespace(name))
        return {"namespace": self._namespace(made)}

    # --- workgroups -----------------------------------------------------------------------------

    def create_workgroup(self, request: Request, caller: Caller) -> Answer:
        """CreateWorkgroup: `CREATING`, and `AVAILABLE` later."""
        refuse(request, "CreateWorkgroup")
        name, namespace = request["workgroupName"], request["namespaceName"]
        if name in self._workgroups:
            raise conflict(f"The workgroup {name} already exists.")
        self._known_namespace(request)
        if any(one.shown["namespaceName"] == namespace for one in self._workgroups.values()):
            raise conflict(f"The namespace {namespace} already has a workgroup.")
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
        return page_of("workgroups", map(self._workgroup, self._workgroups.values()), request)

    def update_workgroup(self, request: Request, caller: Caller) -> Answer:
        """UpdateWorkgroup: `MODIFYING`, and `AVAILABLE` later; queries go on meanwhile."""
        refuse(request, "UpdateWorkgroup")
        made = self._known_workgroup(request)
        if made.status != "AVAILABLE":
            raise conflict(f"There is an operation running on the workgroup: it is {made.status}.")
        made.shown |= self._workgroup_members(request, made.shown)
        self._move(made, "MODIFYING")
        self._later(lambda: self._move(made, "AVAILABLE"))
        return {"workgroup": self._workgroup(made)}

    def delete_workgroup(self, request: Request, caller: Caller) -> Answer:
        """DeleteWorkgroup: its queries end; the tables stay in the namespace."""
        made = self._known_workgroup(request)
        if made.status != "AVAILABLE":
            raise conflict(f"There is an operation running on the workgroup: it is {made.status}.")
        self._move(made, "DELETING")
        name = made.shown["workgroupName"]
        for listener in self._on_pausing:
            listener(name)
        self._later(lambda: self._forget_workgroup(name))
        return {"workgroup": self._workgroup(made)}

    # --- tags -----------------------------------------------------------------------------------

    def tag_resource(self, request: Request, caller: Caller) -> Answer:
        """TagResource."""
        self._tagged(request).update(tags_of(request["tags"]))
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

    def _make_namespace(self, request: Request) -> Made:
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
        shown = members_of(request, NAMESPACE_MEMBERS)
        if request.get("iamRoles") is not None:
            shown["iamRoles"] = iam_roles(request["iamRoles"])
        return shown

    def _make_workgroup(self, request: Request, status: str) -> Made:
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
        shown = members_of(request, WORKGROUP_MEMBERS)
        check_capacity({**before, **shown})
        if request.get("configParameters") is not None:
            shown["configParameters"] = parameters(
                [*before["configParameters"], *request["configParameters"]]
            )
        if request.get("port") is not None:
            shown["endpoint"] = {**before["endpoint"], "port": request["port"]}
        return shown

    def _made(self, kind: str, made_id: str, request: Request, status: str = "AVAILABLE") -> Made:
        return Made(
            arn_of(self._world, kind, made_id),
            {},
            status,
            created_ms=self._world.scheduler.now_ms,
            tags=tags_of(request.get("tags") or ()),
        )

    def _namespace(self, made: Made) -> Answer:
        return self._shown(made, "namespaceArn")

    def _workgroup(self, made: Made) -> Answer:
        return self._shown(made, "workgroupArn")

    def _shown(self, made: Made, arn: str) -> Answer:
        return {
            **{name: member for name, member in made.shown.items() if member is not None},
            arn: made.arn,
            "status": made.status,
            "creationDate": _EPOCH + timedelta(milliseconds=made.created_ms),
        }

    def _known_namespace(self, request: Request) -> Made:
        return known(self._namespaces, request["namespaceName"], "namespace")

    def _known_workgroup(self, request: Request) -> Made:
        self.state_of(request["workgroupName"])
        return known(self._workgroups, request["workgroupName"], "workgroup")

    def _tagged(self, request: Request) -> dict[str, str]:
        for made in (*self._namespaces.values(), *self._workgroups.values()):
            if made.arn == request["resourceArn"]:
                return made.tags
        raise not_found(f"The resource {request['resourceArn']} doesn't exist.")

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
        self._limits.forget(made.arn)
        self._record(made, "DELETED")

    def _move(self, made: Made, status: str) -> None:
        assert status in NEXT_STATUS[made.status], f"{made.status} -> {status}"
        made.status = status
        self._record(made, status)

    def _record(self, made: Made, status: str) -> None:
        self._world.trace.add(self._world.scheduler.now_ms, "ServerlessStatus", made.arn, status)

    def _later(self, act: Callable[[], None]) -> None:
        self._world.scheduler.after(self._world.timing.cluster_pause_ms, act)

    def _workgroup_arns(self) -> list[str]:
        return [one.arn for one in self._workgroups.values()]


def _house(namespace: Made) -> str:
    return f"namespace/{namespace.shown['namespaceId']}"
