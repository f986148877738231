"""Sessions: made by SessionKeepAliveSeconds, used by SessionId, closed when that is over."""

from datetime import UTC, datetime, timedelta

import pytest

from simulator.services.api import ServiceError

START = datetime(2024, 1, 9, 10, tzinfo=UTC)
HOUR_MS = 3_600_000
UNKNOWN = "00000000-0000-4000-8000-000000000000"


def in_session(api, sql, session_id, **members):
    request = {"Sql": sql, "SessionId": session_id, **members}
    return api.call("execute_statement", **request)


def opened(api, **members):
    request = {
        "Sql": "select * from item",
        "ClusterIdentifier": "store-sales",
        "Database": "dev",
        "DbUser": "etl_user",
        "SessionKeepAliveSeconds": 60,
        **members,
    }
    return api.call("execute_statement", **request)


def listed(api, **request):
    return api.call("list_sessions", **request)["Sessions"]


def refused(call):
    with pytest.raises(ServiceError) as caught:
        call()
    return caught.value.code, caught.value.message


def test_a_keep_alive_makes_a_session_that_later_statements_run_in(api):
    session_id = opened(api)["SessionId"]
    api.run()
    answer = in_session(api, "insert into item values 1", session_id)
    assert answer["SessionId"] == session_id
    assert (answer["ClusterIdentifier"], answer["Database"]) == ("store-sales", "dev")
    api.run()
    described = api.describe(answer["Id"])
    assert (described["Status"], described["SessionId"]) == ("FINISHED", session_id)
    first, second = api.warehouse.sessions
    assert first is second
    (entry, _) = api.call("list_statements")["Statements"]
    assert entry["SessionId"] == session_id


def test_without_a_keep_alive_there_is_no_session(api):
    for members in ({}, {"SessionKeepAliveSeconds": 0}):
        assert "SessionId" not in api.call(
            "execute_statement",
            Sql="select * from item",
            ClusterIdentifier="store-sales",
            Database="dev",
            DbUser="etl_user",
            **members,
        )
    api.run()
    assert api.warehouse.sessions == []
    assert listed(api) == []


def test_a_busy_session_takes_no_second_statement(api):
    session_id = opened(api)["SessionId"]
    assert refused(lambda: in_session(api, "select * from item", session_id)) == (
        "ValidationException",
        "Session is not available.",
    )
    api.run()
    in_session(api, "select * from item", session_id)


def test_a_session_closes_when_its_keep_alive_is_over_after_the_statement(api):
    session_id = opened(api)["SessionId"]
    api.run()
    assert api.now_ms == 1300
    api.run(1300 + 59_999)
    assert listed(api)[0]["Status"] == "AVAILABLE"
    api.run(1300 + 60_000)
    assert listed(api) == []
    assert refused(lambda: in_session(api, "select * from item", session_id)) == (
        "ValidationException",
        "Session is not available.",
    )
    assert len(api.warehouse.ended_sessions) == 1


def test_a_later_keep_alive_replaces_the_first(api):
    session_id = opened(api)["SessionId"]
    api.run()
    in_session(api, "select * from item", session_id, SessionKeepAliveSeconds=0)
    api.run()
    assert listed(api, Status="CLOSED")[0]["SessionId"] == session_id


def test_a_session_that_never_was_and_one_of_another_role_are_refused_alike(api):
    session_id = opened(api)["SessionId"]
    api.run()
    message = "Session with Id: {} is invalid."
    assert refused(lambda: in_session(api, "select * from item", UNKNOWN)) == (
        "ValidationException",
        message.format(UNKNOWN),
    )
    assert refused(
        lambda: api.call("execute_statement", role="other", Sql="x", SessionId=session_id)
    ) == ("ValidationException", message.format(session_id))


@pytest.mark.parametrize(
    ("member", "value"),
    [
        ("ClusterIdentifier", "store-sales"),
        ("WorkgroupName", "serverless"),
        ("Database", "dev"),
        ("DbUser", "etl_user"),
        ("SecretArn", "etl"),
    ],
)
def test_a_session_knows_where_and_as_whom_it_is_connected(api, member, value):
    session_id = opened(api)["SessionId"]
    api.run()
    code, message = refused(
        lambda: in_session(api, "select * from item", session_id, **{member: value})
    )
    assert (code, member in message) == ("ValidationException", True)


