"""Cleans up after an execution that has ended, when none of its own states can any more.

EventBridge calls `handler` with Step Functions' "Execution Status Change" event, asynchronously.

* After FAILED, TIMED_OUT and ABORTED it cancels what the execution still runs, found by the prefix
  of its statements' names.
* After any end, and where `PAUSE_CLUSTER_AFTER` is "true", it pauses `CLUSTER_IDENTIFIER`, unless
  another execution runs: the last one's end does it then.

One look is not enough: a function that the execution had called may still submit until its own
timeout, and a cluster on its way can't be paused yet. A function that waits would be paid for it,
so this one fails with `LookAgain`, and Lambda calls it again after one minute and after two more,
as it does after any error of an asynchronous invocation. Where that isn't enough (a cluster takes
minutes to resume) it hands over to a fresh invocation of itself.

Statements can be cancelled only by the IAM role that submitted them: it runs under the role of
`redshift_data_api`.
"""

from __future__ import annotations

import json
import logging
import os
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import boto3
from botocore.exceptions import ClientError

data_api = boto3.client("redshift-data")
redshift = boto3.client("redshift")
states = boto3.client("stepfunctions")
functions = boto3.client("lambda")
logger = logging.getLogger(__name__)
logger.setLevel(logging.INFO)

UNSUCCESSFUL = ("FAILED", "TIMED_OUT", "ABORTED")
ENDED = (*UNSUCCESSFUL, "SUCCEEDED")
RUNNING = ("SUBMITTED", "PICKED", "STARTED")
# above the timeout of the function that submits, which may have been called just before the end
LATE_SUBMISSION = timedelta(seconds=45)
# below the moment of Lambda's third and last attempt
LAST_ATTEMPT = timedelta(seconds=150)
# above what a cluster takes to resume
PATIENCE = timedelta(minutes=30)
MAX_PAGES = 100


class LookAgain(Exception):
    """Something may still come: Lambda tries an asynchronous invocation that failed again."""


def handler(event: Mapping[str, Any], context: Any) -> dict[str, Any]:
    """Clean up after the execution whose end the event tells."""
    detail = event["detail"]
    arn, status = detail["executionArn"], detail["status"]
    if status not in ENDED:
        return {"execution": arn, "status": status}
    now = datetime.now(UTC)  # noqa: TID251 - how old an event is only the clock tells
    ended = datetime.fromtimestamp(detail["stopDate"] / 1000, UTC)
    answer: dict[str, Any] = {"execution": arn, "status": status}
    is_settled = True
    if status in UNSUCCESSFUL and not is_running_again(arn):
        answer["cancelled"] = cancel_statements(arn)
        is_settled = now - ended >= LATE_SUBMISSION
    if os.environ["PAUSE_CLUSTER_AFTER"] == "true":
        answer["cluster"] = pause_cluster(
            os.environ["CLUSTER_IDENTIFIER"], state_machine_arn=detail["stateMachineArn"]
        )
        is_settled = is_settled and answer["cluster"] != "unsettled"
    logger.info("%s", json.dumps(answer))
    if not is_settled:
        look_again(event, context, now=now, ended=ended)
    return answer


def is_running_again(arn: str) -> bool:
    """Whether the execution has been redriven: then its statements are its own business."""
    return bool(states.describe_execution(executionArn=arn)["status"] == "RUNNING")


def cancel_statements(arn: str) -> list[str]:
    """Cancel whatever the execution still runs; returns the Ids.

    Statements are named `machine:execution:job`, so no execution's prefix begins another's.
    """
    return [one["Id"] for one in running_statements(f"{arn.split(':', 6)[-1]}:") if cancel(one)]


def running_statements(prefix: str) -> list[dict[str, Any]]:
    """The statements with names of this prefix that haven't ended."""
    found: list[dict[str, Any]] = []
    request: dict[str, Any] = {"StatementName": prefix, "Status": "ALL"}
    for _ in range(MAX_PAGES):
        answer = data_api.list_statements(**request)
        found += [one for one in answer["Statements"] if one["Status"] in RUNNING]
        if not answer.get("NextToken"):
            return found
        request["NextToken"] = answer["NextToken"]
    raise RuntimeError(f"{prefix}: expected at most {MAX_PAGES} pages of statements, got more")


def cancel(statement: Mapping[str, Any]) -> bool:
    """Cancel a statement; False if it ended before that."""
    try:
        return bool(data_api.cancel_statement(Id=statement["Id"])["Status"])
    except ClientError as error:
        if error.response["Error"]["Code"] != "ValidationException":
            raise
        return False


def pause_cluster(identifier: str, *, state_machine_arn: str) -> str:
    """Pause the cluster: "needed" by another execution, "pausing", "paused", or "unsettled" while
    it is on its way to something else."""
    request = {"stateMachineArn": state_machine_arn, "statusFilter": "RUNNING", "maxResults": 1}
    if states.list_executions(**request)["executions"]:
        return "needed"
    cluster = redshift.describe_clusters(ClusterIdentifier=identifier)["Clusters"][0]
    status = str(cluster["ClusterStatus"])
    if status in ("pausing", "paused"):
        return status
    if not status.startswith("available"):
        return "unsettled"
    try:
        redshift.pause_cluster(ClusterIdentifier=identifier)
    except ClientError as error:
        if not error.response["Error"]["Code"].startswith("InvalidClusterState"):
            raise
        return "unsettled"
    return "pausing"


def look_again(event: Mapping[str, Any], context: Any, *, now: datetime, ended: datetime) -> None:
    """Have Lambda call again: by failing, or at its last attempt by a fresh invocation."""
    since = datetime.fromisoformat(event.get("since", ended.isoformat()))
    if now - since >= LAST_ATTEMPT and now - ended < PATIENCE:
        functions.invoke(
            FunctionName=context.function_name,
            InvocationType="Event",
            Payload=json.dumps({**event, "since": now.isoformat()}).encode(),
        )
        return
    raise LookAgain(f"{event['detail']['executionArn']}: not settled yet")
