"""Hypothesis strategies over sketches. They shrink to fewer faults, earlier places, first ways."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from simulator.testing.sketches import AFTER_AN_END, Sketch, Turn

if TYPE_CHECKING:
    from hypothesis.strategies import SearchStrategy

# Ways and parts are taken modulo what a place offers.
MAX_WAY, MAX_PART = 5, 19
# Faults make further places: retries, polls, clean-ups.
MORE_PLACES = 1.25


def turns(places: Mapping[str, int]) -> SearchStrategy[Turn]:
    """One turn, for a project whose clean run has so many places in each bucket."""
    from hypothesis import strategies as st

    buckets = {bucket: max(1, round(count * MORE_PLACES)) for bucket, count in places.items()}
    if any(bucket.startswith("operator") for bucket in buckets):
        # executions that are stopped, started again and redriven end more than once
        buckets[AFTER_AN_END] = 3

    def of(bucket: str) -> SearchStrategy[Turn]:
        return st.builds(
            Turn,
            bucket=st.just(bucket),
            after=st.integers(0, buckets[bucket] - 1),
            way=st.integers(0, MAX_WAY),
            part=st.integers(0, MAX_PART) if bucket == "statement" else st.just(0),
        )

    return st.sampled_from(sorted(buckets)).flatmap(of)


def sketches(
    places: Callable[[], Mapping[str, int]], *, max_faults: int = 3, inputs: int = 1
) -> SearchStrategy[Sketch]:
    """Sketches of up to `max_faults` faults. `places()` is asked for when the first is drawn, since
    it takes a run to know them."""
    from hypothesis import strategies as st

    def made() -> SearchStrategy[Any]:
        turn = turns(places())
        # as many of three faults as of one: a list of any length is mostly a short one
        several = st.integers(0, max_faults).flatmap(
            lambda count: st.lists(turn, min_size=count, max_size=count)
        )
        return st.builds(Sketch, turns=several.map(tuple), input=st.integers(0, inputs - 1))

    return st.deferred(made)
