"""How long a statement takes on the warehouse: a model (`engine.timing`), not a measurement."""

from __future__ import annotations

from simulator.engine.ports import World


def statement_duration_ms(world: World, *, kind: str, rows_touched: int, place: str) -> int:
    """A base for the statement's kind, a part for each row, and the seed's noise; at least 1.

    `place` tells which statement of the simulation this is, so that one statement more doesn't
    change the noise of the others.
    """
    timing = world.timing.statement
    nominal_ms = timing.base_by_kind_ms.get(kind, timing.base_ms)
    nominal_ms_exact = nominal_ms + rows_touched * timing.per_row_us / 1000
    occurrence = world.identity.occurrence("statement-duration", place)
    fraction = world.identity.fraction("statement-duration", place, occurrence)
    return max(1, round(nominal_ms_exact * (1 + timing.noise * (2 * fraction - 1))))
