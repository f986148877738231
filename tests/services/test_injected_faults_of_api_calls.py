"""Each fault of an API call does what it says: botocore's own retries answer, in virtual time."""

from __future__ import annotations

import itertools
import json
import time
import uuid
from collections.abc import Callable, Iterator
from typing import Any

import boto3
import botocore.exceptions
import pytest
from botocore.config import Config

from simulator.faults.choices import PlannedChoices
from simulator.faults.plan import Fault, Plan
from simulator.simulator import Execution, Simulator

LOGIN = {"ClusterIdentifier": "warehouse", "Database": "dev", "DbUser": "awsuser"}
SUBMIT = "redshift-data:ExecuteStatement"
START_MS = 1_704_794_400_000


_made: list[Simulator] = []


@pytest.fixture(autouse=True)
def _closed() -> Iterator[None]:
    yield
    while _made:
        _made.pop().close()


def simulation(**options: Any) -> Simulator:
    """A simulation that is closed after the test."""
    _made.append(Simulator(**options))
    return _made[-1]


def faulty(*outcomes: str, subject: str = f"{SUBMIT} run-1/Load", seed: int = 0) -> Simulator:
    """A simulation where the first calls turn out so, one after the other."""
    faults = [
        Fault("api", subject, outcome, number)
        for number, outcome in enumerate(outcomes, start=1)
        if outcome != "ok"
    ]
    return simulation(choices=PlannedChoices(Plan(tuple(faults))), seed=seed)


def insert(client: Any, **members: Any) -> dict[str, Any]:
    sql = "insert into item values (1)"
    answer: dict[str, Any] = client.execute_statement(
        Sql=sql, StatementName="load", **LOGIN, **members
    )
    return answer


def load(simulator: Simulator, handler: Callable[..., Any], **members: Any) -> Execution:
    """The execution run-1 of a machine whose only state, Load, calls the handler."""
    simulator.client("redshift-data").execute_statement(Sql="create table item (id int)", **LOGIN)
    simulator.run()
    arn = simulator.add_lambda("load", handler)
    state = {"Type": "Task", "Resource": arn, "End": True, **members}
    simulator.create_state_machine({"StartAt": "Load", "States": {"Load": state}})
    execution = simulator.start(name="run-1")
    simulator.run()
    return execution


def legacy() -> Any:
    """A client with botocore's older way to retry; which one is its default depends on it."""
    return boto3.client("redshift-data", config=Config(retries={"mode": "legacy"}))


def submitted(simulator: Simulator) -> list[str]:
    return [view.id for view in simulator.statements if view.name == "load"]


def rows(simulator: Simulator) -> int:
    return len(simulator.query("select id from item").rows)


def attempts(simulator: Simulator) -> list[tuple[int, str | None]]:
    """When each attempt at the submission ended, since the first did, and how."""
    found = [
        (at_ms, data["error"])
        for at_ms, _, subject, data in simulator.trace.of_kind("ApiCall")
        if subject == SUBMIT and data["caller"] != "client"
    ]
    return [(at_ms - found[0][0], error) for at_ms, error in found]


@pytest.mark.parametrize("mode", ["legacy", "standard"])
def test_a_lost_answer_runs_the_sql_once_and_botocores_retry_gets_the_same_id(mode: str) -> None:
    simulator = faulty("answer_lost")

    def handler(event: Any, context: Any) -> Any:
        config = Config(retries={"mode": mode})
        answer = insert(boto3.client("redshift-data", config=config), ClientToken="load-2024-01-09")
        return [answer["Id"], answer["ResponseMetadata"]["RetryAttempts"]]

    execution = load(simulator, handler)
    (statement_id,) = submitted(simulator)
    assert execution.output == [statement_id, 1]
    assert [error for _, error in attempts(simulator)] == ["ConnectionClosedError", None]
    assert rows(simulator) == 1


def test_a_token_that_botocore_makes_is_the_same_for_each_attempt() -> None:
    simulator = faulty("answer_lost", "answer_lost")
    execution = load(simulator, lambda e, c: insert(boto3.client("redshift-data"))["Id"])
    assert submitted(simulator) == [execution.output]
    assert rows(simulator) == 1


def test_without_retries_a_lost_answer_leaves_the_statement_running() -> None:
    simulator = faulty("answer_lost")

    def handler(event: Any, context: Any) -> Any:
        config = Config(retries={"max_attempts": 0})
        insert(boto3.client("redshift-data", config=config))

    execution = load(simulator, handler)
    assert (execution.status, execution.error) == ("FAILED", "ConnectionClosedError")
    assert len(submitted(simulator)) == 1
    assert rows(simulator) == 1


def test_a_second_call_with_another_token_runs_the_sql_twice() -> None:
    """What a lost answer costs whoever sends no token of his own."""
    simulator = faulty("answer_lost")

    def handler(event: Any, context: Any) -> Any:
        config = Config(retries={"max_attempts": 0})
        client = boto3.client("redshift-data", config=config)
        try:
            insert(client)
        except botocore.exceptions.ConnectionClosedError:
            insert(client)

    load(simulator, handler)
    assert len(submitted(simulator)) == 2
    assert rows(simulator) == 2


