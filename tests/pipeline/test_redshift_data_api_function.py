from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from types import ModuleType
from typing import Any

import botocore.session
import pytest
from botocore.exceptions import ClientError, EndpointConnectionError
from botocore.validate import ParamValidator

EXECUTION = "arn:aws:states:us-east-1:123456789012:execution:StoreSales:2024-01-08"
MODEL = botocore.session.get_session().get_service_model("redshift-data")
ID = "5b8b2f5d-5b6a-4a0c-9c1b-0123456789ab"
JOB = {
    "name": "ItemDimensionLoadJob",
    "connection": {"ClusterIdentifier": "store-sales", "Database": "dev", "DbUser": "etl_user"},
    "sql_statements": ["COPY t FROM {files:s3_path} IAM_ROLE {role:iam_role}", "SELECT :day"],
    "parameters": {"day": "2024-01-08"},
    "literals": {"files": "s3://lake/item/", "role": "arn:aws:iam::123456789012:role/copy"},
    "timeout_seconds": 1800,
}
SUBMITTED_JOB = {
    "name": JOB["name"],
    "id": ID,
    "deadline": "2024-01-09T10:30:00Z",
}


class FakeDataApi:
    """Answers each operation with what is put in `answers`; checks requests as botocore does."""

    def __init__(self) -> None:
        self.answers: dict[str, list[Any]] = {}
        self.calls: list[tuple[str, dict[str, Any]]] = []

    def __getattr__(self, operation: str) -> Callable[..., Any]:
        def call(**request: Any) -> Any:
            name = "".join(word.title() for word in operation.split("_"))
            report = ParamValidator().validate(request, MODEL.operation_model(name).input_shape)
            assert not report.has_errors(), report.generate_report()
            self.calls.append((operation, request))
            answer = self.answers[operation].pop(0)
            if isinstance(answer, Exception):
                raise answer
            return answer

        return call


@pytest.fixture
def fake(data_api_function: ModuleType) -> Iterator[FakeDataApi]:
    original, data_api_function.client = data_api_function.client, FakeDataApi()
    yield data_api_function.client
    data_api_function.client = original


def refused(code: str, status: int = 400) -> ClientError:
    return ClientError(
        {"Error": {"Code": code, "Message": "no"}, "ResponseMetadata": {"HTTPStatusCode": status}},
        "Operation",
    )


def submit(function: ModuleType, job: dict[str, Any] = JOB, redrive_count: int = 0) -> Any:
    event = {
        "action": "call_data_api",
        "job": job,
        "execution_id": EXECUTION,
        "redrive_count": redrive_count,
        "entered_time": "2024-01-09T10:00:00.123Z",
    }
    return function.handler(event, None)


def check(function: ModuleType, **job: Any) -> Any:
    job = {**SUBMITTED_JOB, "reports": False, **job}
    return function.handler({"action": "check_data_api_status", "job": job}, None)


def cancel(function: ModuleType, **event: Any) -> Any:
    event = {
        "action": "cancel_statements",
        "jobs": ["ItemDimensionLoadJob"],
        "execution_id": EXECUTION,
        **event,
    }
    return function.handler(event, None)


def test_a_job_is_one_transaction_submitted_as_the_configured_user(
    data_api_function: ModuleType, fake: FakeDataApi
) -> None:
    fake.answers["batch_execute_statement"] = [{"Id": ID}]
    assert submit(data_api_function) == {**SUBMITTED_JOB, "reports": False}
    ((operation, request),) = fake.calls
    assert operation == "batch_execute_statement"
    assert request == {
        "ClusterIdentifier": "store-sales",
        "Database": "dev",
        "DbUser": "etl_user",
        "Sqls": [
            "COPY t FROM 's3://lake/item/' IAM_ROLE 'arn:aws:iam::123456789012:role/copy'",
            "SELECT :day",
        ],
        "Parameters": [{"name": "day", "value": "2024-01-08"}],
        "StatementName": "StoreSales:2024-01-08:ItemDimensionLoadJob",
        "ClientToken": hashlib.sha256(f"{EXECUTION}|ItemDimensionLoadJob|0".encode()).hexdigest(),
    }


