"""Which retrier or catcher takes an error, and how long a retry waits.

Rules of the States Language ("Errors") and of the developer guide ("Handling errors in Step
Functions workflows"): States.ALL takes any error but States.DataLimitExceeded and States.Runtime,
States.TaskFailed any but those and States.Timeout. A States.Runtime is taken by nothing, even where
it is named (recorded: test_catch_states_runtime).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol, TypeVar

from simulator.asl.model import Retrier

RUNTIME = "States.Runtime"
DATA_LIMIT = "States.DataLimitExceeded"
TIMEOUT = "States.Timeout"
HEARTBEAT_TIMEOUT = "States.HeartbeatTimeout"


class _Rule(Protocol):
    @property
    def error_equals(self) -> tuple[str, ...]: ...


RuleT = TypeVar("RuleT", bound=_Rule)


def is_taken(error_equals: Sequence[str], error: str | None, *, is_heartbeat: bool = False) -> bool:
    """Whether ErrorEquals takes `error`; `is_heartbeat`: a States.Timeout of HeartbeatSeconds."""
    if error == RUNTIME:
        return False
    if error is not None and error in error_equals:
        return True
    if is_heartbeat and HEARTBEAT_TIMEOUT in error_equals:
        return True
    if error == DATA_LIMIT:
        return False
    return "States.ALL" in error_equals or (
        "States.TaskFailed" in error_equals and error != TIMEOUT
    )


def first_taking(
    rules: Sequence[RuleT], error: str | None, *, is_heartbeat: bool = False
) -> int | None:
    """Index of the first rule that takes `error`; later ones are not looked at."""
    for index, rule in enumerate(rules):
        if is_taken(rule.error_equals, error, is_heartbeat=is_heartbeat):
            return index
    return None


def backoff_delay_ms(retrier: Retrier, *, attempt: int, fraction: float) -> int:
    """Wait before retry number `attempt` (from 1).

    IntervalSeconds * BackoffRate ** (attempt - 1), at most MaxDelaySeconds; with JitterStrategy
    FULL anything from 0 to that, by `fraction` in [0, 1).
    """
    # the exponent is bounded because a rate over 1 soon passes every cap (and a float's range)
    seconds = retrier.interval_seconds * min(retrier.backoff_rate ** min(attempt - 1, 64), 1e8)
    if retrier.max_delay_seconds is not None:
        seconds = min(seconds, retrier.max_delay_seconds)
    delay_ms = round(seconds * 1000)
    if retrier.jitter_strategy == "FULL":
        delay_ms = int(delay_ms * fraction)
    return max(1, delay_ms)
