"""The one thread that a simulation lives on, and how fast its time goes.

A greenlet can't be resumed from another thread, and PostgreSQL ends with the thread that started
it: so requests post what they want to this thread's queue and wait. Between two requests it lets
the simulation run: at once (virtual), or as the wall clock goes, times a factor.
"""

from __future__ import annotations

import queue
import sys
import threading  # noqa: TID251 - this is the thread
import time  # noqa: TID251 - the wall clock that real and scaled time follow
import traceback
from collections.abc import Callable
from concurrent.futures import Future
from typing import Any, Generic, Protocol, TypeVar

from simulator.engine.ports import Pending
from simulator.engine.scheduler import Scheduler, Timer


class Owned(Protocol):
    """What the thread owns."""

    @property
    def scheduler(self) -> Scheduler: ...

    def close(self) -> None: ...


T = TypeVar("T", bound=Owned)
_DAY_SECONDS = 86_400.0


class Pace:
    """How virtual time follows the wall clock: `speed` seconds to the second; None for at once."""

    def __init__(self, scheduler: Scheduler, speed: float | None) -> None:
        self._scheduler = scheduler
        self._speed = speed
        self._from_ms = scheduler.now_ms
        self._from_seconds = time.monotonic()
        # in virtual time: until when, by the wall clock, those outside may still answer
        self._patience: dict[Timer, float] = {}

    def catch_up(self, has_work: Callable[[], bool] = lambda: False) -> None:
        """Run what is due by now; in virtual time all of it, unless work comes meanwhile."""
        if self._speed is None:
            self._scheduler.run(has_work)
            self._run_out(has_work)
        else:
            self._scheduler.run(until_ms=self._now_ms(self._speed))

    def wait_seconds(self) -> float | None:
        """How long nothing is due; None for ever."""
        due_ms = self._scheduler.next_due_ms()
        if due_ms is None:
            return None
        if self._speed is None:
            return self._patience_seconds() if self._scheduler.is_idle else 0.0
        return max(0.0, (due_ms - self._now_ms(self._speed)) / 1000 / self._speed)

    def _patience_seconds(self) -> float | None:
        """In virtual time nothing but limits of waits is left: they last as long by the wall clock,
        so that clients have the time that AWS would give them."""
        now = time.monotonic()
        now_ms = self._scheduler.now_ms
        self._patience = {
            timer: self._patience.get(timer, now + (timer.due_ms - now_ms) / 1000)
            for timer in self._scheduler.patient_timers()
        }
        if not self._patience:
            return None
        # no platform's lock waits for a year
        return min(max(0.0, min(self._patience.values()) - now), _DAY_SECONDS)

    def _run_out(self, has_work: Callable[[], bool]) -> None:
        wait_seconds = self._patience_seconds() if self._scheduler.is_idle else None
        if wait_seconds == 0.0:
            first = min(self._patience, key=self._patience.__getitem__)
            self._scheduler.run(has_work, until_ms=first.due_ms)

    def _now_ms(self, speed: float) -> int:
        passed = time.monotonic() - self._from_seconds
        return self._from_ms + int(passed * 1000 * speed)


class Owner(Generic[T]):
    """Starts the thread, which makes what it owns; `ask` does something there."""

    def __init__(self, make: Callable[[], T], *, speed: float | None) -> None:
        self._make = make
        self._speed = speed
        self._work: queue.SimpleQueue[tuple[Callable[[T], Any], Future[Any]] | None] = (
            queue.SimpleQueue()
        )
        self._made: Future[None] = Future()
        # not a daemon: what it owns is closed before the process ends
        self._thread = threading.Thread(target=self._run, name="simulator")

    def start(self) -> None:
        """Start it. Raises what making raised."""
        self._thread.start()
        self._made.result()

    def ask(self, work: Callable[[T], Any]) -> Future[Any]:
        """Do `work` on the thread; a `Pending` that it returns is waited for."""
        future: Future[Any] = Future()
        self._work.put((work, future))
        return future

    def stop(self) -> None:
        """Close what it owns and end it."""
        self._work.put(None)
        self._thread.join()

    def _run(self) -> None:
        try:
            owned = self._make()
        except BaseException as error:  # noqa: BLE001 - whoever starts it hears of it
            self._made.set_exception(error)
            return
        try:
            self._made.set_result(None)
            self._serve(owned)
        finally:
            owned.close()

    def _serve(self, owned: T) -> None:
        pace = Pace(owned.scheduler, self._speed)
        while True:
            try:
                item = self._work.get(timeout=pace.wait_seconds())
            except queue.Empty:
                self._advance(lambda: pace.catch_up(lambda: not self._work.empty()))
                continue
            if item is None:
                return
            if self._speed is not None:
                # whoever comes now finds what has happened until now
                self._advance(pace.catch_up)
            _perform(owned, *item)

    @staticmethod
    def _advance(run: Callable[[], None]) -> None:
        try:
            run()
        except Exception:  # noqa: BLE001 - one bad action must not end everybody's port
            traceback.print_exc(file=sys.stderr)


def _perform(owned: T, work: Callable[[T], Any], future: Future[Any]) -> None:
    try:
        answer = work(owned)
    except Exception as error:  # noqa: BLE001 - the request's own, and answered there
        future.set_exception(error)
        return
    if isinstance(answer, Pending):
        answer.when_settled(lambda done: _pass_on(done, future))
    else:
        future.set_result(answer)


def _pass_on(done: Pending, future: Future[Any]) -> None:
    if done.error is not None:
        future.set_exception(done.error)
    else:
        future.set_result(done.value)
