"""The services around a pipeline, each made when it is first asked for: S3, SQS, SNS, EventBridge,
Secrets Manager, DynamoDB, Systems Manager's parameters."""

from __future__ import annotations

from collections.abc import Callable, Mapping, MutableMapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from simulator.engine.ports import World
from simulator.services.api import Caller
from simulator.services.eventbridge.bus import EventBus

if TYPE_CHECKING:
    from simulator.services.dynamodb import Table


@dataclass(slots=True)
class Declared:
    """What is there from the beginning: what secrets hold, by name; tables of DynamoDB; parameters
    as (name, value, type)."""

    secrets: Mapping[str, Any] = field(default_factory=dict)
    tables: list[Table] = field(default_factory=list)
    parameters: list[tuple[str, str, str]] = field(default_factory=list)


def makers(
    world: World,
    services: Mapping[str, Any],
    *,
    folders: MutableMapping[str, Path],
    declared: Declared,
    events: EventBus,
    deliver: Callable[[str, bytes, Caller], object],
) -> dict[str, Callable[[], Any]]:
    """What makes each, by botocore's name. `folders` are the lake's buckets; `deliver` hands
    a message to a function."""

    def make_s3() -> Any:
        from simulator.services.s3 import S3

        return S3(world, folders)

    def make_sqs() -> Any:
        from simulator.services.sqs import SQS

        return SQS(world)

    def make_sns() -> Any:
        from simulator.services.sns import SNS

        return SNS(world, deliver, lambda: services["sqs"])

    def make_events() -> Any:
        from simulator.services.eventbridge.put_events import Events

        return Events(world, events)

    def make_secrets() -> Any:
        from simulator.services.secrets import Secrets

        return Secrets(world, declared.secrets)

    def make_tables() -> Any:
        from simulator.services.dynamodb import DynamoDB

        return DynamoDB(world, declared.tables)

    def make_parameters() -> Any:
        from simulator.services.parameters import Parameters

        return Parameters(world, declared.parameters)

    return {
        "dynamodb": make_tables,
        "events": make_events,
        "s3": make_s3,
        "secretsmanager": make_secrets,
        "sns": make_sns,
        "sqs": make_sqs,
        "ssm": make_parameters,
    }
