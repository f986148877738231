from __future__ import annotations

import hashlib
import importlib.util
import json
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from botocore.exceptions import ClientError

ROOT = Path(__file__).resolve().parents[2]
ADMIN = "arn:aws:secretsmanager:us-east-1:123456789012:secret:admin"
ANALYST = "arn:aws:secretsmanager:us-east-1:123456789012:secret:analyst"
CONNECTION = {"ClusterIdentifier": "store-sales", "Database": "dev", "SecretArn": ADMIN}


class FakeDataApi:
    """Statements end at their second look; `errors` fails those that begin so."""

    def __init__(self) -> None:
        self.ran: list[Any] = []
        self.errors: dict[str, str] = {}
        self._looks = 0

    def execute_statement(self, *, Sql: str, **rest: Any) -> dict[str, str]:  # noqa: N803
        return self._submit(Sql, rest)

    def batch_execute_statement(self, *, Sqls: list[str], **rest: Any) -> dict[str, str]:  # noqa: N803
        return self._submit(Sqls, rest)

    def _submit(self, sql: Any, rest: dict[str, Any]) -> dict[str, str]:
        assert rest == {**CONNECTION, "StatementName": "set-up"}
        self.ran.append(sql)
        self._looks = 0
        return {"Id": str(len(self.ran) - 1)}

    def describe_statement(self, *, Id: str) -> dict[str, Any]:  # noqa: N803
        self._looks += 1
        if self._looks == 1:
            return {"Status": "STARTED"}
        ran = self.ran[int(Id)]
        parts = ran if isinstance(ran, list) else [ran]
        for number, sql in enumerate(parts):
            for begin, error in self.errors.items():
                if sql.startswith(begin):
                    failed: dict[str, Any] = {"Status": "FAILED", "Error": error}
                    if ran is parts:
                        failed["SubStatements"] = [{}] * number + [{"Error": error}]
                    return failed
        return {"Status": "FINISHED"}


class FakeSecretsManager:
    """One secret, which is empty until something is put into it."""

    def __init__(self) -> None:
        self.value: dict[str, str] | None = None

    def get_secret_value(self, *, SecretId: str) -> dict[str, str]:  # noqa: N803
        assert SecretId == ANALYST
        if self.value is None:
            raise ClientError(
                {"Error": {"Code": "ResourceNotFoundException", "Message": "no value"}},
                "GetSecretValue",
            )
        return {"SecretString": json.dumps(self.value)}

    def put_secret_value(self, *, SecretId: str, SecretString: str) -> None:  # noqa: N803
        assert SecretId == ANALYST
        self.value = json.loads(SecretString)

    def get_random_password(self, **settings: Any) -> dict[str, str]:
        # what Redshift's CREATE USER refuses in a password
        assert set("'\"/\\@") <= set(settings["ExcludeCharacters"])
        assert 8 <= settings["PasswordLength"] <= 64
        return {"RandomPassword": "Abc123-secret"}


@pytest.fixture
def function() -> Iterator[ModuleType]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("AWS_DEFAULT_REGION", "us-east-1")
        path = ROOT / "lambda/redshift_setup/index.py"
        spec = importlib.util.spec_from_file_location("redshift_setup_index", path)
        assert spec is not None
        assert spec.loader is not None
        module: Any = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
        module.data_api = FakeDataApi()
        module.secrets_manager = FakeSecretsManager()
        patch.setattr(module, "POLL_SECONDS", 0)
        yield module


def event(*users: tuple[str, str | None], sql: tuple[str, ...] = ()) -> dict[str, Any]:
    return {
        "connection": CONNECTION,
        "users": [{"name": name, "secret": secret} for name, secret in users],
        "sql_statements": list(sql),
    }


def test_users_come_first_and_the_statements_follow_in_one_transaction(function: Any):
    answer = function.handler(event(("etl_user", None), sql=("CREATE a", "GRANT b")), None)
    assert function.data_api.ran == [
        "CREATE USER etl_user PASSWORD DISABLE",
        ["CREATE a", "GRANT b"],
    ]
    assert answer == {"made": ["etl_user"], "statements": 2}


def test_a_password_is_kept_in_the_secret_and_the_warehouse_gets_its_hash(function: Any):
    function.handler(event(("analyst", ANALYST)), None)
    assert function.secrets_manager.value == {
        "engine": "redshift",
        "username": "analyst",
        "password": "Abc123-secret",
    }
    # "CREATE USER": md5 and the hash of password and user name
    digest = hashlib.md5(b"Abc123-secretanalyst").hexdigest()
    assert function.data_api.ran == [f"CREATE USER analyst PASSWORD 'md5{digest}'"]


def test_a_second_call_finds_the_user_and_gives_it_the_password_that_the_secret_holds(
    function: Any,
):
    function.secrets_manager.value = {"username": "analyst", "password": "Kept456"}
    function.data_api.errors = {"CREATE USER": 'ERROR: user "analyst" already exists'}
    answer = function.handler(event(("analyst", ANALYST)), None)
    digest = hashlib.md5(b"Kept456analyst").hexdigest()
    assert function.data_api.ran[1] == f"ALTER USER analyst PASSWORD 'md5{digest}'"
    assert function.secrets_manager.value["password"] == "Kept456"
    assert answer == {"made": [], "statements": 0}


def test_a_failed_statement_is_told_with_its_number(function: Any):
    function.data_api.errors = {"GRANT": "ERROR: user missing does not exist"}
    with pytest.raises(function.SetUpFailed) as failed:
        function.handler(event(sql=("CREATE a", "GRANT b")), None)
    assert str(failed.value) == "statement 2 of 2: ERROR: user missing does not exist"


def test_another_failure_of_create_user_is_not_taken_for_a_user_that_is_there(function: Any):
    function.data_api.errors = {"CREATE USER": "ERROR: permission denied to create user"}
    with pytest.raises(function.SetUpFailed, match="permission denied"):
        function.handler(event(("etl_user", None)), None)
    assert len(function.data_api.ran) == 1


def test_a_name_that_would_end_the_statement_is_refused(function: Any):
    with pytest.raises(function.SetUpFailed, match="expected a name such as etl_user"):
        function.handler(event(("x; DROP SCHEMA sales", None)), None)
    assert function.data_api.ran == []