def test_a_job_without_values_sends_no_parameters(
    data_api_function: ModuleType, fake: FakeDataApi
) -> None:
    fake.answers["batch_execute_statement"] = [{"Id": ID}]
    submit(data_api_function, {**JOB, "parameters": {}})
    assert "Parameters" not in fake.calls[0][1]


NAME = "StoreSales:2024-01-08:ItemDimensionLoadJob"


def listed(*statuses: str) -> dict[str, Any]:
    """What ListStatements answers: this job's statements, newest first, and a stranger's."""
    own = [
        {"Id": f"{status}-{number}", "StatementName": NAME, "Status": status}
        for number, status in enumerate(statuses)
    ]
    return {"Statements": [*own, {"Id": "x", "StatementName": f"{NAME}2", "Status": "STARTED"}]}


def test_a_second_try_has_the_same_token_and_a_redrive_of_a_failure_another(
    data_api_function: ModuleType, fake: FakeDataApi
) -> None:
    fake.answers["batch_execute_statement"] = [{"Id": ID}] * 4
    fake.answers["list_statements"] = [listed("FAILED"), listed("ABORTED", "FAILED")]
    for redrive_count in (0, 0, 1, 2):
        submit(data_api_function, redrive_count=redrive_count)
    calls = [request for operation, request in fake.calls if operation != "list_statements"]
    first, second, redriven, again = (request["ClientToken"] for request in calls)
    assert first == second
    assert len({first, redriven, again}) == 3
    assert len(redriven) == 64


def test_a_redrive_submits_by_the_same_token_what_may_still_be_under_way(
    data_api_function: ModuleType, fake: FakeDataApi
) -> None:
    fake.answers["batch_execute_statement"] = [{"Id": ID}] * 2
    fake.answers["list_statements"] = [listed()]
    for redrive_count in (0, 1):
        submit(data_api_function, redrive_count=redrive_count)
    calls = [request for operation, request in fake.calls if operation != "list_statements"]
    assert calls[0] == calls[1]


@pytest.mark.parametrize("status", ["SUBMITTED", "PICKED", "STARTED", "FINISHED"])
def test_a_redrive_goes_on_with_what_runs_or_has_finished(
    data_api_function: ModuleType, fake: FakeDataApi, status: str
) -> None:
    fake.answers["list_statements"] = [listed(status, "FAILED")]
    answer = submit(data_api_function, redrive_count=2)
    assert answer["id"] == f"{status}-0"
    assert [operation for operation, _ in fake.calls] == ["list_statements"]


def test_a_statement_that_the_service_has_forgotten_is_no_status(
    data_api_function: ModuleType, fake: FakeDataApi
) -> None:
    fake.answers["describe_statement"] = [refused("ResourceNotFoundException")]
    with pytest.raises(ClientError):
        check(data_api_function)


def test_statement_names_stay_within_the_limit_for_the_longest_names(
    data_api_function: ModuleType,
) -> None:
    execution = f"arn:aws:states:us-east-1:123456789012:execution:{'m' * 80}:{'e' * 80}"
    name = data_api_function.statement_name(execution, "CustomerAddressDimensionLoadJob")
    assert name == f"{'m' * 80}:{'e' * 80}:CustomerAddressDimensionLoadJob"
    assert len(name) <= 500


