"""The thread that a port's simulation lives on, and its clock."""

from __future__ import annotations

import threading

from simulator.engine.scheduler import Scheduler
from simulator.server.owner import Owner


class Clock:
    """As little as a thread can own."""

    def __init__(self) -> None:
        self.scheduler = Scheduler(0)
        self.closed_by: str | None = None

    def close(self) -> None:
        self.closed_by = threading.current_thread().name


def moments(speed: float | None) -> list[int]:
    owner = Owner(Clock, speed=speed)
    owner.start()
    try:
        return [owner.ask(lambda clock: clock.scheduler.now_ms).result() for _ in range(3)]
    finally:
        owner.stop()


def test_whoever_comes_later_comes_at_a_later_time():
    # nothing is due: it is the request that sets the clock, a million times as fast as the wall's
    first, second, third = moments(1_000_000)
    assert first < second < third


def test_in_virtual_time_asking_takes_none():
    assert moments(None) == [0, 0, 0]


def test_what_it_owns_is_closed_on_its_thread():
    owner = Owner(Clock, speed=None)
    owner.start()
    clock = owner.ask(lambda clock: clock).result()
    owner.stop()
    assert clock.closed_by == "simulator"
