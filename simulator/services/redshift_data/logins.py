"""Where a request connects and as whom, and which members of it go together.

"Choosing database authentication credentials when calling the Amazon Redshift Data API" (Amazon
Redshift Management Guide) and the API reference's list of combinations at ExecuteStatement. Where
AWS's words for a refusal are not known they are ours, and say which members are at odds.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeAlias

from simulator.services.api import Caller, NotModelled
from simulator.services.redshift_data.endpoints import Endpoint, Endpoints, endpoint_of
from simulator.services.redshift_data.kept_session import Login
from simulator.services.redshift_data.requests import refusal

if TYPE_CHECKING:
    from simulator.sql.warehouse import Warehouse

# What a secret holds: a user whose password nobody asks for, or Secrets Manager's own text or
# members ("username", "password", and perhaps "dbClusterIdentifier").
SecretContent: TypeAlias = str | Mapping[str, Any]

_WITH_SESSION = ("ClusterIdentifier", "WorkgroupName", "Database", "DbUser", "SecretArn")


@dataclass(frozen=True, slots=True)
class _Signature:
    """As whom, and by which right."""

    user: str
    password: str | None = None
    is_iam: bool = False


class Logins:
    """Finds who connects to what. `secrets` maps a secret's name or ARN to what it holds; with None
    there is no Secrets Manager, and a secret is refused by name."""

    def __init__(
        self,
        endpoints: Endpoints,
        warehouses: Callable[[str], Warehouse | None],
        secrets: Mapping[str, SecretContent] | None,
    ) -> None:
        self._endpoints = endpoints
        self._warehouses = warehouses
        self._secrets = secrets

    def of(self, request: Mapping[str, Any], caller: Caller) -> tuple[Login, Warehouse]:
        """The login and the warehouse of a request without a SessionId.

        Raises ValidationException for members that don't go together and for an endpoint that there
        is not. Whether database and user exist shows only when somebody connects, as on AWS.
        """
        secret = self._secret(request)
        endpoint = endpoint_of(request) or _endpoint_in(secret)
        if endpoint is None:
            raise refusal("Either ClusterIdentifier, WorkgroupName or SessionId must be provided.")
        _check_secret(secret, endpoint)
        if not request.get("Database"):
            raise refusal("Database must be provided.")
        warehouse = self._warehouse(endpoint)
        signature = _signature(request, caller, secret)
        name, is_workgroup = endpoint
        login = Login(
            name,
            str(request["Database"]),
            signature.user,
            request.get("SecretArn"),
            is_workgroup,
            password=signature.password,
            is_iam=signature.is_iam,
        )
        return login, warehouse

    def _warehouse(self, endpoint: Endpoint) -> Warehouse:
        house = self._endpoints.house_of(endpoint)
        warehouse = self._warehouses(house) if house is not None else None
        if warehouse is None:
            # The words of a call to a cluster that isn't there (aws-cdk issue 30536).
            kind = "workgroup" if endpoint[1] else "cluster"
            raise refusal(
                "Redshift endpoint doesn't exist in this region.",
                f"there is no {kind} {endpoint[0]!r}: [warehouse] declares another",
            )
        if self._endpoints.reach_of(endpoint) == "closed":
            kind = "workgroup" if endpoint[1] else "cluster"
            raise refusal(
                f"Redshift {kind} {endpoint[0]} is not available: "
                f"its status is {self._endpoints.state_of(endpoint)}."
            )
        return warehouse

    def _secret(self, request: Mapping[str, Any]) -> Mapping[str, Any] | None:
        """What the named secret holds; None where none is named."""
        name = request.get("SecretArn")
        if not name:
            return None
        if request.get("DbUser"):
            raise refusal("SecretArn and DbUser cannot both be provided.")
        if self._secrets is None:
            raise NotModelled(
                f"redshift-data SecretArn {name!r}: Secrets Manager is not simulated and no such "
                "secret was handed in; give ClusterIdentifier, Database and DbUser"
            )
        for known in _names_of(name):
            try:
                return _members(self._secrets[known])
            except KeyError:
                continue
        raise refusal("Secrets Manager can't find the specified secret.")


def refuse_beside_session(request: Mapping[str, Any]) -> None:
    """A session knows where it is connected and as whom: "--session-id" comes alone in the guide's
    examples ("Session reuse when calling the Amazon Redshift Data API")."""
    given = [member for member in _WITH_SESSION if request.get(member)]
    if given:
        raise refusal(f"{', '.join(given)} cannot be provided with SessionId.")


def database_user_of(role_arn: str) -> str:
    """The database user of an IAM identity: "arn:iam::123456789012:user:foo has the database user
    name IAM:foo" (API reference, ExecuteStatement); of a role it begins with "IAMR:"."""
    kind, _, path = role_arn.rpartition(":")[2].partition("/")
    name = path.split("/")[0] if kind == "assumed-role" else path.rpartition("/")[2]
    return f"{'IAM' if kind == 'user' else 'IAMR'}:{name or kind}"


def _names_of(secret: str) -> tuple[str, ...]:
    """What a secret may be known by: its ARN ends in its name, a hyphen and six characters that
    Secrets Manager adds ("What's in a Secrets Manager secret?")."""
    _, colon, name = secret.partition(":secret:")
    return (secret, name, name[:-7]) if colon else (secret,)


def _members(content: SecretContent) -> Mapping[str, Any]:
    if isinstance(content, str) and not content.lstrip().startswith("{"):
        return {"username": content}
    try:
        members = json.loads(content) if isinstance(content, str) else content
    except ValueError:
        members = {}
    if not members.get("username") or members.get("password", "x") == "":
        # AWS's words (boto3 issue 2899).
        raise refusal("username and password in secret cannot be empty")
    found: Mapping[str, Any] = members
    return found


def _endpoint_in(secret: Mapping[str, Any] | None) -> Endpoint | None:
    cluster = (secret or {}).get("dbClusterIdentifier")
    return (str(cluster), False) if cluster else None


def _check_secret(secret: Mapping[str, Any] | None, endpoint: Endpoint) -> None:
    """ "If you provide a cluster identifier (dbClusterIdentifier), it must match the cluster
    identifier stored in the secret" (API reference, ExecuteStatement)."""
    kept = _endpoint_in(secret)
    if kept is not None and not endpoint[1] and kept != endpoint:
        raise refusal(
            f"ClusterIdentifier {endpoint[0]} does not match the cluster identifier in the secret."
        )


def _signature(
    request: Mapping[str, Any], caller: Caller, secret: Mapping[str, Any] | None
) -> _Signature:
    if secret is not None:
        return _Signature(str(secret["username"]), password=secret.get("password"))
    user = request.get("DbUser")
    if not user:
        return _Signature(database_user_of(caller.role_arn), is_iam=True)
    if request.get("WorkgroupName"):
        # For a workgroup the reference lists a secret and the IAM identity, and no way to name a
        # user.
        raise refusal("DbUser cannot be provided with WorkgroupName.")
    return _Signature(str(user))
