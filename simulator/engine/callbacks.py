"""Task tokens: who waits for a callback, until it comes or the wait is over."""

from __future__ import annotations

import base64
from typing import Protocol

from simulator.asl.model import JSON
from simulator.engine.identity import Identity


class Waiting(Protocol):
    """A try of a Task that handed a token out."""

    def succeed(self, output: JSON) -> None:
        """SendTaskSuccess."""
        ...

    def give_up(self, error: str | None, cause: str | None) -> None:
        """SendTaskFailure."""
        ...

    def beat(self) -> None:
        """SendTaskHeartbeat."""
        ...


class Callbacks:
    """The tokens of an account. One that is over is remembered, since AWS tells it from one that
    never was."""

    def __init__(self, identity: Identity) -> None:
        self._identity = identity
        self._waiting: dict[str, Waiting | None] = {}

    def hand_out(self, place: str) -> str:
        """A new token for a try at this place: opaque text, like AWS's."""
        occurrence = self._identity.occurrence("task-token", place)
        parts = [self._identity.digest(f"task-token-{n}", place, occurrence) for n in range(6)]
        return base64.b64encode(b"\0" * 3 + b"".join(parts)).decode()

    def wait(self, token: str, waiting: Waiting) -> None:
        """`waiting` hears what comes for this token."""
        self._waiting[token] = waiting

    def forget(self, token: str) -> None:
        """The wait is over."""
        self._waiting[token] = None

    def is_known(self, token: str) -> bool:
        """Whether the token has ever been handed out."""
        return token in self._waiting

    def find(self, token: str) -> Waiting | None:
        """Who waits; None where nobody does, or not any more."""
        return self._waiting.get(token)
