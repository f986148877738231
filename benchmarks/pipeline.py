"""The Store Sales pipeline beside its floor: the same SQL sent straight to the same PostgreSQL.

The pipeline is one execution of the repository's project: engine, Lambda handlers, Data API and
SQL, at the default scale, without checking promises (their time stands in a row of its own). The
floor replays what that execution did in SQL: the translated text of each statement, in the same
transactions, on as many connections, in the same order, with COPY's data unpacked beforehand and
the statistics that Redshift keeps by itself after COPY; nothing else of ours (no savepoints, locks,
counts or clock). Both begin with a fresh database that has the project's setup, made before the
clock starts, and both end with the same tables. They take turns in one process on one server.
"""

from __future__ import annotations

import gc
import pathlib
import statistics
import time
from collections import defaultdict
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from typing import Any
from unittest.mock import patch

import psycopg
import psycopg.copy
from rich.console import Console
from rich.table import Table

from simulator import Execution, Simulator
from simulator.report.critical import critical_path
from simulator.report.rows import timeline_rows
from simulator.report.timeline import timeline_lines
from simulator.report.visits import read_history
from simulator.services.handlers.actors import Actor
from simulator.sql.postgres import server
from simulator.sql.transaction import Transaction
from simulator.sql.translation import Translation, filled
from simulator.sql.translations import translate
from simulator.sql.warehouse import Warehouse

ROOT = pathlib.Path(__file__).resolve().parent.parent
BUDGET = 1.5


@dataclass(slots=True)
class Step:
    """What one transaction does next: a statement, or its end."""

    transaction: int
    # of a statement; None at the end
    translation: Translation | None = None
    values: list[str] = field(default_factory=list)
    # of its first statement: as whom the transaction runs
    user: str = ""
    copy_into: str = ""
    copy_data: list[bytes] = field(default_factory=list)
    end: str = ""


class Recorder:
    """The SQL of an execution, as steps in the order in which they happened."""

    def __init__(self) -> None:
        self.steps: list[Step] = []
        self.database = ""
        self._numbers: dict[int, int] = {}
        self._begun: set[int] = set()
        self._copying: Step | None = None

    @contextmanager
    def listen(self) -> Iterator[None]:
        """Record while it lasts, at the rooms' own doors: nothing of the product knows of it."""
        execute = Transaction.execute
        commit, rollback = Transaction.commit, Transaction.rollback
        copy, write = psycopg.Cursor.copy, psycopg.copy.LibpqWriter.write

        def executed(one: Transaction, sql: str, parameters: Any, **options: Any) -> Any:
            step = self._statement(one, sql, parameters)
            outcome = execute(one, sql, parameters, **options)
            self.steps.append(step)
            self._begun.add(step.transaction)
            return outcome

        def committed(one: Transaction) -> None:
            commit(one)
            self._ended(one, "COMMIT")

        def rolled_back(one: Transaction) -> None:
            rollback(one)
            self._ended(one, "ROLLBACK")

        def copied(cursor: Any, statement: Any, *rest: Any, **options: Any) -> Any:
            assert self._copying is not None
            self._copying.copy_into = statement
            return copy(cursor, statement, *rest, **options)

        def written(writer: Any, data: bytes) -> None:
            assert self._copying is not None
            self._copying.copy_data.append(bytes(data))
            write(writer, data)

        with (
            patch.object(Transaction, "execute", executed),
            patch.object(Transaction, "commit", committed),
            patch.object(Transaction, "rollback", rolled_back),
            patch.object(psycopg.Cursor, "copy", copied),
            patch.object(psycopg.copy.LibpqWriter, "write", written),
        ):
            yield

    def _statement(self, one: Transaction, sql: str, parameters: Any) -> Step:
        number = self._numbers.setdefault(id(one), len(self.steps))
        translation = translate(sql)
        values = [(parameters or {})[name] for name in translation.parameters]
        step = Step(number, translation, values)
        if number not in self._begun:
            step.user = one.user
        self.database = one.database
        self._copying = step if translation.action == "copy" else None
        return step

    def _ended(self, one: Transaction, verb: str) -> None:
        number = self._numbers.pop(id(one), None)
        if number is not None:
            self.steps.append(Step(number, end=verb))


@dataclass(frozen=True, slots=True)
class Message:
    """What the floor sends: one statement's text."""

    transaction: int
    text: str
    copy_data: list[bytes] | None = None
    is_end: bool = False


