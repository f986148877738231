"""The JSON document and the exported history."""

from __future__ import annotations

import json

from simulator.report.document import history_text, run_document
from simulator.report.visits import read_history


def document(pipeline):
    events, statements = pipeline
    return run_document(
        read_history(events),
        statements=statements,
        tables={"store_sales": 7},
        history_events=len(events),
        real_seconds=1.23456,
    )


def test_it_has_exactly_the_promised_members(pipeline):
    assert list(document(pipeline)) == [
        "status",
        "output",
        "error",
        "cause",
        "virtual_seconds",
        "real_seconds",
        "transitions",
        "states",
        "statements",
        "tables",
        "history_events",
        "faults",
        "executions",
    ]


def test_times_are_virtual_seconds_since_the_start(pipeline):
    made = document(pipeline)
    assert made["virtual_seconds"] == 22.2
    assert made["states"][1] == {
        "name": "ExecBuildDB",
        "entered": 0.0,
        "exited": 0.5,
        "attempts": 1,
    }
    assert len(made["states"]) == made["transitions"] == 7 + 1 + 10 + 7 + 7
    assert made["output"] == {"ok": True}
    assert json.loads(json.dumps(made)) == made


def test_statements_have_their_sql(pipeline):
    assert document(pipeline)["statements"][0] == {
        "id": "00000001-1111-4111-8111-111111111111",
        "name": None,
        "status": "FINISHED",
        "sqls": ["select 1"],
        "error": None,
    }


def test_the_history_is_written_as_aws_s_own_command_line_writes_it(pipeline):
    events = json.loads(history_text(pipeline[0]))["events"]
    assert events[0]["timestamp"] == "2024-01-09T10:00:00.000+00:00"
    assert events[0]["type"] == "ExecutionStarted"
    assert [event["id"] for event in events] == list(range(1, len(events) + 1))
