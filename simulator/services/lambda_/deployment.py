"""Lambda's API for whoever deploys: functions made of packages, their versions and aliases."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from simulator.engine.ports import World
from simulator.services.api import Caller, NotModelled, ServiceError
from simulator.services.lambda_.packages import Package, Packages
from simulator.services.lambda_.runtime import Function
from simulator.services.lambda_.settings import (
    Request,
    Settings,
    check_role,
    configuration,
    refuse_unmodelled,
)

_PAGE = 50


class Deployment:
    """The functions of an account by name, each with its versions and aliases. `forget` lets go of
    the warm containers of what has been replaced."""

    def __init__(self, world: World, forget: Callable[[str], None]) -> None:
        self._world = world
        self._forget = forget
        self.packages = Packages()
        # (name, version) -> where its code can be had, for GetFunction
        self.locate: Callable[[str, str], str] | None = None
        self.latest: dict[str, Settings] = {}
        self._versions: dict[str, dict[str, Settings]] = {}
        self._aliases: dict[str, dict[str, Request]] = {}
        self.tags: dict[str, dict[str, str]] = {}
        # what else goes when a function goes
        self.on_deleted: list[Callable[[str], None]] = []

    def settings(self, name: str, qualifier: str) -> Settings:
        """A function, or the version that a number or an alias names."""
        latest = self.latest.get(name)
        if latest is not None:
            if qualifier == "$LATEST":
                return latest
            alias = self._aliases.get(name, {}).get(qualifier)
            version = alias["FunctionVersion"] if alias is not None else qualifier
            if version == "$LATEST":
                return latest
            found = self._versions.get(name, {}).get(version)
            if found is not None:
                return found
        hint = f"there is no function {name!r}, there are {', '.join(self.latest) or 'none'}"
        if latest is not None:
            hint = f"function {name!r} has no version or alias {qualifier!r}"
        raise _not_found(f"Function not found: {self.arn(name)}:{qualifier}", hint)

    def arn(self, name: str) -> str:
        """A function's ARN, whether there is one or not."""
        return f"arn:aws:lambda:{self._world.region}:{self._world.account_id}:function:{name}"

    def create_function(self, request: Request, _caller: Caller) -> Request:
        """CreateFunction: it is active at once."""
        refuse_unmodelled(request)
        check_role(request["Role"])
        name, _ = name_and_version(request["FunctionName"])
        if name in self.latest:
            raise ServiceError(
                "ResourceConflictException",
                f"Function already exist: {name}",
                status=409,
                Type="User",
            )
        package = self.packages.package(request["Code"])
        function = Function(
            name=name,
            arn=self.arn(name),
            role_arn=request["Role"],
            timeout_seconds=request.get("Timeout") or 3,
            memory_mb=request.get("MemorySize") or 128,
            handler_name=request.get("Handler") or "index.handler",
            folder=package.folder,
            environment=_variables(request),
            runtime=request.get("Runtime") or "python3.12",
        )
        given = {key: member for key, member in request.items() if key not in ("Code", "Tags")}
        self._put(Settings(function, given, package, description=request.get("Description") or ""))
        self.tags[name] = dict(request.get("Tags") or {})
        if request.get("Publish"):
            return self._publish(name, None)
        return configuration(self.latest[name])

    def update_function_configuration(self, request: Request, _caller: Caller) -> Request:
        """UpdateFunctionConfiguration."""
        refuse_unmodelled(request)
        settings = self._latest(request)
        changed: dict[str, Any] = {
            member: request[key]
            for key, member in (
                ("Role", "role_arn"),
                ("Handler", "handler_name"),
                ("Timeout", "timeout_seconds"),
                ("MemorySize", "memory_mb"),
                ("Runtime", "runtime"),
            )
            if key in request
        }
        if "Environment" in request:
            changed["environment"] = _variables(request)
        given = {key: member for key, member in request.items() if key != "RevisionId"}
        self._put(
            replace(
                settings,
                function=replace(settings.function, **changed),
                given={**settings.given, **given},
                description=request.get("Description", settings.description),
            )
        )
        return configuration(self.latest[settings.function.name])

    def update_function_code(self, request: Request, _caller: Caller) -> Request:
        """UpdateFunctionCode: invocations that run go on with the code that they began with."""
        settings = self._latest(request)
        package = self.packages.package(request)
        name = settings.function.name
        if not request.get("DryRun"):
            given = dict(settings.given)
            if request.get("Architectures"):
                given["Architectures"] = request["Architectures"]
            function = replace(settings.function, folder=package.folder, handler=None)
            self._put(replace(settings, function=function, given=given, package=package))
            if request.get("Publish"):
                return self._publish(name, None)
        return configuration(self.latest[name])

    def delete_function(self, request: Request, _caller: Caller) -> Request:
        """DeleteFunction: with a Qualifier that version alone."""
        name, version = name_and_version(request["FunctionName"])
        qualifier = request.get("Qualifier") or version
        if qualifier is not None:
            self._versions.get(name, {}).pop(qualifier, None)
            return {}
        self._latest(request)
        self._forget(self.arn(name))
        for known in (self.latest, self._versions, self._aliases, self.tags):
            known.pop(name, None)
        for listener in self.on_deleted:
            listener(name)
        return {"StatusCode": 204}

    def publish_version(self, request: Request, _caller: Caller) -> Request:
        """PublishVersion: the same code and settings again are the version that is there."""
        name = self._latest(request).function.name
        return self._publish(name, request.get("Description"))

    def list_versions_by_function(self, request: Request, _caller: Caller) -> Request:
        """ListVersionsByFunction: $LATEST, then the numbers."""
        name = self._latest(request).function.name
        every = [self.latest[name], *self._versions.get(name, {}).values()]
        part, marker = page(every, request)
        shown = []
        for one in part:
            version = one.function.version
            arn = f"{self.arn(name)}:{version}"
            shown.append({**configuration(one), "FunctionArn": arn})
        return {"Versions": shown, **marker}

    def create_alias(self, request: Request, _caller: Caller) -> Request:
        """CreateAlias."""
        name = self._latest(request).function.name
        aliases = self._aliases.setdefault(name, {})
        alias_arn = f"{self.arn(name)}:{request['Name']}"
        if request["Name"] in aliases:
            raise ServiceError(
                "ResourceConflictException",
                f"Alias already exists: {alias_arn}",
                status=409,
                Type="User",
            )
        self._refuse_routing(request)
        self.settings(name, request["FunctionVersion"])
        aliases[request["Name"]] = {
            "AliasArn": alias_arn,
            "Name": request["Name"],
            "FunctionVersion": request["FunctionVersion"],
            "Description": request.get("Description") or "",
            "RevisionId": self._revision(alias_arn),
        }
        return aliases[request["Name"]]

    def get_alias(self, request: Request, _caller: Caller) -> Request:
        """GetAlias."""
        return self._alias(request)

    def list_aliases(self, request: Request, _caller: Caller) -> Request:
        """ListAliases, of one version where it is asked for."""
        name = self._latest(request).function.name
        wanted = request.get("FunctionVersion")
        every = [
            alias
            for alias in self._aliases.get(name, {}).values()
            if wanted in (None, alias["FunctionVersion"])
        ]
        part, marker = page(every, request)
        return {"Aliases": part, **marker}

    def update_alias(self, request: Request, _caller: Caller) -> Request:
        """UpdateAlias."""
        alias = self._alias(request)
        name = self._latest(request).function.name
        if "FunctionVersion" in request:
            self.settings(name, request["FunctionVersion"])
        self._refuse_routing(request)
        members = ("FunctionVersion", "Description")
        alias |= {member: request[member] for member in members if member in request}
        alias["RevisionId"] = self._revision(alias["AliasArn"])
        return alias

    def delete_alias(self, request: Request, _caller: Caller) -> Request:
        """DeleteAlias; one that isn't there is no error."""
        name = self._latest(request).function.name
        self._aliases.get(name, {}).pop(request["Name"], None)
        return {}

    def code_of(self, name: str, version: str) -> bytes | None:
        """The zip file of a function's version; None where it has none."""
        package: Package | None = self.settings(name, version).package
        return package.content if package is not None else None

    def _latest(self, request: Request) -> Settings:
        name, _ = name_and_version(request["FunctionName"])
        return self.settings(name, "$LATEST")

    def _put(self, settings: Settings) -> None:
        name = settings.function.name
        self.latest[name] = replace(
            settings,
            modified_ms=self._world.scheduler.now_ms,
            revision_id=self._revision(settings.function.arn),
        )
        self._forget(settings.function.arn)

    def _publish(self, name: str, description: str | None) -> Request:
        latest = self.latest[name]
        versions = self._versions.setdefault(name, {})
        last = next(reversed(versions.values()), None)
        if last is None or _published(last) != _published(latest):
            number = str(max((int(one) for one in versions), default=0) + 1)
            function = replace(
                latest.function, arn=f"{latest.function.arn}:{number}", version=number
            )
            last = versions[number] = replace(
                latest,
                function=function,
                description=latest.description if description is None else description,
            )
        return configuration(last)

    def _alias(self, request: Request) -> Request:
        name = self._latest(request).function.name
        found = self._aliases.get(name, {}).get(request["Name"])
        if found is None:
            raise _not_found(f"Cannot find alias arn: {self.arn(name)}:{request['Name']}")
        return found

    def _refuse_routing(self, request: Request) -> None:
        if (request.get("RoutingConfig") or {}).get("AdditionalVersionWeights"):
            raise NotModelled("lambda RoutingConfig: an alias that divides its calls")

    def _revision(self, arn: str) -> str:
        return self._world.identity.uuid("lambda-revision", arn)


