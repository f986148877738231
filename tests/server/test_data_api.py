"""The Data API over a socket, by clients that know nothing of it but the port's address."""

from __future__ import annotations

from typing import Any

import boto3
import pytest

LOGIN = {"ClusterIdentifier": "store-sales", "Database": "dev", "DbUser": "awsuser"}


@pytest.fixture
def cluster(port: Any) -> Any:
    """A port with a cluster that is ready."""
    redshift = port.client("redshift")
    redshift.create_cluster(
        ClusterIdentifier="store-sales",
        NodeType="ra3.large",
        MasterUsername="awsuser",
        MasterUserPassword="Weekly1Report",
    )
    redshift.get_waiter("cluster_available").wait(
        ClusterIdentifier="store-sales", WaiterConfig={"Delay": 0, "MaxAttempts": 20_000}
    )
    return port


def test_long_polling_sessions_and_csv_work_over_a_socket(cluster: Any) -> None:
    data = cluster.client("redshift-data")
    made = data.execute_statement(
        Sql="create temp table t as select 7 as i",
        SessionKeepAliveSeconds=3600,
        WaitTimeSeconds=30,
        **LOGIN,
    )
    assert made["Status"] == "FINISHED"
    read = data.execute_statement(
        Sql="select i from t",
        SessionId=made["SessionId"],
        ResultFormat="CSV",
        WaitTimeSeconds=30,
    )
    page = data.get_statement_result_v2(Id=read["Id"])
    assert page["Records"] == [{"CSVRecords": "7\r\n"}]
    (session,) = data.list_sessions()["Sessions"]
    assert (session["SessionId"], session["Status"]) == (made["SessionId"], "AVAILABLE")


def test_errors_over_a_socket_are_the_models_own_exceptions(cluster: Any) -> None:
    data = cluster.client("redshift-data", config=boto3.session.Config(retries={"max_attempts": 0}))
    with pytest.raises(data.exceptions.ValidationException):
        data.execute_statement(Sql="select 1", **{**LOGIN, "ClusterIdentifier": "other"})
    with pytest.raises(data.exceptions.DatabaseConnectionException):
        data.list_tables(**{**LOGIN, "Database": "nothing"})


def test_aws_sdk_for_pandas_reads_over_a_socket(
    cluster: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    wr = pytest.importorskip("awswrangler", reason="AWS SDK for pandas is not installed")
    monkeypatch.setenv("AWS_ENDPOINT_URL", cluster.url)
    session = boto3.Session(
        region_name="us-east-1", aws_access_key_id="test", aws_secret_access_key="test"
    )
    connection = wr.data_api.redshift.connect(
        cluster_id="store-sales",
        database="dev",
        db_user="awsuser",
        boto3_session=session,
        sleep=0.01,
        retries=200,
        backoff=1.0,
    )
    connection.execute("create table t (i int, name varchar(10))")
    connection.execute("insert into t values (1, 'one'), (2, 'two')")
    frame = wr.data_api.redshift.read_sql_query("select * from t order by i", con=connection)
    assert frame["i"].tolist() == [1, 2]
    assert frame["name"].tolist() == ["one", "two"]