def _begin_text(prefix: str, database: str, user: str) -> str:
    """A transaction as the room begins it: login, search path, and what SYSDATE reads."""
    settings = {
        "asl.started": "2024-01-09 10:00:00",
        "asl.now": "2024-01-09 10:00:00",
        "asl.db_user": user,
        "asl.db_name": database,
    }
    shown = "".join(f"SET LOCAL {name} = '{value}';" for name, value in settings.items())
    return (
        "BEGIN ISOLATION LEVEL REPEATABLE READ;"
        f'SET LOCAL SESSION AUTHORIZATION "{prefix}{user}";'
        f'SET LOCAL search_path TO "{user}", public;{shown}'
    )


def _messages(recorded: Recorder, prefix: str) -> list[Message]:
    """The steps as text for another database's prefix."""
    messages = []
    for step in recorded.steps:
        if step.translation is None:
            messages.append(Message(step.transaction, step.end, is_end=True))
            continue
        begin = _begin_text(prefix, recorded.database, step.user) if step.user else ""
        if step.copy_into:
            if begin:
                messages.append(Message(step.transaction, begin))
            messages.append(Message(step.transaction, step.copy_into, step.copy_data))
            copy = step.translation.copy
            assert copy is not None
            messages.append(Message(step.transaction, f'ANALYZE "{copy.schema}"."{copy.table}"'))
            continue
        parts = [*step.translation.before, step.translation.sql, *step.translation.after]
        text = ";".join(filter(None, parts))
        text = begin + filled(text, prefix=prefix, values=step.values)
        if text:
            messages.append(Message(step.transaction, text))
    return messages


def replay(recorded: Recorder, warehouse: Warehouse) -> float:
    """Do the same on another warehouse; the milliseconds that it took."""
    messages = _messages(recorded, warehouse.prefix)
    gc.collect()
    began = time.perf_counter()
    _send(messages, warehouse, recorded.database)
    return _since(began)


def _send(messages: list[Message], warehouse: Warehouse, database: str) -> None:
    """Send them; a transaction takes an idle connection or opens one, as it does in the room."""
    connections: dict[int, psycopg.Connection[Any]] = {}
    for message in messages:
        connection = connections.get(message.transaction)
        if connection is None:
            connection = connections[message.transaction] = warehouse.connection(database)
        if message.copy_data is not None:
            with connection.cursor() as cursor, cursor.copy(message.text) as copy:
                for block in message.copy_data:
                    copy.write(block)
            continue
        cursor = connection.execute(message.text)
        while cursor.nextset():
            pass
        if cursor.description:
            cursor.fetchall()
        if message.is_end:
            warehouse.give_back(database, connections.pop(message.transaction))


def prepared(*, promises: bool = False) -> tuple[Simulator, Warehouse]:
    """The project with a fresh database that has its setup."""
    simulator = Simulator.from_project(ROOT, promises=promises)
    simulator.tables()
    gc.collect()
    return simulator, next(iter(simulator._warehouses._used().values()))


def _run(simulator: Simulator) -> tuple[float, Execution]:
    began = time.perf_counter()
    execution = simulator.start()
    simulator.run()
    took_ms = _since(began)
    assert execution.status == "SUCCEEDED", (execution.error, execution.cause)
    return took_ms, execution


def _since(began: float) -> float:
    return (time.perf_counter() - began) * 1000


def record() -> tuple[Recorder, dict[str, int]]:
    """One execution's SQL and the tables it leaves."""
    recorder = Recorder()
    simulator, _ = prepared()
    with simulator:
        with recorder.listen():
            _run(simulator)
        return recorder, simulator.tables()


def time_pipeline(*, promises: bool = False) -> float:
    """Milliseconds of one execution."""
    simulator, _ = prepared(promises=promises)
    with simulator:
        return _run(simulator)[0]


def time_floor(recorded: Recorder, tables: dict[str, int]) -> float:
    """Milliseconds of its SQL alone."""
    simulator, warehouse = prepared()
    with simulator:
        took_ms = replay(recorded, warehouse)
        assert simulator.tables() == tables, "the floor leaves other tables than the pipeline"
        return took_ms


# --- where the time goes ---------------------------------------------------------------------

