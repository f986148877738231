"""Which state a SQL statement belongs to."""

from __future__ import annotations

import json
from dataclasses import replace

from simulator.report.statements import statements_by_visit
from simulator.report.visits import read_history

ID = "00000009-1111-4111-8111-111111111111"


def owners(run, statements):
    found, apart = statements_by_visit(run, statements)
    names = {visit.event_id: visit.name for visit in run.visits()}
    return {s.id: names[event] for event, some in found.items() for s in some}, apart


def test_it_belongs_to_the_task_whose_result_first_names_it(pipeline):
    events, statements = pipeline
    found, apart = owners(read_history(events), statements)
    assert list(found.values()) == [
        "ExecBuildDB",
        "ExecCustomerAddress",
        "ExecItem",
        "ExecStoreSales",
    ]
    assert apart == []


def test_a_poll_that_was_asked_with_an_id_did_not_start_it(history, pipeline):
    answer = json.dumps({"Id": ID})
    last = history.state("Get", "Task", 0, 1, input=answer, output=answer)
    history.add(1, "ExecutionSucceeded", last, output="{}")
    # submitted long before: no Task was open then
    statement = replace(pipeline[1][0], id=ID, created_ms=0)
    found, apart = owners(read_history(history.events), [statement])
    assert found == {}
    assert apart == [statement]


def test_one_that_no_result_names_belongs_to_the_only_task_open_then(history, pipeline):
    last = history.state("Blocking", "Task", 0, 10)
    history.add(10, "ExecutionSucceeded", last, output="{}")
    statement = replace(pipeline[1][0], id=ID, created_ms=pipeline[1][0].created_ms + 3000)
    assert owners(read_history(history.events), [statement])[0] == {ID: "Blocking"}


def test_of_two_open_tasks_it_is_the_one_that_called_the_submitting_function(history, pipeline):
    entered = history.add(0, "ParallelStateEntered", name="Both", input="{}")
    started = history.add(0, "ParallelStateStarted", entered)
    last = started
    for name in ("one", "two"):
        task = history.add(0, "TaskStateEntered", started, name=name, input="{}")
        called = history.add(0, "LambdaFunctionScheduled", task, resource=f"arn:function:{name}")
        last = called
    history.add(9, "ExecutionAborted", last)
    statement = replace(pipeline[1][0], id=ID, caller="lambda:two")
    assert owners(read_history(history.events), [statement])[0] == {ID: "two"}
