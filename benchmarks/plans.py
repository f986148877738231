"""Fault plans a second on one core: the Store Sales pipeline with real SQL and all its promises.

The plans are drawn as the property tests draw them, on the same small lake, up to three faults
each, from a fixed seed; each has a fresh database, and every promise is checked at every event and
commit. Beside it stands workload w3, the polling pipeline of five jobs, in aws-local-stepfunctions:
one run of it has neither SQL nor Lambda's life cycle, faults, promises, nor a history.
"""

from __future__ import annotations

import dataclasses
import pathlib
import random
import statistics
import tempfile
import time
from collections import defaultdict
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import Any
from unittest.mock import patch

from rich.console import Console
from rich.table import Table

from benchmarks import states
from simulator import loader
from simulator import project as projects
from simulator.faults.operator import Operator
from simulator.faults.promises import Watch
from simulator.services.handlers.actors import Actor
from simulator.services.warehouses import Warehouses
from simulator.simulator import Simulator
from simulator.sql.transaction import Transaction
from simulator.testing import Trials
from simulator.testing.strategies import draw_sketch

ROOT = pathlib.Path(__file__).resolve().parents[1]
LAKE = {"days": 3, "scale": 0.02}
INPUTS = ({"refresh_date": "2024-01-07"}, {"refresh_date": "2024-01-08"})
OTHER_INPUTS = ({"refresh_date": "2024-01-08"}, {"refresh_date": "2024-01-06"})
WARM_UPS = 5
# what a part of a run is called, and where it is entered
PARTS: dict[str, tuple[tuple[type, str], ...]] = {
    "project read into a simulation": ((Simulator, "from_project"),),
    "database made, set up and dropped": ((Warehouses, "_start"), (Warehouses, "close")),
    "SQL": ((Transaction, "execute"), (Transaction, "commit"), (Transaction, "rollback")),
    "promises, their reading of tables included": ((Watch, "look"), (Watch, "finish")),
    "operator asked after each event": ((Operator, "look"),),
    "Lambda handlers, boto3 and what answers it": ((Actor, "resume"),),
}
REST = "engine, Data API and the rest"


class Clock:
    """Where the time goes: each part has what is spent in it and in no part within it, except that
    promises keep what they spend on reading."""

    def __init__(self) -> None:
        self.seconds: dict[str, float] = defaultdict(float)
        self._open: list[tuple[str, float]] = []

    @contextmanager
    def listen(self) -> Iterator[None]:
        """Measure while it lasts."""
        with ExitStack() as stack:
            for part, entries in PARTS.items():
                for owner, name in entries:
                    wrapped = self._wrapped(part, owner.__dict__[name])
                    stack.enter_context(patch.object(owner, name, wrapped))
            yield

    def _wrapped(self, part: str, entry: Any) -> Any:
        if isinstance(entry, classmethod):
            return classmethod(self._wrapped(part, entry.__func__))

        def measured(*arguments: Any, **options: Any) -> Any:
            if any(one.startswith("promises") for one, _ in self._open):
                return entry(*arguments, **options)
            self._switch()
            self._open.append((part, time.perf_counter()))
            try:
                return entry(*arguments, **options)
            finally:
                self._switch()
                self._open.pop()
                if self._open:
                    self._open[-1] = (self._open[-1][0], time.perf_counter())

        return measured

    def _switch(self) -> None:
        if self._open:
            part, since = self._open[-1]
            now = time.perf_counter()
            self.seconds[part] += now - since
            self._open[-1] = (part, now)


def small_project(folder: pathlib.Path) -> projects.Project:
    """The repository's project on the property tests' lake."""
    project = projects.read(ROOT / "simulator.toml")
    (bucket,) = project.lake
    fill = project.lake[bucket].fill
    assert fill is not None
    loader.call(fill, folder, **LAKE)
    lake = dataclasses.replace(project.lake[bucket], folder=folder, fill=None, options={})
    return dataclasses.replace(project, lake={bucket: lake})


def time_plans(runs: int) -> tuple[list[float], dict[str, float], int]:
    """The seconds of each plan, those of each part together, and how many faults there were."""
    seconds: list[float] = []
    clock, faults = Clock(), 0
    with tempfile.TemporaryDirectory() as folder:
        lake = pathlib.Path(folder, "lake")
        lake.mkdir()
        trials = Trials(
            small_project(lake),
            inputs=INPUTS,
            other_inputs=OTHER_INPUTS,
            folder=pathlib.Path(folder, "plans"),
        )
        sketches = [
            draw_sketch(random.Random(number), trials.buckets, inputs=len(INPUTS))
            for number in range(WARM_UPS + runs)
        ]
        for sketch in sketches[:WARM_UPS]:
            trials.play(sketch)
        # the plans are timed as they are; a second time round with every part's clock
        for sketch in sketches[WARM_UPS:]:
            began = time.perf_counter()
            played = trials.play(sketch)
            seconds.append(time.perf_counter() - began)
            played.check()
            faults += len(played.plan.faults)
        with clock.listen():
            began = time.perf_counter()
            for sketch in sketches[WARM_UPS:]:
                trials.play(sketch)
            whole = time.perf_counter() - began
    clock.seconds[REST] = whole - sum(clock.seconds.values())
    return seconds, dict(clock.seconds), faults


def time_peer(runs: int) -> float | None:
    """Milliseconds of w3 in aws-local-stepfunctions; None where it isn't installed."""
    if not states._has_node_peer():
        return None
    figures: states.Figures = {}
    with tempfile.TemporaryDirectory() as folder:
        states._write(pathlib.Path(folder), ("w3",))
        script = str(states.HERE / "peer_node.cjs")
        command = ["node", script, folder, str(states.WARM_UPS + runs)]
        states._time_peer(command, states.WARM_UPS, figures)
    timed = figures.get("w3")
    return None if timed is None or timed.failure else timed.median_ms


def report(runs: int, console: Console) -> None:
    """Measure and print."""
    seconds, parts, faults = time_plans(runs)
    peer_ms = time_peer(15)
    table = Table(title="Fault plans on one core", title_justify="left")
    for heading in ("what", "a second", "ms each (median)"):
        table.add_column(heading, justify="left" if heading == "what" else "right")
    median_ms = statistics.median(seconds) * 1000
    rows = [("plans of the Store Sales pipeline, with SQL", len(seconds) / sum(seconds), median_ms)]
    if peer_ms is not None:
        rows.append(("w3 in aws-local-stepfunctions, without SQL", 1000 / peer_ms, peer_ms))
    for what, rate, ms in rows:
        table.add_row(what, f"{rate:,.1f}", f"{ms:.1f}")
    console.print(table)
    console.print(f"{len(seconds)} plans with {faults} faults, no promise broken\n")
    where = Table(title="Where the time of a plan goes", title_justify="left")
    where.add_column("part")
    where.add_column("ms", justify="right")
    where.add_column("share", justify="right")
    whole = sum(parts.values())
    for part, spent in sorted(parts.items(), key=lambda one: -one[1]):
        where.add_row(part, f"{spent / len(seconds) * 1000:.1f}", f"{spent / whole:.0%}")
    console.print(where)
