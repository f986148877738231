"""What `run` prints: the timeline and what landed for people, or one JSON document."""

from __future__ import annotations

import sys
from argparse import Namespace
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from simulator.asl.transitions import caught_errors
from simulator.commands import terminal
from simulator.commands.errors import UsageError
from simulator.commands.query import on_kept_tables
from simulator.commands.render import definition
from simulator.commands.state import LastRun
from simulator.project import Project, QuerySettings
from simulator.project.sections import shown
from simulator.report.critical import critical_path
from simulator.report.document import history_text, run_document
from simulator.report.failure import failure_text
from simulator.report.faults import Mark, fault_rows, faults_text, marks_of
from simulator.report.kept import promises_text
from simulator.report.rows import duration_text, timeline_rows
from simulator.report.show import show_state
from simulator.report.statements import Statement, statements_by_run
from simulator.report.visits import Event, Run, read_history

if TYPE_CHECKING:
    from rich.console import Console

    from simulator.engine.trace import Entry
    from simulator.services.queries import QueryResult
    from simulator.simulator import Execution, Simulator


@dataclass(frozen=True)
class Outcome:
    """A run that has ended, and what there was before and after it."""

    simulation: Simulator
    execution: Execution
    settings: Project
    before: Mapping[str, int]
    after: Mapping[str, int]
    # the trace of the run alone
    entries: Sequence[Entry]
    kept: LastRun
    real_seconds: float

    @property
    def held(self) -> bool:
        """Whether every execution SUCCEEDED and every promise was kept."""
        ended_well = all(one.status == "SUCCEEDED" for one in self.simulation.executions)
        return ended_well and not self.simulation.broken

    @cached_property
    def runs(self) -> dict[str, Run]:
        """Every execution's history, read, by its name; that of `execution` is the first."""
        return {one.name: read_history(one.history()) for one in self.simulation.executions}

    @property
    def marks(self) -> list[Mark]:
        """The faults that happened, in order."""
        from simulator.faults.plan import place_text
        from simulator.faults.replay import faults_in

        return [
            Mark(at_ms, fault.outcome, place_text(fault.place))
            for at_ms, fault in faults_in(self.entries)
        ]


def report(outcome: Outcome, options: Namespace, *, again: str | None, replay: str | None) -> None:
    """Print, and write the history where it is asked for. `again` is the command that goes on from
    here, `replay` the one that does the same once more; None where there is none."""
    events = outcome.execution.history()
    run = outcome.runs[outcome.execution.name]
    if options.history:
        write_history(options.history, events)
    if options.json:
        terminal.print_json(
            run_document(
                run,
                statements=outcome.simulation.statements,
                tables=outcome.after,
                history_events=len(events),
                real_seconds=outcome.real_seconds,
                faults=outcome.marks,
                executions=[(one.name, one.status) for one in outcome.simulation.executions],
            )
        )
    else:
        _print_run(outcome)
    # with --json everything that is not the document goes to stderr
    stream = sys.stderr if options.json else sys.stdout
    for text in _complaints(outcome, run):
        stream.write(f"\n{text}\n")
    for note in _notes(outcome):
        terminal.say(note)
    for name in options.show:
        stream.write(f"\n{show_state(run, name)}\n")
    if outcome.held:
        return
    if again is not None:
        stream.write(f"\nrun it again on these tables:\n  {again}\n")
    if replay is not None:
        stream.write(f"\nreplay it:\n  {replay}\n")


def write_history(file: Path, events: Sequence[Event]) -> None:
    """Write events as the AWS CLI prints them. Raises `UsageError`."""
    try:
        file.write_text(history_text(events), encoding="utf-8")
    except OSError as error:
        raise UsageError("--history", f"expected a writable file, got {error}") from None


def _complaints(outcome: Outcome, run: Run) -> Iterator[str]:
    """What went wrong, execution by execution, and the promises that were broken."""
    simulation = outcome.simulation
    several = len(simulation.executions) > 1
    if run.status != "SUCCEEDED":
        caught = caught_errors(definition(outcome.settings))
        told = failure_text(run, simulation.invocations, simulation.statements, caught=caught)
        yield f"{outcome.execution.name}: {told}" if several else told
    for other in simulation.executions[1:]:
        if other.status != "SUCCEEDED":
            yield f"{other.name}: {failure_text(read_history(other.history()))}"
    if simulation.broken:
        yield promises_text(simulation.broken, run.start_ms)


def print_timeline(
    console: Console,
    machine: str,
    name: str,
    run: Run,
    statements: Sequence[Statement],
    marks: Sequence[Mark] = (),
) -> None:
    """How an execution went, whoever ran it: a title, its states, branches and statements."""
    from simulator.report.timeline import timeline_lines

    virtual = duration_text(run.end_ms - run.start_ms)
    console.print(f"{machine}, {name}: {run.status} in {virtual}")
    console.print()
    rows = timeline_rows(run, critical_path(run), statements)
    rows += fault_rows(marks)
    for line in timeline_lines(
        rows,
        start_ms=run.start_ms,
        end_ms=run.end_ms,
        width=console.width,
        ascii_only=terminal.is_ascii_only(sys.stdout),
    ):
        console.print(line)


