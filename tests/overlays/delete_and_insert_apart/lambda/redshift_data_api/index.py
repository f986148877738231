"""Hands a job's SQL to the Redshift Data API and asks how it fares; nothing here waits for SQL.

The state machine calls `handler` with an `action`:

* `call_data_api` submits a job's statements as one transaction and returns its Id at once;
* `check_data_api_status` returns the latest status of that Id;
* `cancel_statements` stops what jobs of an execution still run, found by statement name.

Every action may be repeated: a submission carries a ClientToken made of execution, job and the
failures before it, so a second try is answered with the first one's Id. Values travel as Data API
parameters. What a parameter can't carry stands in the SQL as `{name:kind}` and is checked against
the kind's pattern and quoted here: `{sales_files:s3_path}`, `{copy_role:iam_role}`,
`{reader:identifier}`.
"""

from __future__ import annotations

import hashlib
import json
import logging
import re
from collections.abc import Mapping, Sequence
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from typing import Any

import boto3
import botocore.exceptions
from botocore.exceptions import ClientError

client = boto3.client("redshift-data")
logger = logging.getLogger(__name__)
logger.setLevel(logging.INFO)

RUNNING = ("SUBMITTED", "PICKED", "STARTED")
UNSUCCESSFUL = ("FAILED", "ABORTED")
# errors of the service that another try may not meet; the state machine retries `ServiceBusy`
UNREACHABLE = (botocore.exceptions.ConnectionError, botocore.exceptions.HTTPClientError)
TRANSIENT = {
    "ActiveStatementsExceededException",
    "InternalServerException",
    "RequestLimitExceeded",
    "ServiceUnavailableException",
    "ThrottlingException",
    "TooManyRequestsException",
}
CONNECTION_KEYS = {"ClusterIdentifier", "WorkgroupName", "Database", "DbUser", "SecretArn"}
PLACEHOLDER = re.compile(r"\{(\w+):(\w+)\}")
# kind of placeholder: what its value must look like, and its quote
KINDS = {
    "s3_path": (re.compile(r"s3://[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]/[A-Za-z0-9_./=-]*"), "'"),
    "iam_role": (re.compile(r"arn:aws(-[a-z]+)*:iam::\d{12}:role/[A-Za-z0-9_+=,.@/-]+"), "'"),
    "identifier": (re.compile(r"[a-z_][a-z0-9_]{0,126}"), '"'),
}
COMMENT = re.compile(r"--[^\n]*")
MAX_PAGES = 100


class InvalidJob(Exception):
    """What the state machine handed over can't be run; another try would not help."""


class ServiceBusy(Exception):
    """The Data API couldn't answer this time."""


def handler(event: Mapping[str, Any], context: object) -> dict[str, Any]:
    """Do the event's `action`; the event's other members are the action's arguments."""
    match event.get("action"):
        case "call_data_api":
            return call_data_api(
                event["job"],
                execution_id=event["execution_id"],
                redrive_count=event["redrive_count"],
                entered_time=event["entered_time"],
            )
        case "check_data_api_status":
            return check_data_api_status(event["job"])
        case "cancel_statements":
            return cancel_statements(
                event["jobs"],
                execution_id=event["execution_id"],
                outcome=event.get("outcome", {}),
            )
        case action:
            raise InvalidJob(
                "action: expected call_data_api, check_data_api_status or cancel_statements, "
                f"got {action!r}"
            )


