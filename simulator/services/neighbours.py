"""The services around a pipeline, each made when it is first asked for: S3, SQS, SNS, EventBridge,
Secrets Manager."""

from __future__ import annotations

from collections.abc import Callable, Mapping, MutableMapping
from pathlib import Path
from typing import Any

from simulator.engine.ports import World
from simulator.services.api import Caller
from simulator.services.events import EventBus


def makers(
    world: World,
    services: Mapping[str, Any],
    *,
    folders: MutableMapping[str, Path],
    secrets: Mapping[str, Any],
    events: EventBus,
    deliver: Callable[[str, bytes, Caller], object],
) -> dict[str, Callable[[], Any]]:
    """What makes each, by botocore's name. `folders` are the lake's buckets, `secrets` what is
    declared; `deliver` hands a message to a function."""

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
        from simulator.services.event_api import Events

        return Events(world, events)

    def make_secrets() -> Any:
        from simulator.services.secrets import Secrets

        return Secrets(world, secrets)

    return {
        "events": make_events,
        "s3": make_s3,
        "secretsmanager": make_secrets,
        "sns": make_sns,
        "sqs": make_sqs,
    }
