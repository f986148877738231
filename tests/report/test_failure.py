"""Why a run did not succeed."""

from __future__ import annotations

import json
from dataclasses import dataclass

import pytest

from simulator.report.failure import cause_text, failed_path, failure_text
from simulator.report.visits import read_history


@dataclass(frozen=True)
class FakeInvocation:
    function_name: str = "load"
    error: str | None = "ValueError"
    error_message: str | None = "no day"
    user_traceback: str | None = 'Traceback:\n  File "index.py", line 3\nValueError: no day'
    output: str = "working\n"
    state_name: str | None = "Load"


@dataclass(frozen=True)
class FakeStatement:
    id: str
    status: str
    error: str | None
    detail: str


def failed(history):
    entered = history.add(0, "ParallelStateEntered", name="Both", input="{}")
    started = history.add(0, "ParallelStateStarted", entered)
    history.add(0, "WaitStateEntered", started, name="Slow", input="{}")
    fail = history.add(2, "FailStateEntered", started, name="Bad", input="{}")
    ended = history.add(2, "ParallelStateFailed", fail)
    history.add(2, "ExecutionFailed", ended, error="LoadFailed", cause="no rows")
    return read_history(history.events)


def test_it_names_the_state_through_its_branches(history):
    run = failed(history)
    assert failed_path(run) == ["Both", "branch 2", "Bad"]
    assert failure_text(run) == (
        "FAILED in Both > branch 2 > Bad\nerror: LoadFailed\ncause: no rows"
    )


def test_a_handler_s_error_shows_its_frames_and_what_it_printed(history):
    text = failure_text(failed(history), [FakeInvocation()])
    assert "function load in state Load failed:\n    Traceback:\n" in text
    assert "    ValueError: no day\n  it printed:\n    working" in text


@pytest.mark.parametrize(
    ("catchers", "is_shown"),
    [
        ([["ValueError"]], False),
        ([["KeyError"], ["NoRows", "ValueError"], ["States.ALL"]], False),
        ([], True),
        ([["KeyError"]], True),
        ([["States.ALL"]], True),
        ([["States.TaskFailed"]], True),
        # the catcher before it takes it
        ([["States.TaskFailed"], ["ValueError"]], True),
    ],
)
def test_a_refusal_that_is_caught_by_its_name_has_no_frames(history, catchers, is_shown):
    refusal = FakeInvocation(error_message="no rows")
    text = failure_text(failed(history), [refusal], caught={"Load": catchers})
    assert ("Traceback" in text) is is_shown


def test_a_caught_error_that_the_cause_does_not_tell_shows_its_frames(history):
    caught = {"Load": [["ValueError"]]}
    run = failed(history)
    assert "Traceback" in failure_text(run, [FakeInvocation(error_message="x")], caught=caught)
    assert "Traceback" in failure_text(run, [FakeInvocation(error_message=None)], caught=caught)


def test_what_is_known_beyond_the_cause_of_a_failed_statement_is_told(history):
    statements = [
        FakeStatement("1", "FAILED", "ERROR: no rows", "item/part-0: line 3: no date"),
        FakeStatement("2", "FAILED", "ERROR: no rows", ""),
        FakeStatement("3", "FINISHED", None, "of no interest"),
        FakeStatement("4", "FAILED", "Query #1 failed with ERROR: no table", ""),
    ]
    lines = failure_text(failed(history), statements=statements).splitlines()
    assert lines[-3:] == [
        "cause: no rows",
        "statement 1: item/part-0: line 3: no date",
        "statement 4: Query #1 failed with ERROR: no table",
    ]


def test_of_retries_the_last_is_shown_and_what_recovered_is_not(history):
    invocations = [
        FakeInvocation(user_traceback="first"),
        FakeInvocation(user_traceback="second"),
        FakeInvocation(state_name="Other", user_traceback="recovered"),
        FakeInvocation(state_name="Other", error=None, user_traceback=None),
    ]
    text = failure_text(failed(history), invocations)
    assert "second" in text
    assert "first" not in text
    assert "recovered" not in text


def test_what_lambda_says_of_an_error_becomes_its_type_and_message():
    cause = {"errorMessage": "no day", "errorType": "ValueError", "stackTrace": []}
    assert cause_text(json.dumps(cause)) == "ValueError: no day"
    assert cause_text("plain") == "plain"
    assert cause_text('{"a":1}') == '{\n  "a": 1\n}'


def test_a_run_that_timed_out_says_where_it_was(history):
    last = history.add(1, "WaitStateEntered", name="Pause", input="{}")
    history.add(7, "ExecutionTimedOut", last)
    assert failure_text(read_history(history.events)) == "TIMED_OUT in Pause"
