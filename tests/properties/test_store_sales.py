"""Whatever goes wrong, in whatever order, the Store Sales pipeline keeps its promises.

`make test` tries the same plans each time; `make properties` others: SEED=N chooses which, and
OVERLAY=DIR lays a defect over the pipeline, which is to be found among as many plans as in CI.
"""

from __future__ import annotations

import os

import pytest
from hypothesis import HealthCheck, Phase, given, seed, settings

from simulator.testing import Sketch, Trials

# in two tests, so that both of CI's cores share them
CI_EXAMPLES, CI_SHARDS = 300, 2
CAMPAIGN_EXAMPLES, CAMPAIGN_SHARDS = 10_000, 40
OVERLAY, SEED = os.environ.get("OVERLAY"), os.environ.get("SEED")


def check(trials: Trials, *, examples: int, number: int | None) -> None:
    """The property: no drawn plan breaks a promise. `number` is what they are drawn from."""

    @settings(
        max_examples=examples,
        database=None,
        deadline=None,
        report_multiple_bugs=False,
        # the plan explains itself
        phases=[Phase.generate, Phase.shrink],
        suppress_health_check=list(HealthCheck),
    )
    @given(trials.sketches())
    def whatever_goes_wrong(sketch: Sketch) -> None:
        trials.play(sketch).check()

    if number is not None:
        whatever_goes_wrong = seed(number)(whatever_goes_wrong)
    whatever_goes_wrong()


@pytest.mark.long
@pytest.mark.parametrize("shard", range(CI_SHARDS))
def test_whatever_goes_wrong_the_promises_hold(trials: Trials, shard: int):
    check(trials, examples=CI_EXAMPLES // CI_SHARDS, number=shard)


@pytest.mark.campaign
@pytest.mark.parametrize("shard", range(1 if OVERLAY else CAMPAIGN_SHARDS))
def test_campaign(trials: Trials, shard: int):
    number = int(SEED) if SEED else None
    if OVERLAY:
        check(trials, examples=CI_EXAMPLES, number=number)
        return
    if number is not None:
        number = number * CAMPAIGN_SHARDS + shard
    check(trials, examples=CAMPAIGN_EXAMPLES // CAMPAIGN_SHARDS, number=number)
