from __future__ import annotations

from collections.abc import Callable, Iterator
from types import ModuleType
from typing import Any

import pytest
from botocore.exceptions import ClientError


class FakeRedshift:
    """A cluster whose next answers are set by the test."""

    def __init__(self) -> None:
        self.answers: list[Any] = []
        self.calls: list[str] = []

    def __getattr__(self, operation: str) -> Callable[..., Any]:
        def call(*, ClusterIdentifier: str) -> Any:  # noqa: N803 - AWS's name
            self.calls.append(f"{operation} {ClusterIdentifier}")
            answer = self.answers.pop(0)
            if isinstance(answer, Exception):
                raise answer
            return answer

        return call


@pytest.fixture
def fake(operations_function: ModuleType) -> Iterator[FakeRedshift]:
    original, operations_function.client = operations_function.client, FakeRedshift()
    yield operations_function.client
    operations_function.client = original


def refused(code: str, status: int = 400) -> ClientError:
    return ClientError(
        {"Error": {"Code": code, "Message": "no"}, "ResponseMetadata": {"HTTPStatusCode": status}},
        "Operation",
    )


def resolve(function: ModuleType, request: Any, zone: str = "America/New_York") -> str:
    event = {
        "action": "resolve_refresh_date",
        "input": request,
        "started": "2024-01-09T10:00:00.5Z",
        "time_zone": zone,
    }
    answer: dict[str, str] = function.handler(event, None)
    assert list(answer) == ["refresh_date"]
    return answer["refresh_date"]


@pytest.mark.parametrize(
    ("zone", "scheduled", "day"),
    [
        # 6:00 in the zone, on a Monday: the Sunday before it
        ("Asia/Tokyo", "2024-01-07T21:00:00Z", "2024-01-07"),
        ("America/New_York", "2024-01-08T11:00:00Z", "2024-01-07"),
        ("Pacific/Honolulu", "2024-01-08T16:00:00Z", "2024-01-07"),
        # the last and the first moment of a local day
        ("Asia/Tokyo", "2024-01-08T14:59:59Z", "2024-01-07"),
        ("Asia/Tokyo", "2024-01-08T15:00:00Z", "2024-01-08"),
        ("Pacific/Honolulu", "2024-01-08T09:59:59Z", "2024-01-06"),
        ("Pacific/Honolulu", "2024-01-08T10:00:00Z", "2024-01-07"),
        # New York's clocks go forward on 10 March 2024 and back on 3 November: that day at 0:30,
        # and the day after at 0:30, which is another time in UTC
        ("America/New_York", "2024-03-10T05:30:00Z", "2024-03-09"),
        ("America/New_York", "2024-03-11T04:30:00Z", "2024-03-10"),
        ("America/New_York", "2024-03-11T03:30:00Z", "2024-03-09"),
        ("America/New_York", "2024-11-03T04:30:00Z", "2024-11-02"),
        ("America/New_York", "2024-11-04T05:30:00Z", "2024-11-03"),
        ("America/New_York", "2024-11-04T04:30:00Z", "2024-11-02"),
        # a leap day, a new year, an offset other than UTC's
        ("America/New_York", "2024-03-01T10:00:00Z", "2024-02-29"),
        ("America/New_York", "2024-01-01T10:00:00Z", "2023-12-31"),
        ("America/New_York", "2024-01-09T00:30:00+09:00", "2024-01-07"),
    ],
)
def test_by_default_the_day_before_the_scheduled_start_where_the_schedule_is(
    operations_function: ModuleType, zone: str, scheduled: str, day: str
) -> None:
    assert resolve(operations_function, {"scheduled_time": scheduled}, zone) == day


def test_without_a_schedule_the_executions_start_counts(operations_function: ModuleType) -> None:
    assert resolve(operations_function, {}) == "2024-01-08"