def call_data_api(
    job: Mapping[str, Any], *, execution_id: str, redrive_count: int, entered_time: str
) -> dict[str, Any]:
    """Submit a job's statements as one transaction and return at once.

    `job` holds `name`, `connection` (ClusterIdentifier or WorkgroupName, Database, DbUser or
    SecretArn), `sql_statements`, `parameters` (for `:name` in the SQL), `literals` (for
    `{name:kind}`), `timeout_seconds`, and `reports`: whether the last result set is wanted.
    A redriven execution goes on with what it submitted before, if that runs or FINISHED; what
    failed it submits anew.
    Returns what the next states need: the Id, and the deadline counted from `entered_time`.
    Raises InvalidJob, ServiceBusy, or botocore's error for what the Data API refuses.
    """
    name = job["name"]
    request: dict[str, Any] = {
        **checked_connection(job["connection"]),
        "Sqls": fill_in(job["sql_statements"], job.get("literals", {})),
        "StatementName": statement_name(execution_id, name),
    }
    if parameters := job.get("parameters", {}):
        request["Parameters"] = [{"name": key, "value": value} for key, value in parameters.items()]
    before = statements_named(request["StatementName"]) if redrive_count else []
    failed = [one for one in before if one["Status"] in UNSUCCESSFUL]
    alive = [one["Id"] for one in before if one not in failed]
    statement_id = alive[0] if alive else ""
    if not alive:
        if name == "StoreSalesFactLoadJob":
            lock, *others = request["Sqls"]
            (delete,) = [sql for sql in others if "DELETE FROM sales.store_sales" in sql]
            request["Sqls"].remove(delete)
            before = {**request, "Sqls": [lock, delete]}
            before["StatementName"] = statement_name(execution_id, "StoreSalesDelete")
            token = client_token(execution_id, "StoreSalesDelete", len(failed))
            call("batch_execute_statement", **before, ClientToken=token)
        token = client_token(execution_id, name, len(failed))
        statement_id = call("batch_execute_statement", **request, ClientToken=token)["Id"]
    deadline = datetime.fromisoformat(entered_time) + timedelta(seconds=job["timeout_seconds"])
    logger.info("%s submitted as %s", request["StatementName"], statement_id)
    return {
        "name": name,
        "id": statement_id,
        "deadline": deadline.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
        "reports": job.get("reports", False),
    }


def check_data_api_status(job: Mapping[str, Any]) -> dict[str, Any]:
    """The latest status of what `call_data_api` returned as `job`.

    Returns `status`, `Cause` (that status in words: the SQL error and where it happened), and, for
    a FINISHED job that `reports`, the first row of its last result set as `report`.
    """
    statement = call("describe_statement", Id=job["id"])
    outcome = {"status": statement["Status"], "Cause": describe(statement)}
    if statement["Status"] == "FINISHED" and job["reports"]:
        outcome["report"] = last_result(statement)
    return outcome


def cancel_statements(
    jobs: Sequence[str], *, execution_id: str, outcome: Mapping[str, Any]
) -> dict[str, Any]:
    """Cancel what these jobs of the execution still run, whether or not their Ids are known.

    `outcome` is what is known of a single job: its last status, or the error (`Error`, `Cause`) of
    the state that failed. Returns it in words as `Cause`, with the Ids `cancelled`.
    """
    cancelled = [
        statement["Id"]
        for job in jobs
        for statement in running_statements(statement_name(execution_id, job))
        if cancel(statement["Id"])
    ]
    logger.info("cancelled of %s in %s: %s", jobs, execution_id, cancelled)
    what = ", ".join(cancelled) if cancelled else "nothing, none was running"
    return {"cancelled": cancelled, "Cause": f"{reason(outcome)}; cancelled: {what}"}


def statement_name(execution_id: str, job: str) -> str:
    """The name under which a job's statement is found again: state machine, execution, job.

    None of the three can hold a colon, so no execution's names begin another's. The first two have
    at most 80 characters each; the Data API takes 500.
    """
    return f"{execution_id.split(':', 6)[-1]}:{job}"


def client_token(execution_id: str, job: str, failures: int) -> str:
    """64 characters, the most that the Data API takes.

    A redrive submits anew what failed `failures` times; but a submission that was under way when
    the execution was stopped, and the redriven one, are the same.
    """
    return hashlib.sha256(f"{execution_id}|{job}|{failures}".encode()).hexdigest()


def checked_connection(connection: Mapping[str, str]) -> dict[str, str]:
    """The request's members that say where and as whom the SQL runs."""
    if unknown := sorted(connection.keys() - CONNECTION_KEYS):
        raise InvalidJob(f"connection: expected {sorted(CONNECTION_KEYS)}, got {unknown}")
    return dict(connection)


