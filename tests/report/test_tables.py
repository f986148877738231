"""Row counts and query results as tables."""

from __future__ import annotations

import io
from decimal import Decimal

from rich.console import Console

from simulator.report.tables import counts_table, result_table


def drawn(table) -> list[str]:
    console = Console(file=io.StringIO(), width=80, color_system=None)
    console.print(table)
    return [line.rstrip() for line in console.file.getvalue().splitlines()]


def test_each_table_has_its_rows_before_and_after():
    lines = drawn(counts_table({"item": 5}, {"item": 1207, "store_sales": 3}, ascii_only=True))
    item = next(line for line in lines if "item" in line).replace("|", " ").split()
    assert item == ["item", "5", "1,207", "+1,202"]
    sales = next(line for line in lines if "store_sales" in line).replace("|", " ").split()
    assert sales == ["store_sales", "-", "3", "+3"]


def test_a_result_shows_its_values_and_how_many_more_there_are():
    rows = [(day, Decimal("1.50"), None) for day in range(25)]
    lines = drawn(result_table("daily", ["day", "sales", "note"], rows, ascii_only=True))
    text = "\n".join(lines)
    assert "daily" in lines[0]
    assert text.count("1.50") == 20
    assert "5 more rows" in text


def test_an_empty_result_says_so():
    assert "no rows" in "\n".join(drawn(result_table("t", ["a"], [], ascii_only=True)))
