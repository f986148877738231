"""What the simulation's services take of moto's: objects of S3 and secrets.

COPY reads the objects as files, so each is written once under its content's hash, in a folder that
`close` removes.
"""

from __future__ import annotations

import hashlib
import json
import shutil
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

from simulator.server.others import Operation, Other
from simulator.services import scratch
from simulator.services.api import Caller, ServiceError
from simulator.services.eventbridge.bus import Rule
from simulator.services.provisioned import Provisioned

Deliver = Callable[[dict[str, Any], Caller], object]
# enough to be nobody's, and the same in every run
_PASSWORD_BYTES = 24


class Borrowed:
    """moto's S3 and Secrets Manager of one account and region."""

    def __init__(self, account_id: str, region: str) -> None:
        self._account_id = account_id
        self._region = region
        self._folder: Path | None = None
        # operations that are not moto's, of services that are
        self.own: dict[str, dict[str, Operation]] = {}
        # what is done with an event that a rule matches, for one of its targets; without it
        # functions alone are called, with the whole event
        self.deliver_to: Callable[[str, Mapping[str, Any]], Deliver] | None = None

    @property
    def provisioned(self) -> Provisioned:
        """It, as the services are handed it."""
        return Provisioned(
            objects=self.objects,
            fetch=self.fetch,
            store=self.store,
            secrets=_Texts(self._secrets),
            keep_secret=self.keep_secret,
            drop_secret=self.drop_secret,
            rules=self.rules,
            other=self.other,
        )

    def close(self) -> None:
        """Remove the files."""
        if self._folder is not None:
            shutil.rmtree(self._folder, ignore_errors=True)
            self._folder = None

    def objects(self, bucket: str, prefix: str) -> list[tuple[str, Path]] | None:
        """The objects under a prefix, and the files that hold them; None without the bucket."""
        found = self._buckets.get(bucket)
        if found is None:
            return None
        # a delete marker is the newest version of what is gone
        kept = [key for name, key in found.keys.items() if name.startswith(prefix)]
        return [(key.name, self._file(key.value)) for key in kept if hasattr(key, "value")]

    def fetch(self, bucket: str, key: str, version: str | None) -> bytes:
        """An object's content, in Lambda's words where there is none."""
        from moto.s3.models import s3_backends

        backend: Any = s3_backends[self._account_id]["aws"]
        found = None
        if bucket in self._buckets:
            found = backend.get_object(bucket, key, version_id=version)
        if found is None:
            raise ServiceError(
                "InvalidParameterValueException",
                "Error occurred while GetObject. S3 Error Code: NoSuchKey. S3 Error Message: The "
                "specified key does not exist.",
                Type="User",
            )
        content: bytes = found.value
        return content

    def store(self, bucket: str, key: str, content: bytes | None) -> None:
        """Write an object of a bucket that is there, or remove it: what UNLOAD does."""
        from moto.s3.models import s3_backends

        backend: Any = s3_backends[self._account_id]["aws"]
        if content is None:
            backend.delete_object(bucket, key)
        else:
            backend.put_object(bucket, key, content)

    def keep_secret(self, name: str, user: str, kms_key: str | None) -> tuple[str, str]:
        """A secret with a user and a password that nobody chose; its ARN, and the password."""
        digest = hashlib.sha256(f"{self._account_id}:{name}".encode()).hexdigest()
        password = digest[:_PASSWORD_BYTES]
        text = json.dumps({"username": user, "password": password})
        made = self._secrets.create_secret(
            name=name,
            secret_string=text,
            secret_binary=None,
            description="",
            tags=[],
            kms_key_id=kms_key,
            client_request_token=None,
            replica_regions=[],
            force_overwrite=False,
        )
        return str(json.loads(made)["ARN"]), password

    def drop_secret(self, arn: str) -> None:
        """Delete a secret at once."""
        self._secrets.delete_secret(
            arn, recovery_window_in_days=None, force_delete_without_recovery=True
        )

    def other(self, name: str) -> Other:
        """A service of moto's, for simulated code."""
        return Other(name, self._region, self.own.get(name, {}))

    def rules(self, event: Mapping[str, Any]) -> Iterator[Rule]:
        """The rules that match an event, one for each of their targets."""
        from moto.events.models import events_backends

        backend = events_backends[self._account_id][self._region]
        for rule in backend.event_buses["default"].rules.values():
            pattern: Any = rule.event_pattern
            # a schedule has no pattern, and moto says that everything matches it
            is_meant = rule.state == "ENABLED" and pattern.get_pattern()
            if not is_meant or not pattern.matches_event(dict(event)):
                continue
            for target in rule.targets:
                if self.deliver_to is not None:
                    deliver = self.deliver_to(rule.arn, target)
                    yield Rule(rule.name, {}, target["Arn"], deliver=deliver)
                elif ":lambda:" in target["Arn"]:
                    yield Rule(rule.name, {}, target["Arn"])

    @property
    def _buckets(self) -> Any:
        from moto.s3.models import s3_backends

        return s3_backends[self._account_id]["aws"].buckets

    @property
    def _secrets(self) -> Any:
        from moto.secretsmanager.models import secretsmanager_backends

        return secretsmanager_backends[self._account_id][self._region]

    def _file(self, content: bytes) -> Path:
        if self._folder is None:
            self._folder = scratch.folder("s3")
        file = self._folder / hashlib.sha256(content).hexdigest()
        if not file.exists():
            file.write_bytes(content)
        return file


class _Texts(Mapping[str, str]):
    """What secrets hold, by the secret's name or ARN."""

    def __init__(self, secrets: Any) -> None:
        self._secrets = secrets

    def __getitem__(self, name: str) -> str:
        from moto.secretsmanager.exceptions import SecretsManagerClientError

        try:
            kept = self._secrets.get_secret_value(name, None, None)
        except SecretsManagerClientError:
            raise KeyError(name) from None
        # who can sign in with it, is seen by whoever wants to; a binary one holds no user
        return str(kept.get("SecretString") or "{}")

    def __iter__(self) -> Iterator[str]:
        return iter(self._secrets.secrets)

    def __len__(self) -> int:
        return len(self._secrets.secrets)
