"""Nothing simulated reaches the outside, and nothing hangs: the guard around user code.

An audit hook (PEP 578) sees connections, name look-ups and processes whichever library asks for
them. It is installed once, cannot be taken away, and lets everything pass that no actor does. A
real-time watchdog stops code that runs on and on without ever waiting in virtual time.
"""

from __future__ import annotations

import ctypes
import functools
import sys
import threading  # noqa: TID251 - the rim: threads that handlers start are marked, one is ours
from typing import Any

from simulator.services.api import NotModelled
from simulator.services.handlers import virtual_time

_SOCKETS = frozenset(
    {
        "socket.connect",
        "socket.bind",
        "socket.sendto",
        "socket.sendmsg",
        "socket.getaddrinfo",
        "socket.gethostbyname",
        "socket.gethostbyaddr",
    }
)
_PROCESSES = frozenset(
    {"subprocess.Popen", "os.system", "os.exec", "os.posix_spawn", "os.spawn", "os.fork"}
)
_GUARDED = _SOCKETS | _PROCESSES

# How long code may compute in one go before it counts as an endless loop.
REAL_LIMIT_SECONDS = 60.0


class ConnectionRefused(NotModelled):
    """Simulated code asked for the network."""


class ProcessRefused(NotModelled, PermissionError):
    """Simulated code asked for another process; libraries that only try go on without it."""


class EndlessLoop(BaseException):
    """Thrown into code that computes for too long; not an Exception, so `except Exception` in a
    handler does not swallow it."""


def owner() -> Any:
    """The actor that this code belongs to: the running one, or the one that started this thread."""
    actor = virtual_time.running()
    if actor is None:
        actor = getattr(threading.current_thread(), "started_by_actor", None)
    return actor


def _audit(event: str, arguments: tuple[Any, ...], guarded: frozenset[str] = _GUARDED) -> None:
    # The hook outlives this module's names, which Python clears as it shuts down.
    if event not in guarded:
        return
    actor = owner()
    if actor is None:
        return
    if event in _PROCESSES:
        raise ProcessRefused(
            f"{actor.name}: no other processes in simulated code, got {event}{arguments[:2]!r}"
        )
    target = arguments[1] if event in {"socket.connect", "socket.bind"} else arguments[:2]
    if event != "socket.bind":
        # libraries bind a port to see what the host can do (urllib3, on import): nothing leaves
        actor.notes.append(f"connection refused: {event} {target!r}")
    raise ConnectionRefused(
        f"{actor.name}: expected no connection to the outside from simulated code, got"
        f" {event} {target!r}; only simulated services can be reached"
    )


@functools.cache
def install() -> None:
    """Put up the guard, once for the process."""
    sys.addaudithook(_audit)
    _mark_threads()


def _mark_threads() -> None:
    real_start = threading.Thread.start

    def start(self: threading.Thread) -> None:
        actor = owner()
        if actor is not None:
            self.started_by_actor = actor  # type: ignore[attr-defined]
            note = "started a thread: threads run in real time, and cannot call services"
            if note not in actor.notes:
                actor.notes.append(note)
        real_start(self)

    threading.Thread.start = start  # type: ignore[method-assign]


# What runs now, since when in real time, and on which thread; replaced as a whole.
_watched: tuple[Any, float, int] | None = None
_watchdog: threading.Thread | None = None
# held by whoever decides that what is watched is, or is no longer, to be stopped
_about_to_stop = threading.Lock()


def watch(actor: Any) -> tuple[Any, float, int] | None:
    """Begin to watch `actor`; returns what was watched before."""
    global _watched, _watchdog  # noqa: PLW0603 - one for each process
    outer = _watched
    _watched = (actor, virtual_time.real_monotonic(), threading.get_ident())
    if _watchdog is None:
        _watchdog = threading.Thread(target=_stop_endless_loops, name="watchdog", daemon=True)
        _watchdog.started_by_actor = None  # type: ignore[attr-defined]
        _REAL_START(_watchdog)
    return outer


def unwatch(outer: tuple[Any, float, int] | None) -> None:
    """Stop watching, and go back to what was watched before."""
    global _watched  # noqa: PLW0603 - one for each process
    ended = _watched
    restored = None if outer is None else (outer[0], virtual_time.real_monotonic(), outer[2])
    while True:
        try:
            with _about_to_stop:
                _watched = restored
            if ended is not None and ended[0].was_stopped:
                _receive_what_is_on_its_way()
        except EndlessLoop:
            continue
        return


def _receive_what_is_on_its_way() -> None:
    """Let an exception that another thread has set come up here, where it is expected.

    Taking it back by `PyThreadState_SetAsyncExc(thread, None)` would leave CPython 3.11's
    interpreter signalled for good: from then on it hangs where a trace function is on.
    """
    for _ in range(2):  # it comes at a backward jump
        pass


_REAL_START = threading.Thread.start


def _stop_endless_loops() -> None:
    while True:
        virtual_time.real_sleep(0.5)
        watched = _watched
        if watched is None:
            continue
        actor, since, thread = watched
        if virtual_time.real_monotonic() - since < actor.real_limit_seconds:
            continue
        with _about_to_stop:
            if watched is not _watched:
                continue
            if not actor.was_stopped:
                actor.notes.append(
                    f"computed for {actor.real_limit_seconds:g} s of real time without waiting:"
                    " taken for an endless loop"
                )
            actor.was_stopped = True
            ctypes.pythonapi.PyThreadState_SetAsyncExc(
                ctypes.c_ulong(thread), ctypes.py_object(EndlessLoop)
            )
