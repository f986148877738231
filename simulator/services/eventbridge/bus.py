"""Amazon EventBridge's default bus: rules that match events and call their targets with them.

An event reaches the targets of the rules that match it `timing.event_delivery_ms` later: a function
as an asynchronous invocation, which Lambda itself tries again, a state machine as an execution with
the event as its input. AWS delivers by best effort and perhaps out of order or twice; here each
event comes once, in order.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, TypeAlias

from simulator.engine.ports import World
from simulator.services.api import Caller
from simulator.services.eventbridge import inputs as event_inputs
from simulator.services.eventbridge.patterns import Pattern, check_pattern, matches

# (function or its ARN, or another target's ARN; payload; who calls; the event's id)
Invoke: TypeAlias = Callable[[str, bytes, Caller, str], object]


@dataclass(frozen=True, slots=True)
class Rule:
    """Events that match `pattern` call `target`: a function, by name or ARN, or a state machine, a
    queue or a topic, by ARN."""

    name: str
    pattern: Pattern
    target: str
    # what the target is handed in place of the event: Input, InputPath or InputTransformer
    inputs: Mapping[str, Any] = field(default_factory=dict)
    # what is done with an event instead, where somebody else keeps the rule: (event, who calls)
    deliver: Callable[[dict[str, Any], Caller], object] | None = None


class EventBus:
    """The default bus. `invoke` calls a target asynchronously; `more` gives the rules that
    somebody else keeps and that match an event."""

    def __init__(
        self,
        world: World,
        invoke: Invoke,
        more: Callable[[Mapping[str, Any]], Iterable[Rule]] | None = None,
    ) -> None:
        self._world = world
        self._invoke = invoke
        self._more = more
        self._rules: dict[str, Rule] = {}

    @property
    def rules(self) -> tuple[Rule, ...]:
        """The rules, in the order in which they were made."""
        return tuple(self._rules.values())

    @property
    def is_heard(self) -> bool:
        """Whether there may be a rule that an event matches."""
        return bool(self._rules) or self._more is not None

    def add(self, rule: Rule) -> None:
        """Make a rule, or replace the one of this name. Raises `ValueError` for what is no
        pattern."""
        check_pattern(rule.pattern, where=f"rule {rule.name!r}: pattern")
        event_inputs.check({"Id": rule.target, **rule.inputs})
        self._rules[rule.name] = rule

    def put(
        self, source: str, detail_type: str, detail: Mapping[str, Any], resources: Sequence[str]
    ) -> str | None:
        """Put an event; the targets of its rules hear of it later. Returns its id; None where
        nobody hears of it."""
        if not self.is_heard:
            return None
        world = self._world
        now_ms = world.scheduler.now_ms
        event = {
            "version": "0",
            "id": None,
            "detail-type": detail_type,
            "source": source,
            "account": world.account_id,
            # in whole seconds, as AWS shows it
            "time": f"{datetime.fromtimestamp(now_ms // 1000, UTC):%Y-%m-%dT%H:%M:%SZ}",
            "region": world.region,
            "resources": list(resources),
            "detail": dict(detail),
        }
        matching = [rule for rule in self._rules.values() if matches(rule.pattern, event)]
        if self._more is not None:
            matching.extend(self._more(event))
        if not matching:
            return None
        event_id = event["id"] = world.identity.uuid(
            "event", f"{detail_type}:{':'.join(resources)}"
        )
        for rule in matching:
            self._deliver(rule, event)
        return event_id

    def _deliver(self, rule: Rule, event: dict[str, Any]) -> None:
        world = self._world
        arn = f"arn:aws:events:{world.region}:{world.account_id}:rule/{rule.name}"
        payload = event_inputs.payload_of(rule.inputs, event, rule_arn=arn).encode()
        caller = Caller(f"rule:{rule.name}", "events.amazonaws.com")

        def deliver() -> None:
            data = {"id": event["id"], "target": rule.target, "resources": event["resources"]}
            world.trace.add(world.scheduler.now_ms, "EventDelivered", rule.name, data)
            if rule.deliver is not None:
                rule.deliver(event, caller)
            else:
                self._invoke(rule.target, payload, caller, event["id"])

        world.scheduler.after(world.timing.event_delivery_ms, deliver)


def is_state_machine(target: str) -> bool:
    """Whether a target's ARN is a state machine's, or that of a version or alias of one."""
    return target.startswith("arn:") and ":states:" in target and ":stateMachine:" in target
