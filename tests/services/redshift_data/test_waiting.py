"""WaitTimeSeconds: the answer comes when the statement has ended or the time is over."""

import pytest

from simulator.engine.ports import Pending
from simulator.services.api import ServiceError

LOGIN = {"ClusterIdentifier": "store-sales", "Database": "dev", "DbUser": "etl_user"}


def answered(api, pending):
    """The answer of a request that waits, and when it came."""
    assert isinstance(pending, Pending)
    heard = []
    pending.when_settled(lambda done: heard.append((done, api.now_ms)))
    api.run()
    ((done, at_ms),) = heard
    if done.error is not None:
        raise done.error
    return done.value, at_ms


def test_a_submission_waits_for_the_end_and_tells_the_status(api):
    pending = api.call("execute_statement", Sql="select * from item", WaitTimeSeconds=30, **LOGIN)
    answer, at_ms = answered(api, pending)
    assert (answer["Status"], answer["HasResultSet"], at_ms) == ("FINISHED", True, 1300)
    assert answer["RedshiftPid"] == api.describe(answer["Id"])["RedshiftPid"]


def test_a_time_that_is_over_before_gives_the_current_status(api):
    pending = api.call(
        "batch_execute_statement", Sqls=["create table a"], WaitTimeSeconds=1, **LOGIN
    )
    answer, at_ms = answered(api, pending)
    assert (answer["Status"], at_ms) == ("STARTED", 1000)
    assert "HasResultSet" not in answer


def test_a_description_is_at_once_that_of_a_statement_that_has_ended(api):
    statement_id = api.execute("select * from item")
    api.run()
    answer = api.call("describe_statement", Id=statement_id, WaitTimeSeconds=30)
    assert answer["Status"] == "FINISHED"


def test_a_failure_and_a_cancel_are_ends_too(api):
    failing = api.execute("fail")
    answer, at_ms = answered(api, api.call("describe_statement", Id=failing, WaitTimeSeconds=30))
    assert (answer["Status"], at_ms) == ("FAILED", 1300)
    running = api.execute("select * from item")
    pending = api.call("describe_statement", Id=running, WaitTimeSeconds=30)
    api.call("cancel_statement", Id=running)
    answer, at_ms = answered(api, pending)
    assert (answer["Status"], at_ms) == ("ABORTED", 1300)


def test_one_statement_of_a_batch_is_waited_for_by_its_own_id(api):
    batch = api.batch("create table a", "create table b")
    pending = api.call("describe_statement", Id=f"{batch}:1", WaitTimeSeconds=30)
    answer, at_ms = answered(api, pending)
    assert (answer["Status"], at_ms) == ("FINISHED", 1300)


def test_a_result_is_waited_for_and_is_not_there_when_the_time_is_over(api):
    statement_id = api.execute("wide 1")
    pending = api.call("get_statement_result", Id=statement_id, WaitTimeSeconds=30)
    answer, at_ms = answered(api, pending)
    assert (answer["TotalNumRows"], at_ms) == (1, 1300)
    slow = api.execute("wide 1")
    pending = api.call("get_statement_result", Id=slow, WaitTimeSeconds=1)
    with pytest.raises(ServiceError) as caught:
        answered(api, pending)
    assert caught.value.code == "ResourceNotFoundException"


def test_a_repeated_token_waits_for_the_same_statement(api):
    request = {"Sql": "select * from item", "ClientToken": "t", "WaitTimeSeconds": 30, **LOGIN}
    first = api.call("execute_statement", **request)
    again = api.call("execute_statement", **request)
    answer, _ = answered(api, first)
    assert again.is_settled
    assert again.value == answer
    assert len(api.service.statements) == 1


def test_too_many_who_wait_for_one_statement_are_refused(api):
    statement_id = api.execute("select * from item")
    for _ in range(10):
        api.call("describe_statement", Id=statement_id, WaitTimeSeconds=30)
    with pytest.raises(ServiceError) as caught:
        api.call("describe_statement", Id=statement_id, WaitTimeSeconds=30)
    assert caught.value.code == "ActiveWaitingRequestsExceededException"
    api.call("describe_statement", Id=api.execute("select * from item"), WaitTimeSeconds=30)
