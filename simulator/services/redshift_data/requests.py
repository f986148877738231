"""What a request must be beyond what botocore's model can state, and what is refused by name.

Who connects to what: "Choosing database authentication credentials when calling the Amazon Redshift
Data API" (Amazon Redshift Management Guide).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from simulator.services.api import Caller, NotModelled, ServiceError
from simulator.services.redshift_data.endpoints import Endpoint, Endpoints, endpoint_of
from simulator.services.redshift_data.limits import MAX_STATEMENT_BYTES
from simulator.services.redshift_data.statements import Login

if TYPE_CHECKING:
    from simulator.sql.warehouse import Warehouse

# What stands in SQL text but holds no parameters, then a cast's colons, then a parameter.
_PARAMETER = re.compile(
    r"""'(?:[^']|'')*' | "(?:[^"]|"")*" | --[^\n]* | /\*.*?\*/ | \$\$.*?\$\$ | :: |
        :(?P<name>[A-Za-z0-9_]+)""",
    re.VERBOSE | re.DOTALL,
)
# Leading comments and brackets, then the keyword.
_FIRST_KEYWORD = re.compile(r"(?:\s+|--[^\n]*(?:\n|$)|/\*.*?\*/|\()*([A-Za-z]+)", re.DOTALL)


def refusal(message: str) -> ServiceError:
    """AWS's answer to a request that cannot be."""
    return ServiceError("ValidationException", message)


def first_keyword(sql: str) -> str:
    """The statement's kind, such as "COPY"; "" for none."""
    match = _FIRST_KEYWORD.match(sql)
    return match.group(1).upper() if match else ""


def refuse_unmodelled(request: Mapping[str, Any], operation: str) -> None:
    """Say by name what AWS would carry and we don't."""
    for member in ("SessionId", "SessionKeepAliveSeconds", "WaitTimeSeconds"):
        if member in request:
            raise NotModelled(f"redshift-data {operation}.{member}: not simulated")
    for member, value in (
        ("WithEvent", True),
        ("ResultFormat", "CSV"),
        ("ExecutionMode", "AUTO_COMMIT"),
    ):
        if request.get(member) == value:
            raise NotModelled(f"redshift-data {operation}.{member} = {value}: not simulated")


def check_statement_size(sqls: Sequence[str]) -> None:
    """The text's limit, in bytes."""
    for sql in sqls:
        size = len(sql.encode())
        if size > MAX_STATEMENT_BYTES:
            raise refusal(
                f"The query statement size of {size} bytes exceeds the maximum of "
                f"{MAX_STATEMENT_BYTES} bytes (100 KB)."
            )


def parameters_by_statement(
    sqls: Sequence[str], given: Sequence[Mapping[str, str]]
) -> list[dict[str, str]]:
    """The parameters that each statement refers to.

    "Each statement can reference any subset of the provided parameters. Each provided parameter
    must be referenced by at least one SQL statement in the batch" (API reference,
    BatchExecuteStatement).
    """
    values = {parameter["name"]: parameter["value"] for parameter in given}
    if len(values) < len(given):
        raise refusal("Parameters list contains duplicate parameter names.")
    if not values:
        return [{} for _ in sqls]
    used = [_parameter_names(sql) for sql in sqls]
    unused = [name for name in values if not any(name in names for names in used)]
    if unused:
        # AWS's words, for a parameter that stands in a text too
        # (aws-samples/getting-started-with-amazon-redshift-data-api issue 4).
        raise refusal(
            f"Parameters list contains unused parameters. Unused parameters: [{', '.join(unused)}]"
        )
    return [{name: value for name, value in values.items() if name in names} for names in used]


def _parameter_names(sql: str) -> set[str]:
    return {name for match in _PARAMETER.finditer(sql) if (name := match.group("name"))}


def login_of(
    request: Mapping[str, Any],
    caller: Caller,
    endpoints: Endpoints,
    warehouses: Callable[[str], Warehouse | None],
    secrets: Mapping[str, str],
) -> tuple[Login, Warehouse]:
    """Where the request connects and as whom; raises what AWS answers where it can't.

    Whether database and user exist shows only when the statement starts, as on AWS.
    """
    endpoint = _endpoint_of(request)
    database = request.get("Database")
    if not database:
        raise refusal("Database must be provided.")
    house = endpoints.house_of(endpoint)
    warehouse = warehouses(house) if house is not None else None
    if warehouse is None:
        # The words of a call to a cluster that isn't there (aws-cdk issue 30536).
        raise refusal("Redshift endpoint doesn't exist in this region.")
    name, is_workgroup = endpoint
    if not endpoints.is_available(endpoint):
        raise refusal(
            f"Redshift {'workgroup' if is_workgroup else 'cluster'} {name} is not available: "
            f"its status is {endpoints.state_of(endpoint)}."
        )
    if is_workgroup and request.get("DbUser"):
        # "When connecting to a serverless workgroup, specify the workgroup name and database name.
        # The database user name is derived from the IAM identity" (API reference,
        # ExecuteStatement): there is no way to choose one but a secret. The words are ours.
        raise refusal("DbUser cannot be provided with WorkgroupName.")
    user = _user_of(request, caller, warehouse, secrets)
    return Login(name, database, user, request.get("SecretArn"), is_workgroup), warehouse


def _endpoint_of(request: Mapping[str, Any]) -> Endpoint:
    endpoint = endpoint_of(request)
    if endpoint is None:
        raise refusal("Either ClusterIdentifier, WorkgroupName or SessionId must be provided.")
    return endpoint


def _user_of(
    request: Mapping[str, Any],
    caller: Caller,
    warehouse: Warehouse,
    secrets: Mapping[str, str],
) -> str:
    secret, user = request.get("SecretArn"), request.get("DbUser")
    if secret and user:
        raise refusal("SecretArn and DbUser cannot both be provided.")
    if user:
        return str(user)
    if secret:
        if secret not in secrets:
            raise NotModelled(
                f"redshift-data SecretArn {secret!r}: Secrets Manager is not simulated and no such "
                "secret was handed in; give ClusterIdentifier, Database and DbUser"
            )
        return secrets[secret]
    # As an IAM identity the user is "IAMR:" and the role's name, and is made on the fly.
    user = f"IAMR:{caller.role_arn.rsplit('/', 1)[-1]}"
    if not warehouse.has_user(user):
        raise NotModelled(
            f"redshift-data without DbUser: the database user {user!r} is not made from the IAM "
            "identity; declare it, or give DbUser"
        )
    return user
