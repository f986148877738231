"""Which promises a run broke: the promise, when, and what was seen."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Protocol

from simulator.report.rows import duration_text


class Broken(Protocol):
    """What a report needs of a broken promise."""

    @property
    def promise(self) -> str: ...
    @property
    def sentence(self) -> str: ...
    @property
    def at_ms(self) -> int: ...
    @property
    def evidence(self) -> str: ...


def promises_text(broken: Iterable[Broken], start_ms: int) -> str:
    """A paragraph for each; moments count from `start_ms`."""
    return "\n".join(
        f"promise broken: {one.sentence} ({one.promise})\n"
        f"  after {duration_text(one.at_ms - start_ms)}: " + one.evidence.replace("\n", "\n  ")
        for one in broken
    )
