"""Real clients, unchanged, in process: boto3's paginators and exceptions, polling as AWS's samples
do it, a data frame, AWS SDK for pandas."""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import Any

import boto3
import pytest

from simulator import Simulator

LOGIN = {"ClusterIdentifier": "store-sales", "Database": "dev", "DbUser": "awsuser"}


@pytest.fixture
def simulator() -> Iterator[Simulator]:
    with Simulator() as made:
        yield made


def poll(client: Any, statement_id: str) -> dict[str, Any]:
    """Wait as AWS's samples do: describe, sleep, describe again."""
    while True:
        described: dict[str, Any] = client.describe_statement(Id=statement_id)
        if described["Status"] in ("FINISHED", "FAILED", "ABORTED"):
            return described
        time.sleep(1)


def load(simulator: Simulator, *sqls: str) -> None:
    client = simulator.client("redshift-data")
    client.batch_execute_statement(Sqls=list(sqls), **LOGIN)
    simulator.run()


def test_a_polling_loop_takes_virtual_time_alone(simulator: Simulator) -> None:
    def work() -> Any:
        client = boto3.client("redshift-data")
        answer = client.execute_statement(Sql="select 1 as one", **LOGIN)
        described = poll(client, answer["Id"])
        return described, client.get_statement_result(Id=answer["Id"])

    described, result = simulator.call(work)
    assert described["Status"] == "FINISHED"
    assert result["Records"] == [[{"longValue": 1}]]


def test_paginators_reach_the_last_page_of_everything_that_has_pages(simulator: Simulator) -> None:
    load(
        simulator,
        "create table a (i int, t varchar(1000))",
        "create table b (i int)",
        "create table c (i int)",
    )
    # 100 KB is the most of a statement
    for part in range(0, 2500, 100):
        values = ", ".join(f"({n}, '{'x' * 900}')" for n in range(part, part + 100))
        load(simulator, f"insert into a values {values}")
    client = simulator.client("redshift-data")
    statement = client.execute_statement(Sql="select i, t from a order by i", **LOGIN)
    as_csv = client.execute_statement(Sql="select i from a order by i", ResultFormat="CSV", **LOGIN)
    simulator.run()
    pages = list(client.get_paginator("get_statement_result").paginate(Id=statement["Id"]))
    assert len(pages) > 2
    read = [record[0]["longValue"] for page in pages for record in page["Records"]]
    assert read == list(range(2500))
    paged = client.get_paginator("get_statement_result_v2").paginate(Id=as_csv["Id"])
    text = "".join(record["CSVRecords"] for page in paged for record in page["Records"])
    assert text.splitlines() == [str(n) for n in range(2500)]
    for operation, member, request in (
        ("list_tables", "Tables", {"SchemaPattern": "public"}),
        ("describe_table", "ColumnList", {}),
        ("list_schemas", "Schemas", {}),
    ):
        paged = client.get_paginator(operation).paginate(
            **request, **LOGIN, PaginationConfig={"PageSize": 1}
        )
        found = [one for page in paged for one in page[member]]
        whole = getattr(client, operation)(**request, **LOGIN)[member]
        assert (found, len(found) > 1) == (whole, True)
    paged = client.get_paginator("list_statements").paginate(PaginationConfig={"PageSize": 7})
    assert len([one for page in paged for one in page["Statements"]]) == 28


def test_a_client_that_long_polls_gets_the_end_in_one_call(simulator: Simulator) -> None:
    client = simulator.client("redshift-data")
    answer = client.execute_statement(Sql="select 1", WaitTimeSeconds=30, **LOGIN)
    assert (answer["Status"], answer["HasResultSet"]) == ("FINISHED", True)

    def work() -> Any:
        inside = boto3.client("redshift-data")
        submitted = inside.execute_statement(Sql="select 2", **LOGIN)
        page = inside.get_statement_result(Id=submitted["Id"], WaitTimeSeconds=30)
        return page["Records"]

    assert simulator.call(work) == [[{"longValue": 2}]]


def test_a_session_is_kept_over_calls_and_listed(simulator: Simulator) -> None:
    client = simulator.client("redshift-data")
    first = client.execute_statement(
        Sql="create temp table t as select 7 as i",
        SessionKeepAliveSeconds=60,
        WaitTimeSeconds=30,
        **LOGIN,
    )
    again = client.execute_statement(
        Sql="select i from t", SessionId=first["SessionId"], WaitTimeSeconds=30
    )
    assert client.get_statement_result(Id=again["Id"])["Records"] == [[{"longValue": 7}]]
    (session,) = client.list_sessions()["Sessions"]
    assert (session["SessionId"], session["Status"]) == (first["SessionId"], "AVAILABLE")


def test_errors_are_the_models_own_exceptions(simulator: Simulator) -> None:
    client = simulator.client("redshift-data")
    with pytest.raises(client.exceptions.ValidationException):
        client.execute_statement(Sql="select 1", Database="dev")
    with pytest.raises(client.exceptions.ResourceNotFoundException) as missing:
        client.list_sessions(SessionId="00000000-0000-4000-8000-000000000000")
    assert missing.value.response["ResourceId"] == "00000000-0000-4000-8000-000000000000"
    with pytest.raises(client.exceptions.DatabaseConnectionException):
        client.list_tables(**{**LOGIN, "Database": "nothing"})


def test_a_rule_starts_a_state_machine_when_a_statement_has_ended(simulator: Simulator) -> None:
    definition = {"StartAt": "P", "States": {"P": {"Type": "Pass", "End": True}}}
    arn = simulator.create_state_machine(definition, name="follow-up")
    simulator.add_rule(
        "loaded",
        pattern={"source": ["aws.redshift-data"], "detail": {"state": ["FINISHED"]}},
        state_machine_arn=arn,
    )
    client = simulator.client("redshift-data")
    client.execute_statement(Sql="select 1", WithEvent=True, StatementName="load", **LOGIN)
    client.execute_statement(Sql="select 1/0", WithEvent=True, StatementName="fails", **LOGIN)
    simulator.run()
    (execution,) = simulator.executions
    assert execution.status == "SUCCEEDED"
    assert execution.input["detail"]["statementName"] == "load"
    assert execution.name.startswith(execution.input["id"])


def test_aws_sdk_for_pandas_writes_and_reads(simulator: Simulator) -> None:
    wr = pytest.importorskip("awswrangler", reason="AWS SDK for pandas is not installed")

    def work() -> Any:
        connection = wr.data_api.redshift.connect(
            cluster_id="store-sales", database="dev", db_user="awsuser"
        )
        connection.execute("create table t (i int, name varchar(10), amount decimal(10, 2))")
        connection.execute("insert into t values (1, 'one', 1.50), (2, null, 2)")
        everything = wr.data_api.redshift.read_sql_query(
            "select i, name, amount from t order by i", con=connection
        )
        some = wr.data_api.redshift.read_sql_query(
            "select i from t where i >= :low",
            con=connection,
            parameters=[{"name": "low", "value": "2"}],
        )
        with pytest.raises(Exception, match=r"failed with status FAILED and error ERROR: .*ero"):
            connection.execute("select 1/0")
        return everything, some

    everything, some = simulator.call(work)
    assert list(everything.columns) == ["i", "name", "amount"]
    assert everything["i"].tolist() == [1, 2]
    assert everything["name"].tolist()[0] == "one"
    assert everything["name"].isna().tolist() == [False, True]
    assert everything["amount"].tolist() == ["1.50", "2.00"]
    assert some["i"].tolist() == [2]
