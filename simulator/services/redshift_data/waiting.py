"""Requests with WaitTimeSeconds: answered when a statement has ended, or their time is over."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from simulator.engine.ports import Pending, World
from simulator.services.api import ServiceError
from simulator.services.redshift_data.limits import MAX_WAITING_REQUESTS

Answer = dict[str, Any]


class _Waiter:
    """One request: it hears once, by whatever comes first."""

    __slots__ = ("has_ended", "pending", "timer")

    def __init__(self, has_ended: Callable[[], bool]) -> None:
        self.has_ended = has_ended
        self.pending = Pending()
        self.timer: Any = None


class Waiters:
    """Who waits for which statement, by its id."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._waiting: dict[str, list[_Waiter]] = {}

    def answer(
        self,
        statement_id: str,
        seconds: int | None,
        has_ended: Callable[[], bool],
        make: Callable[[], Answer],
    ) -> Answer | Pending:
        """What `make` gives: now, or once `has_ended` or the time is over, where there is any.

        Raises ActiveWaitingRequestsExceededException where too many wait for the same statement.
        """
        if not seconds or has_ended():
            return make()
        waiting = self._waiting.setdefault(statement_id, [])
        if len(waiting) >= MAX_WAITING_REQUESTS:
            raise ServiceError(
                "ActiveWaitingRequestsExceededException",
                "The number of active requests with WaitTimeSeconds for the same SQL statement "
                f"exceeds the limit of {MAX_WAITING_REQUESTS}.",
            )
        waiter = _Waiter(has_ended)
        waiting.append(waiter)

        def over() -> None:
            self._forget(statement_id, waiter)
            try:
                made = make()
            except ServiceError as error:
                waiter.pending.settle(error=error)
            else:
                waiter.pending.settle(made)

        waiter.timer = self._world.scheduler.after(seconds * 1000, over)
        return waiter.pending

    def changed(self, statement_id: str) -> None:
        """A status of the statement changed: whoever waited for that hears of it at this instant,
        after what goes on now."""
        for waiter in list(self._waiting.get(statement_id, ())):
            if waiter.has_ended():
                timer, action = waiter.timer, waiter.timer.action
                if action is not None:
                    timer.cancel()
                    waiter.timer = self._world.scheduler.at(self._world.scheduler.now_ms, action)
                    self._forget(statement_id, waiter)

    def _forget(self, statement_id: str, waiter: _Waiter) -> None:
        waiting = self._waiting.get(statement_id, [])
        if waiter in waiting:
            waiting.remove(waiter)
        if not waiting:
            self._waiting.pop(statement_id, None)
