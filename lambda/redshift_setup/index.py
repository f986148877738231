"""Makes the warehouse's users, schema and grants: whoever deploys calls it, as often as they like.

Everything runs through the Data API with the administrator's secret. Users come first, one
statement each, since Redshift has no CREATE USER that may be repeated; then all statements in one
transaction, each of which may be repeated. A user's password is invented here, at the first call,
and kept in the user's secret alone: the warehouse is told its hash.
"""

from __future__ import annotations

import hashlib
import json
import logging
import re
import time  # noqa: TID251 - it waits for its own statements
from collections.abc import Mapping
from typing import Any

import boto3
from botocore.exceptions import ClientError

data_api = boto3.client("redshift-data")
secrets_manager = boto3.client("secretsmanager")
logger = logging.getLogger(__name__)
logger.setLevel(logging.INFO)

RUNNING = ("SUBMITTED", "PICKED", "STARTED")
USER_NAME = re.compile(r"[a-z_][a-z0-9_]{0,126}")
# "CREATE USER": what a clear-text password can't hold, besides what would end the literal
EXCLUDED = "'\"/\\@"
POLL_SECONDS = 1
# above what a sleeping workgroup takes to wake up
MAX_POLLS = 500


class SetUpFailed(Exception):
    """A statement failed; what the others did before it stays, and another call goes on."""


def handler(event: Mapping[str, Any], context: object) -> dict[str, Any]:
    """Make what the event lists, and return what was there before and what was not.

    `connection` holds ClusterIdentifier or WorkgroupName, Database and the administrator's
    SecretArn; `users` have a `name` and the ARN of their `secret`, or null for one that signs in by
    temporary credentials alone; `sql_statements` run in their order.
    """
    connection = dict(event["connection"])
    made = [user["name"] for user in event["users"] if make_user(user, connection)]
    if statements := event["sql_statements"]:
        request = {**connection, "Sqls": statements, "StatementName": "set-up"}
        wait_for(data_api.batch_execute_statement(**request)["Id"])
    answer = {"made": made, "statements": len(statements)}
    logger.info("%s", json.dumps(answer))
    return answer


def make_user(user: Mapping[str, Any], connection: Mapping[str, Any]) -> bool:
    """Make a user, or give the one that is there its password anew; whether it was made."""
    name = user["name"]
    if not USER_NAME.fullmatch(name):
        raise SetUpFailed(f"users: expected a name such as etl_user, got {name!r}")
    clause = password_clause(name, user["secret"])
    try:
        execute(f"CREATE USER {name} PASSWORD {clause}", connection)
    except SetUpFailed as error:
        if "already exists" not in str(error):
            raise
        execute(f"ALTER USER {name} PASSWORD {clause}", connection)
        return False
    return True


def password_clause(name: str, secret: str | None) -> str:
    """What follows PASSWORD. The MD5 hash is Redshift's own format: 'md5', then the hash of
    password and name; so no log and no list of statements shows the password."""
    if secret is None:
        return "DISABLE"
    text = f"{password_of(name, secret)}{name}"
    return f"'md5{hashlib.md5(text.encode(), usedforsecurity=False).hexdigest()}'"


def password_of(name: str, secret: str) -> str:
    """The password in a secret, which gets one if it is empty."""
    try:
        kept = secrets_manager.get_secret_value(SecretId=secret)
        return str(json.loads(kept["SecretString"])["password"])
    except ClientError as error:
        # a secret without a value is not found, as one that isn't there
        if error.response["Error"]["Code"] != "ResourceNotFoundException":
            raise
    password = str(
        secrets_manager.get_random_password(
            PasswordLength=32, ExcludeCharacters=EXCLUDED, RequireEachIncludedType=True
        )["RandomPassword"]
    )
    value = {"engine": "redshift", "username": name, "password": password}
    secrets_manager.put_secret_value(SecretId=secret, SecretString=json.dumps(value))
    return password


def execute(sql: str, connection: Mapping[str, Any]) -> None:
    """Run a statement to its end."""
    wait_for(data_api.execute_statement(**connection, Sql=sql, StatementName="set-up")["Id"])


def wait_for(statement_id: str) -> None:
    """Wait for a statement or a batch; raises SetUpFailed unless it FINISHED."""
    for _ in range(MAX_POLLS):
        statement = data_api.describe_statement(Id=statement_id)
        if statement["Status"] == "FINISHED":
            return
        if statement["Status"] not in RUNNING:
            raise SetUpFailed(failure(statement))
        time.sleep(POLL_SECONDS)
    raise SetUpFailed(f"{statement_id}: expected an end within {MAX_POLLS} s, got none")


def failure(statement: Mapping[str, Any]) -> str:
    """Why a statement ended badly, and for a batch in which of its statements."""
    parts = statement.get("SubStatements", [])
    for number, part in enumerate(parts, 1):
        if part.get("Error"):
            return f"statement {number} of {len(parts)}: {part['Error']}"
    return f"{statement['Status']}: {statement.get('Error') or 'without an error message'}"