def test_the_inputs_date_wins(operations_function: ModuleType) -> None:
    request = {"refresh_date": "2024-01-05", "scheduled_time": "2024-01-09T10:00:00Z"}
    assert resolve(operations_function, request) == "2024-01-05"


@pytest.mark.parametrize(
    "wrong",
    ["2024-02-30", "2024-1-5", "20240105", "05.01.2024", "", "2024-01-05T00:00:00Z", 20240105,
     ["2024-01-05"], "2024-01-05\n", "\u0662\u0660\u0662\u0664-01-05", "2024-W01-5"],
)  # fmt: skip
def test_a_wrong_date_is_refused_by_name(operations_function: ModuleType, wrong: object) -> None:
    with pytest.raises(operations_function.WrongRefreshDate, match="refresh_date: expected"):
        resolve(operations_function, {"refresh_date": wrong})


@pytest.mark.parametrize("wrong", ["2024-01-09", "2024-01-09T10:00:00", "soon", 5])
def test_a_time_without_a_zone_is_refused(operations_function: ModuleType, wrong: object) -> None:
    with pytest.raises(operations_function.WrongRefreshDate, match="scheduled_time: expected"):
        resolve(operations_function, {"scheduled_time": wrong})


def test_an_input_that_is_no_object_is_refused(operations_function: ModuleType) -> None:
    with pytest.raises(operations_function.WrongRefreshDate, match="input: expected an object"):
        resolve(operations_function, "2024-01-05")


@pytest.mark.parametrize(
    ("wrong", "meant"),
    [
        ("refreshdate", "refresh_date"),
        ("refreshDate", "refresh_date"),
        ("RefreshDate", "refresh_date"),
        ("refresh-date", "refresh_date"),
        ("REFRESH_DATE", "refresh_date"),
        ("refesh_date", "refresh_date"),
        ("refresh_dates", "refresh_date"),
        ("scheduledTime", "scheduled_time"),
        ("schedule_time", "scheduled_time"),
    ],
)
def test_a_misspelt_member_is_refused_by_name(
    operations_function: ModuleType, wrong: str, meant: str
) -> None:
    with pytest.raises(
        operations_function.WrongRefreshDate, match=f"^input: expected {meant}, got '{wrong}'$"
    ):
        resolve(operations_function, {wrong: "2024-01-05"})


def test_members_of_whoever_starts_the_execution_pass(operations_function: ModuleType) -> None:
    others = {
        "AWS_STEP_FUNCTIONS_STARTED_BY_EXECUTION_ID": "arn:aws:states:::execution:parent:1",
        "Comment": "rerun",
        "date": "2024-01-01",
        "time": "2024-01-01T00:00:00Z",
        "detail-type": "Scheduled Event",
        "previous_refresh_date": "2024-01-01",
    }
    assert resolve(operations_function, others) == "2024-01-08"
    assert resolve(operations_function, {**others, "refresh_date": "2024-01-05"}) == "2024-01-05"


@pytest.mark.parametrize("zone", ["Mars/Olympus", "../etc/passwd", ""])
def test_an_unknown_time_zone_is_refused(operations_function: ModuleType, zone: str) -> None:
    with pytest.raises(operations_function.InvalidRequest, match="time_zone: expected"):
        resolve(operations_function, {}, zone)


def status(function: ModuleType, cluster: dict[str, str]) -> Any:
    event = {
        "action": "status",
        "cluster_identifier": "store-sales",
        "cluster": cluster,
        "entered_time": "2024-01-09T10:00:00.5Z",
        "timeout_seconds": 600,
    }
    return function.handler(event, None)


def test_the_deadline_is_given_once(operations_function: ModuleType, fake: FakeRedshift) -> None:
    fake.answers = [{"Clusters": [{"ClusterStatus": "resuming"}]}] * 2
    first = status(operations_function, {})
    assert first == {
        "status": "resuming",
        "deadline": "2024-01-09T10:10:00Z",
        "Cause": "store-sales is resuming",
    }
    second = status(operations_function, {"deadline": "2024-01-09T09:00:00Z"})
    assert second["deadline"] == "2024-01-09T09:00:00Z"