@pytest.mark.parametrize(
    ("literals", "sql", "message"),
    [
        ({"p": "s3://lake/x'; DROP TABLE t --"}, "COPY t FROM {p:s3_path}", "s3_path}: expected"),
        ({"p": "s3://lake"}, "COPY t FROM {p:s3_path}", "s3_path}: expected"),
        ({"p": 5}, "COPY t FROM {p:s3_path}", "got 5"),
        ({"p": "arn:aws:iam::1:role/x"}, "IAM_ROLE {p:iam_role}", "iam_role}: expected"),
        ({"p": 'reader"; --'}, "GRANT SELECT ON t TO {p:identifier}", "identifier}: expected"),
        ({"p": "reader\n"}, "GRANT SELECT ON t TO {p:identifier}", "identifier}: expected"),
        ({}, "COPY t FROM {p:s3_path}", "expected a literal 'p', got none"),
        ({"p": "x"}, "SELECT {p:number}", "expected a kind of"),
        ({"p": "x", "q": "y"}, "SELECT {p:identifier}", r"got \['q'\] as well"),
    ],
)
def test_what_no_parameter_can_carry_is_checked(
    data_api_function: ModuleType,
    fake: FakeDataApi,
    literals: dict[str, Any],
    sql: str,
    message: str,
) -> None:
    job = {**JOB, "sql_statements": [sql], "literals": literals}
    with pytest.raises(data_api_function.InvalidJob, match=message):
        submit(data_api_function, job)
    assert fake.calls == []


def test_what_is_checked_is_quoted_by_kind(data_api_function: ModuleType) -> None:
    literals = {"path": "s3://lake/a/2024-01-08/", "user": "analyst"}
    sql = ["{path:s3_path} {user:identifier}"]
    assert data_api_function.fill_in(sql, literals) == ["'s3://lake/a/2024-01-08/' \"analyst\""]


def test_a_connection_holds_nothing_else(data_api_function: ModuleType, fake: FakeDataApi) -> None:
    job = {**JOB, "connection": {"Database": "dev", "ClientToken": "mine"}}
    with pytest.raises(data_api_function.InvalidJob, match=r"got \['ClientToken'\]"):
        submit(data_api_function, job)


def test_an_unknown_action_is_named(data_api_function: ModuleType) -> None:
    with pytest.raises(data_api_function.InvalidJob, match="got 'call_data_ap'"):
        data_api_function.handler({"action": "call_data_ap"}, None)


@pytest.mark.parametrize(
    "error",
    [
        refused("ThrottlingException"),
        refused("ActiveStatementsExceededException"),
        refused("SomethingNew", 503),
        EndpointConnectionError(endpoint_url="https://redshift-data.us-east-1.amazonaws.com"),
    ],
)
def test_what_may_pass_is_service_busy(
    data_api_function: ModuleType, fake: FakeDataApi, error: Exception
) -> None:
    fake.answers["batch_execute_statement"] = [error]
    with pytest.raises(data_api_function.ServiceBusy):
        submit(data_api_function)


def test_what_the_service_refuses_keeps_its_name(
    data_api_function: ModuleType, fake: FakeDataApi
) -> None:
    fake.answers["batch_execute_statement"] = [refused("ValidationException")]
    with pytest.raises(ClientError, match="ValidationException"):
        submit(data_api_function)


@pytest.mark.parametrize("status", ["SUBMITTED", "PICKED", "STARTED", "FINISHED", "NEW"])
def test_every_status_is_told_as_it_is(
    data_api_function: ModuleType, fake: FakeDataApi, status: str
) -> None:
    fake.answers["describe_statement"] = [{"Id": ID, "Status": status}]
    outcome = check(data_api_function)
    assert outcome == {"status": status, "Cause": f"the statement {ID} is {status}"}


def test_a_failed_job_says_which_statement_and_why(
    data_api_function: ModuleType, fake: FakeDataApi
) -> None:
    parts = [
        {"QueryString": "DELETE FROM t", "Status": "FINISHED", "HasResultSet": False},
        {"QueryString": "-- why\nSELECT 1 /\n  0;", "Status": "FAILED", "Error": "ERROR: zero"},
        {"QueryString": "SELECT 2", "Status": "ABORTED"},
    ]
    fake.answers["describe_statement"] = [{"Id": ID, "Status": "FAILED", "SubStatements": parts}]
    assert check(data_api_function) == {
        "status": "FAILED",
        "Cause": "FAILED in statement 2 of 3 (SELECT 1 / 0;): ERROR: zero",
    }