@pytest.mark.parametrize(
    ("outcome", "code", "status"),
    [("throttled", "ThrottlingException", 400), ("server_error", "InternalServerException", 500)],
)
@pytest.mark.parametrize(("mode", "most"), [("legacy", 5), ("standard", 3)])
def test_a_refused_call_is_tried_again_as_often_as_botocore_does_and_runs_nothing(
    outcome: str, code: str, status: int, mode: str, most: int
) -> None:
    simulator = faulty(*[outcome] * 9)

    def handler(event: Any, context: Any) -> Any:
        config = Config(retries={"mode": mode})
        try:
            insert(boto3.client("redshift-data", config=config))
        except botocore.exceptions.ClientError as error:
            return [error.response["Error"]["Code"], error.response["ResponseMetadata"]]
        return None

    execution = load(simulator, handler)
    told, metadata = execution.output
    assert told == code
    assert (metadata["HTTPStatusCode"], metadata["RetryAttempts"]) == (status, most - 1)
    assert metadata["MaxAttemptsReached"] is True
    assert [error for _, error in attempts(simulator)] == [code] * most
    assert submitted(simulator) == []


def test_legacy_back_off_doubles_its_bound_in_virtual_time_and_comes_from_the_seed() -> None:
    def waits(seed: int) -> list[int]:
        simulator = faulty(*["throttled"] * 4, seed=seed)
        execution = load(simulator, lambda e, c: insert(legacy())["Id"])
        assert execution.status == "SUCCEEDED"
        ends = [at_ms for at_ms, _ in attempts(simulator)]
        # each attempt takes 40 ms by the timing model
        return [second - first - 40 for first, second in itertools.pairwise(ends)]

    # "rand * 2 ** (attempt - 1)" seconds: botocore's _retry.json
    for wait_ms, bound_ms in zip(waits(0), [1000, 2000, 4000, 8000], strict=True):
        assert 0 < wait_ms <= bound_ms
    assert waits(0) == waits(0)
    assert waits(0) != waits(1)


def test_standard_back_off_comes_from_the_seed() -> None:
    def handler(event: Any, context: Any) -> Any:
        client = boto3.client("redshift-data", config=Config(retries={"mode": "standard"}))
        return insert(client)["Id"]

    def tried(seed: int) -> list[tuple[int, str | None]]:
        simulator = faulty("throttled", "throttled", seed=seed)
        assert load(simulator, handler).status == "SUCCEEDED"
        return attempts(simulator)

    assert tried(0) == tried(0)
    assert tried(0) != tried(1)


def test_no_simulation_uses_up_the_retries_of_the_next() -> None:
    def made() -> int:
        """How many attempts a call makes that is always refused."""
        simulator = faulty(*["server_error"] * 9, subject="stepfunctions:ListStateMachines client")

        def refused() -> None:
            config = Config(retries={"mode": "standard"})
            boto3.client("stepfunctions", config=config).list_state_machines()

        with pytest.raises(botocore.exceptions.ClientError):
            simulator.call(refused)
        return len(simulator.trace.of_kind("ApiCall"))

    # A client's quota is 500; a retry takes 5 of it (more in later versions) and gives it back only
    # when it succeeds.
    assert [made() for _ in range(60)] == [3] * 60


def test_a_fault_shifts_nothing_of_what_the_handler_draws() -> None:
    def tokens(*outcomes: str) -> Any:
        def handler(event: Any, context: Any) -> Any:
            insert(boto3.client("redshift-data"), ClientToken=str(uuid.uuid4()))
            return str(uuid.uuid4())

        return load(faulty(*outcomes), handler).output

    assert tokens() == tokens("throttled", "answer_lost")


def test_a_refusal_by_the_service_itself_is_the_typed_exception_after_a_fault_too() -> None:
    simulator = faulty("throttled", subject="redshift-data:DescribeStatement run-1/Load")

    def handler(event: Any, context: Any) -> Any:
        client = boto3.client("redshift-data")
        try:
            client.describe_statement(Id="00000000-0000-4000-8000-000000000000")
        except client.exceptions.ResourceNotFoundException as error:
            metadata = error.response["ResponseMetadata"]
            return [error.response["ResourceId"], metadata["RetryAttempts"]]

    assert load(simulator, handler).output == ["00000000-0000-4000-8000-000000000000", 1]


