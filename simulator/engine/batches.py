"""ItemBatcher: items grouped into the inputs of child executions."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from simulator.asl.model import JSON
from simulator.engine.map_run import Input
from simulator.engine.sizes import size_of


def batched(
    items: Sequence[JSON],
    *,
    most_items: int | None,
    most_bytes: int | None,
    batch_input: JSON,
    has_batch_input: bool,
) -> list[Input]:
    """The inputs {"BatchInput": ..., "Items": [...]}, in order.

    Developer guide, "ItemBatcher (Map)": a batch ends at whichever of the two limits comes first,
    and always holds one item at least.
    """
    frame: dict[str, JSON] = {"BatchInput": batch_input} if has_batch_input else {}
    empty_bytes = size_of({**frame, "Items": []})
    return [
        Input({**frame, "Items": batch}, len(batch))
        for batch in _groups(items, most_items, most_bytes, empty_bytes)
    ]


def _groups(
    items: Sequence[JSON], most_items: int | None, most_bytes: int | None, empty_bytes: int
) -> Iterator[list[JSON]]:
    batch: list[JSON] = []
    size = empty_bytes
    for item in items:
        item_bytes = size_of(item)
        is_full = most_items is not None and len(batch) >= most_items
        # with a comma before it
        is_heavy = most_bytes is not None and size + 1 + item_bytes > most_bytes
        if batch and (is_full or is_heavy):
            yield batch
            batch, size = [], empty_bytes
        size += item_bytes + (1 if batch else 0)
        batch.append(item)
    if batch:
        yield batch