def test_sessions_are_listed_as_aws_shows_them(api):
    answer = opened(api)
    api.run(500)
    (shown,) = listed(api)
    assert shown == {
        "SessionId": answer["SessionId"],
        "Status": "BUSY",
        "CreatedAt": START,
        "UpdatedAt": START,
        "Database": "dev",
        "DbUser": "etl_user",
        "ClusterIdentifier": "store-sales",
        "SessionAliveSeconds": 60,
        "SessionTtl": START + timedelta(hours=24),
        "CurrentStatementId": answer["Id"],
    }
    api.run()
    (shown,) = listed(api)
    ended = START + timedelta(milliseconds=1300)
    assert (shown["Status"], shown["UpdatedAt"]) == ("AVAILABLE", ended)
    assert shown["SessionTtl"] == ended + timedelta(seconds=60)
    assert "CurrentStatementId" not in shown


def test_sessions_are_filtered_and_paged_newest_first(api):
    first = opened(api)["SessionId"]
    second = opened(api, ClusterIdentifier="other")["SessionId"]
    api.run(10)
    assert [one["SessionId"] for one in listed(api)] == [second, first]
    assert [one["SessionId"] for one in listed(api, ClusterIdentifier="other")] == [second]
    assert listed(api, Database="prod") == listed(api, Status="CLOSED") == []
    assert api.call("list_sessions", role="analyst")["Sessions"] == []
    page = api.call("list_sessions", MaxResults=1)
    assert [one["SessionId"] for one in page["Sessions"]] == [second]
    last = api.call("list_sessions", MaxResults=1, NextToken=page["NextToken"])
    assert ([one["SessionId"] for one in last["Sessions"]], "NextToken" in last) == ([first], False)


def test_one_session_is_shown_by_its_id_closed_or_not(api):
    session_id = opened(api)["SessionId"]
    api.run(10 * 60_000)
    assert listed(api, SessionId=session_id)[0]["Status"] == "CLOSED"
    assert refused(lambda: listed(api, SessionId=UNKNOWN))[0] == "ResourceNotFoundException"
    code, message = refused(lambda: listed(api, SessionId=session_id, Status="CLOSED"))
    assert (code, "Status" in message) == ("ValidationException", True)


def test_only_the_callers_own_sessions_are_shown_without_role_level(api):
    opened(api)
    caller = api.caller(name="lambda:other")
    assert api.service.list_sessions({"RoleLevel": False}, caller)["Sessions"] == []
    assert len(api.service.list_sessions({}, caller)["Sessions"]) == 1


def test_500_sessions_are_the_most_of_a_cluster(api):
    for number in range(500):
        opened(api, Sql=f"select * from t{number}", SessionKeepAliveSeconds=3600)
        # of 500 at once there would be too many active statements first
        api.run()
    assert refused(lambda: opened(api))[0] == "ActiveSessionsExceededException"
    opened(api, ClusterIdentifier="other")
    api.run(api.now_ms + HOUR_MS)
    opened(api)


def test_a_session_ends_after_24_hours_with_what_runs_in_it(make_api, make_plan):
    api = make_api(plan=make_plan(load=["STUCK"]))
    session_id = opened(api, SessionKeepAliveSeconds=86_400)["SessionId"]
    api.run(23 * HOUR_MS)
    stuck = in_session(api, "insert into item values 1", session_id, StatementName="load")["Id"]
    api.run(24 * HOUR_MS - 1)
    assert api.status(stuck) == "STARTED"
    api.run(24 * HOUR_MS)
    assert api.status(stuck) == "FAILED"
    assert listed(api) == []
    assert api.warehouse.open_transactions == 0


def test_a_failed_statement_leaves_its_session_and_a_refused_connection_none(api):
    session_id = opened(api, Sql="fail")["SessionId"]
    nobody = opened(api, DbUser="nobody")["SessionId"]
    api.run()
    assert listed(api, SessionId=session_id)[0]["Status"] == "AVAILABLE"
    assert listed(api, SessionId=nobody)[0]["Status"] == "CLOSED"


def test_a_pause_ends_the_sessions_of_the_cluster(api):
    opened(api)
    api.run()
    running = in_session(api, "insert into item values 1", listed(api)[0]["SessionId"])["Id"]
    api.run(api.now_ms + 500)
    api.call_cluster("pause_cluster")
    assert api.status(running) == "FAILED"
    assert listed(api) == []
    assert len(api.warehouse.ended_sessions) == 1


def test_closing_the_service_ends_every_session_once(api):
    opened(api)
    api.run()
    api.service.close()
    api.service.close()
    assert len(api.warehouse.ended_sessions) == 1
