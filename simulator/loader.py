"""The only importer of users' Python: `file:object` references, and functions' handlers.

Files are loaded by path, as AWS loads handlers: `lambda/` cannot be a package, and nobody's file
has to be importable from where the simulator stands.
"""

from __future__ import annotations

import importlib.util
import sys
import traceback
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import ModuleType, TracebackType
from typing import Any

from simulator.project import ProjectError, Reference
from simulator.project.sections import near, shown


class UserCodeError(ProjectError):
    """An exception in a user's own file: their frames, and none of ours."""

    def __init__(self, where: str, file: Path, error: BaseException) -> None:
        self.error = error
        frames = user_frames(error.__traceback__, file)
        lines = "".join(traceback.format_list(frames)).rstrip()
        what = "".join(traceback.format_exception_only(error)).rstrip()
        super().__init__(where, f"expected {file.name} to run, got {what}\n{lines}".rstrip())


def load(reference: Reference) -> Any:
    """The object that a reference names. Raises `ProjectError` where it is written."""
    module = module_at(reference.file, reference.where)
    try:
        return getattr(module, reference.name)
    except AttributeError:
        public = [name for name in vars(module) if not name.startswith("_")]
        raise ProjectError(
            reference.where,
            f"expected {reference.name!r} in {shown(reference.file)}, got no such name",
            near(reference.name, public),
        ) from None


def call(reference: Reference, *arguments: Any, **options: Any) -> Any:
    """Call what a reference names, with its folder on the import path as a script would have it."""
    with import_path(reference.file.parent):
        function = load(reference)
        try:
            return function(*arguments, **options)
        except Exception as error:
            raise UserCodeError(reference.where, reference.file, error) from error


def module_at(file: Path, where: str) -> ModuleType:
    """The module in a file, run afresh under a name that no other file has."""
    name = f"_user_{file.stem}_{zlib.crc32(str(file).encode()):08x}"
    spec = importlib.util.spec_from_file_location(name, file)
    if spec is None or spec.loader is None:
        raise ProjectError(where, f"expected a Python file, got {shown(file)!r}")
    module = importlib.util.module_from_spec(spec)
    # dataclasses and pickle look their module up by its name
    sys.modules[name] = module
    with import_path(file.parent):
        try:
            spec.loader.exec_module(module)
        except Exception as error:
            del sys.modules[name]
            raise UserCodeError(where, file, error) from error
    return module


def module_once(file: Path, where: str) -> ModuleType:
    """The module in a file, run once in the process as long as the file is the same: for code that
    keeps nothing of a run, such as promises. Raises as `module_at` does."""
    status = file.stat()
    key = (file, status.st_mtime_ns, status.st_size)
    if key not in _modules:
        _modules[key] = module_at(file, where)
    return _modules[key]


_modules: dict[tuple[Path, int, int], ModuleType] = {}


def user_frames(trace: TracebackType | None, file: Path) -> list[traceback.FrameSummary]:
    """The frames of a traceback from a user's file on; empty when it never got there."""
    frames = traceback.extract_tb(trace)
    first = next(
        (index for index, frame in enumerate(frames) if Path(frame.filename) == file), len(frames)
    )
    return list(frames[first:])


@contextmanager
def import_path(folder: Path) -> Iterator[None]:
    """Let a user's file import its neighbours while it runs."""
    sys.path.insert(0, str(folder))
    try:
        yield
    finally:
        sys.path.remove(str(folder))


def handler_module(name: str) -> ModuleType:
    """The module that a function's handler names, from the import path of the environment that is
    entered, as Lambda's runtime loads it. Raises what the module raises."""
    return importlib.import_module(name.replace("/", "."))
