"""Lines 20 and 24 of what the document asks for, where the Data API is meant."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from simulator import Simulator

LOGIN = {"ClusterIdentifier": "store-sales", "Database": "dev"}
SETUP = (
    "CREATE SCHEMA sales",
    "CREATE TABLE sales.orders (day DATE, orders INT)",
    "INSERT INTO sales.orders VALUES ('2024-01-08', 12)",
    "CREATE USER analyst PASSWORD 'Weekly1Report'",
    "GRANT USAGE ON SCHEMA sales TO analyst",
    "GRANT SELECT ON sales.orders TO analyst",
    "CREATE USER etl_user PASSWORD DISABLE",
)
SECRETS = {
    "analyst": {"username": "analyst", "password": "Weekly1Report"},
    "mistyped": {"username": "analyst", "password": "weekly1report"},
}


@pytest.fixture(scope="module")
def simulator() -> Iterator[Simulator]:
    with Simulator(secrets=SECRETS) as made:
        for sql in SETUP:
            made.query(sql, cluster="store-sales")
        yield made


def run(simulator: Simulator, sql: str, **login: str) -> tuple[dict[str, Any], Any]:
    """A statement's description when it has ended, and its rows where it has any."""
    client = simulator.client("redshift-data")
    answer = client.execute_statement(Sql=sql, WaitTimeSeconds=30, **LOGIN, **login)
    described = client.describe_statement(Id=answer["Id"])
    rows = (
        client.get_statement_result(Id=answer["Id"])["Records"]
        if described["HasResultSet"]
        else None
    )
    return described, rows


@pytest.mark.parametrize(
    ("login", "user"),
    [
        ({"DbUser": "etl_user"}, "etl_user"),
        ({"SecretArn": "analyst"}, "analyst"),
        # nobody is named: the user of the caller's own IAM role
        ({}, "iamr:client"),
    ],
    ids=["a user", "a secret", "the IAM identity"],
)
def test_20_a_session_s_user_is_the_one_of_the_login(
    simulator: Simulator, login: dict[str, str], user: str
) -> None:
    """Temporary credentials, a secret, or the IAM identity: the session is that user's."""
    _, rows = run(simulator, "SELECT current_user", **login)
    assert rows == [[{"stringValue": user}]]


def test_20_another_user_is_refused_by_the_data_api(simulator: Simulator) -> None:
    """A user that the database doesn't know signs in nowhere; one without rights reads nothing."""
    described, _ = run(simulator, "SELECT 1", DbUser="nobody")
    assert (described["Status"], described["Error"]) == (
        "FAILED",
        'FATAL: user "nobody" does not exist',
    )
    described, _ = run(simulator, "SELECT * FROM sales.orders", DbUser="etl_user")
    assert (described["Status"], "permission denied" in described["Error"]) == ("FAILED", True)


def test_24_the_analyst_signs_in_with_login_and_password(simulator: Simulator) -> None:
    """The secret form: the right password reads."""
    described, rows = run(simulator, "SELECT orders FROM sales.orders", SecretArn="analyst")
    assert rows == [[{"longValue": 12}]]
    assert (described["SecretArn"], "DbUser" in described) == ("analyst", False)


def test_24_a_wrong_password_is_refused(simulator: Simulator) -> None:
    described, _ = run(simulator, "SELECT orders FROM sales.orders", SecretArn="mistyped")
    assert described["Error"] == 'FATAL: password authentication failed for user "analyst"'


@pytest.mark.parametrize(
    "sql",
    [
        "INSERT INTO sales.orders VALUES ('2024-01-09', 1)",
        "DELETE FROM sales.orders",
        "UPDATE sales.orders SET orders = 0",
        "DROP TABLE sales.orders",
        "CREATE TABLE sales.mine (i INT)",
    ],
)
def test_24_the_analyst_cannot_write(simulator: Simulator, sql: str) -> None:
    described, _ = run(simulator, sql, SecretArn="analyst")
    assert described["Status"] == "FAILED"
    assert "permission denied" in described["Error"] or "must be owner" in described["Error"]
    rows = simulator.query("SELECT orders FROM sales.orders", cluster="store-sales").rows
    assert rows == ((12,),)
