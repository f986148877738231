"""User code in virtual time: each call of a handler is a greenlet that the scheduler switches in.

While it runs, its clocks, chance and surroundings are its own; while it waits, others run. Code
that waits for a real thing (a thread, a lock) really waits. An actor that is given up is never
resumed, and kept: dropping it would throw an exception into it, and run its `finally` clauses,
which AWS does not do either.
"""

from __future__ import annotations

import contextlib
import io
import random  # noqa: TID251 - seeded from the simulation, one for each actor
import sys
from collections.abc import Callable, Iterator
from typing import Any, Protocol

import greenlet

from simulator.engine.ports import Pending, World
from simulator.services.api import Caller, NotModelled, ServiceError
from simulator.services.handlers import confinement, virtual_time
from simulator.services.handlers.virtual_time import ActorGreenlet, VirtualClock


class Surroundings(Protocol):
    """What else changes hands with an actor: variables, import path, working folder, modules."""

    def enter(self) -> None: ...

    def leave(self) -> None: ...


_BOOTED_BEFORE_MS = 100_000

# Strong references to whatever is suspended: see the module's text.
_kept: set[Actor] = set()


class Actor:
    """A function that runs in virtual time. `result` or `error` is set when `is_done`.

    `door` answers its boto3 calls and `caller` is whom they come from; `place` is where its random
    numbers come from, so equal places of equal seeds draw the same.
    """

    def __init__(
        self,
        world: World,
        fn: Callable[[], Any],
        *,
        name: str,
        on_done: Callable[[Actor], None],
        surroundings: Surroundings | None = None,
        caller: Caller | None = None,
        door: Any = None,
        place: str | None = None,
        keeps_output: bool = True,
    ) -> None:
        self.world = world
        self.name = name
        self.caller = caller
        self.door = door
        # what it prints; a test's own function prints where the test does
        self.output = io.StringIO()
        self._keeps_output = keeps_output
        self.result: Any = None
        self.error: BaseException | None = None
        self.is_done = False
        self.is_abandoned = False
        self.was_stopped = False
        self.real_limit_seconds = confinement.REAL_LIMIT_SECONDS
        # what the simulation could not carry faithfully, for whoever reads the record
        self.notes: list[str] = []
        self._fn = fn
        self._on_done = on_done
        self._surroundings = surroundings
        self._place = place or name
        self._drawn = 0
        self._chance: random.Random | None = None
        self._clock = VirtualClock()
        self._running_loop: Any = None
        self._hub: greenlet.greenlet | None = None
        self._greenlet = ActorGreenlet(self._main)
        self._greenlet.actor = self
        self._suspended: greenlet.greenlet = self._greenlet

    @property
    def now_ms(self) -> int:
        """Virtual now."""
        return self.world.scheduler.now_ms

    @property
    def uptime_ms(self) -> int:
        """What its monotonic clocks show: small, so that a float tells nanoseconds apart (asyncio
        compares times that closely), and not 0, which code takes for "never"."""
        scheduler = self.world.scheduler
        return scheduler.now_ms - scheduler.start_ms + _BOOTED_BEFORE_MS

    @property
    def chance(self) -> random.Random:
        """Its generator of pseudo-random numbers, made when first asked for."""
        if self._chance is None:
            self._chance = random.Random(int.from_bytes(self.random_bytes(16), "big"))  # noqa: S311 - no secrets
        return self._chance

    def random_bytes(self, count: int) -> bytes:
        """Bytes from the seed and this actor's place."""
        blocks = []
        for _ in range(0, count, 16):
            self._drawn += 1
            blocks.append(self.world.identity.digest("entropy", self._place, self._drawn))
        return b"".join(blocks)[:count]

    @contextlib.contextmanager
    def drawing_at(self, place: str) -> Iterator[None]:
        """Draw chance from another place for a while: what is drawn there shifts nothing here."""
        outer = self._place, self._drawn, self._chance
        self._place, self._drawn, self._chance = f"{self._place} {place}", 0, None
        try:
            yield
        finally:
            self._place, self._drawn, self._chance = outer

    def sleep_ms(self, duration_ms: int) -> None:
        """Let virtual time pass; others run meanwhile. Only from inside the actor."""
        scheduler = self.world.scheduler
        if scheduler.spend(duration_ms):
            self._clock.move_to(scheduler.now_ms)
            return
        scheduler.after(duration_ms, self.resume)
        self._suspend(None)

    def wait(self, pending: Pending) -> Any:
        """The value of an answer that comes later, or its error raised. Only from inside."""
        if not pending.is_settled:
            pending.when_settled(self._resume_soon)
            self._suspend(None)
        if pending.error is not None:
            raise pending.error
        return pending.value

    def call_outside(self, fn: Callable[[], Any], *, duration_ms: int) -> Any:
        """After `duration_ms`, the result of `fn`, which runs as the simulator's own code: real
        clock, real surroundings; at once, before anything else that is due, when that is 0. A
        `Pending` that it returns is waited for. Only from inside."""
        answer: list[Any] = []

        def perform() -> bool:
            try:
                value = fn()
            except (ServiceError, NotModelled) as error:
                answer[:] = [None, error]
                return True
            if not isinstance(value, Pending):
                answer[:] = [value, None]
                return True
            if value.is_settled:
                answer[:] = [value.value, value.error]
                return True
            value.when_settled(lambda done: answer.extend((done.value, done.error)))
            value.when_settled(self._resume_soon)
            return False

        def begin() -> bool:
            scheduler = self.world.scheduler
            if duration_ms == 0 or scheduler.spend(duration_ms):
                return perform()
            scheduler.after(duration_ms, lambda: self.resume() if perform() else None)
            return False

        self._suspend(begin)
        value, error = answer
        if error is not None:
            raise error
        return value

    def abandon(self) -> None:
        """Never resume it again."""
        self.is_abandoned = True

    def resume(self) -> None:
        """Run until the next wait or the end. Only the scheduler calls it."""
        may_go_on = not self.is_abandoned
        while may_go_on:
            request = self._run()
            if self.is_done:
                _kept.discard(self)
                self._on_done(self)
                return
            # What it asked of the simulator is done here, outside of it; None: it waits.
            may_go_on = request is not None and request()

    def _run(self) -> Callable[[], bool] | None:
        hub = greenlet.getcurrent()
        self._hub = hub
        try:
            self._greenlet.parent = hub
            self._enter()
            try:
                request: Callable[[], bool] | None = self._suspended.switch()
            finally:
                self._leave()
        except (greenlet.error, ValueError) as error:
            raise RuntimeError(
                f"{self.name}: expected the thread that began it, got another one; one thread owns"
                " a simulation"
            ) from error
        return request

    def _resume_soon(self, _: Pending) -> None:
        self.world.scheduler.after(0, self.resume)

    def _enter(self) -> None:
        self._streams = sys.stdout, sys.stderr
        if self._keeps_output:
            sys.stdout = sys.stderr = self.output
        if self._surroundings is not None:
            self._surroundings.enter()
        self._outer_loop = _swap_running_loop(self._running_loop)
        self._clock.start(self.now_ms)
        self._outer_watch = confinement.watch(self)

    def _leave(self) -> None:
        confinement.unwatch(self._outer_watch)
        self._clock.stop()
        self._running_loop = _swap_running_loop(self._outer_loop)
        if self._surroundings is not None:
            self._surroundings.leave()
        sys.stdout, sys.stderr = self._streams

    def _suspend(self, request: Callable[[], bool] | None) -> None:
        assert self._hub is not None
        _kept.add(self)
        self._suspended = greenlet.getcurrent()
        self._hub.switch(request)

    def _main(self) -> None:
        try:
            self.result = self._fn()
        except KeyboardInterrupt:
            raise
        except BaseException as error:  # noqa: BLE001 - SystemExit too: it ends a Lambda runtime
            self.error = error
        self.is_done = True


