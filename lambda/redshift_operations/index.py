"""What the pipeline needs around its jobs: the refresh date, and the cluster's status.

The state machine calls `handler` with an `action`: `resolve_refresh_date`, `status`, `resume` or
`pause`. Every action may be repeated. Time comes from the event, never from a clock.
"""

from __future__ import annotations

import difflib
import logging
import re
from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import boto3
import botocore.exceptions
from botocore.exceptions import ClientError

client = boto3.client("redshift")
states = boto3.client("stepfunctions")
logger = logging.getLogger(__name__)
logger.setLevel(logging.INFO)

UNREACHABLE = (botocore.exceptions.ConnectionError, botocore.exceptions.HTTPClientError)
TRANSIENT = {
    "InternalFailure",
    "RequestLimitExceeded",
    "ServiceUnavailable",
    "Throttling",
    "ThrottlingException",
}
ISO_DATE = re.compile(r"\d{4}-\d{2}-\d{2}")
INPUT_MEMBERS = ("refresh_date", "scheduled_time")


class WrongRefreshDate(Exception):
    """The input names no day that can be loaded."""


class InvalidRequest(Exception):
    """What the state machine handed over can't be done; another try would not help."""


class ServiceBusy(Exception):
    """The service couldn't answer this time; the state machine retries it."""


def handler(event: Mapping[str, Any], context: object) -> dict[str, Any]:
    """Do the event's `action`; the event's other members are the action's arguments."""
    match event.get("action"):
        case "resolve_refresh_date":
            return resolve_refresh_date(
                event["input"], started=event["started"], time_zone=event["time_zone"]
            )
        case "status":
            return cluster_status(
                event["cluster_identifier"],
                deadline=event["cluster"].get("deadline"),
                entered_time=event["entered_time"],
                timeout_seconds=event["timeout_seconds"],
            )
        case "resume":
            return change_cluster("resume_cluster", event["cluster_identifier"])
        case "pause":
            return pause_cluster(
                event["cluster_identifier"],
                state_machine_arn=event["state_machine_arn"],
                execution_arn=event["execution_arn"],
            )
        case action:
            raise InvalidRequest(
                f"action: expected resolve_refresh_date, status, resume or pause, got {action!r}"
            )


def resolve_refresh_date(request: object, *, started: str, time_zone: str) -> dict[str, Any]:
    """The day to load, as {"refresh_date": "YYYY-MM-DD"}.

    `request` is the execution's input: its `refresh_date`, or else the calendar day before its
    `scheduled_time` (before `started` without one) where `time_zone` is. Raises WrongRefreshDate.
    """
    if not isinstance(request, Mapping):
        raise WrongRefreshDate(f"input: expected an object, got {request!r}")
    refuse_misspelt(request)
    if (wanted := request.get("refresh_date")) is not None:
        return {"refresh_date": checked_date(wanted).isoformat()}
    try:
        zone = ZoneInfo(time_zone)
    except (ValueError, ZoneInfoNotFoundError) as error:
        raise InvalidRequest(f"time_zone: expected an IANA name, got {time_zone!r}") from error
    moment = scheduled_moment(request.get("scheduled_time") or started)
    return {"refresh_date": (moment.astimezone(zone).date() - timedelta(days=1)).isoformat()}


def refuse_misspelt(request: Mapping[str, Any]) -> None:
    """A member that is nearly a known one: loading the default day is not what was meant.

    Others pass, since whoever starts an execution may add their own (as a parent execution does
    with AWS_STEP_FUNCTIONS_STARTED_BY_EXECUTION_ID).
    """
    for member in request:
        near = difflib.get_close_matches(member.lower(), INPUT_MEMBERS, n=1, cutoff=0.8)
        if near and member not in INPUT_MEMBERS:
            raise WrongRefreshDate(f"input: expected {near[0]}, got {member!r}")


def checked_date(wanted: object) -> date:
    """The input's date, which must be written in full and be in the calendar."""
    try:
        if isinstance(wanted, str) and ISO_DATE.fullmatch(wanted):
            return date.fromisoformat(wanted)
    except ValueError:
        pass
    raise WrongRefreshDate(f"refresh_date: expected a day as YYYY-MM-DD, got {wanted!r}")


def scheduled_moment(text: object) -> datetime:
    """A moment with its zone."""
    try:
        moment = datetime.fromisoformat(str(text))
    except ValueError:
        moment = None
    if moment is None or moment.tzinfo is None:
        raise WrongRefreshDate(
            f"scheduled_time: expected a time such as 2024-01-09T10:00:00Z, got {text!r}"
        )
    return moment


def cluster_status(
    identifier: str, *, deadline: str | None, entered_time: str, timeout_seconds: int
) -> dict[str, Any]:
    """The cluster's status, and until when to wait for it: given at the first time, then kept.

    Redshift Serverless has no cluster: its `identifier` is empty, and it is always available.
    """
    status = "available"
    if identifier:
        clusters = call(client, "describe_clusters", ClusterIdentifier=identifier)["Clusters"]
        status = clusters[0]["ClusterStatus"]
    if deadline is None:
        moment = datetime.fromisoformat(entered_time) + timedelta(seconds=timeout_seconds)
        deadline = moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    return {
        "status": status,
        "deadline": deadline,
        "Cause": f"{identifier or 'the workgroup'} is {status}",
    }


def pause_cluster(identifier: str, *, state_machine_arn: str, execution_arn: str) -> dict[str, Any]:
    """Begin to pause the cluster, unless another execution needs it: whose end pauses it then."""
    running = call(
        states, "list_executions", stateMachineArn=state_machine_arn, statusFilter="RUNNING"
    )
    others = [one["name"] for one in running["executions"] if one["executionArn"] != execution_arn]
    if others:
        logger.info("%s is left running for %s", identifier, others)
        return {"operation": "pause_cluster", "status": "needed"}
    return change_cluster("pause_cluster", identifier)


def change_cluster(operation: str, identifier: str) -> dict[str, Any]:
    """Begin to resume or pause the cluster, and return at once."""
    try:
        status = call(client, operation, ClusterIdentifier=identifier)["Cluster"]["ClusterStatus"]
    except ClientError as error:
        # Already there, or somebody else is at it: the next look at its status tells.
        if error.response["Error"]["Code"] not in (
            "InvalidClusterState",
            "InvalidClusterStateFault",
        ):
            raise
        status = "unchanged"
    logger.info("%s of %s: %s", operation, identifier, status)
    return {"operation": operation, "status": status}


def call(service: Any, operation: str, **request: Any) -> dict[str, Any]:
    """One call of a service; what may pass by itself becomes ServiceBusy."""
    try:
        answer: dict[str, Any] = getattr(service, operation)(**request)
    except ClientError as error:
        status = error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 400)
        if error.response["Error"]["Code"] in TRANSIENT or status >= 500:
            raise ServiceBusy(str(error)) from error
        raise
    except UNREACHABLE as error:
        raise ServiceBusy(str(error)) from error
    return answer
