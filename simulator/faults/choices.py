"""Sources of choice: one that records what is asked, and one that follows a plan."""

from __future__ import annotations

import difflib
from collections.abc import Sequence

from simulator.engine.ports import Picker, Place
from simulator.faults.plan import Fault, Plan, PlanError, is_nominal, place_text

MAX_NEAR = 3


class RecordingChoices:
    """Answers as `picker` does (with what happens when nothing goes wrong where there is none),
    and keeps what was asked and picked, in order."""

    def __init__(self, picker: Picker | None = None) -> None:
        self._picker = picker
        self.asked: dict[Place, tuple[str, ...]] = {}
        self.picked: dict[Place, str] = {}

    def pick(self, place: Place, options: Sequence[str]) -> str:
        """The outcome at this place."""
        self.asked[place] = tuple(options)
        outcome = self._choose(place, options)
        self.picked[place] = outcome
        return outcome

    def _choose(self, place: Place, options: Sequence[str]) -> str:
        return options[0] if self._picker is None else self._picker.pick(place, options)

    @property
    def faults(self) -> tuple[Fault, ...]:
        """What went wrong on purpose, in the order in which it was asked for."""
        return tuple(
            Fault(place.kind, place.subject, outcome, place.occurrence)
            for place, outcome in self.picked.items()
            if not is_nominal(place, outcome)
        )


class PlannedChoices(RecordingChoices):
    """Follows a plan: its faults at their places, elsewhere what happens when nothing goes wrong.

    A fault that a place does not offer (FAILED@5 of a batch of three) is not done, since raising
    in the middle of simulated code would be caught by it; `check` tells of it after the run.
    """

    def __init__(self, plan: Plan) -> None:
        super().__init__()
        self.plan = plan
        self._outcomes = {fault.place: fault.outcome for fault in plan.faults}

    def _choose(self, place: Place, options: Sequence[str]) -> str:
        outcome = self._outcomes.get(place, options[0])
        return outcome if outcome in options else options[0]

    def complaints(self) -> tuple[PlanError, ...]:
        """One for each fault of the plan that did not happen, in the plan's order."""
        return tuple(
            self._complaint(index, fault)
            for index, fault in enumerate(self.plan.faults)
            if self.picked.get(fault.place) != fault.outcome
        )

    def check(self) -> None:
        """Raise `PlanError` with every fault that did not happen; called after the run."""
        found = self.complaints()
        if len(found) == 1:
            raise found[0]
        if found:
            rest = "\n".join(map(str, found[1:]))
            raise PlanError(found[0].where, found[0].message, f"{found[0].hint}\n{rest}")

    def _complaint(self, index: int, fault: Fault) -> PlanError:
        place = fault.place
        if place in self.asked:
            offered = ", ".join(self.asked[place][1:]) or "nothing"
            return PlanError(
                f"faults[{index}].outcome",
                f"expected what {place_text(place)} offers, got {fault.outcome!r}",
                f"it offers {offered}",
            )
        return PlanError(
            f"faults[{index}]",
            f"expected a place that the run reaches, got {place_text(place)}",
            self._near(place),
        )

    def _near(self, place: Place) -> str:
        """What the run did reach that reads alike."""
        times = sum(one.kind == place.kind and one.subject == place.subject for one in self.asked)
        if times:
            return f"it was reached {times} time{'s' * (times > 1)}"
        subjects = list(dict.fromkeys(one.subject for one in self.asked if one.kind == place.kind))
        close = difflib.get_close_matches(place.subject, subjects, n=MAX_NEAR, cutoff=0.5)
        if close:
            return f"near it were {', '.join(map(repr, close))}"
        if subjects:
            some = ", ".join(map(repr, subjects[:MAX_NEAR]))
            return f"this run had {len(subjects)} {place.kind} subjects, such as {some}"
        return f"this run asked about no {place.kind} place"
