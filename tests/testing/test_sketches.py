"""Sketches: what a turn does at which place, and what a clean run teaches."""

from __future__ import annotations

from simulator.engine.ports import Place
from simulator.testing.sketches import AFTER_AN_END, Bucket, SketchedChoices, Turn, census

STATEMENT = ("FINISHED", "FAILED", "FAILED@1", "FAILED@2", "ABORTED", "STUCK")
OPERATOR = ("none", "stop", "start_again")


def picked(choices: SketchedChoices, *places: tuple[str, str, tuple[str, ...]]) -> list[str]:
    return [
        choices.pick(Place(kind, subject, number), options)
        for number, (kind, subject, options) in enumerate(places, 1)
    ]


def test_a_turn_waits_for_as_many_places_of_its_bucket_and_comes_once():
    choices = SketchedChoices([Turn("statement", "STUCK", after=1)])
    load, other = ("statement", "load", STATEMENT), ("operator", "after A run-1", OPERATOR)
    assert picked(choices, load, other, load, load) == ["FINISHED", "none", "STUCK", "FINISHED"]
    (fault,) = choices.faults
    assert (fault.subject, fault.occurrence, fault.outcome) == ("load", 3, "STUCK")


def test_a_turn_waits_for_a_place_that_offers_its_way():
    choices = SketchedChoices([Turn("operator", "redrive")])
    ended = ("operator", "after LambdaInvoked x", (*OPERATOR, "redrive"))
    assert picked(choices, ("operator", "after A run-1", OPERATOR), ended) == ["none", "redrive"]


def test_a_part_picks_among_the_statements_of_a_batch_and_begins_again_beyond_the_last():
    parts = []
    for part in range(3):
        choices = SketchedChoices([Turn("statement", "FAILED@", part=part)])
        parts += picked(choices, ("statement", "load", STATEMENT))
    assert parts == ["FAILED@1", "FAILED@2", "FAILED@1"]


def test_a_turn_that_follows_waits_for_another_and_counts_from_there():
    turns = [Turn("operator", "stop", after=1, follows=True), Turn("statement", "STUCK")]
    operator, load = ("operator", "after A run-1", OPERATOR), ("statement", "load", STATEMENT)
    outcomes = picked(SketchedChoices(turns), operator, operator, load, operator, operator)
    assert outcomes == ["none", "none", "STUCK", "none", "stop"]


def test_one_place_takes_one_turn_and_the_next_takes_the_other():
    turns = [Turn("operator", "stop"), Turn("operator", "start_again")]
    operator = ("operator", "after A run-1", OPERATOR)
    assert picked(SketchedChoices(turns), operator, operator) == ["stop", "start_again"]


def test_a_clean_run_teaches_how_many_places_there_are_and_their_ways():
    asked = {
        Place("statement", "load", 1): STATEMENT,
        Place("operator", "after PassStateEntered run-1/A", 1): OPERATOR,
        Place("operator", "after ExecutionSucceeded run-1", 1): ("none", "start_again"),
        # nothing can go wrong there
        Place("operator", "after Commit dev", 1): ("none",),
    }
    assert census(asked) == (
        Bucket("operator", 1, ("stop", "start_again")),
        Bucket(AFTER_AN_END, 1, ("start_again",)),
        Bucket("statement", 1, ("FAILED", "FAILED@", "ABORTED", "STUCK")),
    )
