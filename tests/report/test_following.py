"""What is printed while an execution goes on; the histories are made by hand."""

from __future__ import annotations

import json
from typing import Any

from simulator.report.following import Following

ID = "00000001-1111-4111-8111-111111111111"


def _texts(following: Following, events: list[dict[str, Any]]) -> list[str]:
    return [line.text.strip() for event in events for line in following.take(event)]


def test_states_are_said_as_they_are_entered_and_long_ones_as_they_are_left(history: Any):
    history.state("Short", "Pass", 0, 0.5)
    history.state("Long", "Wait", 0.5, 15.5)
    history.add(15.5, "ExecutionSucceeded", output="{}")
    assert _texts(Following(), history.events) == [
        "0.0 s  Short",
        "0.5 s  Long",
        "15.5 s  Long: done in 15.0 s",
        "15.5 s  SUCCEEDED",
    ]


def test_states_that_are_polled_are_said_once(history: Any):
    history.polled_job("Load", 0, 50)
    texts = _texts(Following(), history.events)
    assert [text.partition("  ")[2] for text in texts] == [
        "InitializeLoad",
        "ExecLoad",
        "GetLoadStatus",
        "CheckLoadStatus",
        "WaitLoad",
        "WaitLoad: done in 5.0 s",
    ]


def test_each_news_of_a_statement_is_said(history: Any):
    history.state("Exec", "Task", 0, 0.5, output=json.dumps({"Id": ID}))
    for at, status in ((1, "STARTED"), (2, "STARTED"), (3, "FINISHED")):
        history.state("Get", "Task", at, at, output=json.dumps({"Id": ID, "Status": status}))
    texts = _texts(Following(), history.events)
    assert [text for text in texts if "statement" in text] == [
        f"0.5 s    statement {ID} SUBMITTED",
        f"1.0 s    statement {ID} STARTED",
        f"3.0 s    statement {ID} FINISHED",
    ]


def test_a_failed_try_names_its_state_and_error(history: Any):
    entered = history.add(0, "TaskStateEntered", name="Load", input="{}")
    tried = history.add(0, "TaskScheduled", entered, resource="f", parameters="{}")
    history.add(2, "TaskFailed", tried, error="Busy", cause="{}")
    following = Following()
    lines = [line for event in history.events for line in following.take(event)]
    assert [(line.text.strip(), line.kind) for line in lines] == [
        ("0.0 s  Load", "entered"),
        ("2.0 s  Load: Busy", "failed"),
    ]


def test_open_are_the_states_of_all_branches(history: Any):
    entered = history.add(1, "ParallelStateEntered", 1, name="Both", input="{}")
    started = history.add(1, "ParallelStateStarted", entered)
    history.add(1, "WaitStateEntered", started, name="Left", input="{}")
    right = history.add(1, "WaitStateEntered", started, name="Right", input="{}")
    following = Following()
    _texts(following, history.events)
    assert following.open_states() == ["Both", "Left", "Right"]
    exited = [
        history.events[history.add(3, "WaitStateExited", right, name="Right", output="{}") - 1]
    ]
    assert _texts(following, exited) == ["3.0 s  Right: done in 2.0 s"]
    assert following.open_states() == ["Both", "Left"]


def test_the_lines_do_not_depend_on_how_often_it_was_asked(pipeline: Any):
    events, _ = pipeline
    at_once = _texts(Following(), events)
    following = Following()
    assert [text for event in events for text in _texts(following, [event])] == at_once
    assert following.status == "SUCCEEDED"
