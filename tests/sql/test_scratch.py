"""Folders that end with their process: of one that was killed, the next removes what is left."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

PROGRAM = """
import os, signal, sys
from simulator.sql.loading import scratch
made = scratch.folder("bucket")
(made / "object").write_text("x")
print(made, flush=True)
if sys.argv[1] == "killed":
    os.kill(os.getpid(), signal.SIGKILL)
elif sys.argv[1] == "waits":
    sys.stdin.read()
"""


def _started(how: str, folder: Path) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", PROGRAM, how],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": str(Path.cwd()), "TMPDIR": str(folder)},
    )


def test_what_a_killed_process_left_is_removed_by_the_next(tmp_path: Path) -> None:
    alive = _started("waits", tmp_path)
    assert alive.stdout is not None
    kept = Path(alive.stdout.readline().strip())
    with _started("killed", tmp_path) as killed:
        left = Path(killed.communicate()[0].strip())
    assert (left / "object").exists()
    with _started("ends", tmp_path) as last:
        gone = Path(last.communicate()[0].strip())
    # the last one swept what the killed one left, kept what is in use, and removed its own
    assert not left.parent.exists()
    assert not gone.parent.exists()
    assert (kept / "object").exists()
    alive.communicate()
    assert not kept.parent.exists()
