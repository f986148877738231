"""What is drawn: sketches in which one fault can meet another."""

from __future__ import annotations

import random

import pytest

from simulator.testing import Sketch
from simulator.testing.sketches import AFTER_AN_END, Bucket
from simulator.testing.strategies import draw_sketch

BUCKETS = (
    Bucket("lambda", 18, ("throttled", "crashed_after")),
    Bucket("operator", 180, ("stop", "start_again")),
    Bucket(AFTER_AN_END, 1, ("start_again",)),
    Bucket("statement", 5, ("FAILED", "FAILED@", "STUCK")),
)


@pytest.fixture(scope="module")
def drawn() -> list[Sketch]:
    source = random.Random(1)
    return [draw_sketch(source, BUCKETS, inputs=2) for _ in range(2000)]


def test_what_an_operator_does_comes_after_what_services_do(drawn: list[Sketch]):
    for sketch in drawn:
        is_operator = [turn.bucket.startswith("operator") for turn in sketch.turns]
        assert is_operator == sorted(is_operator)


def test_the_first_turn_follows_nothing_and_most_later_ones_follow(drawn: list[Sketch]):
    assert not any(turn.follows for sketch in drawn for turn in sketch.turns[:1])
    later = [turn.follows for sketch in drawn for turn in sketch.turns[1:]]
    assert 0.6 < sum(later) / len(later) < 0.73


def test_every_way_is_drawn_and_a_redrive_that_no_clean_run_offers(drawn: list[Sketch]):
    ways = {(turn.bucket, turn.way) for sketch in drawn for turn in sketch.turns}
    clean = {(bucket.name, way) for bucket in BUCKETS for way in bucket.ways}
    assert ways == clean | {("operator", "redrive"), (AFTER_AN_END, "redrive")}


def test_each_input_and_each_number_of_faults_is_drawn(drawn: list[Sketch]):
    assert {sketch.input for sketch in drawn} == {0, 1}
    assert {len(sketch.turns) for sketch in drawn} == {0, 1, 2, 3}


def test_a_turn_that_follows_an_end_comes_at_the_next_or_the_one_after(drawn: list[Sketch]):
    ends = [turn for sketch in drawn for turn in sketch.turns if turn.bucket == AFTER_AN_END]
    assert {turn.after for turn in ends} == {0, 1}