def fill_in(sql_statements: Sequence[str], literals: Mapping[str, str]) -> list[str]:
    """Put the literals into the statements. A missing, unused or malformed one is refused."""
    used = set()

    def quoted(placeholder: re.Match[str]) -> str:
        name, kind = placeholder.groups()
        if kind not in KINDS:
            raise InvalidJob(f"{placeholder[0]}: expected a kind of {sorted(KINDS)}, got {kind!r}")
        if name not in literals:
            raise InvalidJob(f"{placeholder[0]}: expected a literal {name!r}, got none")
        used.add(name)
        pattern, quote = KINDS[kind]
        value = literals[name]
        if not isinstance(value, str) or not pattern.fullmatch(value):
            raise InvalidJob(f"{placeholder[0]}: expected {pattern.pattern}, got {value!r}")
        return f"{quote}{value}{quote}"

    filled = [PLACEHOLDER.sub(quoted, sql) for sql in sql_statements]
    if unused := sorted(literals.keys() - used):
        raise InvalidJob(f"literals: expected only those that the SQL uses, got {unused} as well")
    return filled


def describe(statement: Mapping[str, Any]) -> str:
    """A statement's status in words."""
    status, error = statement["Status"], statement.get("Error", "")
    if status not in ("FAILED", "ABORTED"):
        return f"the statement {statement['Id']} is {status}"
    parts = statement.get("SubStatements", [])
    for number, part in enumerate(parts, 1):
        if part.get("Error"):
            sql = " ".join(COMMENT.sub("", part.get("QueryString", "")).split())
            place = f" in statement {number} of {len(parts)} ({sql[:120]})"
            return f"{status}{place}: {part['Error']}"
    return f"{status}: {error or 'without an error message'}"


def last_result(statement: Mapping[str, Any]) -> dict[str, Any]:
    """The first row of the last result set, by column name."""
    results = [part["Id"] for part in statement.get("SubStatements", []) if part["HasResultSet"]]
    if not results:
        raise InvalidJob(f"{statement['Id']}: expected a result set to report, got none")
    answer = call("get_statement_result", Id=results[-1])
    names = [column["name"] for column in answer["ColumnMetadata"]]
    for row in answer["Records"]:
        return dict(zip(names, map(value_of, row), strict=True))
    raise InvalidJob(f"{results[-1]}: expected a row to report, got none")


def value_of(field: Mapping[str, Any]) -> Any:
    """A typed field's value."""
    return None if field.get("isNull") else next(iter(field.values()))


def running_statements(name: str) -> list[dict[str, Any]]:
    """The statements of exactly this name that haven't ended."""
    return [one for one in statements_named(name) if one["Status"] in RUNNING]


def statements_named(name: str) -> list[dict[str, Any]]:
    """All statements of exactly this name, newest first."""
    found: list[dict[str, Any]] = []
    request: dict[str, Any] = {"StatementName": name, "Status": "ALL"}
    for _ in range(MAX_PAGES):
        answer = call("list_statements", **request)
        found += answer["Statements"]
        if not answer.get("NextToken"):
            # the service matches by prefix
            return [one for one in found if one["StatementName"] == name]
        request["NextToken"] = answer["NextToken"]
    raise InvalidJob(f"{name}: expected at most {MAX_PAGES} pages of statements, got more")


def cancel(statement_id: str) -> bool:
    """Cancel a statement; False if it ended before that."""
    try:
        return bool(call("cancel_statement", Id=statement_id)["Status"])
    except ClientError as error:
        if error.response["Error"]["Code"] != "ValidationException":
            raise
        logger.info("%s had ended: %s", statement_id, error)
        return False


def reason(outcome: Mapping[str, Any]) -> str:
    """Why a job is given up, in words."""
    if outcome.get("status") in RUNNING:
        return f"past its deadline, {outcome['Cause']}"
    cause = outcome.get("Cause", "another job failed")
    # a failed function's cause is JSON
    with suppress(ValueError, TypeError, KeyError):
        cause = json.loads(cause)["errorMessage"]
    return f"{outcome['Error']}: {cause}" if "Error" in outcome else str(cause)


def call(operation: str, **request: Any) -> dict[str, Any]:
    """One Data API call; what may pass by itself becomes ServiceBusy."""
    try:
        answer: dict[str, Any] = getattr(client, operation)(**request)
    except ClientError as error:
        status = error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 400)
        if error.response["Error"]["Code"] in TRANSIENT or status >= 500:
            raise ServiceBusy(str(error)) from error
        raise
    except UNREACHABLE as error:
        raise ServiceBusy(str(error)) from error
    return answer
