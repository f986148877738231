"""`lake`: a folder, or the project's lake, becomes the objects of the target's lake bucket."""

from __future__ import annotations

from argparse import Namespace
from pathlib import Path

from simulator.commands import deployed, terminal
from simulator.commands.errors import UsageError
from simulator.deployment.uploads import upload
from simulator.lakes import fill_lakes
from simulator.project import Project


def run(options: Namespace) -> int:
    """0 when every file is there."""
    settings, target, stack = deployed.stack_on(options)
    folder = options.folder or _lake(settings)
    done, there = upload(target.clients()("s3"), folder, stack.lake_bucket, terminal.say)
    terminal.say(f"{done} uploaded, {there} there already: s3://{stack.lake_bucket}")
    return 0


def _lake(settings: Project) -> Path:
    if len(settings.lake) != 1:
        raise UsageError(
            "lake",
            f"expected a folder, since the project has {len(settings.lake)} lakes, got none",
            "python -m simulator lake DIR",
        )
    fill_lakes(settings, terminal.say)
    (lake,) = settings.lake.values()
    return lake.folder
