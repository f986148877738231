"""Rules and schedules that moto keeps, in the simulation's time: what matches an event, what is
due, and what they call.

What the simulation doesn't carry is refused when it is put, not passed over when its time comes.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime
from functools import partial
from typing import Any

from simulator.engine.ports import World
from simulator.services.api import Caller, NotModelled, ServiceError
from simulator.services.eventbridge import inputs as event_inputs
from simulator.services.eventbridge.deliveries import Delivery, Undelivered, policy_of
from simulator.services.eventbridge.schedule_expressions import BadExpression, parse
from simulator.services.eventbridge.schedules import Schedule, Schedules
from simulator.services.eventbridge.targets import EventTargets

# members of a target that say how kinds of target are called that there are none of here
_OTHER_PARAMETERS = (
    *("AppSyncParameters", "BatchParameters", "EcsParameters", "HttpParameters"),
    *("EventBridgeParameters", "KinesisParameters", "RunCommandParameters"),
    *("SageMakerPipelineParameters", "SqsParameters"),
)
_MINUTE_MS = 60_000


class Rules:
    """The rules and schedules of one account and region. `say` writes a line to the log."""

    def __init__(self, world: World, services: Mapping[str, Any], say: Callable[[str], None]):
        self._world = world
        self._say = say
        self._targets = EventTargets(services)
        self._schedules = Schedules(world, self._targets, say)

    def check(self, operation: str, body: bytes) -> None:
        """Raises `ServiceError` or `NotModelled` for what can't be put; moto looks at the rest."""
        if operation not in ("PutTargets", "PutRule", "CreateSchedule", "UpdateSchedule"):
            return
        try:
            given = json.loads(body)
        except ValueError:
            return
        expression = given.get("ScheduleExpression")
        if expression:
            zone = given.get("ScheduleExpressionTimezone") or "UTC"
            try:
                parse(expression, zone=zone)
            except BadExpression as error:
                raise ServiceError(
                    "ValidationException", f"Invalid Schedule Expression {expression}: {error}."
                ) from None
        for target in [given.get("Target"), *given.get("Targets", ())]:
            if target is not None:
                self._check_target(target)

    def refresh(self) -> None:
        """Something of moto's has been put, changed or deleted."""
        self._schedules.keep([*self._made_schedules(), *self._scheduled_rules()])

    def deliver_to(
        self, rule_arn: str, target: Mapping[str, Any]
    ) -> Callable[[dict[str, Any], Caller], None]:
        """What is done with an event that a rule matches, for one of its targets."""
        return partial(self._deliver, rule_arn, dict(target))

    def _check_target(self, target: Mapping[str, Any]) -> None:
        for member in _OTHER_PARAMETERS:
            if target.get(member):
                raise NotModelled(f"{target['Arn']} as a target with {member}")
        self._targets.check(target["Arn"], target.get("RedshiftDataParameters"))
        if "Id" in target:
            event_inputs.check(target)

    def _rules(self) -> list[Any]:
        from moto.events.models import events_backends

        buses = events_backends[self._world.account_id][self._world.region].event_buses
        return [rule for rule in buses["default"].rules.values() if rule.state == "ENABLED"]

    def _deliver(
        self, rule_arn: str, target: Mapping[str, Any], event: Mapping[str, Any], caller: Caller
    ) -> None:
        role = target.get("RoleArn")
        if role:
            caller = Caller(caller.name, role)
        text = event_inputs.payload_of(target, event, rule_arn=rule_arn)
        own = self._world.identity.uuid("event-execution", f"{caller.name}:{event['id']}")
        # AWS names such an execution by the event's id and one of its own
        name = f"{event['id']}_{own}"

        def give_up(undelivered: Undelivered) -> None:
            rule = rule_arn.rpartition("/")[2]
            self._say(f"events {rule}: {target['Arn']} was not called: {undelivered.error}")
            queue = (target.get("DeadLetterConfig") or {}).get("Arn")
            if queue:
                attributes = {"RULE_ARN": rule_arn, "TARGET_ARN": target["Arn"]}
                attributes |= undelivered.attributes
                self._targets.send(queue, json.dumps(event), attributes, caller)

        Delivery(
            self._world.scheduler,
            policy_of(target),
            lambda _number: self._targets.call(
                target["Arn"], text, caller, name, target.get("RedshiftDataParameters")
            ),
            give_up,
        )

    def _scheduled_rules(self) -> Iterator[Schedule]:
        for rule in self._rules():
            if rule.scheduled_expression:
                yield Schedule(
                    rule.arn,
                    rule.scheduled_expression,
                    "UTC",
                    {},
                    "events.amazonaws.com",
                    fire=partial(self._fire, rule.name),
                )

    def _fire(self, name: str, due_ms: int) -> None:
        """A rule's time has come: its targets hear of it as AWS tells it."""
        for rule in self._rules():
            if rule.name != name:
                continue
            event = {
                "version": "0",
                "id": self._world.identity.uuid("event", f"{rule.arn}:{due_ms}", 1),
                "detail-type": "Scheduled Event",
                "source": "aws.events",
                "account": self._world.account_id,
                "time": f"{datetime.fromtimestamp(due_ms // 1000, UTC):%Y-%m-%dT%H:%M:%SZ}",
                "region": self._world.region,
                "resources": [rule.arn],
                "detail": {},
            }
            for target in rule.targets:
                caller = Caller(f"rule:{name}", "events.amazonaws.com")
                self._deliver(rule.arn, dict(target), event, caller)

    def _made_schedules(self) -> Iterator[Schedule]:
        from moto.scheduler.models import scheduler_backends

        backend = scheduler_backends[self._world.account_id][self._world.region]
        for group in backend.schedule_groups.values():
            for made in list(group.schedules.values()):
                if made.state != "DISABLED":
                    yield _schedule(made, group)


def _schedule(made: Any, group: Any) -> Schedule:
    window = made.flexible_time_window or {}
    is_flexible = window.get("Mode") == "FLEXIBLE"

    def delete() -> None:
        if group.schedules.get(made.name) is made:
            group.delete_schedule(made.name)

    return Schedule(
        made.arn,
        made.schedule_expression,
        made.schedule_expression_timezone,
        dict(made.target),
        made.target["RoleArn"],
        start_ms=_milliseconds(made.start_date),
        end_ms=_milliseconds(made.end_date),
        window_ms=window.get("MaximumWindowInMinutes", 0) * _MINUTE_MS if is_flexible else 0,
        delete=delete if made.action_after_completion == "DELETE" else None,
    )


def _milliseconds(moment: float | None) -> int | None:
    return None if moment is None else round(float(moment) * 1000)
