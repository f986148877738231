"""The members of Redshift Serverless's requests: which are kept, how they are shown, what is none.

Amazon Redshift Serverless API reference: CreateNamespace, CreateWorkgroup, ConfigParameter.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from simulator.services.api import NotModelled, ServiceError

# shown as they are given
NAMESPACE_MEMBERS = (
    "adminPasswordSecretKmsKeyId",
    "adminUsername",
    "defaultIamRoleArn",
    "kmsKeyId",
    "logExports",
)
WORKGROUP_MEMBERS = (
    "baseCapacity",
    "enhancedVpcRouting",
    "extraComputeForAutomaticOptimization",
    "ipAddressType",
    "maxCapacity",
    "port",
    "pricePerformanceTarget",
    "publiclyAccessible",
    "securityGroupIds",
    "subnetIds",
    "trackName",
)
USAGE_LIMIT_MEMBERS = ("amount", "breachAction", "period", "resourceArn", "usageType")

# What a workgroup shows whether it was given or not, so that whoever lists fewer than these nine
# finds a difference: name -> default.
_PARAMETERS = {
    "auto_mv": "true",
    "datestyle": "ISO, MDY",
    "enable_case_sensitive_identifier": "false",
    "enable_user_activity_logging": "true",
    "max_query_execution_time": "14400",
    "query_group": "default",
    "require_ssl": "true",
    "search_path": "$user, public",
    "use_fips_ssl": "false",
}
# query monitoring metrics, which are shown only where they are given
_METRICS = frozenset(
    {
        "max_query_blocks_read",
        "max_query_cpu_time",
        "max_query_cpu_usage_percent",
        "max_query_queue_time",
        "max_query_temp_blocks_to_disk",
        "max_join_row_count",
        "max_nested_loop_join_row_count",
        "max_return_row_count",
        "max_scan_row_count",
    }
)
_BOOLEANS = frozenset(name for name, value in _PARAMETERS.items() if value in ("true", "false"))
_REFUSED = {
    "redshiftIdcApplicationArn": "IAM Identity Center",
    "s3TableAction": "S3 tables",
    "logDestinationType": "another destination of logs",
}
# "4 RPUs", or "in increments of 8 from 8 to 512", and of 32 up to 1024
_SMALLEST, _STEP, _MIDDLE, _WIDE_STEP, _LARGEST = 4, 8, 512, 32, 1024


def refuse(request: Mapping[str, Any], operation: str) -> None:
    """Say by name what AWS would carry and we don't."""
    for member, what in _REFUSED.items():
        if request.get(member):
            raise NotModelled(f"redshift-serverless {operation}.{member}: {what}")


def iam_roles(given: Iterable[str]) -> list[str]:
    """Roles as AWS shows them: in text, each with how far it is applied."""
    return [f"IamRole(applyStatus=in-sync, iamRoleArn={arn})" for arn in given]


def parameters(given: Iterable[Mapping[str, str]]) -> list[dict[str, str]]:
    """Every configuration parameter with its value: the last that was given, or its default.
    Raises ValidationException for a name or a value that is none."""
    values = dict(_PARAMETERS)
    for one in given:
        name, value = one.get("parameterKey", ""), one.get("parameterValue", "")
        if name == "wlm_json_configuration":
            raise NotModelled(f"redshift-serverless configParameters {name}: not simulated")
        if name not in _PARAMETERS and name not in _METRICS:
            raise _invalid(f"The configuration parameter {name} isn't supported.")
        if name in _BOOLEANS and value not in ("true", "false"):
            raise _invalid(f"The value of {name} must be true or false, got {value}.")
        is_number = name in _METRICS or name == "max_query_execution_time"
        if is_number and not value.isdecimal():
            raise _invalid(f"The value of {name} must be a number, got {value}.")
        values[name] = value
    return [{"parameterKey": name, "parameterValue": value} for name, value in values.items()]


def check_capacity(members: Mapping[str, Any]) -> None:
    """Raises ValidationException for a capacity that there is none of."""
    base, most = members["baseCapacity"], members.get("maxCapacity")
    step = _STEP if base <= _MIDDLE else _WIDE_STEP
    if base != _SMALLEST and (base % step or not _STEP <= base <= _LARGEST):
        raise _invalid(f"Base capacity must be 4, or a multiple of {step} up to 1024, got {base}.")
    if most is not None and most < base:
        raise _invalid(f"Max capacity must not be below the base capacity {base}, got {most}.")


def _invalid(message: str) -> ServiceError:
    return ServiceError("ValidationException", message)