# What stands for each part; the time of one within another is the inner one's alone.
PARTS = (
    (psycopg.Connection, "wait", "PostgreSQL"),
    (Warehouse, "connection", "SQL room"),
    (Warehouse, "begin", "SQL room"),
    (Transaction, "execute", "SQL room"),
    (Transaction, "commit", "SQL room"),
    (Transaction, "rollback", "SQL room"),
    (Actor, "_run", "Lambda handlers with boto3"),
)
REST = "engine, Data API and other services"


class Meter:
    """Exclusive milliseconds by part."""

    def __init__(self) -> None:
        self.spent_ms: dict[str, float] = defaultdict(float)
        self._inner_ms: list[float] = []

    @contextmanager
    def listen(self) -> Iterator[None]:
        """Measure while it lasts."""
        with ExitStack() as stack:
            for owner, name, part in PARTS:
                method = self._measured(getattr(owner, name), part)
                stack.enter_context(patch.object(owner, name, method))
            yield

    def _measured(self, method: Any, part: str) -> Any:
        def measured(*arguments: Any, **options: Any) -> Any:
            began = time.perf_counter()
            self._inner_ms.append(0.0)
            try:
                return method(*arguments, **options)
            finally:
                took_ms = _since(began)
                self.spent_ms[part] += took_ms - self._inner_ms.pop()
                if self._inner_ms:
                    self._inner_ms[-1] += took_ms

        return measured


def measure_parts() -> dict[str, float]:
    """Milliseconds of each part of one whole run, from reading the project to its report."""
    began = time.perf_counter()
    simulator = Simulator.from_project(ROOT, promises=False)
    read_ms = _since(began)
    with simulator:
        began = time.perf_counter()
        simulator.tables()
        database_ms = _since(began)
        gc.collect()
        meter = Meter()
        with meter.listen():
            run_ms, execution = _run(simulator)
        began = time.perf_counter()
        _timeline(simulator, execution)
        report_ms = _since(began)
    rest_ms = run_ms - sum(meter.spent_ms.values())
    return {
        "project read, lake looked at": read_ms,
        "fresh database with its setup": database_ms,
        **{f"run: {part}": spent_ms for part, spent_ms in meter.spent_ms.items()},
        f"run: {REST}": rest_ms,
        "report: history and timeline": report_ms,
    }


def _timeline(simulator: Simulator, execution: Execution) -> list[Any]:
    run = read_history(execution.history())
    rows = timeline_rows(run, critical_path(run), simulator.statements)
    return list(
        timeline_lines(rows, start_ms=run.start_ms, end_ms=run.end_ms, width=100, ascii_only=False)
    )


def _medians(parts: list[dict[str, float]]) -> dict[str, float]:
    return {name: statistics.median(one[name] for one in parts) for name in parts[0]}


def report(runs: int, console: Console) -> None:
    """Measure and print: pipeline, floor, ratio, parts."""
    began = time.perf_counter()
    server.current()
    server_ms = _since(began)
    recorded, tables = record()
    # the first of each warms up
    time_pipeline(promises=True), time_floor(recorded, tables)
    pipeline_ms, floor_ms, watched_ms, parts = [], [], [], []
    for _ in range(runs):
        pipeline_ms.append(time_pipeline())
        floor_ms.append(time_floor(recorded, tables))
        watched_ms.append(time_pipeline(promises=True))
        parts.append(measure_parts())
    ours, floor = statistics.median(pipeline_ms), statistics.median(floor_ms)
    rows = {
        "pipeline: one execution": ours,
        "floor: its SQL alone": floor,
        "pipeline with its promises checked": statistics.median(watched_ms),
    }
    statements = sum(1 for step in recorded.steps if not step.end)
    transactions = len(recorded.steps) - statements
    title = f"The Store Sales pipeline ({statements} statements, {transactions} transactions)"
    console.print(_table(title, rows))
    console.print(f"{ours / floor:.2f} times the floor (budget {BUDGET}), medians of {runs} each\n")
    title = "Where the time of a run in a warm process goes"
    shown = {"start of the server (once a process)": server_ms, **_medians(parts)}
    console.print(_table(title, shown))


def _table(title: str, rows: dict[str, float]) -> Table:
    table = Table()
    table.add_column(title)
    table.add_column("ms", justify="right")
    for name, milliseconds in rows.items():
        table.add_row(name, f"{milliseconds:.1f}")
    return table
