"""Fakes of what is on or off: each look at one brings it a step further, as AWS does in minutes."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from simulator.deployment import pauses
from simulator.deployment.errors import DeploymentError
from simulator.deployment.stack import Source, Stack, Warehouse
from simulator.deployment.targets import Target

TASK = "arn:aws:dms:us-east-1:123456789012:task:SALES"


class Fake:
    """A service with one thing: its statuses to come, and what was asked of it."""

    def __init__(self, status: str, **leads: tuple[str, ...]) -> None:
        self.coming = [status]
        self.leads = leads
        self.asked: list[tuple[str, dict[str, Any]]] = []

    def look(self) -> str:
        return self.coming.pop(0) if len(self.coming) > 1 else self.coming[0]

    def __getattr__(self, name: str) -> Any:
        def call(**request: Any) -> Any:
            if name.startswith("describe"):
                status = self.look()
                return {
                    "Clusters": [{"ClusterStatus": status}],
                    "DBInstances": [{"DBInstanceStatus": status}],
                    "ReplicationTasks": [{"Status": status}],
                }
            self.asked.append((name, request))
            self.coming = list(self.leads[name.partition("_")[0]])
            return {}

        return call


class Account:
    """The three services."""

    def __init__(self, *, cluster: str, instance: str, task: str) -> None:
        self.fakes = {
            "redshift": Fake(
                cluster, pause=("pausing", "paused"), resume=("resuming", "available")
            ),
            "rds": Fake(instance, stop=("stopping", "stopped"), start=("starting", "available")),
            "dms": Fake(task, stop=("stopping", "stopped"), start=("starting", "running")),
        }

    def __call__(self, service: str) -> Any:
        return self.fakes[service]

    @property
    def asked(self) -> list[str]:
        return [name for fake in self.fakes.values() for name, _ in fake.asked]


def _stack(*, cluster: str | None = "c", with_source: bool = True) -> Stack:
    workgroup = "w" if cluster is None else None
    source = Source(TASK, "oracle") if with_source else Source()
    house = Warehouse("dev", cluster, workgroup)
    return Stack("arn:m", "arn:m:live", "us-east-1", house, "arn:secret", "lake", source)


@pytest.fixture(autouse=True)
def _no_waiting(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(pauses.time, "sleep", lambda _: None)


def test_pausing_stops_the_task_then_its_source_then_the_cluster():
    account, said = Account(cluster="available", instance="available", task="running"), []
    pauses.pause(account, _stack(), said.append)
    assert said == [
        "DMS task SALES: stopping",
        "DMS task SALES: stopped",
        "RDS instance oracle: stopping",
        "RDS instance oracle: stopped",
        "cluster c: pausing",
        "cluster c: paused",
    ]


def test_resuming_starts_them_in_the_other_order_and_the_task_where_it_stopped():
    account, said = Account(cluster="paused", instance="stopped", task="stopped"), []
    pauses.resume(account, _stack(), said.append)
    assert [line for line in said if "ing" not in line.partition(": ")[2]] == [
        "cluster c: available",
        "RDS instance oracle: available",
    ]
    assert said[-1] == "DMS task SALES: running"
    ((_, request),) = account.fakes["dms"].asked
    assert request["StartReplicationTaskType"] == "resume-processing"


def test_a_task_that_never_ran_is_started_from_the_beginning():
    account = Account(cluster="available", instance="available", task="ready")
    pauses.resume(account, _stack(), lambda _: None)
    ((_, request),) = account.fakes["dms"].asked
    assert request["StartReplicationTaskType"] == "start-replication"


@pytest.mark.parametrize(
    ("move", "account"),
    [
        (pauses.pause, Account(cluster="paused", instance="stopped", task="stopped")),
        (pauses.resume, Account(cluster="available", instance="available", task="running")),
    ],
)
def test_again_it_changes_nothing(move: Any, account: Account):
    said: list[str] = []
    move(account, _stack(), said.append)
    assert account.asked == []
    assert all(line.endswith(" already") for line in said)


def test_what_is_under_way_is_waited_for_and_then_turned():
    account, said = Account(cluster="available", instance="available", task="running"), []
    account.fakes["redshift"].coming = ["resuming", "resuming", "available"]
    pauses.pause(account, _stack(with_source=False), said.append)
    assert said == ["cluster c: resuming", "cluster c: pausing", "cluster c: paused"]


def test_what_will_never_rest_is_told():
    account = Account(cluster="deleting", instance="available", task="running")
    with pytest.raises(
        DeploymentError, match="cluster c: expected it to become paused, got deleting"
    ):
        pauses.pause(account, _stack(with_source=False), lambda _: None)


@pytest.mark.parametrize("move", [pauses.pause, pauses.resume])
def test_a_workgroup_has_nothing_to_pause(move: Any):
    said: list[str] = []
    move(
        Account(cluster="-", instance="-", task="-"),
        _stack(cluster=None, with_source=False),
        said.append,
    )
    (line,) = said
    assert line.startswith("w: Redshift Serverless has nothing to pause")


def test_a_source_on_the_port_is_stopped_and_started_by_real_clients(port: int, folder: Path):
    state = folder / ".simulator" / "local"
    clients = Target(
        "local", folder, folder / "terraform", state, f"http://127.0.0.1:{port}"
    ).clients()
    clients("rds").create_db_instance(
        DBInstanceIdentifier="oracle",
        DBInstanceClass="db.t3.medium",
        Engine="oracle-se2",
        AllocatedStorage=20,
        MasterUsername="admin",
        MasterUserPassword="nobody-s-secret",
    )
    task = clients("dms").create_replication_task(
        ReplicationTaskIdentifier="sales",
        SourceEndpointArn="arn:aws:dms:us-east-1:123456789012:endpoint:A",
        TargetEndpointArn="arn:aws:dms:us-east-1:123456789012:endpoint:B",
        ReplicationInstanceArn="arn:aws:dms:us-east-1:123456789012:rep:C",
        MigrationType="cdc",
        TableMappings="{}",
    )["ReplicationTask"]
    clients("dms").start_replication_task(
        ReplicationTaskArn=task["ReplicationTaskArn"], StartReplicationTaskType="start-replication"
    )
    source = Source(task["ReplicationTaskArn"], "oracle")
    stack = Stack(
        "arn:m", "arn:m:live", "us-east-1", Warehouse("dev", None, "w"), "arn:s", "lake", source
    )
    said: list[str] = []
    for move in (pauses.resume, pauses.pause, pauses.pause, pauses.resume, pauses.resume):
        move(clients, stack, said.append)
    name = task["ReplicationTaskArn"].rpartition(":")[2]
    kept = [line for line in said if "Serverless" not in line]
    assert kept == [
        "RDS instance oracle: available already",
        f"DMS task {name}: running already",
        f"DMS task {name}: stopped",
        "RDS instance oracle: stopped",
        f"DMS task {name}: stopped already",
        "RDS instance oracle: stopped already",
        "RDS instance oracle: available",
        f"DMS task {name}: running",
        "RDS instance oracle: available already",
        f"DMS task {name}: running already",
    ]
