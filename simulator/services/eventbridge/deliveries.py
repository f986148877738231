"""One event on its way from EventBridge, or from EventBridge Scheduler, to a target.

"How EventBridge retries delivering events" and "Using dead-letter queues" (EventBridge user guide;
the scheduler's pages say the same): with exponential backoff, for 24 hours and 185 times unless the
target says otherwise; what isn't allowed, or isn't there, is not tried again. AWS gives no figures
of the backoff: ours.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from simulator.engine.scheduler import Scheduler
from simulator.services.api import NotModelled, ServiceError

_RETRIES, _AGE_SECONDS = 185, 86_400
_FIRST_RETRY_MS, _LONGEST_RETRY_MS = 1_000, 300_000
# parts of the codes that are final
_FINAL = ("NotFound", "DoesNotExist", "NonExistent", "AccessDenied", "ValidationException")


@dataclass(frozen=True, slots=True)
class Policy:
    """How often, and how long, a target is tried."""

    retries: int
    age_ms: int


def policy_of(target: Mapping[str, Any]) -> Policy:
    """What a target's RetryPolicy says."""
    given = target.get("RetryPolicy") or {}
    retries = given.get("MaximumRetryAttempts")
    age_seconds = given.get("MaximumEventAgeInSeconds")
    return Policy(
        _RETRIES if retries is None else retries,
        (_AGE_SECONDS if age_seconds is None else age_seconds) * 1000,
    )


@dataclass(frozen=True, slots=True)
class Undelivered:
    """Why an event was given up. `condition` is AWS's word for what ran out; None for what was not
    to be tried again."""

    error: ServiceError | NotModelled
    retries: int
    condition: str | None

    @property
    def attributes(self) -> dict[str, str]:
        """As the message in a dead-letter queue tells it."""
        code = self.error.code if isinstance(self.error, ServiceError) else "NotImplemented"
        message = self.error.message if isinstance(self.error, ServiceError) else str(self.error)
        shown = {
            "ERROR_CODE": code,
            "ERROR_MESSAGE": message,
            "RETRY_ATTEMPTS": str(self.retries),
        }
        if self.condition is not None:
            shown["EXHAUSTED_RETRY_CONDITION"] = self.condition
        return shown


class Delivery:
    """Begins at once. `attempt(number)` calls the target, counting from 1; `give_up` hears why it
    was in vain."""

    def __init__(
        self,
        scheduler: Scheduler,
        policy: Policy,
        attempt: Callable[[int], None],
        give_up: Callable[[Undelivered], None],
    ) -> None:
        self._scheduler = scheduler
        self._policy = policy
        self._attempt = attempt
        self._give_up = give_up
        self._begun_ms = scheduler.now_ms
        self._attempts = 0
        self._try()

    def _try(self) -> None:
        self._attempts += 1
        try:
            self._attempt(self._attempts)
        except (ServiceError, NotModelled) as error:
            self._hear(error)

    def _hear(self, error: ServiceError | NotModelled) -> None:
        retries = self._attempts - 1
        if isinstance(error, NotModelled) or any(part in error.code for part in _FINAL):
            self._give_up(Undelivered(error, retries, None))
            return
        if retries >= self._policy.retries:
            self._give_up(Undelivered(error, retries, "MaximumRetryAttempts"))
            return
        delay_ms = min(_FIRST_RETRY_MS << min(retries, 9), _LONGEST_RETRY_MS)
        if self._scheduler.now_ms + delay_ms - self._begun_ms > self._policy.age_ms:
            self._give_up(Undelivered(error, retries, "MaximumEventAgeInSeconds"))
            return
        self._scheduler.after(delay_ms, self._try)
