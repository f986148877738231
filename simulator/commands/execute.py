"""`execute`: an execution on the target, followed live, and then told as `run` tells its own."""

from __future__ import annotations

import sys
from argparse import Namespace
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from simulator.commands import deployed, terminal
from simulator.commands.errors import UsageError
from simulator.commands.inputs import execution_input
from simulator.commands.report import print_queries
from simulator.commands.reporting import print_counts, print_timeline, write_history
from simulator.commands.run import check_history
from simulator.deployment import executions, queries
from simulator.deployment.stack import Stack
from simulator.deployment.targets import Target
from simulator.report.failure import failure_text
from simulator.report.following import Following, Line
from simulator.report.rows import duration_text
from simulator.report.told import statements_told
from simulator.report.visits import Run, read_history
from simulator.services.queries import QueryFailed

FAILED, INTERRUPTED = 1, 130
_STYLES = {"left": "green", "failed": "bold red", "statement": "dim", "ended": "bold"}


def run(options: Namespace) -> int:
    """0 where it SUCCEEDED, 1 where it did not, 130 where Ctrl-C left it running."""
    check_history(options.history)
    if options.follow and (options.name or options.input or options.set):
        raise UsageError("--follow", "expected no name or input beside it, got one")
    settings, target, stack = deployed.stack_on(options)
    clients = target.clients()
    states, data = clients("stepfunctions"), clients("redshift-data")
    before: Mapping[str, int] = {}
    if options.follow:
        name = options.follow
        arn = executions.find(states, stack, name)
    else:
        name = options.name or executions.new_name()
        value = execution_input(options.input, options.set, settings.input)
        before = _counts(data, stack)
        arn = executions.start(states, stack, name, value)
        terminal.say(f"started {name}")
    _tell_where(target, stack, arn)
    try:
        _follow(states, arn)
    except KeyboardInterrupt:
        terminal.say(
            f"\nthe execution goes on; follow it again:\n"
            f"  python -m simulator execute{target.option} --follow {name}"
        )
        return INTERRUPTED
    events = executions.history(states, arn)
    if options.history:
        write_history(options.history, events)
    told = read_history(events)
    console = terminal.console(sys.stdout)
    console.print()
    print_timeline(console, settings.definition.name, name, told, statements_told(events))
    if not options.follow:
        print_counts(console, before, _counts(data, stack))
    if told.status == "SUCCEEDED":
        print_queries(settings, data, stack)
    _print_figures(told)
    if told.status != "SUCCEEDED":
        sys.stdout.write(f"\n{failure_text(told)}\n")
    return 0 if told.status == "SUCCEEDED" else FAILED


def _print_figures(told: Run) -> None:
    virtual = duration_text(told.end_ms - told.start_ms)
    sys.stdout.write(f"\n{told.status} in {virtual}, {told.transitions} state transitions\n")


def _counts(data: Any, stack: Stack) -> Mapping[str, int]:
    """Rows of each table; none where they can't be counted: a paused cluster, no such right."""
    from botocore.exceptions import ClientError

    try:
        return queries.row_counts(data, stack)
    except (ClientError, QueryFailed) as error:
        terminal.say(f"rows are not counted now: {error}")
        return {}


def _tell_where(target: Target, stack: Stack, arn: str) -> None:
    if target.is_aws:
        console = f"https://{stack.region}.console.aws.amazon.com/states/home"
        terminal.say(f"{console}?region={stack.region}#/v2/executions/details/{arn}")


def _follow(states: Any, arn: str) -> None:
    """Print what happens as it happens."""
    following = Following()
    with _lines(following) as show:
        for events in executions.news(states, arn):
            for event in events:
                for line in following.take(event):
                    show(line)


@contextmanager
def _lines(following: Following) -> Iterator[Any]:
    """Prints lines; on a terminal there is one more below them, with the states that are open."""
    from rich.live import Live
    from rich.spinner import Spinner
    from rich.text import Text

    console = terminal.console(sys.stdout)

    def show(line: Line) -> None:
        console.print(line.text, style=_STYLES.get(line.kind, ""), soft_wrap=True)

    if not console.is_terminal:
        yield show
        return
    spinner = Spinner("line" if terminal.is_ascii_only(sys.stdout) else "dots")

    def drawn() -> Any:
        line = Text(", ".join(following.open_states()))
        line.truncate(console.width - 3, overflow="ellipsis")
        spinner.update(text=line)
        return spinner

    with Live(get_renderable=drawn, console=console, transient=True):
        yield show
