"""Property tests of failure ordering, for any project: draw plans, play them, read what broke.

    from hypothesis import given
    from simulator.testing import Trials

    trials = Trials("simulator.toml", input={"refresh_date": "2024-01-08"})

    @given(trials.sketches())
    def test_whatever_goes_wrong_the_promises_hold(sketch):
        trials.play(sketch).check()

Hypothesis is loaded when a strategy is first asked for; playing a plan needs none of it.
"""

from __future__ import annotations

from simulator.testing.sketches import Sketch, SketchedChoices, Turn
from simulator.testing.trials import BrokenPromises, Played, Trials

__all__ = ["BrokenPromises", "Played", "Sketch", "SketchedChoices", "Trials", "Turn"]
