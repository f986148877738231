"""Ids and noise: a hash of the place, so that nothing that happens elsewhere shifts them."""

from __future__ import annotations

import uuid

from simulator.engine.identity import Identity


def test_the_same_seed_and_place_give_the_same_value() -> None:
    assert Identity(1).uuid("statement", "load", 1) == Identity(1).uuid("statement", "load", 1)
    assert Identity(1).uuid("statement", "load", 1) != Identity(2).uuid("statement", "load", 1)


def test_a_call_elsewhere_does_not_shift_what_comes_after() -> None:
    alone, among_others = Identity(0), Identity(0)
    among_others.uuid("statement", "other")
    among_others.uuid("request", "load")
    assert alone.uuid("statement", "load") == among_others.uuid("statement", "load")


def test_each_occurrence_has_a_value_of_its_own() -> None:
    identity = Identity(0)
    ids = [identity.uuid("statement", "load") for _ in range(100)]
    assert len(set(ids)) == 100
    assert all(uuid.UUID(each).version == 4 for each in ids)


def test_fractions_spread_over_the_unit_interval() -> None:
    identity = Identity(3)
    values = [identity.fraction("noise", "load", n) for n in range(1000)]
    assert all(0 <= value < 1 for value in values)
    assert 0.45 < sum(values) / len(values) < 0.55
