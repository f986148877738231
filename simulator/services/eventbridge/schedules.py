"""Amazon EventBridge Scheduler: schedules, and rules with a schedule, start what they target.

In virtual time they don't move the clock: a schedule is due when something else has brought time
there, so that a port with a daily schedule does not run through the years by itself.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from simulator.engine.ports import World
from simulator.engine.scheduler import Timer
from simulator.services.api import Caller
from simulator.services.eventbridge.deliveries import Delivery, Undelivered, policy_of
from simulator.services.eventbridge.schedule_expressions import Expression, parse
from simulator.services.eventbridge.targets import EventTargets

# "<aws.scheduler.scheduled-time>" and the like, in a target's Input
_CONTEXT = "<aws.scheduler.{}>"


@dataclass(frozen=True, slots=True)
class Schedule:
    """A schedule as it was made. `target` is as the API has it; `start_ms` and `end_ms` bound its
    times, `window_ms` is how much later than due it may be."""

    arn: str
    expression: str
    zone: str
    target: Mapping[str, Any]
    role_arn: str
    start_ms: int | None = None
    end_ms: int | None = None
    window_ms: int = 0
    # called when a schedule is over that is to be deleted then
    delete: Callable[[], None] | None = None
    # of a rule: an event instead of the target's text
    fire: Callable[[int], None] | None = None

    @property
    def fingerprint(self) -> str:
        """What it is, to see whether it was changed."""
        shown = (self.expression, self.zone, self.target, self.start_ms, self.end_ms)
        return repr((*shown, self.window_ms, self.delete is not None))


class Schedules:
    """The schedules that are on. `say` writes a line to the log."""

    def __init__(self, world: World, targets: EventTargets, say: Callable[[str], None]) -> None:
        self._world = world
        self._targets = targets
        self._say = say
        self._kept: dict[str, tuple[str, Timer | None]] = {}

    def keep(self, schedules: Iterable[Schedule]) -> None:
        """From now on these are on, and no others; one that hasn't changed goes on as it was."""
        wanted = {schedule.arn: schedule for schedule in schedules}
        for arn in [arn for arn in self._kept if arn not in wanted]:
            self._drop(arn)
        for arn, schedule in wanted.items():
            known = self._kept.get(arn)
            if known is not None and known[0] == schedule.fingerprint:
                continue
            self._drop(arn)
            now_ms = self._world.scheduler.now_ms
            start_ms = max(now_ms, schedule.start_ms or 0)
            expression = parse(schedule.expression, zone=schedule.zone, start_ms=start_ms)
            # a rate's first time is its start
            self._set(schedule, expression, start_ms - 1)

    def _drop(self, arn: str) -> None:
        _, timer = self._kept.pop(arn, ("", None))
        if timer is not None:
            timer.cancel()

    def _set(self, schedule: Schedule, expression: Expression, after_ms: int) -> None:
        due_ms = expression.after(after_ms)
        if due_ms is None or (schedule.end_ms is not None and due_ms > schedule.end_ms):
            self._kept[schedule.arn] = (schedule.fingerprint, None)
            if schedule.delete is not None:
                self._kept.pop(schedule.arn)
                schedule.delete()
            return
        window_ms = schedule.window_ms
        if window_ms:
            # "EventBridge Scheduler invokes your target within the window"
            share = self._world.identity.fraction("schedule", schedule.arn, due_ms)
            window_ms = int(window_ms * share)

        def fire() -> None:
            self._fire(schedule, due_ms)
            self._set(schedule, expression, due_ms)

        timer = self._world.scheduler.background(due_ms + window_ms, fire)
        self._kept[schedule.arn] = (schedule.fingerprint, timer)

    def _fire(self, schedule: Schedule, due_ms: int) -> None:
        world = self._world
        world.trace.add(world.scheduler.now_ms, "ScheduleFired", schedule.arn, due_ms)
        if schedule.fire is not None:
            schedule.fire(due_ms)
            return
        execution_id = world.identity.uuid("schedule-execution", f"{schedule.arn}:{due_ms}", 1)
        name = schedule.arn.rpartition("/")[2]
        caller = Caller(f"schedule:{name}", schedule.role_arn)
        target = schedule.target
        context = {
            "scheduled-time": _text(due_ms),
            "schedule-arn": schedule.arn,
            "execution-id": execution_id,
        }

        def attempt(number: int) -> None:
            text = _filled(target.get("Input") or "{}", {**context, "attempt-number": str(number)})
            self._targets.call(target["Arn"], text, caller, execution_id)

        def give_up(undelivered: Undelivered) -> None:
            self._say(f"scheduler {name}: {target['Arn']} was not called: {undelivered.error}")
            queue = (target.get("DeadLetterConfig") or {}).get("Arn")
            if queue:
                attributes = {
                    **undelivered.attributes,
                    "SCHEDULE_ARN": schedule.arn,
                    "TARGET_ARN": target["Arn"],
                    "SCHEDULED_TIME": context["scheduled-time"],
                    "EXECUTION_ID": execution_id,
                }
                text = _filled(target.get("Input") or "{}", context)
                self._targets.send(queue, text, attributes, caller)

        Delivery(world.scheduler, policy_of(target), attempt, give_up)


def _filled(text: str, context: Mapping[str, str]) -> str:
    for name, value in context.items():
        text = text.replace(_CONTEXT.format(name), value)
    return text


def _text(moment_ms: int) -> str:
    return f"{datetime.fromtimestamp(moment_ms // 1000, UTC):%Y-%m-%dT%H:%M:%SZ}"
