"""States a second: the simulator beside moto and aws-local-stepfunctions, on the same workloads.

Ours records the full history in its trace; the time to shape it as GetExecutionHistory does stands
beside it. aws-local-stepfunctions records no history; moto does. Each figure is the median of the
runs after the first, which warms up.
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
from dataclasses import dataclass

from rich.console import Console
from rich.table import Table

from benchmarks.workloads import POLLS, WORKLOADS, etl_handler
from simulator import Simulator

HERE = pathlib.Path(__file__).resolve().parent
# moto takes about a second for a thousand states, and w3's waits are real there
MOTO_WORKLOADS = ("w1", "w2", "w4", "w5", "w7")
ROLE = "arn:aws:iam::111111111111:role/benchmark"


@dataclass(frozen=True)
class Figure:
    """Medians of one workload on one interpreter; `failure` says why there is none."""

    run_ms: float
    shape_ms: float = 0.0
    failure: str | None = None


def time_simulator(runs: int) -> dict[str, Figure]:
    """Time each workload on the simulator, from StartExecution to the end of the execution."""
    figures = {}
    for name, (definition, data, _) in WORKLOADS.items():
        run_ms, shape_ms = [], []
        for _ in range(runs):
            with Simulator(account_id="111111111111") as simulator:
                simulator.add_lambda("data-api", etl_handler())
                machine = simulator.service("stepfunctions").create(
                    name=name, definition=json.dumps(definition), role_arn=ROLE
                )
                gc.collect()
                began = time.perf_counter()
                execution = simulator.start(data, state_machine_arn=machine)
                simulator.run()
                run_ms.append((time.perf_counter() - began) * 1000)
                began = time.perf_counter()
                execution.history()
                shape_ms.append((time.perf_counter() - began) * 1000)
                assert execution.status == "SUCCEEDED", execution.cause
        figures[name] = Figure(statistics.median(run_ms[1:]), statistics.median(shape_ms[1:]))
    return figures


def _time_peer(command: list[str]) -> dict[str, Figure]:
    done = subprocess.run(command, capture_output=True, text=True, check=False, cwd=HERE.parent)
    if done.returncode:
        Console(stderr=True).print(f"{command[0]} failed:\n{done.stderr[-2000:]}", markup=False)
    figures = {}
    for line in map(json.loads, filter(None, done.stdout.splitlines())):
        timed = line["milliseconds"]
        figures[line["workload"]] = Figure(
            statistics.median(timed[1:] or timed), failure=line["failure"]
        )
    return figures


def _write(folder: pathlib.Path, names: tuple[str, ...]) -> None:
    for name in names:
        definition, data, _ = WORKLOADS[name]
        document = {"definition": definition, "input": data, "polls": POLLS}
        (folder / f"{name}.json").write_text(json.dumps(document))


def time_moto(runs: int) -> dict[str, Figure]:
    """Time moto in a process of its own."""
    with tempfile.TemporaryDirectory() as folder:
        _write(pathlib.Path(folder), MOTO_WORKLOADS)
        return _time_peer([sys.executable, "-m", "benchmarks.peer_moto", folder, str(runs)])


def time_node(runs: int) -> dict[str, Figure]:
    """Time aws-local-stepfunctions; where Node or npm is missing, say so and time nothing."""
    node, npm = shutil.which("node"), shutil.which("npm")
    if not node or not npm:
        Console(stderr=True).print("aws-local-stepfunctions left out: node or npm is missing")
        return {}
    if not (HERE / "node_modules").exists():
        install = [npm, "install", "--no-package-lock", "--silent", "--prefix", str(HERE)]
        subprocess.run(install, check=True, stdout=sys.stderr)
    with tempfile.TemporaryDirectory() as folder:
        _write(pathlib.Path(folder), tuple(WORKLOADS))
        return _time_peer([node, str(HERE / "peer_node.cjs"), folder, str(runs)])


def _rate(figure: Figure | None, states: int) -> str:
    if figure is None:
        return "-"
    if figure.failure:
        return "fails"
    return f"{states / figure.run_ms * 1000:,.0f}"


def _ratio(ours: Figure, peer: Figure | None) -> str:
    return "-" if peer is None or peer.failure else f"{peer.run_ms / ours.run_ms:,.2f}x"


def report(runs: int, console: Console) -> None:
    """Print the table: states a second, each peer's, and how many times as fast."""
    peers = (time_moto(min(runs, 3)), time_node(runs))
    ours = time_simulator(runs)
    table = Table(title="States a second (median of the runs after the first)")
    for heading in ("workload", "simulator", "ms a run", "ms to shape the history"):
        table.add_column(heading, justify="right")
    for peer in ("moto", "aws-local-stepfunctions"):
        table.add_column(peer, justify="right")
        table.add_column("ratio", justify="right")
    for name, (_, _, states) in WORKLOADS.items():
        figure = ours[name]
        cells = [name, _rate(figure, states), f"{figure.run_ms:.2f}", f"{figure.shape_ms:.2f}"]
        for peer in peers:
            cells += [_rate(peer.get(name), states), _ratio(figure, peer.get(name))]
        table.add_row(*cells)
    console.print(table)