def name_and_version(given: str) -> tuple[str, str | None]:
    """Of NAME, NAME:VERSION, ACCOUNT:function:NAME and arn:...:function:NAME, with :VERSION or
    without."""
    parts = given.split(":")
    if "function" in parts[:-1]:
        parts = parts[parts.index("function") + 1 :]
    return parts[0], parts[1] if len(parts) > 1 else None


def page(items: list[Any], request: Request) -> tuple[list[Any], dict[str, str]]:
    """The part of `items` that Marker and MaxItems ask for, and the answer's NextMarker; 50 at
    most, as on AWS."""
    marker = request.get("Marker") or "0"
    if not marker.isdecimal():
        raise ServiceError("InvalidParameterValueException", f"Invalid Marker: {marker}")
    start = int(marker)
    end = start + min(request.get("MaxItems") or _PAGE, _PAGE)
    return items[start:end], {"NextMarker": str(end)} if end < len(items) else {}


def _published(settings: Settings) -> tuple[Any, ...]:
    function = replace(settings.function, arn="", version="")
    return function, dict(settings.given), settings.package and settings.package.sha256


def _variables(request: Request) -> dict[str, str]:
    return dict((request.get("Environment") or {}).get("Variables") or {})


def _not_found(message: str, hint: str = "") -> ServiceError:
    return ServiceError("ResourceNotFoundException", message, status=404, hint=hint, Type="User")
