"""AWS Secrets Manager: the secrets that are declared, to be read."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from simulator.engine.ports import World
from simulator.services.api import Caller, NotModelled, ServiceError

Request = dict[str, Any]

_NOT_FOUND = "Secrets Manager can't find the specified secret."


class Secrets:
    """Answers Secrets Manager's API. `contents` maps a secret's name or ARN to what it holds: text,
    or the members of a JSON object. Secrets are declared, not created."""

    name = "secretsmanager"

    def __init__(self, world: World, contents: Mapping[str, Any]) -> None:
        self._world = world
        self._contents = contents

    def get_secret_value(self, request: Request, _caller: Caller) -> Request:
        """What a secret holds."""
        stage = request.get("VersionStage", "AWSCURRENT")
        if "VersionId" in request or stage != "AWSCURRENT":
            raise NotModelled(
                f"secret {request['SecretId']!r}: other versions than the current are not simulated"
            )
        name = self._name(request["SecretId"])
        content = self._contents[name]
        return {
            **self._identity(name),
            "VersionId": self._world.identity.uuid("secret-version", name, 1),
            "SecretString": content if isinstance(content, str) else json.dumps(dict(content)),
            "VersionStages": ["AWSCURRENT"],
            "CreatedDate": self._created,
        }

    def describe_secret(self, request: Request, _caller: Caller) -> Request:
        """A secret without what it holds."""
        name = self._name(request["SecretId"])
        version = self._world.identity.uuid("secret-version", name, 1)
        return {
            **self._identity(name),
            "CreatedDate": self._created,
            "VersionIdsToStages": {version: ["AWSCURRENT"]},
        }

    def list_secrets(self, request: Request, _caller: Caller) -> Request:
        """The secrets, all on one page."""
        if request.get("Filters"):
            raise NotModelled("list_secrets: Filters are not simulated")
        return {
            "SecretList": [
                {**self._identity(name), "CreatedDate": self._created} for name in self._contents
            ]
        }

    def _name(self, given: str) -> str:
        """The secret of a name, an ARN, or an ARN without its six random letters."""
        for name in self._contents:
            arn = self._identity(name)["ARN"]
            if given in (name, arn, arn[:-7]):
                return name
        there = ", ".join(self._contents) or "none"
        hint = f"there is no secret {given!r}, there are {there}: [secret.NAME] makes one"
        raise ServiceError("ResourceNotFoundException", _NOT_FOUND, hint=hint)

    def _identity(self, name: str) -> Request:
        if name.startswith("arn:"):
            return {"ARN": name, "Name": name.split(":", 6)[6].rpartition("-")[0]}
        letters = self._world.identity.digest("secret", name, 1).hex()[:6]
        world = self._world
        arn = f"arn:aws:secretsmanager:{world.region}:{world.account_id}:secret:{name}-{letters}"
        return {"ARN": arn, "Name": name}

    @property
    def _created(self) -> datetime:
        return datetime.fromtimestamp(self._world.scheduler.start_ms // 1000, UTC)
