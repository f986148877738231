import pytest

from simulator.services.api import ServiceError

HOURS_MS = 3_600_000


def test_a_repeated_request_gets_the_first_answer_and_runs_nothing(api):
    request = {
        "Sql": "insert into item values 1",
        "ClusterIdentifier": "store-sales",
        "Database": "dev",
        "DbUser": "etl_user",
        "ClientToken": "t",
    }
    first = api.service.execute_statement(request, api.caller())
    api.run()
    again = api.service.execute_statement(dict(request), api.caller())
    api.run()
    assert again == first
    assert api.warehouse.tables == {"item": [1]}
    assert len(api.service.statements) == 1


def test_a_failed_statement_is_not_run_again_for_the_same_token(api):
    statement_id = api.execute("fail", ClientToken="t")
    api.run()
    assert api.execute("fail", ClientToken="t") == statement_id
    assert api.status(statement_id) == "FAILED"


@pytest.mark.parametrize(
    "change",
    [
        {"sql": "select * from other"},
        {"sql": "select * from item", "DbUser": "awsuser"},
        {"sql": "select * from item", "StatementName": "load"},
    ],
)
def test_the_same_token_with_other_parameters_is_refused(api, change):
    api.execute("select * from item", ClientToken="t")
    with pytest.raises(ServiceError) as caught:
        api.execute(**change, ClientToken="t")
    assert caught.value.code == "ValidationException"
    assert len(api.service.statements) == 1


def test_a_token_belongs_to_one_operation_and_role(api):
    api.execute("select * from item", ClientToken="t")
    with pytest.raises(ServiceError):
        api.batch("select * from item", ClientToken="t")
    api.execute("select * from item", ClientToken="t", role="analyst")
    assert len(api.service.statements) == 2


def test_a_token_is_forgotten_after_eight_hours(api):
    first = api.execute("select * from item", ClientToken="t")
    api.run(8 * HOURS_MS - 1)
    assert api.execute("select * from item", ClientToken="t") == first
    api.run(8 * HOURS_MS)
    assert api.execute("select * from item", ClientToken="t") != first


def test_requests_without_a_token_are_all_run(api):
    assert api.execute("select * from item") != api.execute("select * from item")
    assert len(api.service.statements) == 2


def test_a_refused_request_leaves_its_token_free(api):
    with pytest.raises(ServiceError):
        api.execute("select * from item", Database=None, ClientToken="t")
    api.execute("select * from item", ClientToken="t")
    assert len(api.service.statements) == 1
