"""The only clock: a heap of (time, rank, sequence). Nothing else moves `now_ms`.

Time is in integer milliseconds since the Unix epoch, and virtual: the scheduler jumps to whatever
is due next. A running piece of work may also add time in line (`spend`), as long as nothing else is
due earlier; so a chain of states costs time without a heap operation for each.
"""

from __future__ import annotations

import heapq
from collections.abc import Callable
from datetime import UTC, datetime

# At one instant commits come before starts, and both before whatever else is due.
RANK_COMMIT, RANK_START, RANK_NORMAL = 0, 1, 2


def milliseconds(at: datetime | str) -> int:
    """A moment, or its ISO text, as the scheduler counts; UTC where it names no zone."""
    moment = datetime.fromisoformat(at) if isinstance(at, str) else at
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    return round(moment.timestamp() * 1000)


class Timer:
    """Something due; `cancel()` makes it never happen. What stands in the background doesn't move
    time: it is due when something else has brought time there."""

    __slots__ = ("action", "due_ms", "is_background", "is_patient")

    def __init__(
        self,
        due_ms: int,
        action: Callable[[], None],
        *,
        is_background: bool = False,
        is_patient: bool = False,
    ) -> None:
        self.due_ms = due_ms
        self.action: Callable[[], None] | None = action
        self.is_background = is_background
        self.is_patient = is_patient

    def cancel(self) -> None:
        """Forget the action. Harmless when it has run."""
        self.action = None


class Scheduler:
    """Runs actions in the order of their virtual times, on the caller's thread."""

    def __init__(self, start_ms: int) -> None:
        self.start_ms = start_ms
        self.now_ms = start_ms
        self.heap: list[tuple[int, int, int, Timer]] = []
        # Called after each action; while it is set, the engine gives back control after each state,
        # so that whoever looks on sees (and may change) what comes between any two.
        self.after_action: Callable[[], None] | None = None
        # The sequence number breaks ties, so two timers due at the same instant fire in the order
        # in which they were set.
        self._sequence = 0

    def at(self, due_ms: int, action: Callable[[], None], rank: int = RANK_NORMAL) -> Timer:
        """Run `action` at `due_ms`, or now if that has passed."""
        return self._put(Timer(max(due_ms, self.now_ms), action), rank)

    def background(self, due_ms: int, action: Callable[[], None]) -> Timer:
        """Run `action` at `due_ms` if time comes there; no run goes on for its sake."""
        return self._put(Timer(max(due_ms, self.now_ms), action, is_background=True), RANK_NORMAL)

    def patient(self, due_ms: int, action: Callable[[], None]) -> Timer:
        """Like `background`, for what somebody outside may still make needless: whoever paces this
        clock gives them as long."""
        timer = Timer(max(due_ms, self.now_ms), action, is_background=True, is_patient=True)
        return self._put(timer, RANK_NORMAL)

    def patient_timers(self) -> list[Timer]:
        """Those of `patient` that are still to come."""
        return [timer for *_, timer in self.heap if timer.is_patient and timer.action is not None]

    def _put(self, timer: Timer, rank: int) -> Timer:
        self._sequence += 1
        heapq.heappush(self.heap, (timer.due_ms, rank, self._sequence, timer))
        return timer

    def after(self, delay_ms: int, action: Callable[[], None], rank: int = RANK_NORMAL) -> Timer:
        """Run `action` `delay_ms` from now."""
        return self.at(self.now_ms + delay_ms, action, rank)

    def next_due_ms(self) -> int | None:
        """When the next action is due; None when nothing is left to do."""
        heap = self.heap
        while heap and heap[0][3].action is None:
            heapq.heappop(heap)
        return heap[0][0] if heap else None

    @property
    def is_idle(self) -> bool:
        """Whether nothing is due but what stands in the background, and that not yet."""
        return not any(
            timer.action is not None and (not timer.is_background or timer.due_ms <= self.now_ms)
            for _, _, _, timer in self.heap
        )

    def spend(self, duration_ms: int) -> bool:
        """Let time pass in line; False (and no time passed) when something else is due by then, or
        when somebody looks on, who may step in meanwhile."""
        if self.after_action is not None:
            return False
        due_ms = self.now_ms + duration_ms
        heap = self.heap
        if heap and heap[0][0] <= due_ms:
            following = self.next_due_ms()
            if following is not None and following <= due_ms:
                return False
        self.now_ms = due_ms
        return True

    def run(self, until: Callable[[], bool] | None = None, *, until_ms: int | None = None) -> None:
        """Run what is due, in order, until nothing is left that moves time, `until()` holds or
        `until_ms` comes."""
        heap = self.heap
        while until is None or not until():
            due_ms = self.next_due_ms()
            if due_ms is None or (until_ms is not None and due_ms > until_ms):
                break
            if until_ms is None and heap[0][3].is_background and self.is_idle:
                break
            timer = heapq.heappop(heap)[3]
            self.now_ms = max(self.now_ms, due_ms)
            action, timer.action = timer.action, None
            if action is not None:
                action()
                if self.after_action is not None:
                    self.after_action()
        if until_ms is not None and (until is None or not until()):
            self.now_ms = max(self.now_ms, until_ms)
