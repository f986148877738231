"""Idempotency: a repeated ClientToken gives the first answer and runs nothing."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from simulator.services.redshift_data.limits import TOKEN_RETENTION_MS
from simulator.services.redshift_data.requests import refusal


@dataclass(frozen=True, slots=True)
class _Use:
    fingerprint: str
    statement_id: str
    expires_ms: int


class ClientTokens:
    """The tokens of the last 8 hours, each role's for itself."""

    def __init__(self) -> None:
        self._uses: dict[tuple[str, str], _Use] = {}

    def first_use(
        self, operation: str, request: Mapping[str, Any], role_arn: str, now_ms: int
    ) -> str | None:
        """The statement of the first request with this token; None if this is the first.

        Raises ValidationException when the token comes with other parameters.
        """
        token = request.get("ClientToken")
        if token is None:
            return None
        use = self._uses.get((role_arn, token))
        if use is None or use.expires_ms <= now_ms:
            return None
        if use.fingerprint != _fingerprint(operation, request):
            raise refusal("The ClientToken was used before with different parameters.")
        return use.statement_id

    def remember(
        self,
        operation: str,
        request: Mapping[str, Any],
        role_arn: str,
        now_ms: int,
        statement_id: str,
    ) -> None:
        """Keep the statement for whoever asks again."""
        token = request.get("ClientToken")
        if token is not None:
            self._uses[role_arn, token] = _Use(
                _fingerprint(operation, request), statement_id, now_ms + TOKEN_RETENTION_MS
            )


def _fingerprint(operation: str, request: Mapping[str, Any]) -> str:
    return json.dumps([operation, request], sort_keys=True)
