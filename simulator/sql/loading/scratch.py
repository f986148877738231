"""Folders for files that end with their process.

They stand in one folder that the process locks as long as it lives; what a process that was killed
left behind is told by its lock, which nobody holds, and removed by the next one.
"""

from __future__ import annotations

import atexit
import contextlib
import fcntl
import os
import shutil
import tempfile
from pathlib import Path

PREFIX = "asl-simulator-files-"
_LOCK = "lock"
# The process's own folder; one that it forked shares it.
_own: Path | None = None


def folder(kind: str) -> Path:
    """A new folder; whoever asked removes it, and the process's end does."""
    return Path(tempfile.mkdtemp(prefix=f"{kind}-", dir=_root()))


def sweep() -> None:
    """Removes what processes of this user that are gone left behind."""
    for left in Path(tempfile.gettempdir()).glob(f"{PREFIX}*"):
        with contextlib.suppress(OSError):
            _sweep_one(left)


def _root() -> Path:
    global _own  # noqa: PLW0603 - one for each process
    if _own is None or not _own.exists():
        sweep()
        _own = Path(tempfile.mkdtemp(prefix=PREFIX))
        # Open, and so locked, until the process is gone.
        lock = os.open(_own / _LOCK, os.O_RDWR | os.O_CREAT, 0o600)
        fcntl.flock(lock, fcntl.LOCK_EX)
        atexit.register(_remove, _own, os.getpid())
    return _own


def _remove(made: Path, owner: int) -> None:
    if os.getpid() == owner:
        shutil.rmtree(made, ignore_errors=True)


def _sweep_one(left: Path) -> None:
    # One without a lock is being made, or removed.
    if left.stat().st_uid != os.geteuid() or not (left / _LOCK).exists():
        return
    with (left / _LOCK).open("r+") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return
        shutil.rmtree(left, ignore_errors=True)
