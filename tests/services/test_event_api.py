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


def test_an_event_of_a_state_names_its_execution_and_state_machine() -> None:
    # "The execution ARN and the state machine ARN are automatically appended to the Resources
    # field of each PutEventsRequestEntry" (Add EventBridge events with Step Functions)
    simulator = Simulator()
    events: list[Any] = []
    simulator.add_lambda("told", lambda event, _context: events.append(event))
    simulator.add_rule("loads", pattern={"source": ["etl"]}, function="told")
    entry = {"Source": "etl", "DetailType": "Loaded", "Detail": {"rows": 3}, "Resources": ["own"]}
    task = {
        "Type": "Task",
        "Resource": "arn:aws:states:::events:putEvents",
        "Parameters": {"Entries": [entry]},
        "End": True,
    }
    machine = simulator.create_state_machine({"StartAt": "T", "States": {"T": task}}, name="m")
    execution = simulator.start({})
    simulator.run()
    (event,) = events
    assert event["resources"] == ["own", execution.arn, machine]