def print_counts(console: Console, before: Mapping[str, int], after: Mapping[str, int]) -> None:
    """Rows of each table before and after; nothing where no table is known."""
    from simulator.report.tables import counts_table

    if before or after:
        console.print()
        table = counts_table(before, after, ascii_only=terminal.is_ascii_only(sys.stdout))
        console.print(table)


def _print_timelines(outcome: Outcome, console: Console) -> None:
    """One for each execution, with the faults that happened meanwhile; then what those were."""
    simulation = outcome.simulation
    runs = outcome.runs
    marks = marks_of(outcome.marks, runs)
    shares = statements_by_run(list(runs.values()), simulation.statements)
    machines = {one.name: one.arn.split(":")[6] for one in simulation.executions}
    for (name, run), statements in zip(runs.items(), shares, strict=True):
        machine = machines[name]
        print_timeline(console, machine, name, run, statements, marks[name])
        if name != list(runs)[-1]:
            console.print()
    if outcome.marks:
        console.print()
        start_ms = next(iter(runs.values())).start_ms
        console.print(faults_text(outcome.marks, start_ms), soft_wrap=True)


def _print_run(outcome: Outcome) -> None:
    from simulator.report.tables import result_table

    ascii_only = terminal.is_ascii_only(sys.stdout)
    console = terminal.console(sys.stdout)
    _print_timelines(outcome, console)
    print_counts(console, outcome.before, outcome.after)
    _print_buckets(outcome, console)
    if any(one.status == "SUCCEEDED" for one in outcome.runs.values()):
        for query, result in _query_results(outcome):
            console.print()
            if isinstance(result, str):
                console.print(f"{query.title}: {result}")
                continue
            console.print(
                result_table(query.title, result.columns, result.rows, ascii_only=ascii_only)
            )
    _print_figures(outcome, console)


def _print_buckets(outcome: Outcome, console: Console) -> None:
    """Where what the run wrote can be looked at; the project's own folders stay as they are."""
    if outcome.simulation.written_buckets:
        console.print()
    for bucket in outcome.simulation.written_buckets:
        assert outcome.kept.buckets is not None
        place = shown(outcome.kept.buckets / bucket)
        console.print(f"bucket {bucket} was written to: {place}", soft_wrap=True)


def _notes(outcome: Outcome) -> list[str]:
    """What the simulation could not carry faithfully, each said once."""
    notes = [
        f"note: function {invocation.function_name}: {note}"
        for invocation in outcome.simulation.invocations
        for note in invocation.notes
    ]
    notes += [
        f"note: state {name!r} called nothing: [mock.{name}] answered"
        for _, kind, name, _ in outcome.entries
        if kind == "Mocked"
    ]
    if outcome.execution.status == "SUCCEEDED":
        # nothing else tells of them
        notes += [
            f"note: statement {statement.id} failed, and the execution went on: {statement.error}"
            for statement in outcome.simulation.statements
            if statement.status == "FAILED"
        ]
    if not outcome.held:
        notes += [
            f"note: {data['caller']} called {subject}: {data['hint']}"
            for _, kind, subject, data in outcome.entries
            if kind == "Hint"
        ]
    return list(dict.fromkeys(notes))


def _query_results(outcome: Outcome) -> Iterator[tuple[QuerySettings, QueryResult | str]]:
    """Each of `[queries]` with its rows, or with why there are none."""
    settings = outcome.settings
    if not settings.queries:
        return
    from simulator.services.api import ServiceError
    from simulator.services.queries import QueryFailed

    with _ready_to_ask(outcome) as simulation:
        for query in settings.queries:
            try:
                yield (
                    query,
                    simulation.query(query.sql, database=query.database, db_user=query.user),
                )
            except (QueryFailed, ServiceError) as error:
                yield query, str(error)


@contextmanager
def _ready_to_ask(outcome: Outcome) -> Iterator[Simulator]:
    """The simulation itself; where the run paused its cluster, one on the tables that it left."""
    warehouse = outcome.settings.warehouse
    cluster = warehouse.cluster if warehouse else ""
    if outcome.kept.cluster_status.get(cluster, "available") == "available":
        yield outcome.simulation
        return
    with on_kept_tables(outcome.settings, outcome.kept) as simulation:
        yield simulation


def _print_figures(outcome: Outcome, console: Console) -> None:
    runs = list(outcome.runs.values())
    invocations = sum(kind == "LambdaInvoked" for _, kind, _, _ in outcome.entries)
    calls = sum(
        kind == "ApiCall" and str(subject).startswith("redshift-data:")
        for _, kind, subject, _ in outcome.entries
    )
    virtual = duration_text(max(run.end_ms for run in runs) - runs[0].start_ms)
    figures = [
        f"{outcome.real_seconds:.1f} s real for {virtual} virtual",
        _counted(sum(run.transitions for run in runs), "state transition"),
        _counted(invocations, "Lambda invocation"),
        _counted(calls, "Data API call"),
    ]
    console.print()
    console.print(", ".join(figures), soft_wrap=True)


def _counted(number: int, what: str) -> str:
    return f"{number} {what}" if number == 1 else f"{number} {what}s"
