"""What the Data API tells EventBridge of a statement with WithEvent, once it has ended.

"Monitoring events for the Amazon Redshift Data API in Amazon EventBridge" (Amazon Redshift
Management Guide): states ABORTED, FAILED and FINISHED, and an example of the event.
"""

from __future__ import annotations

from typing import Any

from simulator.engine.ports import World
from simulator.services.redshift_data.limits import RETENTION_MS
from simulator.services.redshift_data.statements import Statement

SOURCE = "aws.redshift-data"
DETAIL_TYPE = "Redshift Data Statement Status Change"


def detail_of(statement: Statement) -> dict[str, Any]:
    """The `detail` of the event. In the guide's example `redshiftQueryId` is -1 and `expireAt`, in
    seconds, a day after the submission."""
    results = [sub.result for sub in statement.subs if sub.result is not None]
    rows = sum(result.row_count for result in results) if statement.status == "FINISHED" else -1
    return {
        "principal": statement.role_arn,
        "statementName": statement.name or "",
        "statementId": statement.id,
        "redshiftQueryId": -1,
        "state": statement.status,
        "rows": rows,
        "expireAt": (statement.created_ms + RETENTION_MS) // 1000,
    }


def resource_of(statement: Statement, world: World) -> str:
    """The ARN of what it ran on, which the event names."""
    login = statement.login
    if login.is_workgroup:
        service, kind = "redshift-serverless", "workgroup/"
    else:
        service, kind = "redshift", "cluster:"
    return f"arn:aws:{service}:{world.region}:{world.account_id}:{kind}{login.cluster}"
