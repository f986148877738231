"""The Data API's overhead, and what a fresh isolated database costs.

The same SQL goes through `BatchExecuteStatement` and straight to the same PostgreSQL, translations
warm, in turns. Databases are made, used and given back a thousand times; memory is that of this
process and of every PostgreSQL process (proportional set size), disk is the server's run folder.
"""

from __future__ import annotations

import functools
import subprocess
import time
from collections.abc import Sequence
from pathlib import Path
from statistics import median
from typing import Any

from rich.console import Console
from rich.table import Table

from simulator import Simulator
from simulator.sql.postgres import server
from simulator.sql.translation import filled
from simulator.sql.translations import translate
from simulator.sql.warehouse import Warehouse

LOGIN = {"ClusterIdentifier": "c", "Database": "dev", "DbUser": "awsuser"}
_ROWS = ", ".join(f"({n}, '{n % 97}', {n}.5)" for n in range(1500))
# name -> the statements of a batch, and the tables that it makes
BATCHES: dict[str, tuple[Sequence[str], Sequence[str]]] = {
    "load and report: 9 statements over 6,000 rows": (
        (
            "create table t0 (i int, s varchar(20), a decimal(10, 2))",
            *[f"insert into t0 values {_ROWS}"] * 4,
            "create table t1 as select s, count(*) as n, sum(a) as a from t0 group by s",
            "delete from t0 where i < 10",
            "update t0 set a = a * 2 where i % 3 = 0",
            "select count(*) from t0 join t1 on t0.s = t1.s",
        ),
        ("t0", "t1"),
    ),
    "32 statements over 2 rows": (
        (
            *[f"create table t{n} (i int, s varchar(20))" for n in range(8)],
            *[f"insert into t{n} values (1, 'a'), (2, 'b')" for n in range(8)],
            *[f"select count(*) from t{n}" for n in range(8)],
            *[f"update t{n} set s = 'c' where i = 1" for n in range(8)],
        ),
        tuple(f"t{n}" for n in range(8)),
    ),
}


def overhead(name: str, runs: int) -> tuple[float, float]:
    """Median milliseconds of a batch through the Data API, and of its SQL sent straight."""
    sqls, tables = BATCHES[name]
    api_ms, direct_ms = [], []
    with Simulator() as simulator:
        client = simulator.client("redshift-data")
        for _ in range(runs):
            api_ms.append(_timed(lambda: _through_the_api(simulator, client, sqls)))
            _through_the_api(simulator, client, [f"drop table {table}" for table in tables])
            house = simulator._warehouses("c")
            connection = house.connection("dev")
            texts = [filled(translate(sql).sql, prefix=house.prefix, values=[]) for sql in sqls]
            direct_ms.append(_timed(functools.partial(_straight, connection, texts)))
            for table in tables:
                connection.execute(f"drop table {table}")
            house.give_back("dev", connection)
    # the first run fills caches on both sides
    return median(api_ms[1:]), median(direct_ms[1:])


def _through_the_api(simulator: Simulator, client: Any, sqls: Sequence[str]) -> None:
    statement = client.batch_execute_statement(Sqls=list(sqls), **LOGIN)["Id"]
    simulator.run()
    described = client.describe_statement(Id=statement)
    assert described["Status"] == "FINISHED", described


def _straight(connection: Any, texts: Sequence[str]) -> None:
    connection.execute("BEGIN")
    for text in texts:
        cursor = connection.execute(text)
        if cursor.description:
            cursor.fetchall()
    connection.execute("COMMIT")


def _timed(work: Any) -> float:
    start = time.perf_counter()
    work()
    return (time.perf_counter() - start) * 1000


def databases(count: int) -> dict[str, Any]:
    """Make, use and give back `count` isolated databases: milliseconds of each, and the memory and
    disk in MB after the first hundredth and at the end."""
    early, spent_ms, seen = max(10, count // 10), [], []
    for number in range(count):
        warehouse = Warehouse()
        # making it and giving it back; what is done in it is the user's own
        spent = _timed(functools.partial(_made, warehouse))
        transaction = warehouse.begin("dev", "awsuser", now_ms=0)
        transaction.execute("create schema s", None, now_ms=0)
        transaction.execute("create table s.t (i int)", None, now_ms=0)
        transaction.execute("insert into s.t values (1), (2)", None, now_ms=0)
        transaction.commit()
        spent_ms.append(spent + _timed(warehouse.close))
        if number + 1 in (early, count):
            seen.append((_memory_mb(), _disk_mb()))
    return {
        "mean_ms": sum(spent_ms) / count,
        "early": (early, *seen[0]),
        "end": (count, *seen[-1]),
    }


def _made(warehouse: Warehouse) -> None:
    warehouse.begin("dev", "awsuser", now_ms=0).rollback()


def _memory_mb() -> float:
    """The proportional set size of this process and of its PostgreSQL, with all its processes."""
    process = server.current().process
    assert process is not None
    listed = subprocess.run(
        ["ps", "-e", "-o", "pid=,ppid="], capture_output=True, text=True, check=True
    ).stdout
    children = [int(line.split()[0]) for line in listed.splitlines() if f" {process.pid}" in line]
    names = ["self", str(process.pid), *map(str, children)]
    return (
        sum(_pss_kb(Path("/proc") / name / "smaps_rollup") for name in dict.fromkeys(names)) / 1024
    )


def _pss_kb(file: Path) -> int:
    try:
        lines = file.read_text().splitlines()
    except OSError:
        # it has just ended
        return 0
    return next((int(line.split()[1]) for line in lines if line.startswith("Pss:")), 0)


def _disk_mb() -> float:
    folder = server.current().folder
    assert folder is not None
    return sum(file.stat().st_size for file in folder.rglob("*") if file.is_file()) / 1024 / 1024


def report(runs: int, console: Console) -> None:
    """Measure and print."""
    table = Table(title="A batch through the Data API, beside the same SQL sent straight")
    for heading in ("batch", "Data API ms", "straight ms", "ratio", "more per statement"):
        table.add_column(heading, justify="left" if heading == "batch" else "right")
    for name in BATCHES:
        api_ms, direct_ms = overhead(name, runs + 1)
        more_ms = (api_ms - direct_ms) / len(BATCHES[name][0])
        shown = (f"{api_ms:.1f}", f"{direct_ms:.1f}", f"{api_ms / direct_ms:.2f}")
        table.add_row(name, *shown, f"{more_ms:.2f} ms")
    console.print(table)
    made = databases(1000)
    console.print(f"a fresh isolated database, made and given back: {made['mean_ms']:.1f} ms")
    for count, memory_mb, disk_mb in (made["early"], made["end"]):
        console.print(
            f"after {count:4} of them: {memory_mb:.0f} MB of memory, {disk_mb:.0f} MB on disk"
        )
