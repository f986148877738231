"""States a second: the simulator beside moto and aws-local-stepfunctions, on the same workloads.

Each interpreter's clock covers the same: from the input as JSON text, parsing included, to the end
of one execution of a machine that stands already. No client or server is in between: each is asked
through its own Python or JavaScript interface. Ours records the full history in its trace; the time
to shape that as GetExecutionHistory does stands beside it. moto records a history too,
aws-local-stepfunctions none. The interpreters take turns, twice around, so that a slow moment of
the machine falls on all of them; each figure is the median of both turns' runs after warming up.
"""

from __future__ import annotations

import gc
import json
import pathlib
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from rich.console import Console
from rich.table import Table

from benchmarks.workloads import POLLS, WORKLOADS, etl_handler
from simulator import Simulator

HERE = pathlib.Path(__file__).resolve().parent
ACCOUNT = "111111111111"
TURNS = 2
# Runs of a turn that only warm up: Node compiles what runs often.
WARM_UPS = 10
# moto takes about a second for a thousand states and doesn't change from run to run; its waits are
# real, so it goes without w3.
MOTO_WORKLOADS = ("w1", "w2", "w4", "w5", "w7")
MOTO_RUNS, MOTO_WARM_UPS = 2, 1


@dataclass(slots=True)
class Timed:
    """The times of one workload on one interpreter, in ms; `failure` says why there are none."""

    run_ms: list[float] = field(default_factory=list)
    shape_ms: list[float] = field(default_factory=list)
    failure: str | None = None

    @property
    def median_ms(self) -> float:
        return statistics.median(self.run_ms)


Figures = dict[str, Timed]


def time_simulator(runs: int, figures: Figures) -> None:
    """One turn of the simulator; a new simulation for each run, made before the clock starts."""
    for name, (definition, data, _) in WORKLOADS.items():
        text = json.dumps(data)
        timed = figures.setdefault(name, Timed())
        for run in range(WARM_UPS + runs):
            with Simulator(account_id=ACCOUNT) as simulator:
                simulator.add_lambda("data-api", etl_handler())
                simulator.create_state_machine(definition, name=name)
                gc.collect()
                began = time.perf_counter()
                execution = simulator.start(json.loads(text))
                simulator.run()
                ended = time.perf_counter()
                execution.history()
                shaped = time.perf_counter()
                assert execution.status == "SUCCEEDED", execution.cause
            if run >= WARM_UPS:
                timed.run_ms.append((ended - began) * 1000)
                timed.shape_ms.append((shaped - ended) * 1000)


def time_moto(figures: Figures) -> None:
    """One turn of moto, in a process of its own."""
    with tempfile.TemporaryDirectory() as folder:
        _write(pathlib.Path(folder), MOTO_WORKLOADS)
        runs = str(MOTO_WARM_UPS + MOTO_RUNS)
        command = [sys.executable, "-m", "benchmarks.peer_moto", folder, runs]
        _time_peer(command, MOTO_WARM_UPS, figures)


def time_node(runs: int, figures: Figures) -> None:
    """One turn of aws-local-stepfunctions, in a process of its own."""
    with tempfile.TemporaryDirectory() as folder:
        _write(pathlib.Path(folder), tuple(WORKLOADS))
        command = ["node", str(HERE / "peer_node.cjs"), folder, str(WARM_UPS + runs)]
        _time_peer(command, WARM_UPS, figures)


def _time_peer(command: list[str], warm_ups: int, figures: Figures) -> None:
    done = subprocess.run(command, capture_output=True, text=True, check=False, cwd=HERE.parent)
    if done.returncode:
        Console(stderr=True).print(f"{command[0]} failed:\n{done.stderr[-2000:]}", markup=False)
    for line in map(json.loads, filter(None, done.stdout.splitlines())):
        timed = figures.setdefault(line["workload"], Timed())
        timed.failure = line["failure"]
        timed.run_ms += line["milliseconds"][warm_ups:]


def _write(folder: pathlib.Path, names: tuple[str, ...]) -> None:
    for name in names:
        definition, data, _ = WORKLOADS[name]
        document = {"definition": definition, "input": json.dumps(data), "polls": POLLS}
        (folder / f"{name}.json").write_text(json.dumps(document))


def _has_node_peer() -> bool:
    """Install aws-local-stepfunctions at first use; without Node or npm, say so."""
    npm = shutil.which("npm")
    if not shutil.which("node") or not npm:
        Console(stderr=True).print("aws-local-stepfunctions left out: node or npm is missing")
        return False
    if not (HERE / "node_modules").exists():
        install = [npm, "install", "--no-package-lock", "--silent", "--prefix", str(HERE)]
        done = subprocess.run(install, check=False, stdout=sys.stderr)
        if done.returncode:
            Console(stderr=True).print("aws-local-stepfunctions left out: npm install failed")
            return False
    return True


def measure(runs: int) -> tuple[Figures, Figures, Figures]:
    """The simulator's times, moto's and aws-local-stepfunctions'."""
    ours: Figures = {}
    moto: Figures = {}
    node: Figures = {}
    turns: list[Callable[[], None]] = [
        lambda: time_simulator(runs, ours),
        lambda: time_moto(moto),
    ]
    if _has_node_peer():
        turns.insert(1, lambda: time_node(runs, node))
    for _ in range(TURNS):
        for turn in turns:
            turn()
    return ours, moto, node


def _rate(timed: Timed | None, states: int) -> str:
    if timed is None:
        return "-"
    return "fails" if timed.failure else f"{states / timed.median_ms * 1000:,.0f}"


def _ratio(ours: Timed, peer: Timed | None) -> str:
    if peer is None or peer.failure:
        return "-"
    times = peer.median_ms / ours.median_ms
    return f"{times:,.0f}x" if times >= 100 else f"{times:,.1f}x"


def _table(ours: Figures, peers: Mapping[str, Figures]) -> Table:
    table = Table(title="States a second, and how many times a peer's the simulator's are")
    for heading in ("workload", "states", "simulator", "ms a run", "ms to shape history"):
        table.add_column(heading, justify="right")
    for peer in peers:
        table.add_column(peer, justify="right")
        table.add_column("ratio", justify="right")
    for name, (_, _, states) in WORKLOADS.items():
        timed = ours[name]
        shaped = statistics.median(timed.shape_ms)
        cells = [name, f"{states:,}", _rate(timed, states)]
        cells += [f"{timed.median_ms:.2f}", f"{shaped:.2f}"]
        for figures in peers.values():
            cells += [_rate(figures.get(name), states), _ratio(timed, figures.get(name))]
        table.add_row(*cells)
    return table


def report(runs: int, console: Console) -> None:
    """Measure and print the table."""
    ours, moto, node = measure(runs)
    console.print(_table(ours, {"moto": moto, "aws-local-stepfunctions": node}))
    console.print(
        f"Medians of {TURNS} turns by {runs} runs (moto: {MOTO_RUNS}) after {WARM_UPS} to warm up "
        f"(moto: {MOTO_WARM_UPS}), from the input's text to the execution's end. w3 calls Lambda "
        "handlers: as deployed here, plain functions in aws-local-stepfunctions."
    )
