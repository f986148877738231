"""Queries through the Data API's own forms; a fake that answers as its reference describes."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from simulator.deployment import queries
from simulator.deployment.errors import DeploymentError
from simulator.deployment.queries import query, row_counts
from simulator.deployment.stack import Stack, Warehouse
from simulator.services.queries import QueryFailed


class FakeData:
    """Each statement ends after two looks, with the answer that its text has."""

    def __init__(self, **answers: Any) -> None:
        self.answers = answers
        self.requests: list[dict[str, Any]] = []
        self.looks: dict[str, int] = {}
        self.tables: list[tuple[str, str, str]] = []
        self.submitted_before_first_look = 0

    def execute_statement(self, **request: Any) -> dict[str, Any]:
        self.requests.append(request)
        return {"Id": request["Sql"]}

    def describe_statement(self, *, Id: str) -> dict[str, Any]:  # noqa: N803 - AWS's name
        if not self.looks:
            self.submitted_before_first_look = sum("Sql" in request for request in self.requests)
        self.looks[Id] = self.looks.get(Id, 0) + 1
        answer = self.answers.get(Id, "never")
        if answer == "never" or self.looks[Id] < 2:
            return {"Status": "STARTED"}
        if isinstance(answer, str):
            return {"Status": "FAILED", "Error": answer}
        return {"Status": "FINISHED", "HasResultSet": bool(answer)}

    def get_statement_result(self, *, Id: str, NextToken: str = "0") -> dict[str, Any]:  # noqa: N803
        page = int(NextToken)
        pages = self.answers[Id]
        more = {"NextToken": str(page + 1)} if page + 1 < len(pages) else {}
        metadata = [{"name": "n", "typeName": "int8"}, {"name": "sum", "typeName": "numeric"}]
        return {"Records": pages[page], "ColumnMetadata": metadata[: len(pages[0][0])], **more}

    def get_paginator(self, operation: str) -> Any:
        assert operation == "list_tables"
        return self

    def paginate(self, **request: Any) -> Any:
        self.requests.append(request)
        for schema, name, kind in self.tables:
            yield {"Tables": [{"schema": schema, "name": name, "type": kind}]}


def _stack(**house: str) -> Stack:
    warehouse = Warehouse("dev", **house)
    return Stack("arn:m", "arn:m:live", "us-east-1", warehouse, "arn:secret", "lake")


@pytest.fixture(autouse=True)
def _no_waiting(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(queries.time, "sleep", lambda _: None)


def test_a_query_signs_in_with_the_secret_and_reads_every_page():
    pages = [
        [[{"longValue": 1}, {"stringValue": "1.50"}]],
        [[{"longValue": 2}, {"isNull": True}]],
    ]
    data = FakeData(q=pages)
    found = query(data, _stack(cluster_identifier="c"), "q")
    assert found.columns == ("n", "sum")
    assert found.rows == ((1, Decimal("1.50")), (2, None))
    assert data.requests == [
        {"ClusterIdentifier": "c", "Database": "dev", "SecretArn": "arn:secret", "Sql": "q"}
    ]


def test_a_workgroup_is_named_as_one():
    data = FakeData(q=[[[{"longValue": 1}]]])
    query(data, _stack(workgroup_name="w"), "q", database="other")
    assert data.requests[0]["WorkgroupName"] == "w"
    assert data.requests[0]["Database"] == "other"


def test_a_refused_query_says_it_in_redshift_s_words():
    data = FakeData(q="ERROR: permission denied for relation store_sales")
    with pytest.raises(QueryFailed, match="permission denied for relation store_sales"):
        query(data, _stack(cluster_identifier="c"), "q")


def test_a_statement_without_rows_has_none():
    assert query(FakeData(q=[]), _stack(cluster_identifier="c"), "q").rows == ()


def test_a_query_that_never_ends_is_given_up(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(queries, "MAX_SECONDS", 0.0)
    with pytest.raises(DeploymentError, match="statement q: expected an end within 0 s, got none"):
        query(FakeData(), _stack(cluster_identifier="c"), "q")


def test_rows_are_counted_in_the_tables_that_the_reader_may_read():
    data = FakeData(
        **{
            'SELECT COUNT(*) FROM "sales"."store"': [[[{"longValue": 13}]]],
            'SELECT COUNT(*) FROM "sales"."staging"': "ERROR: permission denied for relation",
        }
    )
    data.tables = [
        ("sales", "store", "TABLE"),
        ("sales", "staging", "TABLE"),
        ("sales", "a_view", "VIEW"),
        ("pg_catalog", "pg_class", "TABLE"),
    ]
    assert row_counts(data, _stack(cluster_identifier="c")) == {"sales.store": 13}


def test_counts_run_beside_each_other():
    data = FakeData(
        **{f'SELECT COUNT(*) FROM "s"."t{n}"': [[[{"longValue": n}]]] for n in range(3)}
    )
    data.tables = [("s", f"t{n}", "TABLE") for n in range(3)]
    row_counts(data, _stack(cluster_identifier="c"))
    assert data.submitted_before_first_look == 3
