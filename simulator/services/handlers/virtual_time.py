"""Clocks and chance as handler code sees them: virtual inside an actor, the real ones elsewhere.

`install` patches `time`, `random`, `os.urandom` and `selectors` once for the process with functions
that ask which actor runs. `VirtualClock` moves `datetime` and `time.time` while one runs. Not
covered, because they ask the operating system from C: NumPy's own generators, `select.*` called
directly, `clock_gettime` of clocks other than the real-time one, and locks with a timeout.
"""

from __future__ import annotations

import datetime as dt
import functools
import hashlib
import importlib
import os
import random  # noqa: TID251 - the rim: patched here, so that handlers draw from the seed
import selectors
import sys
import time  # noqa: TID251 - the rim: patched here, so that handlers see virtual time
import uuid  # noqa: TID251 - the rim: its node number is patched here
from collections.abc import Callable, MutableMapping
from types import FrameType
from typing import Any, Protocol

import greenlet


def _load_time_machine() -> Any:
    # It imports pytest, for a fixture of its own, wherever that is installed: 57 ms of every run
    # from the command line.
    if "pytest" in sys.modules:
        return importlib.import_module("time_machine")
    sys.modules["pytest"] = None  # type: ignore[assignment]
    try:
        return importlib.import_module("time_machine")
    finally:
        del sys.modules["pytest"]


time_machine = _load_time_machine()


class Running(Protocol):
    """What the patched functions ask of the actor that runs."""

    @property
    def uptime_ms(self) -> int: ...

    @property
    def chance(self) -> random.Random: ...

    def sleep_ms(self, duration_ms: int) -> None: ...

    def random_bytes(self, count: int) -> bytes: ...


class ActorGreenlet(greenlet.greenlet):  # type: ignore[misc]
    """A greenlet that knows its actor; greenlets that user code starts below it find it too."""

    actor: Any = None


def running() -> Any:
    """The actor whose code runs on this thread now; None outside of all."""
    try:
        at: greenlet.greenlet | None = greenlet.getcurrent()
    except RuntimeError:
        # the interpreter ends, and somebody's garbage collection asks what time it is
        return None
    while at is not None:
        if type(at) is ActorGreenlet:
            return at.actor
        at = at.parent
    return None


# The real functions, for whoever runs outside an actor; bound before anything is patched.
real_sleep = time.sleep
real_monotonic = time.monotonic
_real_urandom = os.urandom
_NS = 1_000_000
_KEEPING = {*sys.stdlib_module_names, __name__.partition(".")[0]}
_replaced: dict[int, tuple[Any, Any]] = {}
# how often each library drew while it was imported inside of an actor
_drawn: dict[str, int] = {}


def install() -> None:
    """Patch the process once. Harmless to repeat."""
    if _replaced:
        return
    # Those that keep their own reference to a clock are loaded first, with the real one: a queue
    # or a future waits on real locks.
    # And a process's key to its children is drawn on import, from real chance.
    import concurrent.futures
    import multiprocessing.process
    import queue

    assert queue
    assert concurrent.futures
    assert multiprocessing.process
    _patch_time()
    _patch_chance()
    _patch_selectors()
    for module in list(sys.modules.values()):
        adopt(getattr(module, "__dict__", {}))


def adopt(names: MutableMapping[str, Any]) -> None:
    """Replace the real functions in a module that imported them by name before `install`. The
    standard library and the simulator keep the real ones."""
    module = str(names.get("__name__", ""))
    if module.partition(".")[0] in _KEEPING and module != "__main__":
        return
    for name, value in list(names.items()):
        if id(value) in _replaced:
            names[name] = virtual(value)


def virtual(value: Any) -> Any:
    """What stands for a real function since `install`; anything else as it is."""
    known = _replaced.get(id(value))
    return known[1] if known is not None and known[0] is value else value


def _replace(module: Any, name: str, substitute: Any) -> None:
    original = getattr(module, name)
    _replaced[id(original)] = (original, substitute)
    setattr(module, name, substitute)