@pytest.mark.parametrize(
    ("service", "operation", "request_", "codes"),
    [
        ("stepfunctions", "ListStateMachines", {}, ("ThrottlingException", "InternalFailure")),
        ("redshift", "DescribeClusters", {}, ("Throttling", "InternalFailure")),
        ("lambda", "ListFunctions", {}, ("TooManyRequestsException", "ServiceException")),
        (
            "lambda",
            "Invoke",
            {"FunctionName": "echo", "Payload": b"[1]"},
            ("TooManyRequestsException", "ServiceException"),
        ),
    ],
)
def test_every_service_is_retried_in_its_own_protocol(
    service: str, operation: str, request_: dict[str, Any], codes: tuple[str, str]
) -> None:
    def answer(*outcomes: str) -> Any:
        simulator = faulty(*outcomes, subject=f"{service}:{operation} client")
        simulator.add_lambda("echo", lambda event, context: event)
        retries = {"mode": "standard", "total_max_attempts": 4}
        client = simulator.client(service, config=Config(retries=retries))
        methods = {name: method for method, name in client.meta.method_to_api_mapping.items()}
        found = getattr(client, methods[operation])(**request_)
        assert found.pop("ResponseMetadata")["RetryAttempts"] == len(outcomes)
        tried = [
            data["error"]
            for _, _, subject, data in simulator.trace.of_kind("ApiCall")
            if subject == f"{service}:{operation}"
        ]
        if "Payload" in found:
            found["Payload"] = json.loads(found["Payload"].read())
        return found, tried

    nominal, _ = answer()
    found, tried = answer("throttled", "server_error", "answer_lost")
    assert found == nominal
    assert tried == [*codes, "ConnectionClosedError", None]


def test_outside_of_actors_the_back_off_is_virtual_too() -> None:
    simulator = faulty("throttled", "throttled", subject=f"{SUBMIT} client")
    began = time.monotonic()
    answer = insert(simulator.client("redshift-data"))
    assert answer["ResponseMetadata"]["RetryAttempts"] == 2
    assert simulator.now - START_MS > 3 * 40
    assert time.monotonic() - began < 60


def test_others_go_on_while_a_call_waits_for_its_next_attempt() -> None:
    def status(*outcomes: str) -> Any:
        def handler(event: Any, context: Any) -> Any:
            client = legacy()
            return client.describe_statement(Id=insert(client)["Id"])["Status"]

        subject = "redshift-data:DescribeStatement run-1/Load"
        return load(faulty(*outcomes, subject=subject), handler).output

    assert status() == "SUBMITTED"
    assert status(*["throttled"] * 4) == "FINISHED"


def test_the_adaptive_mode_is_refused_by_name() -> None:
    simulator = faulty("throttled")

    def handler(event: Any, context: Any) -> Any:
        config = Config(retries={"mode": "adaptive"})
        return insert(boto3.client("redshift-data", config=config))["Id"]

    execution = load(simulator, handler)
    assert execution.error == "NotModelled"
    assert "adaptive" in (execution.cause or "")


def test_without_a_fault_every_call_is_asked_about_and_answered_as_ever() -> None:
    def run(simulator: Simulator) -> Any:
        execution = load(simulator, lambda e, c: insert(boto3.client("redshift-data")))
        return execution.output, simulator.now

    choices = PlannedChoices(Plan())
    assert run(simulation(choices=choices)) == run(simulation())
    asked = {(place.subject, place.occurrence) for place in choices.asked if place.kind == "api"}
    assert asked == {(f"{SUBMIT} client", 1), (f"{SUBMIT} run-1/Load", 1)}


# Tasks that call a service themselves.

INTEGRATION = {
    "Type": "Task",
    "Resource": "arn:aws:states:::aws-sdk:redshiftdata:executeStatement",
    "Parameters": {"Sql": "insert into item values (1)", "StatementName": "load", **LOGIN},
    "End": True,
}


def integrate(simulator: Simulator, **members: Any) -> Execution:
    simulator.client("redshift-data").execute_statement(Sql="create table item (id int)", **LOGIN)
    simulator.run()
    simulator.create_state_machine({"StartAt": "Load", "States": {"Load": INTEGRATION | members}})
    execution = simulator.start(name="run-1")
    simulator.run()
    return execution


@pytest.mark.parametrize(
    ("outcome", "error", "count"),
    [
        # of the model's errors only the second has a name of its own
        ("throttled", "RedshiftData.RedshiftDataException", 0),
        ("server_error", "RedshiftData.InternalServerException", 0),
        ("answer_lost", "RedshiftData.SdkClientException", 1),
    ],
)
def test_a_faulty_call_of_a_task_fails_it_by_name(outcome: str, error: str, count: int) -> None:
    simulator = faulty(outcome)
    execution = integrate(simulator)
    assert (execution.status, execution.error) == ("FAILED", error)
    assert rows(simulator) == len(submitted(simulator)) == count


def test_a_tasks_own_retry_after_a_lost_answer_runs_the_sql_again_without_a_token() -> None:
    simulator = faulty("answer_lost")
    retry = [{"ErrorEquals": ["RedshiftData.SdkClientException"], "IntervalSeconds": 1}]
    assert integrate(simulator, Retry=retry).status == "SUCCEEDED"
    assert rows(simulator) == 2


def test_a_tasks_own_retry_with_a_token_runs_the_sql_once() -> None:
    simulator = faulty("answer_lost")
    retry = [{"ErrorEquals": ["RedshiftData.SdkClientException"], "IntervalSeconds": 1}]
    parameters = {**INTEGRATION["Parameters"], "ClientToken.$": "$$.Execution.Name"}  # type: ignore[dict-item]
    execution = integrate(simulator, Retry=retry, Parameters=parameters)
    assert execution.output["Id"] == submitted(simulator)[0]
    assert rows(simulator) == 1
