"""The line that follows a run."""

from __future__ import annotations

from simulator.engine.trace import BranchId, Trace
from simulator.report.progress import Progress

MAIN = BranchId("arn")
ONE, TWO = (BranchId("arn", (("Both", 1, index),)) for index in (0, 1))


def test_it_says_virtual_time_transitions_and_the_innermost_open_states():
    trace = Trace()
    progress = Progress(trace)
    assert progress.text() == "starting"
    trace.add(1000, "ExecutionStarted", MAIN, None)
    trace.add(1000, "PassStateEntered", MAIN, ("First", {}))
    trace.add(2000, "PassStateExited", MAIN, ("First", {}))
    trace.add(2000, "ParallelStateEntered", MAIN, ("Both", {}))
    trace.add(2000, "WaitStateEntered", ONE, ("WaitOne", {}))
    trace.add(3500, "WaitStateEntered", TWO, ("WaitTwo", {}))
    assert progress.text() == "2.5 s virtual, 4 transitions  WaitOne, WaitTwo"
    trace.add(4000, "WaitStateExited", ONE, ("WaitOne", {}))
    trace.add(4000, "WaitStateExited", TWO, ("WaitTwo", {}))
    assert progress.text() == "3.0 s virtual, 4 transitions  Both"


def test_of_many_open_states_a_few_are_named():
    trace = Trace()
    trace.add(0, "ExecutionStarted", MAIN, None)
    for index in range(5):
        branch = BranchId("arn", (("Each", 1, index),))
        trace.add(0, "WaitStateEntered", branch, (f"W{index}", {}))
    assert Progress(trace).text() == "0.0 s virtual, 5 transitions  W0, W1, W2 and 2 more"
