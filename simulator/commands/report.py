"""`report`: the project's queries, asked on the target by whoever reads the reports."""

from __future__ import annotations

import sys
from argparse import Namespace
from collections.abc import Iterator
from typing import Any

from simulator.commands import deployed, terminal
from simulator.commands.errors import UsageError
from simulator.deployment.queries import query
from simulator.deployment.stack import Stack
from simulator.project import Project, QuerySettings
from simulator.services.queries import QueryFailed, QueryResult

FAILED = 1


def run(options: Namespace) -> int:
    """Print each as a table; 1 where one has no result."""
    settings, target, stack = deployed.stack_on(options)
    if not settings.queries:
        raise UsageError("[queries]", "expected at least one, got none")
    if print_queries(settings, target.clients()("redshift-data"), stack):
        return 0
    if stack.warehouse.cluster_identifier is not None:
        terminal.say(f"  hint: a paused cluster: python -m simulator resume{target.option}")
    return FAILED


def print_queries(settings: Project, data: Any, stack: Stack) -> bool:
    """Each query's table; whether all of them had a result."""
    from simulator.report.tables import result_table

    ascii_only = terminal.is_ascii_only(sys.stdout)
    console = terminal.console(sys.stdout)
    held = True
    for asked, result in _results(settings, data, stack):
        console.print()
        if isinstance(result, str):
            held = False
            console.print(f"{asked.title}: {result}")
            continue
        console.print(result_table(asked.title, result.columns, result.rows, ascii_only=ascii_only))
    return held


def _results(
    settings: Project, data: Any, stack: Stack
) -> Iterator[tuple[QuerySettings, QueryResult | str]]:
    from botocore.exceptions import ClientError

    for asked in settings.queries:
        try:
            yield asked, query(data, stack, asked.sql, database=asked.database)
        except (QueryFailed, ClientError) as error:
            yield asked, str(error)
