"""Versions of a state machine, and aliases that point to one or two of them.

Developer guide, "Manage continuous deployments with versions and aliases in Step Functions". What a
version is an execution runs: the definition, role, logging and tracing as they were published.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import Any

from simulator.engine.ports import World
from simulator.services.api import Caller, ServiceError
from simulator.services.stepfunctions import names
from simulator.services.stepfunctions.machines import Machines, StateMachine, described

Request = dict[str, Any]

# CreateStateMachineAlias: "The name of the state machine alias", at most 80 characters
_ALIAS_NAME = re.compile(r"(?=.*[a-zA-Z_\-.])[a-zA-Z0-9_\-.]{1,80}")
# "a maximum of 100 aliases for each state machine"
_ALIASES = 100


@dataclass(frozen=True, slots=True)
class Version:
    """A state machine as it was published under a number that is never used again."""

    arn: str
    number: int
    machine: StateMachine
    description: str
    created_ms: int


@dataclass(frozen=True, slots=True)
class Alias:
    """A name for one version, or for two that share its executions by weight."""

    arn: str
    name: str
    description: str
    # (version's ARN, per cent of the executions)
    routes: tuple[tuple[str, int], ...]
    created_ms: int
    updated_ms: int


@dataclass(frozen=True, slots=True)
class Target:
    """What an ARN of StartExecution means."""

    machine: StateMachine
    version_arn: str | None = None
    alias_arn: str | None = None


class Versions:
    """The versions and aliases of an account's state machines, by the machine's ARN."""

    def __init__(self, world: World, machines: Machines) -> None:
        self._world = world
        self._machines = machines
        self._versions: dict[str, dict[str, Version]] = {}
        self._aliases: dict[str, dict[str, Alias]] = {}
        # a number is not used again when its version is gone
        self._last: dict[str, int] = {}
        machines.on_deleted.append(self._forget)

    def target(self, text: str) -> Target:
        """The state machine that an ARN names, itself or by a version or an alias."""
        arn, qualifier = names.qualified_arn(text)
        machine = self._machines.find(arn)
        if qualifier is None:
            return Target(machine)
        alias = self._aliases.get(arn, {}).get(text)
        version_arn = text if alias is None else self._routed(alias)
        version = self._versions.get(arn, {}).get(version_arn)
        if version is None:
            raise ServiceError(
                "StateMachineDoesNotExist", f"State Machine Does Not Exist: '{text}'"
            )
        status = machine.status
        return Target(
            replace(version.machine, status=status), version_arn, alias.arn if alias else None
        )

    def describe_state_machine(self, request: Request, _caller: Caller) -> Request:
        """Show a state machine, or the version that an ARN names."""
        target = self.target(request["stateMachineArn"])
        shown = described(target.machine)
        if target.version_arn is not None:
            version = self._versions[target.machine.arn][target.version_arn]
            shown |= {
                "stateMachineArn": target.version_arn,
                "creationDate": names.moment(version.created_ms),
            }
            if version.description:
                shown["description"] = version.description
        if request.get("includedData") == "METADATA_ONLY":
            del shown["definition"]
        return shown

    def create_state_machine(self, request: Request, caller: Caller) -> Request:
        """CreateStateMachine, which may publish."""
        answer = self._machines.create_state_machine(_unpublished(request), caller)
        return answer | self._published(answer["stateMachineArn"], request)

    def update_state_machine(self, request: Request, caller: Caller) -> Request:
        """UpdateStateMachine, which may publish."""
        answer = self._machines.update_state_machine(_unpublished(request), caller)
        return answer | self._published(request["stateMachineArn"], request)

    def publish_state_machine_version(self, request: Request, _caller: Caller) -> Request:
        """Publish what there is; the same revision again is the version that it is."""
        machine = self._machines.find(request["stateMachineArn"])
        wanted = request.get("revisionId")
        if wanted is not None and wanted != (machine.revision_id or "INITIAL"):
            raise ServiceError(
                "ConflictException",
                "Failed to publish the State Machine version for revision "
                f"{wanted}. The current State Machine revision is "
                f"{machine.revision_id or 'INITIAL'}.",
            )
        version = self._publish(machine, request.get("description", ""))
        return {
            "creationDate": names.moment(version.created_ms),
            "stateMachineVersionArn": version.arn,
        }

    def list_state_machine_versions(self, request: Request, _caller: Caller) -> Request:
        """The versions, the newest first."""
        machine = self._machines.find(request["stateMachineArn"])
        shown = [
            {
                "stateMachineVersionArn": version.arn,
                "creationDate": names.moment(version.created_ms),
            }
            for version in reversed(self._versions.get(machine.arn, {}).values())
        ]
        part, following = names.page(shown, request, default=100, largest=1000)
        return {"stateMachineVersions": part, **following}

    def delete_state_machine_version(self, request: Request, _caller: Caller) -> Request:
        """Delete a version; one that isn't there is no error, one with an alias is."""
        text = request["stateMachineVersionArn"]
        arn, qualifier = names.qualified_arn(text)
        if qualifier is None or not qualifier.isdigit():
            raise names.invalid_arn(f"Invalid ARN: {text}")
        using = [
            alias.name
            for alias in self._aliases.get(arn, {}).values()
            if any(version == text for version, _ in alias.routes)
        ]
        if using:
            raise ServiceError(
                "ConflictException",
                "Version to be deleted must not be referenced by an alias. Current list of "
                f"aliases referencing this version: [{', '.join(using)}]",
            )
        self._versions.get(arn, {}).pop(text, None)
        return {}

    def create_state_machine_alias(self, request: Request, _caller: Caller) -> Request:
        """Create an alias; the same one again is answered with what is there."""
        name = request["name"]
        if not _ALIAS_NAME.fullmatch(name):
            raise ServiceError(
                "ValidationException",
                f"1 validation error detected: Value '{name}' at 'name' failed to satisfy "
                r"constraint: Member must satisfy regular expression pattern: "
                r"^(?=.*[a-zA-Z_\-\.])[a-zA-Z0-9_\-\.]+$",
            )
        machine_arn, routes = self._routes(request["routingConfiguration"])
        now_ms = self._world.scheduler.now_ms
        alias = Alias(
            arn=f"{machine_arn}:{name}",
            name=name,
            description=request.get("description", ""),
            routes=routes,
            created_ms=now_ms,
            updated_ms=now_ms,
        )
        aliases = self._aliases.setdefault(machine_arn, {})
        existing = aliases.get(alias.arn)
        if existing is not None:
            if (existing.description, existing.routes) != (alias.description, alias.routes):
                raise ServiceError(
                    "ConflictException",
                    "Failed to create alias because an alias with the same name and a different "
                    "routing configuration already exists.",
                )
            alias = existing
        elif len(aliases) >= _ALIASES:
            raise ServiceError(
                "ServiceQuotaExceededException", f"Too many aliases: {_ALIASES} at most"
            )
        aliases[alias.arn] = alias
        return {
            "stateMachineAliasArn": alias.arn,
            "creationDate": names.moment(alias.created_ms),
        }

    def describe_state_machine_alias(self, request: Request, _caller: Caller) -> Request:
        """Show an alias."""
        alias = self._alias(request)
        return {
            "stateMachineAliasArn": alias.arn,
            "name": alias.name,
            "description": alias.description,
            "routingConfiguration": [
                {"stateMachineVersionArn": version, "weight": weight}
                for version, weight in alias.routes
            ],
            "creationDate": names.moment(alias.created_ms),
            "updateDate": names.moment(alias.updated_ms),
        }

    def update_state_machine_alias(self, request: Request, _caller: Caller) -> Request:
        """Point an alias elsewhere, or describe it otherwise."""
        alias = self._alias(request)
        if "description" not in request and "routingConfiguration" not in request:
            raise ServiceError(
                "ValidationException",
                "Either the description or the RoutingConfiguration must be specified",
            )
        machine_arn, _ = names.qualified_arn(alias.arn)
        changed = replace(alias, updated_ms=self._world.scheduler.now_ms)
        if "routingConfiguration" in request:
            routed_arn, routes = self._routes(request["routingConfiguration"])
            if routed_arn != machine_arn:
                raise _bad_routes("versions of another state machine")
            changed = replace(changed, routes=routes)
        if "description" in request:
            changed = replace(changed, description=request["description"])
        self._aliases[machine_arn][alias.arn] = changed
        return {"updateDate": names.moment(changed.updated_ms)}

    def delete_state_machine_alias(self, request: Request, _caller: Caller) -> Request:
        """Delete an alias; one that isn't there is no error."""
        text = request["stateMachineAliasArn"]
        arn, _ = names.qualified_arn(text)
        self._aliases.get(arn, {}).pop(text, None)
        return {}

    def list_state_machine_aliases(self, request: Request, _caller: Caller) -> Request:
        """The aliases of a state machine, or of one of its versions."""
        text = request["stateMachineArn"]
        arn, qualifier = names.qualified_arn(text)
        self._machines.find(arn)
        shown = [
            {"stateMachineAliasArn": alias.arn, "creationDate": names.moment(alias.created_ms)}
            for alias in self._aliases.get(arn, {}).values()
            if qualifier is None or any(version == text for version, _ in alias.routes)
        ]
        part, following = names.page(shown, request, default=100, largest=1000)
        return {"stateMachineAliases": part, **following}

    def _forget(self, machine_arn: str) -> None:
        """A state machine takes its versions and aliases with it."""
        for kept in (self._versions, self._aliases, self._last):
            kept.pop(machine_arn, None)

    def _published(self, arn: str, request: Request) -> Request:
        if not request.get("publish"):
            return {}
        version = self._publish(self._machines.find(arn), request.get("versionDescription", ""))
        return {"stateMachineVersionArn": version.arn}

    def _publish(self, machine: StateMachine, description: str) -> Version:
        versions = self._versions.setdefault(machine.arn, {})
        newest = next(reversed(versions.values()), None)
        if newest is not None and newest.machine.revision_id == machine.revision_id:
            return newest
        number = self._last.get(machine.arn, 0) + 1
        self._last[machine.arn] = number
        version = Version(
            arn=f"{machine.arn}:{number}",
            number=number,
            machine=machine,
            description=description,
            created_ms=self._world.scheduler.now_ms,
        )
        versions[version.arn] = version
        return version

    def _alias(self, request: Request) -> Alias:
        text = request["stateMachineAliasArn"]
        arn, _ = names.qualified_arn(text)
        found = self._aliases.get(arn, {}).get(text)
        if found is None:
            raise ServiceError(
                "ResourceNotFound", f"Request references a resource that does not exist: '{text}'"
            )
        return found

    def _routes(self, given: list[Request]) -> tuple[str, tuple[tuple[str, int], ...]]:
        """The state machine's ARN, and the routes of a request."""
        routes = tuple((one["stateMachineVersionArn"], one["weight"]) for one in given)
        arns = {names.qualified_arn(version)[0] for version, _ in routes}
        if not 1 <= len(routes) <= 2 or len(arns) != 1 or len(dict(routes)) != len(routes):
            raise _bad_routes("one version, or two different ones, of one state machine")
        if sum(weight for _, weight in routes) != 100:
            raise _bad_routes("weights that make 100")
        (arn,) = arns
        for version, _ in routes:
            if version not in self._versions.get(arn, {}):
                raise ServiceError(
                    "ResourceNotFound",
                    f"Request references a resource that does not exist: '{version}'",
                )
        return arn, routes

    def _routed(self, alias: Alias) -> str:
        if len(alias.routes) == 1:
            return alias.routes[0][0]
        occurrence = self._world.identity.occurrence("alias", alias.arn)
        drawn = self._world.identity.fraction("alias", alias.arn, occurrence) * 100
        (first, weight), (second, _) = alias.routes
        return first if drawn < weight else second


def _unpublished(request: Request) -> Request:
    if not request.get("publish"):
        return request
    return {key: value for key, value in request.items() if key not in _PUBLISHING}


_PUBLISHING = frozenset({"publish", "versionDescription"})


def _bad_routes(expected: str) -> ServiceError:
    return ServiceError(
        "ValidationException", f"Invalid routing configuration: expected {expected}"
    )
