"""`query`: SQL on the tables that the last run left, asked through the Data API."""

from __future__ import annotations

import sys
from argparse import Namespace
from datetime import UTC, datetime
from typing import Any

from simulator import project
from simulator.commands import state, terminal


def run(options: Namespace) -> int:
    """Print the rows as a table, or as one JSON document."""
    settings = project.read(project.find(options.project))
    last = state.last_run(settings.state_folder)
    from simulator.simulator import Simulator

    with Simulator.from_project(
        settings.file,
        seed=last.seed,
        start_time=datetime.fromtimestamp(last.ended_ms / 1000, UTC),
        warehouse_state=last.warehouse,
    ) as simulation:
        user = options.user or (settings.warehouse.superuser if settings.warehouse else None)
        result = simulation.query(options.sql, database=options.database, db_user=user)
    if options.json:
        document = {"columns": list(result.columns), "rows": [list(row) for row in result.rows]}
        terminal.print_json(document)
    else:
        print_result(options.sql, result, rows=None)
    return 0


def print_result(title: str, result: Any, *, rows: int | None) -> None:
    """A table on stdout; at most `rows` of its rows."""
    from simulator.report.tables import result_table

    ascii_only = terminal.is_ascii_only(sys.stdout)
    table = result_table(title, result.columns, result.rows, ascii_only=ascii_only, limit=rows)
    terminal.console(sys.stdout).print(table)
