"""A compiled definition."""

from __future__ import annotations

from dataclasses import dataclass

from simulator.asl import model
from simulator.engine.step import Step


@dataclass(frozen=True, slots=True)
class Machine:
    """What executions run: the first step of a definition, or of a distributed Map's processor."""

    definition: model.Definition
    start: Step
    timeout_seconds: int | None
