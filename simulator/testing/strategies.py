"""Hypothesis strategies over sketches. They shrink to fewer faults, earlier places, first ways."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from simulator.testing.sketches import AFTER_AN_END, Bucket, Sketch, Turn

if TYPE_CHECKING:
    from hypothesis.strategies import SearchStrategy

MAX_PART = 19
# Faults make further places: retries, polls, clean-ups; and executions that are stopped, started
# again and redriven end more than once.
MORE_PLACES = 1.25
MORE_ENDS = 3
# What leaves most behind comes more often, since it takes something else besides to show it: a
# statement that is stuck is cancelled unless the execution is stopped as well.
WEIGHTS = {"STUCK": 3, "ABORTED": 2, "FAILED@": 2, "stop": 2, "time_out": 2, "crashed_after": 2}
# a turn that follows others comes at most so many places later
SOON = 20
# what no clean run offers
ONLY_AFTER_FAULTS = "redrive"


def turns(buckets: Sequence[Bucket], *, number: int = 0) -> SearchStrategy[Turn]:
    """The `number`-th turn, for a project whose clean run has these buckets.

    Ways are drawn by their weights, whatever bucket they are of: what it takes two faults to show
    is found as often as it can be.
    """
    from hypothesis import strategies as st

    pairs = [
        (bucket, way)
        for bucket in buckets
        for way in _ways(bucket)
        for _ in range(WEIGHTS.get(way, 1))
    ]
    # Hypothesis likes to draw one thing several times; here that is no three faults of one kind
    first = number * len(pairs) // 3
    pairs = pairs[first:] + pairs[:first]

    def of(pair: tuple[Bucket, str]) -> SearchStrategy[Turn]:
        bucket, way = pair
        places = bucket.places + MORE_ENDS
        if bucket.name != AFTER_AN_END:
            places = max(1, round(bucket.places * MORE_PLACES))
        part = st.integers(0, MAX_PART) if way.endswith("@") else st.just(0)

        def counted(follows: bool) -> SearchStrategy[Turn]:  # noqa: FBT001 - drawn
            after = st.integers(0, min(places, SOON) if follows else places - 1)
            return st.builds(
                Turn, st.just(bucket.name), st.just(way), after, part, st.just(follows)
            )

        return st.booleans().flatmap(counted)

    return st.sampled_from(pairs).flatmap(of)


def sketches(
    buckets: Callable[[], Sequence[Bucket]], *, max_faults: int = 3, inputs: int = 1
) -> SearchStrategy[Sketch]:
    """Sketches of up to `max_faults` faults. `buckets()` is asked for when the first is drawn,
    since it takes a run to know them."""
    from hypothesis import strategies as st

    def made() -> SearchStrategy[Any]:
        drawn = [turns(buckets(), number=number) for number in range(max_faults)]
        # most often as many as there may be: fewer are what a failing one is shrunk to
        several = st.integers(0, 2 * max_faults + 1).flatmap(
            lambda count: st.tuples(*drawn[:count])
        )
        return st.builds(Sketch, turns=several, input=st.integers(0, inputs - 1))

    return st.deferred(made)


def _ways(bucket: Bucket) -> tuple[str, ...]:
    is_operator = bucket.name.startswith("operator")
    return (*bucket.ways, ONLY_AFTER_FAULTS) if is_operator else bucket.ways
