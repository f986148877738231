"""Sessions, CSV, events and batches over real SQL."""

import json

import pytest

from simulator.services.api import ServiceError
from simulator.services.eventbridge.bus import EventBus, Rule

KEPT = {"SessionKeepAliveSeconds": 600}
LOGIN = ("ClusterIdentifier", "Database", "DbUser")


@pytest.fixture
def api(make_real_api):
    return make_real_api()


def in_session(api, sql, session_id, **members):
    answer = api.call("execute_statement", Sql=sql, SessionId=session_id, **members)
    api.run()
    return answer["Id"]


def rows(api, statement_id):
    answer = api.describe(statement_id)
    assert answer["Status"] == "FINISHED", answer
    return api.call("get_statement_result", Id=statement_id)["Records"]


def session_of(api, statement_id):
    api.run()
    return api.describe(statement_id)["SessionId"]


def test_temporary_tables_live_as_long_as_the_session(api):
    session_id = session_of(api, api.execute("create temp table t (i int)", **KEPT))
    in_session(api, "insert into t values (7)", session_id)
    assert rows(api, in_session(api, "select i from t", session_id)) == [[{"longValue": 7}]]
    outside = api.execute("select i from t")
    api.run()
    assert api.describe(outside)["Error"] == 'ERROR: relation "t" does not exist'
    later = session_of(api, api.execute("select 1", **KEPT))
    in_other = in_session(api, "select i from t", later)
    assert api.status(in_other) == "FAILED"


def test_no_connection_is_left_over_when_sessions_have_closed(api):
    ids = [session_of(api, api.execute("create temp table t (i int)", **KEPT)) for _ in range(5)]
    assert api.held_connections() == 5
    api.run(api.now_ms + 700_000)
    for session_id in ids:
        with pytest.raises(ServiceError, match="not available"):
            in_session(api, "select 1", session_id)
    api.execute("select 1")
    api.run()
    assert api.held_connections() == 0


def test_many_sessions_without_temporary_tables_share_connections(api):
    for _ in range(20):
        session_of(api, api.execute("set search_path to public", **KEPT))
    assert api.held_connections() == 0


def test_a_setting_holds_for_the_rest_of_the_session(api):
    api.warehouse.setup(
        "create schema x; create table x.a (i int);", database="dev", user="awsuser", now_ms=0
    )
    session_id = session_of(api, api.execute("set search_path to x", **KEPT))
    assert rows(api, in_session(api, "select * from a", session_id)) == []


def test_a_csv_result_has_a_line_for_each_row_and_is_not_had_as_json(api):
    sql = "select 1 as a, 'x,\"y\"' as b, null as c union all select 2, 'é', 'z' order by 1"
    statement_id = api.execute(sql, ResultFormat="CSV")
    api.run()
    assert api.describe(statement_id)["ResultFormat"] == "CSV"
    answer = api.call("get_statement_result_v2", Id=statement_id)
    assert answer["Records"] == [{"CSVRecords": '1,"x,""y""",\r\n2,é,z\r\n'}]
    assert (answer["ResultFormat"], answer["TotalNumRows"]) == ("CSV", 2)
    assert [column["name"] for column in answer["ColumnMetadata"]] == ["a", "b", "c"]
    with pytest.raises(ServiceError, match="GetStatementResultV2"):
        api.call("get_statement_result", Id=statement_id)
    as_json = api.execute("select 1")
    api.run()
    with pytest.raises(ServiceError, match="in JSON format"):
        api.call("get_statement_result_v2", Id=as_json)


def test_auto_commit_keeps_what_came_before_and_a_transaction_nothing(api):
    api.warehouse.setup("create table t (i int)", database="dev", user="awsuser", now_ms=0)
    sqls = ("insert into t values (1)", "select 1/0", "insert into t values (2)")
    failed = api.batch(*sqls)
    api.run()
    assert api.warehouse.table_counts() == {"t": 0}
    assert api.describe(failed)["Error"].startswith("Query #2 failed with ERROR:")
    api.batch(*sqls, ExecutionMode="AUTO_COMMIT")
    api.run()
    assert api.warehouse.table_counts() == {"t": 2}


def test_a_password_of_create_user_signs_in_and_another_does_not(make_real_api):
    secrets = {
        name: {"username": "analyst", "password": password}
        for name, password in (("right", "Weekly1Report"), ("wrong", "Weekly2Report"))
    }
    api = make_real_api(secrets=secrets)
    for sql in (
        "create table t (i int)",
        "create user analyst password 'Weekly1Report'",
        "grant select on t to analyst",
    ):
        api.execute(sql)
        api.run()
    login = {"DbUser": None, "SecretArn": "right"}
    reads, writes = api.execute("select * from t", **login), api.execute("delete from t", **login)
    wrong = api.execute("select * from t", DbUser=None, SecretArn="wrong")
    api.run()
    assert api.status(reads) == "FINISHED"
    assert "permission denied" in api.describe(writes)["Error"]
    assert api.describe(wrong)["Error"] == (
        'FATAL: password authentication failed for user "analyst"'
    )


def test_an_event_is_put_when_a_statement_with_event_has_ended(make_real_api):
    heard = []
    api = make_real_api(
        bus=lambda world: EventBus(
            world, lambda target, payload, *_: heard.append((target, json.loads(payload)))
        )
    )
    api.bus.add(Rule("ended", {"source": ["aws.redshift-data"]}, "listen"))
    silent = api.execute("select 1")
    told = api.execute("select 1 union all select 2", WithEvent=True, StatementName="two")
    failing = api.batch("select 1/0", WithEvent=True)
    api.run()
    assert silent not in str(heard)
    details = {event["detail"]["statementId"]: event for _, event in heard}
    assert set(details) == {told, failing}
    event = details[told]
    assert (event["source"], event["detail-type"]) == (
        "aws.redshift-data",
        "Redshift Data Statement Status Change",
    )
    assert event["resources"] == ["arn:aws:redshift:us-east-1:123456789012:cluster:store-sales"]
    assert event["detail"] == {
        "principal": "arn:aws:iam::123456789012:role/etl",
        "statementName": "two",
        "statementId": told,
        "redshiftQueryId": -1,
        "state": "FINISHED",
        "rows": 2,
        # a day after 2024-01-09T10:00:00Z
        "expireAt": 1_704_794_400 + 86_400,
    }
    assert details[failing]["detail"]["state"] == "FAILED"
