"""The scheduler, trace and seed that a service or a promise works with, without a simulator."""

from __future__ import annotations

from simulator.engine.identity import Identity
from simulator.engine.ports import Picker, World
from simulator.engine.scheduler import Scheduler
from simulator.engine.timing import Timing
from simulator.engine.trace import Trace


def make_world(
    *,
    start_ms: int = 0,
    seed: int = 0,
    timing: Timing | None = None,
    choices: Picker | None = None,
) -> World:
    """A world in which nothing has happened."""
    return World(
        scheduler=Scheduler(start_ms),
        trace=Trace(),
        identity=Identity(seed),
        timing=timing or Timing(),
        account_id="123456789012",
        region="us-east-1",
        choices=choices,
    )
