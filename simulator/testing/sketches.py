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
_PART = "@"


def bucket_of(place: Place) -> str:
    """The places among which a turn counts: those of a kind, an operator's by what came before."""
    if place.kind == "operator" and place.subject.startswith(_ENDS):
        return AFTER_AN_END
    return place.kind


def families_of(options: Sequence[str]) -> tuple[tuple[str, ...], ...]:
    """The ways to go wrong; FAILED@1, FAILED@2, ... are one way, so that a batch of many statements
    doesn't drown the others."""
    families: dict[str, list[str]] = {}
    for option in options[1:]:
        families.setdefault(option.partition(_PART)[0] + _PART * (_PART in option), []).append(
            option
        )
    return tuple(map(tuple, families.values()))


@dataclass(frozen=True, slots=True)
class Turn:
    """At the first place of `bucket` that was asked for at least `after` times before, something
    goes wrong: in the `way`-th of the ways it offers, at its `part`-th statement where it has
    several. Numbers beyond what there is begin again at 0."""

    bucket: str
    after: int
    way: int = 0
    part: int = 0

    def outcome(self, options: Sequence[str]) -> str | None:
        """What happens; None where nothing can go wrong."""
        families = families_of(options)
        if not families:
            return None
        family = families[self.way % len(families)]
        return family[self.part % len(family)]


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

    def _choose(self, place: Place, options: Sequence[str]) -> str:
        if not self._left:
            return options[0]
        bucket = bucket_of(place)
        before = self._asked[bucket]
        self._asked[bucket] += 1
        for turn in self._left:
            if turn.bucket == bucket and before >= turn.after:
                outcome = turn.outcome(options)
                if outcome is None:
                    return options[0]
                self._left.remove(turn)
                return outcome
        return options[0]


def census(asked: Mapping[Place, Sequence[str]]) -> dict[str, int]:
    """How many places of each bucket a run had at which something could go wrong."""
    return dict(Counter(bucket_of(place) for place, options in asked.items() if len(options) > 1))
