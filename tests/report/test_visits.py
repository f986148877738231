"""A flat history becomes the tree that it was."""

from __future__ import annotations

from simulator.report.visits import read_history


def names(branch):
    return [visit.name for visit in branch.visits]


def test_branches_are_told_apart_by_previous_events(pipeline):
    run = read_history(pipeline[0])
    group = next(visit for visit in run.main.visits if visit.name == "LoadDimensions")
    assert [set(names(branch)) for branch in group.branches] == [
        {
            "InitializeCustomerAddress",
            "ExecCustomerAddress",
            "GetCustomerAddressStatus",
            "CheckCustomerAddressStatus",
            "WaitCustomerAddress",
        },
        {"InitializeItem", "ExecItem", "GetItemStatus", "CheckItemStatus", "WaitItem"},
    ]
    assert names(run.main)[-1] == "CheckStoreSalesStatus"


def test_times_are_virtual_milliseconds(pipeline):
    run = read_history(pipeline[0])
    group = next(visit for visit in run.visits() if visit.name == "LoadDimensions")
    assert (group.entered_ms - run.start_ms, group.duration_ms) == (5700, 10_800)
    assert run.end_ms - run.start_ms == 22_200
    assert (run.status, run.output) == ("SUCCEEDED", '{"ok": true}')


def test_each_scheduling_is_a_try(history):
    last = history.add(0, "TaskStateEntered", name="Load", input="{}")
    for second in (0, 2):
        last = history.add(second, "LambdaFunctionScheduled", last, resource="f", input="{}")
        last = history.add(second + 1, "LambdaFunctionFailed", last, error="E", cause="c")
    last = history.add(4, "LambdaFunctionScheduled", last, resource="f", input="{}")
    last = history.add(5, "LambdaFunctionSucceeded", last, output="{}")
    last = history.add(5, "TaskStateExited", last, name="Load", output="{}")
    history.add(5, "ExecutionSucceeded", last, output="{}")
    (visit,) = read_history(history.events).visits()
    assert visit.attempts == 3
    assert visit.failures == [("E", "c"), ("E", "c")]


def test_a_wait_is_one_attempt(history):
    last = history.state("Pause", "Wait", 0, 5)
    history.add(5, "ExecutionSucceeded", last, output="{}")
    assert [visit.attempts for visit in read_history(history.events).visits()] == [1]


def test_what_was_running_is_stopped_when_the_execution_ends(history):
    last = history.add(1, "WaitStateEntered", name="Pause", input="{}")
    history.add(7, "ExecutionTimedOut", last)
    run = read_history(history.events)
    (visit,) = run.visits()
    assert run.status == "TIMED_OUT"
    assert visit.exited_ms is None
    assert visit.duration_ms == 6000


def test_a_failing_branch_stops_the_other_and_a_catch_goes_on(history):
    entered = history.add(0, "ParallelStateEntered", name="Both", input="{}")
    started = history.add(0, "ParallelStateStarted", entered)
    wait = history.add(0, "WaitStateEntered", started, name="Slow", input="{}")
    fail = history.add(2, "FailStateEntered", started, name="Bad", input="{}")
    ended = history.add(2, "ParallelStateFailed", fail)
    history.add(2, "ParallelStateExited", ended, name="Both", output="{}")
    last = history.state("Caught", "Pass", 2, 3)
    history.add(3, "ExecutionSucceeded", last, output="{}")
    run = read_history(history.events)
    assert names(run.main) == ["Both", "Caught"]
    slow = next(visit for visit in run.visits() if visit.name == "Slow")
    assert wait == slow.event_id
    assert (slow.exited_ms, slow.duration_ms) == (None, 2000)
    assert run.main.visits[0].group_ends[0][1] is False


def test_a_parallel_that_ends_a_branch_of_a_parallel_ends_itself_only(history):
    outer = history.add(0, "ParallelStateEntered", name="Outer", input="{}")
    outer = history.add(0, "ParallelStateStarted", outer)
    inner = history.add(0, "ParallelStateEntered", outer, name="Inner", input="{}")
    inner = history.add(0, "ParallelStateStarted", inner)
    last = history.state("Deep", "Wait", 0, 4, inner)
    last = history.add(4, "ParallelStateSucceeded", last)
    last = history.add(4, "ParallelStateExited", last, name="Inner", output="[]")
    last = history.add(4, "ParallelStateSucceeded", last)
    last = history.add(4, "ParallelStateExited", last, name="Outer", output="[]")
    history.add(4, "ExecutionSucceeded", last, output="[]")
    run = read_history(history.events)
    assert names(run.main) == ["Outer"]
    assert names(run.main.visits[0].branches[0]) == ["Inner"]
    assert all(visit.exited_ms is not None for visit in run.visits())


def test_iterations_of_a_map_follow_one_another_as_aws_records_them(history):
    # the shape of the recording test_base_map[ITEMS]: an iteration's end is not in the chain
    history.add(0, "MapStateEntered", name="Each", input="{}")
    last = history.add(0, "MapStateStarted", length=2)
    for index in (0, 1):
        started = history.add(index, "MapIterationStarted", last, name="Each", index=index)
        last = history.state("Process", "Pass", index, index + 1, started)
        history.add(index + 1, "MapIterationSucceeded", last, name="Each", index=index)
    history.add(2, "MapStateSucceeded", last)
    last = history.add(2, "MapStateExited", last, name="Each", output="[]")
    history.add(2, "ExecutionSucceeded", last, output="[]")
    run = read_history(history.events)
    (each,) = run.main.visits
    assert [(branch.index, names(branch)) for branch in each.branches] == [
        (0, ["Process"]),
        (1, ["Process"]),
    ]
    assert each.exited_ms == run.end_ms


def test_a_retried_map_starts_again_after_what_failed_it(history):
    # the shape of the recording test_map_state_retry
    history.add(0, "MapStateEntered", name="Each", input="{}")
    last = history.add(0, "MapStateStarted", length=1)
    for second in (0, 3):
        if second:
            last = history.add(second, "MapStateStarted", last, length=1)
        last = history.add(second, "MapIterationStarted", last, name="Each", index=0)
        last = history.add(second + 1, "FailStateEntered", last, name="Bad", input="1")
        history.add(second + 1, "MapIterationFailed", last, name="Each", index=0)
    ended = history.add(4, "MapStateFailed", last)
    history.add(4, "ExecutionFailed", ended, error="E", cause="c")
    run = read_history(history.events)
    (each,) = run.main.visits
    assert each.attempts == 2
    assert [(branch.attempt, names(branch)) for branch in each.branches] == [
        (1, ["Bad"]),
        (2, ["Bad"]),
    ]
    assert [(at - run.start_ms, well) for at, well, _ in each.group_ends] == [
        (1000, False),
        (4000, False),
    ]