def test_an_aborted_job_without_a_message_says_so(
    data_api_function: ModuleType, fake: FakeDataApi
) -> None:
    fake.answers["describe_statement"] = [{"Id": ID, "Status": "ABORTED"}]
    assert check(data_api_function)["Cause"] == "ABORTED: without an error message"


def test_a_finished_job_reports_the_last_result(
    data_api_function: ModuleType, fake: FakeDataApi
) -> None:
    parts = [{"Id": f"{ID}:{number}", "HasResultSet": number != 3} for number in (1, 2, 3)]
    fake.answers["describe_statement"] = [{"Id": ID, "Status": "FINISHED", "SubStatements": parts}]
    fake.answers["get_statement_result"] = [
        {
            "ColumnMetadata": [{"name": "rows"}, {"name": "note"}],
            "Records": [[{"longValue": 7}, {"isNull": True}]],
        }
    ]
    assert check(data_api_function, reports=True)["report"] == {"rows": 7, "note": None}
    assert fake.calls[-1] == ("get_statement_result", {"Id": f"{ID}:2"})


def statement(number: int, name: str, status: str) -> dict[str, str]:
    return {"Id": f"{ID[:-1]}{number}", "StatementName": name, "Status": status}


def test_running_statements_of_exactly_this_job_are_cancelled_on_all_pages(
    data_api_function: ModuleType, fake: FakeDataApi
) -> None:
    name = "StoreSales:2024-01-08:ItemDimensionLoadJob"
    fake.answers["list_statements"] = [
        {"Statements": [statement(1, name, "FINISHED"), statement(2, name, "STARTED")]}
        | {"NextToken": "more"},
        {"Statements": [statement(3, name, "PICKED"), statement(4, f"{name}2", "STARTED")]},
    ]
    fake.answers["cancel_statement"] = [{"Status": True}, refused("ValidationException")]
    answer = cancel(data_api_function, outcome={"status": "STARTED", "Cause": "it is STARTED"})
    # the second one ended between the list and the cancel
    assert answer["cancelled"] == [f"{ID[:-1]}2"]
    assert answer["Cause"] == f"past its deadline, it is STARTED; cancelled: {ID[:-1]}2"
    assert fake.calls[1][1]["NextToken"] == "more"
    assert [request["Id"][-1] for op, request in fake.calls if op == "cancel_statement"] == [
        "2",
        "3",
    ]


@pytest.mark.parametrize(
    ("outcome", "cause"),
    [
        ({"Error": "States.Timeout", "Cause": "60 s"}, "States.Timeout: 60 s"),
        ({"Error": "InvalidJob", "Cause": '{"errorMessage": "no path"}'}, "InvalidJob: no path"),
        ({"status": "NEW", "Cause": "it is NEW"}, "it is NEW"),
        ({}, "another job failed"),
    ],
)
def test_a_job_given_up_says_why(
    data_api_function: ModuleType, fake: FakeDataApi, outcome: dict[str, str], cause: str
) -> None:
    fake.answers["list_statements"] = [{"Statements": []}]
    answer = cancel(data_api_function, outcome=outcome)
    assert answer == {"cancelled": [], "Cause": f"{cause}; cancelled: nothing, none was running"}


def test_a_cancel_that_is_refused_for_another_reason_fails(
    data_api_function: ModuleType, fake: FakeDataApi
) -> None:
    name = "StoreSales:2024-01-08:ItemDimensionLoadJob"
    fake.answers["list_statements"] = [{"Statements": [statement(1, name, "STARTED")]}]
    fake.answers["cancel_statement"] = [refused("AccessDeniedException")]
    with pytest.raises(ClientError, match="AccessDenied"):
        cancel(data_api_function)
