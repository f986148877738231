"""A project with some of its files replaced: a defect, or any other variant, as a folder of files.

The project is copied to a temporary folder and the overlay's files laid over the copy, at the same
relative paths. What runs and tools leave behind is not copied, but `.simulator/` is shared: the
lake need not be filled again, and `query` and `--continue` find the tables of an overlaid run.
"""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from simulator.project.sections import ProjectError, shown

# What is no part of a project: versions, environments, caches, and our own state.
LEFT_OUT = (
    ".simulator",
    ".git",
    ".hg",
    ".venv",
    ".venv-*",
    "venv",
    "node_modules",
    ".terraform",
    "__pycache__",
    ".*_cache",
    ".hypothesis",
    ".tox",
    "*.egg-info",
)


@contextmanager
def overlaid(file: Path, overlay: Path) -> Iterator[Path]:
    """The `simulator.toml` of a copy of the project in `file`'s folder, with the files of `overlay`
    laid over it; gone when left.

    Raises `ProjectError` where the overlay is no folder or replaces nothing.
    """
    project = file.absolute().parent
    overlay = overlay.absolute()
    names = _files_of(overlay)
    if not any((project / name).is_file() for name in names):
        raise ProjectError(
            shown(overlay),
            f"expected files to lay over those of {shown(project)}, got none that it has",
            f"paths in it are relative to {file.name}, such as statemachine/promises.py",
        )
    with tempfile.TemporaryDirectory(prefix="simulator-overlay-") as folder:
        # a name of its own: the folder of a temporary file may be a link (macOS)
        copy = Path(folder).resolve() / project.name
        shutil.copytree(project, copy, ignore=shutil.ignore_patterns(*LEFT_OUT), symlinks=True)
        state = project / ".simulator"
        state.mkdir(exist_ok=True)
        (copy / ".simulator").symlink_to(state, target_is_directory=True)
        for name in names:
            (copy / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(overlay / name, copy / name)
        yield copy / file.name


def _files_of(overlay: Path) -> list[Path]:
    if not overlay.is_dir():
        raise ProjectError(shown(overlay), "expected a folder of files, got none")
    ignored = shutil.ignore_patterns(*LEFT_OUT)
    names: list[Path] = []
    for folder, folders, files in os.walk(overlay):
        skipped = ignored(folder, [*folders, *files])
        folders[:] = [name for name in folders if name not in skipped]
        here = Path(folder).relative_to(overlay)
        names += [here / name for name in files if name not in skipped]
    return sorted(names)
