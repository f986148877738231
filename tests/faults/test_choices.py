"""Sources of choice: what a plan does at which place, and what is told of places never reached."""

from __future__ import annotations

import pytest

from simulator.engine.identity import Identity
from simulator.engine.ports import Place, World
from simulator.engine.scheduler import Scheduler
from simulator.engine.timing import Timing
from simulator.engine.trace import Trace
from simulator.faults.choices import PlannedChoices, RecordingChoices
from simulator.faults.plan import Fault, Plan, PlanError
from simulator.faults.replay import faults_in

STATEMENTS = ("FINISHED", "FAILED", "FAILED@1", "ABORTED", "STUCK")


def world_with(choices) -> World:
    return World(Scheduler(0), Trace(), Identity(0), Timing(), "1", "r", choices)


def planned(*faults: Fault) -> PlannedChoices:
    return PlannedChoices(Plan(faults=faults))


def test_a_fault_befalls_its_occurrence_and_no_other():
    choices = planned(Fault("statement", "load", "STUCK", 2))
    world = world_with(choices)
    picked = [world.pick("statement", "load", STATEMENTS) for _ in range(3)]
    assert picked == ["FINISHED", "STUCK", "FINISHED"]
    assert world.pick("statement", "other", STATEMENTS) == "FINISHED"
    assert list(choices.asked) == [
        Place("statement", "load", 1),
        Place("statement", "load", 2),
        Place("statement", "load", 3),
        Place("statement", "other", 1),
    ]
    assert choices.asked[Place("statement", "load", 1)] == STATEMENTS
    choices.check()


def test_every_choice_is_in_the_trace_but_an_operator_s_to_do_nothing():
    choices = planned(Fault("operator", "after A", "stop", 2))
    world = world_with(choices)
    world.pick("statement", "load", STATEMENTS)
    world.pick("operator", "after A", ("none", "stop"))
    world.pick("operator", "after A", ("none", "stop"))
    assert [(place, outcome) for _, _, place, outcome in world.trace.entries] == [
        (Place("statement", "load", 1), "FINISHED"),
        (Place("operator", "after A", 2), "stop"),
    ]
    assert faults_in(world.trace.entries) == [(0, Fault("operator", "after A", "stop", 2))]


def test_a_place_never_reached_is_told_with_what_reads_alike():
    choices = planned(
        Fault("statement", "laod-items", "STUCK"),
        Fault("statement", "load-items", "STUCK", 3),
        Fault("lambda", "run-1/Load", "throttled"),
    )
    world = world_with(choices)
    for _ in range(2):
        world.pick("statement", "load-items", STATEMENTS)
    assert [str(one) for one in choices.complaints()] == [
        (
            "faults[0]: expected a place that the run reaches, got statement 'laod-items' #1\n"
            "  hint: near it were 'load-items'"
        ),
        (
            "faults[1]: expected a place that the run reaches, got statement 'load-items' #3\n"
            "  hint: it was reached 2 times"
        ),
        (
            "faults[2]: expected a place that the run reaches, got lambda 'run-1/Load' #1\n"
            "  hint: this run asked about no lambda place"
        ),
    ]
    with pytest.raises(PlanError, match=r"faults\[0\](?s:.*)faults\[1\](?s:.*)faults\[2\]"):
        choices.check()


def test_an_outcome_that_the_place_does_not_offer_is_told_and_not_done():
    choices = planned(Fault("statement", "load", "FAILED@5"))
    world = world_with(choices)
    assert world.pick("statement", "load", STATEMENTS) == "FINISHED"
    with pytest.raises(PlanError) as caught:
        choices.check()
    assert str(caught.value) == (
        "faults[0].outcome: expected what statement 'load' #1 offers, got 'FAILED@5'\n"
        "  hint: it offers FAILED, FAILED@1, ABORTED, STUCK"
    )


def test_a_recording_gives_the_faults_that_somebody_else_picked():
    class Second:
        def pick(self, place, options):
            return options[1] if place.occurrence == 2 else options[0]

    choices = RecordingChoices(Second())
    world = world_with(choices)
    for _ in range(3):
        world.pick("api", "redshift-data:ExecuteStatement run-1/Load", ("ok", "throttled"))
    assert choices.faults == (
        Fault("api", "redshift-data:ExecuteStatement run-1/Load", "throttled", 2),
    )
    assert RecordingChoices().pick(Place("api", "x", 1), ("ok", "throttled")) == "ok"
