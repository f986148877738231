"""EventBridge's API as far as pipelines call it: PutEvents on the default bus."""

from __future__ import annotations

import json
from typing import Any

from simulator.engine.ports import World
from simulator.services.api import Caller, NotModelled, ServiceError
from simulator.services.eventbridge.bus import EventBus

Request = dict[str, Any]

# what PutEvents takes at once
_MOST_ENTRIES = 10


class Events:
    """Answers EventBridge's API over the simulation's bus. Rules are declared, not created."""

    name = "events"

    def __init__(self, world: World, bus: EventBus) -> None:
        self._world = world
        self._bus = bus

    def put_events(self, request: Request, _caller: Caller) -> Request:
        """Put events; those that are not well-formed are answered with an error each (recorded:
        test_events_task_service.py)."""
        entries = request["Entries"]
        if len(entries) > _MOST_ENTRIES:
            raise ServiceError(
                "ValidationException",
                "1 validation error detected: Value at 'entries' failed to satisfy constraint: "
                f"Member must have length less than or equal to {_MOST_ENTRIES}",
            )
        answers = [self._put(entry) for entry in entries]
        return {
            "FailedEntryCount": sum("ErrorCode" in answer for answer in answers),
            "Entries": answers,
        }

    def _put(self, entry: Request) -> Request:
        bus = entry.get("EventBusName", "default").rpartition("/")[2]
        if bus != "default":
            raise NotModelled(f"event bus {bus!r}: buses other than the default are not simulated")
        for name in ("Source", "DetailType", "Detail"):
            if not entry.get(name):
                return _refused(
                    "InvalidArgument",
                    f"Parameter {name} is not valid. Reason: {name} is a required argument.",
                )
        try:
            detail = json.loads(entry["Detail"])
        except ValueError:
            detail = None
        if not isinstance(detail, dict):
            return _refused("MalformedDetail", "Detail is malformed.")
        if entry["Source"].startswith("aws."):
            return _refused("NotAuthorizedForSourceException", "Not authorized for the source.")
        resources = entry.get("Resources") or []
        event_id = self._bus.put(entry["Source"], entry["DetailType"], detail, resources)
        place = f"{entry['Source']}:{entry['DetailType']}"
        return {"EventId": event_id or self._world.identity.uuid("put-event", place)}


def _refused(code: str, message: str) -> Request:
    return {"ErrorCode": code, "ErrorMessage": message}
