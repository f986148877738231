"""AWS Systems Manager's Parameter Store: parameters that are declared or put, to be read."""

from __future__ import annotations

import base64
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from simulator.engine.ports import World
from simulator.services.api import Caller, NotModelled, ServiceError

Request = dict[str, Any]

# GetParameters takes ten names
_MOST_NAMES = 10


@dataclass(slots=True)
class Parameter:
    """A parameter; `values` are its versions, the newest last."""

    name: str
    kind: str
    values: list[str] = field(default_factory=list)
    changed_ms: int = 0


class Parameters:
    """Answers Systems Manager's API as far as parameters go. `declared`: (name, value, type)."""

    name = "ssm"

    def __init__(self, world: World, declared: Iterable[tuple[str, str, str]] = ()) -> None:
        self._world = world
        self._kept = {
            name: Parameter(name, kind, [value], world.scheduler.start_ms)
            for name, value, kind in declared
        }

    def get_parameter(self, request: Request, _caller: Caller) -> Request:
        """A parameter, by its name, its ARN, or `name:version`."""
        found = self._found(request["Name"], decrypts=request.get("WithDecryption", False))
        if found is None:
            there = ", ".join(sorted(self._kept)) or "none"
            hint = f"there is no parameter {request['Name']!r}, there are {there}: [parameters]"
            raise ServiceError("ParameterNotFound", "", hint=hint)
        return {"Parameter": found}

    def get_parameters(self, request: Request, _caller: Caller) -> Request:
        """Several parameters; the names of those that are not there come by themselves."""
        names, decrypts = request["Names"], request.get("WithDecryption", False)
        if len(names) > _MOST_NAMES:
            raise ServiceError(
                "ValidationException",
                f"1 validation error detected: Value '{names}' at 'names' failed to satisfy "
                "constraint: Member must have length less than or equal to 10",
            )
        found = {name: self._found(name, decrypts=decrypts) for name in names}
        return {
            "Parameters": [one for one in found.values() if one is not None],
            "InvalidParameters": [name for name, one in found.items() if one is None],
        }

    def get_parameters_by_path(self, request: Request, _caller: Caller) -> Request:
        """The parameters under a path, all on one page; `Recursive` goes deeper than one level."""
        if request.get("ParameterFilters"):
            raise NotModelled("get_parameters_by_path: ParameterFilters are not simulated")
        path = request["Path"].rstrip("/") + "/"
        decrypts = request.get("WithDecryption", False)
        names = [
            name
            for name in sorted(self._kept)
            if name.startswith(path)
            and (request.get("Recursive") or "/" not in name.removeprefix(path))
        ]
        return {"Parameters": [self._found(name, decrypts=decrypts) for name in names]}

    def put_parameter(self, request: Request, _caller: Caller) -> Request:
        """Make a parameter, or with `Overwrite` a further version of one."""
        name = request["Name"]
        kept = self._kept.get(name)
        if kept is not None and not request.get("Overwrite"):
            raise ServiceError(
                "ParameterAlreadyExists",
                "The parameter already exists. To overwrite this value, set the overwrite option "
                "in the request to true.",
            )
        if kept is None:
            if "Type" not in request:
                raise ServiceError(
                    "ValidationException",
                    "A parameter type is required when you create a parameter.",
                )
            kept = self._kept[name] = Parameter(name, request["Type"])
        kept.values.append(request["Value"])
        kept.changed_ms = self._world.scheduler.now_ms
        return {"Version": len(kept.values), "Tier": "Standard"}

    def delete_parameter(self, request: Request, _caller: Caller) -> Request:
        """Delete a parameter."""
        if self._kept.pop(request["Name"], None) is None:
            raise ServiceError("ParameterNotFound", "")
        return {}

    def _found(self, given: str, *, decrypts: bool) -> Request | None:
        """A parameter as it is shown; None where there is none."""
        world = self._world
        prefix = f"arn:aws:ssm:{world.region}:{world.account_id}:parameter"
        name, _, version = given.removeprefix(prefix).partition(":")
        # the ARN of a name without a slash has one all the same
        kept = self._kept.get(name) or self._kept.get(name.removeprefix("/"))
        if kept is None:
            return None
        number = int(version) if version.isdecimal() else len(kept.values)
        if not 1 <= number <= len(kept.values) or (version and not version.isdecimal()):
            raise ServiceError(
                "ParameterVersionNotFound",
                f"Systems Manager could not find version {version} of {name}. "
                "Verify the version and try again.",
            )
        value = kept.values[number - 1]
        if kept.kind == "SecureString" and not decrypts:
            # some text that is not the secret, as KMS's is
            sealed = world.identity.digest("parameter", f"{name}:{number}", 1)
            value = base64.b64encode(sealed).decode()
        return {
            "Name": kept.name,
            "Type": kept.kind,
            "Value": value,
            "Version": number,
            "LastModifiedDate": datetime.fromtimestamp(kept.changed_ms / 1000, UTC),
            "ARN": f"{prefix}/{kept.name.removeprefix('/')}",
            "DataType": "text",
        }
