"""`package`: the project's functions as the zip files that are deployed."""

from __future__ import annotations

import sys
from argparse import Namespace
from pathlib import Path

from simulator import packages, project


def run(options: Namespace) -> int:
    """Write a zip file for each function's folder and print its path, size and hash."""
    file = project.find(options.project)
    settings = project.read(file)
    out: Path = options.out or file.parent / ".simulator" / "packages"
    for folder in sorted({function.path for function in settings.lambdas.values()}):
        package = packages.build(folder)
        target = out / f"{folder.name}.zip"
        packages.write(package, target)
        sys.stdout.write(f"{target}  {len(package.content)} bytes  {package.sha256}\n")
    return 0
