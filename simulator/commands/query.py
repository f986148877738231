"""`query`: SQL on the tables that the last run left, asked through the Data API."""

from __future__ import annotations

import sys
from argparse import Namespace
from dataclasses import replace
from typing import TYPE_CHECKING

from simulator import project
from simulator.commands import state, terminal
from simulator.commands.errors import UsageError
from simulator.project import Project
from simulator.sql.errors import SqlError
from simulator.sql.lexer import split_statements

if TYPE_CHECKING:
    from simulator.services.queries import QueryResult
    from simulator.simulator import Simulator


def run(options: Namespace) -> int:
    """Print the rows as a table, or as one JSON document."""
    settings = project.read(project.find(options.project))
    _check_statement(options.sql)
    last = state.last_run(settings.state_folder, hint="a run leaves it: python -m simulator run")
    with on_kept_tables(settings, last) as simulation:
        result = simulation.query(options.sql, database=options.database, db_user=options.user)
    if options.json:
        document = {"columns": list(result.columns), "rows": [list(row) for row in result.rows]}
        terminal.print_json(document)
    else:
        _print_table(result)
    return 0


def _check_statement(sql: str) -> None:
    """An empty text would be answered with no rows, as if something had been asked."""
    try:
        is_empty = not split_statements(sql)
    except SqlError:
        # the Data API says in Redshift's words what is wrong
        return
    if is_empty:
        raise UsageError("SQL", f"expected a statement, got {sql!r}")


def on_kept_tables(settings: Project, last: state.LastRun) -> Simulator:
    """A simulation that begins where the last run ended, with its tables.

    Its cluster is available: tables can be looked at even where the run paused it.
    """
    from simulator.simulator import Simulator

    return Simulator.from_project(
        with_cluster_status(settings, "available"),
        seed=last.seed,
        start_time=last.ended,
        warehouse_state=last.warehouse,
        bucket_state=last.buckets,
    )


def with_cluster_status(settings: Project, status: str | None) -> Project:
    """The project with its cluster as something left it."""
    if settings.warehouse is None or status is None:
        return settings
    return replace(settings, warehouse=replace(settings.warehouse, first_status=status))


def _print_table(result: QueryResult) -> None:
    from simulator.report.tables import result_table

    ascii_only = terminal.is_ascii_only(sys.stdout)
    table = result_table(None, result.columns, result.rows, ascii_only=ascii_only, limit=None)
    terminal.console(sys.stdout).print(table)
