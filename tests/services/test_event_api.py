"""PutEvents reaches the rules of the simulation's bus."""

from __future__ import annotations

import json
from typing import Any

from simulator import Simulator


def test_an_event_that_is_put_calls_the_function_of_a_rule() -> None:
    simulator = Simulator()
    events: list[Any] = []
    simulator.add_lambda("told", lambda event, _context: events.append(event))
    simulator.add_rule("loads", pattern={"source": ["etl"]}, function="told")
    entry = {"Source": "etl", "DetailType": "Loaded", "Detail": json.dumps({"rows": 3})}
    answer = simulator.client("events").put_events(Entries=[entry, {**entry, "Detail": "[]"}])
    simulator.run()
    assert answer["FailedEntryCount"] == 1
    assert answer["Entries"][1]["ErrorCode"] == "MalformedDetail"
    (event,) = events
    assert (event["detail-type"], event["detail"]) == ("Loaded", {"rows": 3})
