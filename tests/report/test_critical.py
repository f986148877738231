"""The critical path and the slack beside it."""

from __future__ import annotations

from simulator.report.critical import critical_path
from simulator.report.visits import read_history


def on_path(run):
    critical = critical_path(run)
    return [visit.name for visit in run.visits() if visit.event_id in critical.visits]


def test_the_branch_that_ends_last_is_critical_and_the_other_has_the_rest_as_slack(pipeline):
    run = read_history(pipeline[0])
    critical = critical_path(run)
    group = next(visit for visit in run.visits() if visit.name == "LoadDimensions")
    # 16.5 s and 11.4 s
    assert [critical.slack_ms[branch] for branch in group.branches] == [0, 5100]
    path = on_path(run)
    assert "WaitCustomerAddress" in path
    assert "WaitItem" not in path
    assert "ExecStoreSales" in path


def test_two_branches_of_one_length_are_both_critical(history):
    entered = history.add(0, "ParallelStateEntered", name="Both", input="{}")
    started = history.add(0, "ParallelStateStarted", entered)
    one = history.state("One", "Wait", 0, 3, started)
    history.state("Two", "Wait", 0, 3, started)
    done = history.add(3, "ParallelStateSucceeded", one)
    last = history.add(3, "ParallelStateExited", done, name="Both", output="[]")
    history.add(3, "ExecutionSucceeded", last, output="[]")
    assert on_path(read_history(history.events)) == ["Both", "One", "Two"]


def test_the_branch_that_failed_is_critical_however_long_the_other_ran(history):
    entered = history.add(0, "ParallelStateEntered", name="Both", input="{}")
    started = history.add(0, "ParallelStateStarted", entered)
    history.add(0, "WaitStateEntered", started, name="Slow", input="{}")
    fail = history.add(2, "FailStateEntered", started, name="Bad", input="{}")
    ended = history.add(2, "ParallelStateFailed", fail)
    history.add(2, "ExecutionFailed", ended, error="E")
    run = read_history(history.events)
    assert on_path(run) == ["Both", "Bad"]
    assert critical_path(run).slack_ms == {}


def test_an_iteration_waits_for_the_one_whose_place_it_took(history):
    # two at a time: the third starts when the first ends, and ends last
    history.add(0, "MapStateEntered", name="Each", input="{}")
    started = history.add(0, "MapStateStarted", length=3)
    ends = {0: (0, 4), 1: (0, 5), 2: (4, 9)}
    last = started
    for index, (start, end) in ends.items():
        first = history.add(start, "MapIterationStarted", started, name="Each", index=index)
        last = history.state(f"Work{index}", "Wait", start, end, first)
    last = history.add(9, "MapStateSucceeded", last)
    last = history.add(9, "MapStateExited", last, name="Each", output="[]")
    history.add(9, "ExecutionSucceeded", last, output="[]")
    assert on_path(read_history(history.events)) == ["Each", "Work0", "Work2"]
