"""Asynchronous invocations, as Lambda's guide says that they are tried again."""

from __future__ import annotations

from itertools import pairwise
from types import SimpleNamespace
from typing import Any

from simulator.engine.ports import Pending
from simulator.engine.scheduler import Scheduler
from simulator.services.api import ServiceError
from simulator.services.lambda_.asynchronous import AsynchronousInvocation

THROTTLED = ServiceError("TooManyRequestsException", "Rate Exceeded.", status=429)
HOUR_MS = 3_600_000


def attempts_ms(outcomes: list[Any], *, last: Any = None) -> list[int]:
    """When each attempt began; an outcome is a function's error (text), None, or a refusal."""
    scheduler = Scheduler(0)
    begun: list[int] = []

    def begin() -> Pending:
        begun.append(scheduler.now_ms)
        outcome = outcomes.pop(0) if outcomes else last
        pending = Pending()
        if isinstance(outcome, ServiceError):
            pending.settle(error=outcome)
        else:
            pending.settle(SimpleNamespace(error=outcome))
        return pending

    AsynchronousInvocation(scheduler, begin)
    scheduler.run()
    return begun


def test_one_that_works_is_tried_once() -> None:
    assert attempts_ms([None]) == [0]


def test_an_error_of_the_function_is_tried_twice_more() -> None:
    assert attempts_ms([], last="Unhandled") == [0, 60_000, 180_000]


def test_throttling_is_tried_for_six_hours_ever_more_slowly() -> None:
    begun = attempts_ms([], last=THROTTLED)
    waits = [after - before for before, after in pairwise(begun)]
    assert waits[:9] == [1000 << power for power in range(9)]
    assert set(waits[9:]) == {300_000}
    assert 6 * HOUR_MS - 300_000 < begun[-1] <= 6 * HOUR_MS


def test_a_throttled_attempt_is_none_of_the_function_s_retries() -> None:
    outcomes = [THROTTLED, "Unhandled", THROTTLED, "Unhandled", "Unhandled", None]
    assert attempts_ms(outcomes) == [0, 1_000, 61_000, 63_000, 183_000]