def current() -> Actor | None:
    """The actor whose code asks; None outside."""
    actor: Actor | None = virtual_time.running()
    return actor


def spawn(
    world: World,
    fn: Callable[[], Any],
    *,
    name: str,
    on_done: Callable[[Actor], None],
    delay_ms: int = 0,
    surroundings: Surroundings | None = None,
    caller: Caller | None = None,
    door: Any = None,
    place: str | None = None,
    keeps_output: bool = True,
) -> Actor:
    """Let `fn` begin `delay_ms` from now, in virtual time. `on_done(actor)` hears of its end."""
    virtual_time.install()
    confinement.install()
    actor = Actor(
        world,
        fn,
        name=name,
        on_done=on_done,
        surroundings=surroundings,
        caller=caller,
        door=door,
        place=place,
        keeps_output=keeps_output,
    )
    world.scheduler.after(delay_ms, actor.resume)
    return actor


def run(world: World, fn: Callable[[], Any], *, name: str, **options: Any) -> Any:
    """What `fn` returns, run to its end as an actor from outside of any; raises what it raises.
    `options` are those of `spawn`."""
    ended: list[Actor] = []
    spawn(world, fn, name=name, on_done=ended.append, keeps_output=False, **options)
    world.scheduler.run(lambda: bool(ended))
    if not ended:
        raise RuntimeError(f"{name}: nothing is left to run, and it still waits")
    if ended[0].error is not None:
        raise ended[0].error
    return ended[0].result


def _swap_running_loop(loop: Any) -> Any:
    # asyncio keeps the running event loop for each thread; two handlers may each run one.
    events = sys.modules.get("asyncio.events")
    if events is None:
        return None
    outer = events._get_running_loop()
    if outer is not loop:
        events._set_running_loop(loop)
    return outer
