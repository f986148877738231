"""Statements as results of Tasks tell of them; the histories are made by hand."""

from __future__ import annotations

import json
from typing import Any

from simulator.report.told import Told, statements_told

ID, OTHER = "00000001-1111-4111-8111-111111111111", "00000002-1111-4111-8111-111111111111"
START_MS = 1_704_794_400_000


def _asked(history: Any, at: float, sent: Any, answered: Any) -> None:
    """A Task that sends one thing and is answered another, a tenth of a second later."""
    entered = history.add(at, "TaskStateEntered", name="Ask", input="{}")
    tried = history.add(at, "LambdaFunctionScheduled", entered, input=json.dumps(sent))
    begun = history.add(at, "LambdaFunctionStarted", tried)
    done = history.add(at + 0.1, "LambdaFunctionSucceeded", begun, output=json.dumps(answered))
    history.add(at + 0.1, "TaskStateExited", done, name="Ask", output="{}")


def test_a_statement_lasts_from_the_result_that_names_it_to_the_one_that_ends_it(history: Any):
    _asked(history, 1.0, {"sql": "select 1"}, {"id": ID})
    _asked(history, 2.0, {"job": {"id": ID}}, {"status": "STARTED", "Cause": f"{ID} is STARTED"})
    _asked(history, 7.0, {"job": {"id": ID}}, {"status": "FINISHED", "Cause": f"{ID} is FINISHED"})
    (told,) = statements_told(history.events)
    assert told == Told(ID, START_MS + 1100, "FINISHED", START_MS + 7100)


def test_a_status_without_an_id_is_that_of_the_statement_that_was_asked_for(history: Any):
    _asked(history, 1.0, {}, {"Id": ID})
    _asked(history, 2.0, {"Id": ID}, {"Status": "FAILED", "Error": "ERROR: no such column"})
    (told,) = statements_told(history.events)
    assert (told.status, told.finished_ms) == ("FAILED", START_MS + 2100)


def test_a_submission_s_own_status_is_taken_where_it_stands_beside_the_id(history: Any):
    _asked(history, 1.0, {}, {"Id": ID, "deep": [{"Status": "PICKED"}]})
    (told,) = statements_told(history.events)
    assert (told.status, told.finished_ms) == ("PICKED", None)


def test_branches_that_poll_at_once_are_told_apart(history: Any):
    first = history.add(1, "LambdaFunctionScheduled", 1, input="{}")
    second = history.add(1, "LambdaFunctionScheduled", 1, input="{}")
    first = history.add(2, "LambdaFunctionSucceeded", first, output=json.dumps({"id": ID}))
    second = history.add(2, "LambdaFunctionSucceeded", second, output=json.dumps({"id": OTHER}))
    first = history.add(3, "LambdaFunctionScheduled", first, input=json.dumps({"id": ID}))
    second = history.add(3, "LambdaFunctionScheduled", second, input=json.dumps({"id": OTHER}))
    history.add(4, "LambdaFunctionSucceeded", second, output='{"status": "ABORTED"}')
    history.add(5, "LambdaFunctionSucceeded", first, output='{"status": "FINISHED"}')
    assert [(one.id, one.status) for one in statements_told(history.events)] == [
        (ID, "FINISHED"),
        (OTHER, "ABORTED"),
    ]


def test_a_status_of_something_else_is_none(history: Any):
    _asked(history, 1.0, {}, {"id": ID})
    _asked(history, 2.0, {"id": ID}, {"status": "available"})
    _asked(history, 3.0, {"ids": [ID, OTHER]}, {"status": "FINISHED"})
    assert [one.status for one in statements_told(history.events)] == ["SUBMITTED"]


def test_results_that_are_no_json_tell_nothing(history: Any):
    history.add(1, "TaskSucceeded", 1, output="no json")
    assert statements_told(history.events) == []
