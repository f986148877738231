"""What landed, as tables: row counts before and after, and the results of queries."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

from rich import box
from rich.console import Group
from rich.table import Table

MAX_ROWS = 20


def counts_table(before: Mapping[str, int], after: Mapping[str, int], *, ascii_only: bool) -> Table:
    """Rows of each table before and after."""
    table = _table("rows of each table", ascii_only=ascii_only)
    table.add_column("table")
    for name in ("before", "after", "change"):
        table.add_column(name, justify="right")
    for name in sorted({*before, *after}):
        # a table that wasn't there, or is no longer, has no number
        cells = [f"{counts[name]:,}" if name in counts else "-" for counts in (before, after)]
        change = after.get(name, 0) - before.get(name, 0)
        table.add_row(name, *cells, f"{change:+,}" if change else "")
    return table


def result_table(
    title: str | None,
    columns: Sequence[str],
    rows: Sequence[Sequence[Any]],
    *,
    ascii_only: bool,
    limit: int | None = MAX_ROWS,
) -> Group:
    """A query's result; beyond `limit` rows, how many more there are."""
    table = _table(title, ascii_only=ascii_only)
    for index, name in enumerate(columns):
        numeric = any(_is_number(row[index]) for row in rows)
        table.add_column(name, justify="right" if numeric else "left")
    for row in rows[:limit]:
        table.add_row(*map(cell_text, row))
    notes = []
    if limit is not None and len(rows) > limit:
        notes.append(f"{len(rows) - limit} more rows: python -m simulator query shows all")
    elif not rows:
        notes.append("no rows")
    return Group(table, *notes)


def cell_text(value: Any) -> str:
    """A value as text; null is empty, as psql shows it."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value)


def _is_number(value: Any) -> bool:
    return isinstance(value, (int, float, Decimal)) and not isinstance(value, bool)


def _table(title: str | None, *, ascii_only: bool) -> Table:
    return Table(
        title=title,
        title_justify="left",
        title_style="bold",
        box=box.ASCII2 if ascii_only else box.SIMPLE_HEAD,
        pad_edge=False,
        show_edge=False,
    )