def milliseconds(seconds: float) -> int:
    """Seconds as whole milliseconds, rounded up: a wait is never shorter than asked, and one that
    is left over by a float's rounding still comes to its end."""
    whole = -(-round(seconds * 1_000_000) // 1000)
    return max(whole, 1) if seconds > 0 else 0


@functools.wraps(time.sleep)
def _sleep(seconds: float, /) -> None:
    actor = running()
    if actor is None:
        real_sleep(seconds)
        return
    if seconds < 0:
        raise ValueError("sleep length must be non-negative")
    actor.sleep_ms(milliseconds(seconds))


def _seconds_clock(real: Callable[[], float]) -> Callable[[], float]:
    @functools.wraps(real)
    def clock() -> float:
        actor = running()
        return real() if actor is None else actor.uptime_ms / 1000

    return clock


def _nanoseconds_clock(real: Callable[[], int]) -> Callable[[], int]:
    @functools.wraps(real)
    def clock() -> int:
        actor = running()
        return real() if actor is None else actor.uptime_ms * _NS

    return clock


def _patch_time() -> None:
    _replace(time, "sleep", _sleep)
    for name in ("monotonic", "perf_counter", "process_time", "thread_time"):
        if hasattr(time, name):
            _replace(time, name, _seconds_clock(getattr(time, name)))
            _replace(time, f"{name}_ns", _nanoseconds_clock(getattr(time, f"{name}_ns")))


class _SeededRandom(random.Random):
    """The class of the `random` module's hidden instance: each actor draws from its own."""

    def _own(self) -> random.Random | None:
        # An actor's generator is a plain Random, so this does not come here again.
        actor = running()
        return None if actor is None else actor.chance

    def random(self) -> float:
        own = self._own()
        return super().random() if own is None else own.random()

    def getrandbits(self, k: int, /) -> int:
        own = self._own()
        return super().getrandbits(k) if own is None else own.getrandbits(k)

    def gauss(self, mu: float = 0.0, sigma: float = 1.0) -> float:
        own = self._own()
        return super().gauss(mu, sigma) if own is None else own.gauss(mu, sigma)

    def seed(self, a: Any = None, version: int = 2) -> None:
        own = self._own()
        if own is None:
            super().seed(a, version)
        else:
            own.seed(a, version)

    def getstate(self) -> tuple[Any, ...]:
        own = self._own()
        return super().getstate() if own is None else own.getstate()

    def setstate(self, state: tuple[Any, ...]) -> None:
        own = self._own()
        if own is None:
            super().setstate(state)
        else:
            own.setstate(state)


def _urandom(count: int, /) -> bytes:
    actor = running()
    return _real_urandom(count) if actor is None else _bytes_of(actor, count)


def _bytes_of(actor: Running, count: int) -> bytes:
    """The actor's bytes; those of a library while its first import in this process runs, since
    whoever comes later doesn't import it again and would draw something else."""
    library = _library_loading()
    if library is None:
        return actor.random_bytes(count)
    _drawn[library] = _drawn.get(library, 0) + 1
    return hashlib.shake_128(f"{library}\0{_drawn[library]}".encode()).digest(count)


def _library_loading() -> str | None:
    """The module whose loading is under way, innermost; None for one of the user's own."""
    frame: FrameType | None = sys._getframe()
    while frame is not None:
        code = frame.f_code
        if code.co_name == "_load_unlocked" and code.co_filename.startswith("<frozen importlib"):
            spec = frame.f_locals["spec"]
            return None if getattr(spec.loader, "is_of_environment", False) else spec.name
        frame = frame.f_back
    return None


def _patch_chance() -> None:
    _replace(os, "urandom", _urandom)
    # `secrets` and SystemRandom hold the function under this name
    random._urandom = _urandom  # type: ignore[attr-defined]
    hidden = random._inst
    hidden.__class__ = _SeededRandom
    for name in ("random", "getrandbits", "gauss", "seed", "getstate", "setstate"):
        _replace(random, name, getattr(hidden, name))
    real_seed = random.Random.seed

    @functools.wraps(real_seed)
    def seed(self: random.Random, a: Any = None, version: int = 2) -> None:
        if a is None:
            actor = running()
            a = None if actor is None else int.from_bytes(_bytes_of(actor, 32), "big")
        real_seed(self, a, version)

    random.Random.seed = seed  # type: ignore[method-assign]
    real_node = uuid.getnode

    @functools.wraps(real_node)
    def getnode() -> int:
        actor = running()
        if actor is None:
            return real_node()
        # the multicast bit marks a number that is no network card's (RFC 9562)
        return int.from_bytes(_bytes_of(actor, 6), "big") | (1 << 40)

    _replace(uuid, "getnode", getnode)


def _patch_selectors() -> None:
    # asyncio sleeps in its selector: there, a timeout with nothing to read is a virtual wait.
    selector = selectors.DefaultSelector
    real_select = selector.select

    @functools.wraps(real_select)
    def select(self: Any, timeout: float | None = None) -> Any:
        actor = running()
        if actor is None or timeout is None or timeout <= 0:
            return real_select(self, timeout)
        ready = real_select(self, 0)
        if ready:
            return ready
        actor.sleep_ms(milliseconds(timeout))
        return real_select(self, 0)

    selector.select = select  # type: ignore[method-assign]


class VirtualClock:
    """`datetime` and `time.time` at a virtual instant, from `start` to `stop`; they nest."""

    __slots__ = ("_at_ms", "_travel", "_traveller")

    def start(self, now_ms: int) -> None:
        """Show `now_ms` from here on."""
        # through whole seconds and a shift, because a float loses part of a millisecond
        self._travel = time_machine.travel(now_ms // 1000, tick=False)
        self._traveller = self._travel.start()
        self._traveller.shift(dt.timedelta(milliseconds=now_ms % 1000))
        self._at_ms = now_ms

    def move_to(self, now_ms: int) -> None:
        """Show another instant."""
        self._traveller.shift(dt.timedelta(milliseconds=now_ms - self._at_ms))
        self._at_ms = now_ms

    def stop(self) -> None:
        """Show what was shown before."""
        self._travel.stop()
