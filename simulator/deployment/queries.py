"""SQL in the deployed warehouse, through the Data API, signed in with a secret."""

from __future__ import annotations

# a statement is waited for in real time
import time  # noqa: TID251
from collections.abc import Mapping
from contextlib import suppress
from typing import Any

from simulator.deployment.errors import DeploymentError
from simulator.deployment.stack import Stack
from simulator.services.queries import QueryFailed, QueryResult, result_of

_FINAL = frozenset({"FINISHED", "FAILED", "ABORTED"})
# the Data API ends a statement after a day; a report that takes an hour is none
MAX_SECONDS = 3600.0
_FIRST_LOOK_SECONDS, _LONGEST_LOOK_SECONDS = 0.1, 2.0
# what a warehouse has of its own
_SYSTEM_SCHEMAS = frozenset({"information_schema", "pg_catalog", "pg_internal", "pg_automv"})


def query(data: Any, stack: Stack, sql: str, *, database: str | None = None) -> QueryResult:
    """A statement's rows. Raises `QueryFailed` in Redshift's words, botocore's errors, and
    `DeploymentError` for one that doesn't end."""
    return _result(data, _submitted(data, stack, sql, database))


def row_counts(data: Any, stack: Stack) -> dict[str, int]:
    """Rows of each table that the reader may read, by "schema.table"."""
    pages = data.get_paginator("list_tables").paginate(
        **stack.warehouse.address, SecretArn=stack.secret_arn
    )
    names = [
        (table["schema"], table["name"])
        for page in pages
        for table in page["Tables"]
        if table["type"] == "TABLE" and table["schema"] not in _SYSTEM_SCHEMAS
    ]
    # a query takes a second or more on AWS: so all of them at once
    submitted = {
        f"{schema}.{table}": _submitted(
            data,
            stack,
            f'SELECT COUNT(*) FROM "{schema}"."{table}"',  # noqa: S608 - names, quoted
        )
        for schema, table in names
    }
    counts = {}
    for name, statement_id in submitted.items():
        # what is listed need not be the reader's to read
        with suppress(QueryFailed):
            ((rows,),) = _result(data, statement_id).rows
            counts[name] = int(rows)
    return counts


def _submitted(data: Any, stack: Stack, sql: str, database: str | None = None) -> str:
    request: dict[str, Any] = {**stack.warehouse.address, "SecretArn": stack.secret_arn, "Sql": sql}
    if database is not None:
        request["Database"] = database
    return str(data.execute_statement(**request)["Id"])


def _result(data: Any, statement_id: str) -> QueryResult:
    which = {"Id": statement_id}
    ended = _ended(data, which)
    if ended["Status"] != "FINISHED":
        raise QueryFailed(ended.get("Error") or f"the statement is {ended['Status']}")
    if not ended.get("HasResultSet"):
        return QueryResult((), (), ())
    pages = [data.get_statement_result(**which)]
    while pages[-1].get("NextToken"):
        pages.append(data.get_statement_result(**which, NextToken=pages[-1]["NextToken"]))
    return result_of(pages)


def _ended(data: Any, which: Mapping[str, str]) -> dict[str, Any]:
    limit = time.monotonic() + MAX_SECONDS
    pause = _FIRST_LOOK_SECONDS
    while time.monotonic() < limit:
        described: dict[str, Any] = data.describe_statement(**which)
        if described["Status"] in _FINAL:
            return described
        time.sleep(pause)
        pause = min(pause * 1.5, _LONGEST_LOOK_SECONDS)
    raise DeploymentError(
        f"statement {which['Id']}", f"expected an end within {MAX_SECONDS:.0f} s, got none"
    )
