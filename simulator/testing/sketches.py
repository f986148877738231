"""Plans before they are run: what goes wrong, said by how often something was asked until then.

A plan names its places, and which places there are is known only by running: a retry asks once
more, a clean-up asks what a clean run never does. So a sketch is drawn first, the run that follows
it turns each of its turns into a fault at a place, and those faults are the plan.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from simulator.engine.ports import Place
from simulator.faults.choices import RecordingChoices

# An operator is asked after every event, and a rerun or a redrive is worth most after an end: such
# places stand in a bucket of their own, or they would hardly ever be drawn.
AFTER_AN_END = "operator, after an end"
_ENDS = tuple(f"after Execution{end} " for end in ("Succeeded", "Failed", "Aborted", "TimedOut"))


def bucket_of(place: Place) -> str:
    """The places among which a turn counts: those of a kind, an operator's by what came before."""
    if place.kind == "operator" and place.subject.startswith(_ENDS):
        return AFTER_AN_END
    return place.kind


def way_of(outcome: str) -> str:
    """How something goes wrong: FAILED@1, FAILED@2, ... are one way, so that a batch of
    many statements doesn't drown the others."""
    head, mark, _ = outcome.partition("@")
    return head + mark


@dataclass(frozen=True, slots=True)
class Turn:
    """At the first place of `bucket` that comes after at least `after` others and offers it,
    something goes wrong in this `way`; `part` picks among FAILED@1, FAILED@2, ... and begins again
    at the first beyond the last. One that `follows` waits until another was done, and counts from
    there: a stop soon after a statement got stuck."""

    bucket: str
    way: str
    after: int = 0
    part: int = 0
    follows: bool = False

    def outcome(self, options: Sequence[str]) -> str | None:
        """What happens; None where this place does not offer it."""
        offered = [option for option in options[1:] if way_of(option) == self.way]
        return offered[self.part % len(offered)] if offered else None


@dataclass(frozen=True, slots=True)
class Sketch:
    """Turns, and the one of the project's inputs that the first execution gets."""

    turns: tuple[Turn, ...] = ()
    input: int = 0


class SketchedChoices(RecordingChoices):
    """Follows a sketch: one turn for a place, each turn once. `faults` is then the plan's."""

    def __init__(self, turns: Iterable[Turn]) -> None:
        super().__init__()
        self._left = list(turns)
        self._asked: Counter[str] = Counter()
        # as of when the last turn was done
        self._asked_then: Counter[str] = Counter()

    def _choose(self, place: Place, options: Sequence[str]) -> str:
        if not self._left:
            return options[0]
        bucket = bucket_of(place)
        before = self._asked[bucket]
        self._asked[bucket] += 1
        for turn in self._left:
            if turn.bucket == bucket and self._is_due(turn, before):
                outcome = turn.outcome(options)
                if outcome is not None:
                    self._left.remove(turn)
                    self._asked_then = self._asked.copy()
                    return outcome
        return options[0]

    def _is_due(self, turn: Turn, before: int) -> bool:
        """Whether so many places of its bucket are enough."""
        if not turn.follows:
            return before >= turn.after
        if not self._asked_then and not all(one.follows for one in self._left):
            return False
        return before >= self._asked_then[turn.bucket] + turn.after


@dataclass(frozen=True, slots=True)
class Bucket:
    """How many places a run had at which something could go wrong, and in which ways."""

    name: str
    places: int
    ways: tuple[str, ...]


def census(asked: Mapping[Place, Sequence[str]]) -> tuple[Bucket, ...]:
    """The buckets of a run, by name."""
    places: Counter[str] = Counter()
    ways: dict[str, dict[str, None]] = {}
    for place, options in asked.items():
        if len(options) > 1:
            bucket = bucket_of(place)
            places[bucket] += 1
            ways.setdefault(bucket, {}).update(dict.fromkeys(map(way_of, options[1:])))
    return tuple(Bucket(name, count, tuple(ways[name])) for name, count in sorted(places.items()))
