"""Pause and resume what costs by the hour: the cluster, and the source that fills the lake.

Each step first looks at what there is, so that doing it again changes nothing. The task of a source
is stopped before its instance, and started after it.
"""

from __future__ import annotations

# AWS takes minutes for each step, in real time
import time  # noqa: TID251
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from simulator.deployment.errors import DeploymentError
from simulator.deployment.stack import Stack

Say = Callable[[str], None]
MAX_SECONDS = 3600.0
_FIRST_LOOK_SECONDS, _LONGEST_LOOK_SECONDS = 0.2, 15.0
NOTHING_TO_PAUSE = (
    "{}: Redshift Serverless has nothing to pause: it costs nothing while no query runs"
)


@dataclass(frozen=True, slots=True)
class Thing:
    """Something that is on or off, and the statuses in which it stays so."""

    what: str
    status: Callable[[], str]
    turn_off: Callable[[], Any]
    turn_on: Callable[[], Any]
    on: str
    off: frozenset[str]


def pause(clients: Callable[[str], Any], stack: Stack, say: Say) -> None:
    """Stop source and cluster, and wait until they rest. Raises botocore's errors, and
    `DeploymentError` for what is in no status to be stopped."""
    for thing in _things(clients, stack):
        _bring(thing, on=False, say=say)
    _tell_serverless(stack, say)


def resume(clients: Callable[[str], Any], stack: Stack, say: Say) -> None:
    """Start them again, in the other order, and wait until they are up."""
    for thing in reversed(_things(clients, stack)):
        _bring(thing, on=True, say=say)
    _tell_serverless(stack, say)


def _tell_serverless(stack: Stack, say: Say) -> None:
    if stack.warehouse.cluster_identifier is None:
        say(NOTHING_TO_PAUSE.format(stack.warehouse.workgroup_name))


def _bring(thing: Thing, *, on: bool, say: Say) -> None:
    """On or off; what is under way is waited for, what rests there already stays."""
    wanted = frozenset({thing.on}) if on else thing.off
    begin = thing.off if on else frozenset({thing.on})
    limit = time.monotonic() + MAX_SECONDS
    pause_seconds = _FIRST_LOOK_SECONDS
    has_begun = False
    told = ""
    while True:
        status = thing.status()
        if status in wanted:
            say(
                f"{thing.what}: {status}"
                if has_begun or told
                else f"{thing.what}: {status} already"
            )
            return
        if status in begin and not has_begun:
            (thing.turn_on if on else thing.turn_off)()
            has_begun = True
        elif status != told and status not in begin:
            say(f"{thing.what}: {status}")
            told = status
        if status in _BROKEN or time.monotonic() > limit:
            expected = " or ".join(sorted(wanted))
            raise DeploymentError(thing.what, f"expected it to become {expected}, got {status}")
        time.sleep(pause_seconds)
        pause_seconds = min(pause_seconds * 1.5, _LONGEST_LOOK_SECONDS)


# nothing leads out of these by itself
_BROKEN = frozenset({"deleting", "failed", "incompatible-network", "storage-full", "unavailable"})


def _things(clients: Callable[[str], Any], stack: Stack) -> list[Thing]:
    """In the order in which they are stopped."""
    things = []
    if stack.source.dms_replication_task_arn is not None:
        things.append(_task(clients("dms"), stack.source.dms_replication_task_arn))
    if stack.source.rds_instance_identifier is not None:
        things.append(_instance(clients("rds"), stack.source.rds_instance_identifier))
    if stack.warehouse.cluster_identifier is not None:
        things.append(_cluster(clients("redshift"), stack.warehouse.cluster_identifier))
    return things


def _cluster(redshift: Any, identifier: str) -> Thing:
    def status() -> str:
        (found,) = redshift.describe_clusters(ClusterIdentifier=identifier)["Clusters"]
        return str(found["ClusterStatus"])

    return Thing(
        f"cluster {identifier}",
        status,
        turn_off=lambda: redshift.pause_cluster(ClusterIdentifier=identifier),
        turn_on=lambda: redshift.resume_cluster(ClusterIdentifier=identifier),
        on="available",
        off=frozenset({"paused"}),
    )


def _instance(rds: Any, identifier: str) -> Thing:
    def status() -> str:
        found = rds.describe_db_instances(DBInstanceIdentifier=identifier)["DBInstances"]
        return str(found[0]["DBInstanceStatus"])

    return Thing(
        f"RDS instance {identifier}",
        status,
        turn_off=lambda: rds.stop_db_instance(DBInstanceIdentifier=identifier),
        turn_on=lambda: rds.start_db_instance(DBInstanceIdentifier=identifier),
        on="available",
        off=frozenset({"stopped"}),
    )


def _task(dms: Any, arn: str) -> Thing:
    def found() -> Mapping[str, Any]:
        filters = [{"Name": "replication-task-arn", "Values": [arn]}]
        tasks = dms.describe_replication_tasks(Filters=filters, WithoutSettings=True)
        task: Mapping[str, Any] = tasks["ReplicationTasks"][0]
        return task

    def turn_on() -> None:
        # one that never ran has nothing to go on from
        never = found()["Status"] == "ready"
        kind = "start-replication" if never else "resume-processing"
        dms.start_replication_task(ReplicationTaskArn=arn, StartReplicationTaskType=kind)

    return Thing(
        f"DMS task {arn.rpartition(':')[2]}",
        lambda: str(found()["Status"]),
        turn_off=lambda: dms.stop_replication_task(ReplicationTaskArn=arn),
        turn_on=turn_on,
        on="running",
        off=frozenset({"stopped", "ready", "failed"}),
    )
