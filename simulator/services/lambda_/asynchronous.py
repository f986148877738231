"""Lambda's queue of asynchronous invocations: who is tried again, when, and how long.

Lambda developer guide, "How Lambda handles errors and retries with asynchronous invocation".
"""

from __future__ import annotations

from collections.abc import Callable

from simulator.engine.ports import Pending
from simulator.engine.scheduler import Scheduler

# "two more times, with a one-minute wait between the first two attempts, and two minutes between
# the second and third attempts", for errors of the function, its timeouts among them
_FUNCTION_RETRIES_MS = (60_000, 120_000)
# "For throttling errors (429) and system errors (500-series) ... for up to 6 hours by default. The
# retry interval increases exponentially from 1 second ... to a maximum of 5 minutes"
_FIRST_RETRY_MS = 1_000
_LONGEST_RETRY_MS = 300_000


class AsynchronousInvocation:
    """One event on its way to a function; `begin` starts an attempt. After errors of the function
    it is tried again `retries` times at most, and never when it is `age_ms` old."""

    def __init__(
        self,
        scheduler: Scheduler,
        begin: Callable[[], Pending],
        *,
        retries: int = len(_FUNCTION_RETRIES_MS),
        age_ms: int = 6 * 3_600_000,
    ) -> None:
        self._scheduler = scheduler
        self._retries = min(retries, len(_FUNCTION_RETRIES_MS))
        self._age_ms = age_ms
        self._begin = begin
        self._accepted_ms = scheduler.now_ms
        self._function_errors = 0
        self._refusals = 0
        self._try()

    def _try(self) -> None:
        self._begin().when_settled(self._hear)

    def _hear(self, done: Pending) -> None:
        if done.error is not None:
            self._refusals += 1
            delay_ms = min(_FIRST_RETRY_MS << min(self._refusals - 1, 9), _LONGEST_RETRY_MS)
        elif done.value.error is not None:
            if self._function_errors >= self._retries:
                return
            delay_ms = _FUNCTION_RETRIES_MS[self._function_errors]
            self._function_errors += 1
        else:
            return
        # what has aged out is discarded
        if self._scheduler.now_ms + delay_ms - self._accepted_ms <= self._age_ms:
            self._scheduler.after(delay_ms, self._try)
