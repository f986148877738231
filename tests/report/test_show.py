"""`--show STATE`."""

from __future__ import annotations

import json

from simulator.report.show import pretty, show_state
from simulator.report.visits import read_history


def test_input_and_output_are_shown_as_pretty_json(history):
    last = history.state(
        "Exec", "Task", 1, 3, input='{"user":"etl_user","sqls":["select 1"]}', output='{"Id":"x"}'
    )
    history.add(3, "ExecutionSucceeded", last, output="{}")
    text = show_state(read_history(history.events), "Exec")
    assert text.splitlines()[0] == "Exec (Task): entered at 1.0 s, took 2.0 s"
    assert 'State input:\n{\n  "user": "etl_user",\n  "sqls": [\n    "select 1"\n  ]\n}' in text
    assert 'State output:\n{\n  "Id": "x"\n}' in text


def test_each_visit_is_shown_and_many_are_folded(history):
    last = None
    for number in range(9):
        last = history.state("Get", "Task", number, number + 1, last, input=str(number))
    history.add(9, "ExecutionSucceeded", last, output="{}")
    text = show_state(read_history(history.events), "Get")
    for number in (1, 2, 3, 9):
        assert f"visit {number} of 9" in text
    assert "visit 4 of 9" not in text
    assert "5 more visits" in text


def test_a_failed_state_shows_its_error(history):
    last = history.add(0, "TaskStateEntered", name="Load", input="{}")
    last = history.add(0, "LambdaFunctionScheduled", last, resource="f", input='{"a": 1}')
    last = history.add(1, "LambdaFunctionFailed", last, error="KeyError", cause='{"m": "x"}')
    history.add(1, "ExecutionFailed", last, error="KeyError", cause="{}")
    text = show_state(read_history(history.events), "Load")
    assert 'Task input:\n{\n  "a": 1\n}' in text
    assert 'Failed try: KeyError\n{\n  "m": "x"\n}' in text
    assert "the state was not left" in text


def test_a_state_that_the_run_did_not_enter_is_said_so(pipeline):
    text = show_state(read_history(pipeline[0]), "FailBuildDB")
    assert text == "FailBuildDB: this run did not enter it"


def test_long_lists_are_folded_with_a_note():
    shown = json.loads(pretty(json.dumps({"rows": list(range(50))})))
    assert len(shown["rows"]) == 21
    assert shown["rows"][-1] == "... 30 more items"


def test_a_cause_that_is_no_json_stays_as_it_is():
    assert pretty("it broke") == "it broke"
