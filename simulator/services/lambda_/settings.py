"""A function's settings as Lambda's API takes and shows them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from simulator.services.api import NotModelled, ServiceError
from simulator.services.lambda_.packages import Package
from simulator.services.lambda_.runtime import Function

Request = dict[str, Any]

# members that UpdateFunctionConfiguration sets and GetFunctionConfiguration shows as they are
_PLAIN = ("Description", "KMSKeyArn", "DeadLetterConfig", "TracingConfig", "EphemeralStorage")
_UNMODELLED = ("Layers", "FileSystemConfigs", "ImageConfig", "CodeSigningConfigArn")


@dataclass(frozen=True, slots=True)
class Settings:
    """What a function is, beside what runs. `given` are the API's members as last set; without a
    `package` it was made in Python or of a folder."""

    function: Function
    given: Mapping[str, Any] = field(default_factory=dict)
    package: Package | None = None
    modified_ms: int = 0
    revision_id: str = ""
    description: str = ""


def refuse_unmodelled(request: Request) -> None:
    """Say by name what AWS would carry and we don't."""
    for member in _UNMODELLED:
        if request.get(member):
            raise NotModelled(f"lambda {member}: not simulated")
    if request.get("PackageType", "Zip") != "Zip":
        raise NotModelled(f"lambda PackageType {request['PackageType']}: not simulated")
    if (request.get("SnapStart") or {}).get("ApplyOn", "None") != "None":
        raise NotModelled("lambda SnapStart: not simulated")
    runtime = request.get("Runtime", "python")
    if not runtime.startswith("python"):
        raise NotModelled(f"lambda Runtime {runtime}: only Python functions are simulated")


def check_role(role_arn: str) -> None:
    """Refuse what is no role, in the words of Lambda's validation."""
    if not role_arn.startswith("arn:") or ":role/" not in role_arn:
        raise ServiceError(
            "ValidationException",
            f"1 validation error detected: Value '{role_arn}' at 'role' failed to satisfy "
            "constraint: Member must satisfy regular expression pattern: "
            r"arn:(aws[a-zA-Z-]*)?:iam::\d{12}:role/?[a-zA-Z_0-9+=,.@\-_/]+",
            Type="User",
        )


def configuration(settings: Settings) -> Request:
    """What GetFunctionConfiguration shows."""
    function = settings.function
    shown: Request = {
        "FunctionName": function.name,
        "FunctionArn": function.arn,
        "Runtime": function.runtime,
        "Role": function.role_arn,
        "Handler": function.handler_name,
        "Timeout": function.timeout_seconds,
        "MemorySize": function.memory_mb,
        "Version": function.version,
        "PackageType": "Zip",
        "State": "Active",
        "LastUpdateStatus": "Successful",
    }
    if function.environment:
        shown["Environment"] = {"Variables": dict(function.environment)}
    if settings.package is not None:
        shown |= _deployed(settings, settings.package)
    return shown


def _deployed(settings: Settings, package: Package) -> Request:
    given, function = settings.given, settings.function
    at = datetime.fromtimestamp(settings.modified_ms / 1000, UTC)
    shown: Request = {
        "CodeSha256": package.sha256,
        "CodeSize": len(package.content),
        "LastModified": f"{at:%Y-%m-%dT%H:%M:%S}.{at.microsecond // 1000:03d}+0000",
        "RevisionId": settings.revision_id,
        "Description": settings.description,
        "TracingConfig": {"Mode": "PassThrough"},
        "EphemeralStorage": {"Size": 512},
        "Architectures": given.get("Architectures") or ["x86_64"],
        "SnapStart": {"ApplyOn": "None", "OptimizationStatus": "Off"},
        "LoggingConfig": {
            "LogFormat": "Text",
            "LogGroup": f"/aws/lambda/{function.name}",
            **(given.get("LoggingConfig") or {}),
        },
    }
    shown |= {name: given[name] for name in _PLAIN if given.get(name)}
    network = given.get("VpcConfig") or {}
    if network.get("SubnetIds"):
        shown["VpcConfig"] = {"VpcId": "", "Ipv6AllowedForDualStack": False, **network}
    return shown
