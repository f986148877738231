"""The Context Object ("$$"), and the chance that intrinsic functions draw on.

The engine makes one for an evaluation. It is a plain mapping in AWS's shape (Execution, State,
StateMachine, ...); `draw` gives 16 bytes from the simulation's seed, so that `States.UUID` and
`States.MathRandom` replay.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any

_NOTHING: Mapping[str, Any] = MappingProxyType({})


class ContextObject(dict[str, Any]):
    """AWS's Context Object; `draw(kind)` returns 16 bytes, other ones at each call.

    With it goes what else a field may read: the state machine's `variables`, and for JSONata the
    virtual time and what `$states` holds beside input and context (`result`, `errorOutput`).
    """

    __slots__ = ("draw", "now_ms", "states", "variables")

    def __init__(
        self,
        members: dict[str, Any],
        draw: Callable[[str], bytes],
        *,
        variables: Mapping[str, Any] = _NOTHING,
        now_ms: int = 0,
    ) -> None:
        super().__init__(members)
        self.draw = draw
        self.variables = variables
        self.now_ms = now_ms
        self.states: Mapping[str, Any] = _NOTHING

    def knowing(self, **states: Any) -> ContextObject:
        """The same, with more in `$states`."""
        other = ContextObject(dict(self), self.draw, variables=self.variables, now_ms=self.now_ms)
        other.states = {**self.states, **states}
        return other
