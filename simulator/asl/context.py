"""The Context Object ("$$"), and the chance that intrinsic functions draw on.

The engine makes one for an evaluation. It is a plain mapping in AWS's shape (Execution, State,
StateMachine, ...); `draw` gives 16 bytes from the simulation's seed, so that `States.UUID` and
`States.MathRandom` replay.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any


class ContextObject(dict[str, Any]):
    """AWS's Context Object; `draw(kind)` returns 16 bytes, other ones at each call."""

    __slots__ = ("draw",)

    def __init__(self, members: dict[str, Any], draw: Callable[[str], bytes]) -> None:
        super().__init__(members)
        self.draw = draw
