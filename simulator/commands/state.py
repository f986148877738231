"""What a run leaves under `.simulator/` for `query` and `--continue`.

`run.json` names the folder with the tables, so replacing that one file replaces both at once.
"""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from simulator.commands.errors import UsageError
from simulator.project.sections import shown

FORMAT = 1


@dataclass(frozen=True, slots=True)
class LastRun:
    """The last run. `executions`: all names used since the last fresh start."""

    executions: tuple[str, ...]
    ended_ms: int
    cluster_status: Mapping[str, str]
    seed: int
    definition_sha256: str
    warehouse: Path | None
    # the buckets that were written to, a folder each
    buckets: Path | None = None

    @property
    def ended(self) -> datetime:
        """The virtual moment at which it ended."""
        return datetime.fromtimestamp(0, UTC) + timedelta(milliseconds=self.ended_ms)

    def next_name(self) -> str:
        """The first of run-1, run-2, ... that is free."""
        number = 1
        while f"run-{number}" in self.executions:
            number += 1
        return f"run-{number}"


def last_run(folder: Path, *, hint: str) -> LastRun:
    """Read the state folder. Raises `UsageError`, with `hint`, where no run left what is needed."""
    file = folder / "run.json"
    try:
        values = json.loads(file.read_text("utf-8"))
        kept = values["warehouse"]
        if values["format"] != FORMAT:
            raise UsageError(
                shown(file), f"expected format {FORMAT}, got {values['format']!r}", hint
            )
        return LastRun(
            executions=tuple(values["executions"]),
            ended_ms=values["ended_ms"],
            cluster_status=values["cluster_status"],
            seed=values["seed"],
            definition_sha256=values["definition_sha256"],
            warehouse=None if kept is None else folder / kept,
            buckets=folder / values["buckets"] if values.get("buckets") else None,
        )
    except FileNotFoundError:
        where = shown(folder)
        raise UsageError(where, "expected what a run leaves behind, got none", hint) from None
    except (ValueError, KeyError, TypeError) as error:
        raise UsageError(shown(file), f"expected the state of a run, got {error!r}", hint) from None


def new_folder(folder: Path, kind: str) -> Path:
    """A folder for tables ("warehouse") or buckets ("buckets") that no other run uses."""
    folder.mkdir(parents=True, exist_ok=True)
    number = 1
    while (folder / f"{kind}-{number}").exists():
        number += 1
    return folder / f"{kind}-{number}"


def keep(folder: Path, run: LastRun) -> None:
    """Make `run` the last one, at once and for good; then drop the tables of those before."""
    values = {
        "format": FORMAT,
        "executions": list(run.executions),
        "ended_ms": run.ended_ms,
        "cluster_status": dict(run.cluster_status),
        "seed": run.seed,
        "definition_sha256": run.definition_sha256,
        "warehouse": None if run.warehouse is None else run.warehouse.name,
        "buckets": None if run.buckets is None else run.buckets.name,
    }
    folder.mkdir(parents=True, exist_ok=True)
    written = folder / f"run.json.{os.getpid()}"
    written.write_text(json.dumps(values, indent=2) + "\n", "utf-8")
    written.replace(folder / "run.json")
    for other in (*folder.glob("warehouse-*"), *folder.glob("buckets-*")):
        if other not in (run.warehouse, run.buckets):
            shutil.rmtree(other, ignore_errors=True)
