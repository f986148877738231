"""Where a request connects and as whom: what goes together, secrets, IAM identities."""

import json

import pytest

from simulator.services.api import Caller, ServiceError
from simulator.services.redshift_data.logins import database_user_of

SECRET = {"username": "etl_user", "password": "Right0ne", "dbClusterIdentifier": "store-sales"}


def refused(call):
    with pytest.raises(ServiceError) as caught:
        call()
    assert caught.value.code == "ValidationException"
    return caught.value.message


def finished(api, statement_id):
    api.run()
    return api.describe(statement_id)


@pytest.mark.parametrize(
    ("arn", "user"),
    [
        # the API reference's own example
        ("arn:aws:iam::123456789012:user/foo", "IAM:foo"),
        ("arn:aws:iam::123456789012:user/team/foo", "IAM:foo"),
        ("arn:aws:iam::123456789012:role/etl", "IAMR:etl"),
        ("arn:aws:iam::123456789012:role/service-role/etl", "IAMR:etl"),
        ("arn:aws:sts::123456789012:assumed-role/etl/session-1", "IAMR:etl"),
    ],
)
def test_the_database_user_of_an_iam_identity(arn, user):
    assert database_user_of(arn) == user


def test_a_secret_signs_in_with_its_password(make_api):
    api = make_api(secrets={"etl": SECRET})
    answer = finished(api, api.execute("select * from item", DbUser=None, SecretArn="etl"))
    assert (answer["Status"], answer["SecretArn"]) == ("FINISHED", "etl")
    assert [user for _, user, _ in api.warehouse.log] == ["etl_user"]


def test_a_wrong_password_is_refused_in_redshifts_words_when_the_statement_starts(make_api):
    api = make_api(secrets={"etl": {**SECRET, "password": "Wrong0ne"}})
    statement_id = api.execute("select * from item", DbUser=None, SecretArn="etl")
    answer = finished(api, statement_id)
    assert (answer["Status"], answer["Error"]) == (
        "FAILED",
        'FATAL: password authentication failed for user "etl_user"',
    )
    assert api.warehouse.log == []


def test_a_secret_may_be_secrets_managers_own_text_and_name_the_cluster(make_api):
    api = make_api(secrets={"etl": json.dumps(SECRET)})
    statement_id = api.execute(
        "select * from item", ClusterIdentifier=None, DbUser=None, SecretArn="etl"
    )
    assert finished(api, statement_id)["ClusterIdentifier"] == "store-sales"


def test_a_secret_is_found_by_its_arn_too(make_api):
    api = make_api(secrets={"etl": SECRET})
    arn = "arn:aws:secretsmanager:us-east-1:123456789012:secret:etl-AbCdEf"
    statement_id = api.execute("select * from item", DbUser=None, SecretArn=arn)
    assert finished(api, statement_id)["SecretArn"] == arn


def test_the_cluster_must_be_the_secrets(make_api):
    api = make_api(secrets={"etl": SECRET})
    message = refused(
        lambda: api.execute("x", ClusterIdentifier="other", DbUser=None, SecretArn="etl")
    )
    assert "does not match" in message


@pytest.mark.parametrize("content", [{}, {"username": ""}, {**SECRET, "password": ""}, "{no json"])
def test_a_secret_without_user_or_password_is_refused_in_awss_words(make_api, content):
    api = make_api(secrets={"etl": content})
    message = refused(lambda: api.execute("x", DbUser=None, SecretArn="etl"))
    assert message == "username and password in secret cannot be empty"


def test_an_unknown_secret_is_refused(make_api):
    api = make_api(secrets={"etl": SECRET})
    message = refused(lambda: api.execute("x", DbUser=None, SecretArn="other"))
    assert message == "Secrets Manager can't find the specified secret."


def test_an_iam_users_own_database_user_is_made_and_told(api):
    caller = Caller("client", "arn:aws:iam::123456789012:user/foo")
    request = {"Sql": "select * from item", "ClusterIdentifier": "c", "Database": "dev"}
    answer = api.service.execute_statement(request, caller)
    assert answer["DbUser"] == "IAM:foo"
    api.run()
    assert api.warehouse.made_users == ["IAM:foo"]