def test_the_cluster_is_resumed(operations_function: ModuleType, fake: FakeRedshift) -> None:
    fake.answers = [{"Cluster": {"ClusterStatus": "resuming"}}]
    event = {"action": "resume", "cluster_identifier": "store-sales"}
    answer = operations_function.handler(event, None)
    assert answer == {"operation": "resume_cluster", "status": "resuming"}
    assert fake.calls == ["resume_cluster store-sales"]


MACHINE = "arn:aws:states:us-east-1:123456789012:stateMachine:StoreSales"
OWN = {"executionArn": "arn:aws:states:us-east-1:123456789012:execution:StoreSales:a", "name": "a"}
OTHER = {"executionArn": OWN["executionArn"] + "b", "name": "ab"}


class FakeStates:
    """The executions that run."""

    def __init__(self, *running: dict[str, str]) -> None:
        self.running = list(running)

    def list_executions(self, **request: Any) -> dict[str, Any]:
        assert request == {"stateMachineArn": MACHINE, "statusFilter": "RUNNING"}
        return {"executions": self.running}


def pause(function: ModuleType, *running: dict[str, str]) -> Any:
    original, function.states = function.states, FakeStates(*running)
    try:
        return function.handler(
            {
                "action": "pause",
                "cluster_identifier": "store-sales",
                "state_machine_arn": MACHINE,
                "execution_arn": OWN["executionArn"],
            },
            None,
        )
    finally:
        function.states = original


def test_the_cluster_is_paused(operations_function: ModuleType, fake: FakeRedshift) -> None:
    fake.answers = [{"Cluster": {"ClusterStatus": "pausing"}}]
    answer = pause(operations_function, OWN)
    assert answer == {"operation": "pause_cluster", "status": "pausing"}
    assert fake.calls == ["pause_cluster store-sales"]


def test_the_cluster_is_left_to_another_execution(
    operations_function: ModuleType, fake: FakeRedshift
) -> None:
    answer = pause(operations_function, OTHER, OWN)
    assert answer == {"operation": "pause_cluster", "status": "needed"}
    assert fake.calls == []


def test_a_second_pause_is_harmless(operations_function: ModuleType, fake: FakeRedshift) -> None:
    fake.answers = [refused("InvalidClusterState")]
    assert pause(operations_function, OWN)["status"] == "unchanged"


@pytest.mark.parametrize("error", [refused("Throttling"), refused("New", 500)])
def test_what_may_pass_is_service_busy(
    operations_function: ModuleType, fake: FakeRedshift, error: ClientError
) -> None:
    fake.answers = [error]
    with pytest.raises(operations_function.ServiceBusy):
        status(operations_function, {})


def test_a_missing_cluster_keeps_its_error(
    operations_function: ModuleType, fake: FakeRedshift
) -> None:
    fake.answers = [refused("ClusterNotFound", 404)]
    with pytest.raises(ClientError, match="ClusterNotFound"):
        status(operations_function, {})


def test_an_unknown_action_is_named(operations_function: ModuleType) -> None:
    with pytest.raises(operations_function.InvalidRequest, match="got 'stop'"):
        operations_function.handler({"action": "stop"}, None)


def test_a_workgroup_has_no_cluster_and_is_always_available(
    operations_function: ModuleType, fake: FakeRedshift
):
    event = {
        "action": "status",
        "cluster_identifier": "",
        "cluster": {},
        "entered_time": "2024-01-09T10:00:00Z",
        "timeout_seconds": 60,
    }
    assert operations_function.handler(event, None) == {
        "status": "available",
        "deadline": "2024-01-09T10:01:00Z",
        "Cause": "the workgroup is available",
    }
    assert fake.calls == []
