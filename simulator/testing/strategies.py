"""Sketches at random, as a Hypothesis strategy: they shrink to fewer faults, earlier places.

All is drawn from one `randoms()`, by integers alone: of a strategy made of parts Hypothesis spends
five plans of six on copying one part over another, which is of no use here, and misses what takes
two different faults.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Protocol

from simulator.testing.sketches import AFTER_AN_END, Bucket, Sketch, Turn

if TYPE_CHECKING:
    from hypothesis.strategies import SearchStrategy

MAX_PART = 19
# Faults make further places: retries, polls, clean-ups; and executions that are stopped, started
# again and redriven end more than once.
MORE_PLACES = 1.1
MORE_ENDS = 1
# what no clean run offers
ONLY_AFTER_FAULTS = "redrive"
# What leaves most behind comes more often, since it takes something else besides to show it: a
# statement that is stuck is cancelled unless the execution is stopped as well.
WEIGHTS = {
    "STUCK": 6,
    "ABORTED": 2,
    "FAILED@": 2,
    "stop": 4,
    "time_out": 4,
    "crashed_after": 4,
    "redrive": 3,
}
# one of so many possible turns is missing
MISSING = 5
# one of so many later turns does not follow those before it
FREE = 3
# a turn that follows others comes at most so many places later
SOON = 20


class Random(Protocol):
    """What a sketch is drawn from: `random.Random`, or Hypothesis's own."""

    def randint(self, a: int, b: int) -> int:
        """An integer of a..b."""
        ...


def draw_sketch(
    random: Random, buckets: Sequence[Bucket], *, max_faults: int = 3, inputs: int = 1
) -> Sketch:
    """A sketch of up to `max_faults` faults for a project whose clean run has these buckets."""
    pairs = [
        (bucket, way)
        for bucket in buckets
        for way in _ways(bucket)
        for _ in range(WEIGHTS.get(way, 1))
    ]
    first_input = random.randint(0, inputs - 1)
    # each may be missing, so that any of them can be dropped from a failing sketch
    drawn = [
        pairs[random.randint(0, len(pairs) - 1)]
        for _ in range(max_faults)
        if random.randint(0, MISSING - 1)
    ]
    # what an operator does comes last: an execution that is stopped asks nothing more
    drawn.sort(key=lambda pair: pair[0].name.startswith("operator"))
    turns = tuple(
        _draw_turn(random, bucket, way, is_first=number == 0)
        for number, (bucket, way) in enumerate(drawn)
    )
    return Sketch(turns, first_input)


def sketches(
    buckets: Callable[[], Sequence[Bucket]], *, max_faults: int = 3, inputs: int = 1
) -> SearchStrategy[Sketch]:
    """Sketches of up to `max_faults` faults. `buckets()` is asked when one is drawn, since it takes
    a run to know them."""
    from hypothesis import strategies as st

    randoms = st.randoms(note_method_calls=False, use_true_random=False)
    return randoms.map(
        lambda random: draw_sketch(random, buckets(), max_faults=max_faults, inputs=inputs)
    )


def _draw_turn(random: Random, bucket: Bucket, way: str, *, is_first: bool) -> Turn:
    follows = not is_first and random.randint(0, FREE - 1) > 0
    if bucket.name == AFTER_AN_END:
        last = bucket.places + MORE_ENDS - 1
    else:
        last = max(0, round(bucket.places * MORE_PLACES) - 1)
    return Turn(
        bucket.name,
        way,
        after=random.randint(0, min(last, SOON) if follows else last),
        part=random.randint(0, MAX_PART) if way.endswith("@") else 0,
        follows=follows,
    )


def _ways(bucket: Bucket) -> tuple[str, ...]:
    is_operator = bucket.name.startswith("operator")
    return (*bucket.ways, ONLY_AFTER_FAULTS) if is_operator else bucket.ways
