"""An account in which nothing is declared: clusters, functions and machines are made by API calls.

What the services then need of those that are not simulated (S3, Secrets Manager) is handed in.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from simulator.services.api import Service
from simulator.services.eventbridge.bus import Rule


@dataclass(frozen=True, slots=True)
class Provisioned:
    """`objects(bucket, prefix)` are keys and the files that hold them, None without such a bucket;
    `fetch(bucket, key, version)` is an object's content; `secrets` maps a secret's name or ARN to
    its text."""

    objects: Callable[[str, str], Iterable[tuple[str, Path]] | None]
    fetch: Callable[[str, str, str | None], bytes]
    # writes (bucket, key, content), or removes the object where the content is None
    store: Callable[[str, str, bytes | None], None] | None = None
    secrets: Mapping[str, str] = field(default_factory=dict)
    # (name, user, KMS key) -> ARN of a secret with that user and a password that AWS made, and that
    keep_secret: Callable[[str, str, str | None], tuple[str, str]] | None = None
    drop_secret: Callable[[str], None] | None = None
    # the rules that match an event, one for each target
    rules: Callable[[Mapping[str, Any]], Iterable[Rule]] | None = None
    # a service that is not simulated, by botocore's name; None where there is none
    other: Callable[[str], Service | None] | None = None
