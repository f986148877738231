"""Statements in the shape of DescribeStatement's and ListStatements' answers.

Examples of AWS's answers: "Calling the Data API" (Amazon Redshift Management Guide), and "How do I
identify errors related to the Data API in Amazon Redshift" (AWS knowledge centre) for failed ones,
whose Duration, ResultRows and ResultSize are -1.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from simulator.services.redshift_data.kept_session import Login
from simulator.services.redshift_data.statements import Statement, SubStatement

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def moment(now_ms: int) -> datetime:
    """A virtual time as a timestamp with its zone."""
    return _EPOCH + timedelta(milliseconds=now_ms)


def _login_members(login: Login) -> dict[str, Any]:
    place = "WorkgroupName" if login.is_workgroup else "ClusterIdentifier"
    members = {place: login.cluster, "Database": login.database}
    if login.secret_arn is None:
        members["DbUser"] = login.db_user
    else:
        members["SecretArn"] = login.secret_arn
    return members


def submitted(statement: Statement) -> dict[str, Any]:
    """The answer of ExecuteStatement and BatchExecuteStatement."""
    answer = {
        "Id": statement.id,
        "CreatedAt": moment(statement.created_ms),
        **_login_members(statement.login),
    }
    if statement.session is not None:
        answer["SessionId"] = statement.session.id
    return answer


def submitted_and_waited(statement: Statement) -> dict[str, Any]:
    """The same for a request with WaitTimeSeconds: "the response returns the current status"."""
    answer = {**submitted(statement), "Status": statement.status}
    if statement.pid:
        answer["RedshiftPid"] = statement.pid
    if statement.status == "FINISHED":
        answer["HasResultSet"] = has_result_set(statement)
    return answer


def has_result_set(statement: Statement) -> bool:
    """Whether any of its statements has one, empty or not."""
    return any(sub.result is not None and sub.result.has_result_set for sub in statement.subs)


def described(statement: Statement) -> dict[str, Any]:
    """DescribeStatement's answer for a statement or batch."""
    answer = {
        "Id": statement.id,
        "Status": statement.status,
        "CreatedAt": moment(statement.created_ms),
        "UpdatedAt": moment(statement.updated_ms),
        "Duration": _duration_ns(statement),
        "RedshiftPid": statement.pid,
        # A batch has none of its own: 0 in the guide's example.
        "RedshiftQueryId": 0 if statement.is_batch else statement.subs[0].query_id,
        "ResultFormat": statement.result_format,
        **_result_members(statement.subs, statement.status),
        **_login_members(statement.login),
    }
    if statement.error is not None:
        answer["Error"] = statement.error
    if statement.parameters:
        answer["QueryParameters"] = _parameters(statement)
    if statement.is_batch:
        answer["SubStatements"] = [_sub_statement(sub) for sub in statement.subs]
        answer["ExecutionMode"] = "AUTO_COMMIT" if statement.auto_commits else "TRANSACTION"
    else:
        answer["QueryString"] = statement.subs[0].sql
    if statement.session is not None:
        answer["SessionId"] = statement.session.id
    return answer


def described_sub(statement: Statement, sub: SubStatement) -> dict[str, Any]:
    """DescribeStatement's answer for one statement of a batch, asked for by its own id."""
    return {
        **_sub_statement(sub),
        "RedshiftPid": statement.pid,
        "ResultFormat": statement.result_format,
        **_login_members(statement.login),
    }


def listed(statement: Statement) -> dict[str, Any]:
    """The statement in ListStatements' answer."""
    entry: dict[str, Any] = {
        "Id": statement.id,
        "Status": statement.status,
        "CreatedAt": moment(statement.created_ms),
        "UpdatedAt": moment(statement.updated_ms),
        "IsBatchStatement": statement.is_batch,
        "ResultFormat": statement.result_format,
    }
    if statement.session is not None:
        entry["SessionId"] = statement.session.id
    if statement.is_batch:
        entry["QueryStrings"] = [sub.sql for sub in statement.subs]
    else:
        entry["QueryString"] = statement.subs[0].sql
    if statement.name is not None:
        entry["StatementName"] = statement.name
    if statement.login.secret_arn is not None:
        entry["SecretArn"] = statement.login.secret_arn
    if statement.parameters:
        entry["QueryParameters"] = _parameters(statement)
    return entry


def _sub_statement(sub: SubStatement) -> dict[str, Any]:
    answer = {
        "Id": sub.id,
        "Status": sub.status,
        "CreatedAt": moment(sub.created_ms),
        "UpdatedAt": moment(sub.updated_ms),
        "Duration": _duration_ns(sub),
        "RedshiftQueryId": sub.query_id,
        "QueryString": sub.sql,
        **_result_members([sub], sub.status),
    }
    if sub.error is not None:
        answer["Error"] = sub.error
    return answer


def _result_members(subs: Sequence[SubStatement], status: str) -> dict[str, Any]:
    # Until all is FINISHED there is nothing to show; then a batch has its statements' sums.
    results = [sub.result for sub in subs if sub.result is not None]
    if status != "FINISHED":
        return {"HasResultSet": False, "ResultRows": -1, "ResultSize": -1}
    return {
        "HasResultSet": any(result.has_result_set for result in results),
        "ResultRows": sum(result.row_count for result in results),
        "ResultSize": sum(result.size for result in results),
    }


def _duration_ns(subject: Statement | SubStatement) -> int:
    if subject.status != "FINISHED" or subject.started_ms is None or subject.ended_ms is None:
        return -1
    return (subject.ended_ms - subject.started_ms) * 1_000_000


def _parameters(statement: Statement) -> list[dict[str, str]]:
    return [{"name": name, "value": value} for name, value in statement.parameters]
