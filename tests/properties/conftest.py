"""The Store Sales pipeline on a lake so small that a plan takes a tenth of a second of real SQL.

OVERLAY names a folder of files to lay over it, SEED what plans are drawn from (`make properties`).
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from simulator import project as projects
from simulator.testing import Trials

ROOT = Path(__file__).resolve().parents[2]
# 3 days of some 80 sales, of 46 addresses and 36 items, with changes on each day; and what is stuck
# is given up after 60 polls instead of 540, still far above what a slow statement takes
SMALL = {
    "job_timeout_seconds = 8100": "job_timeout_seconds = 900",
    'folder = ".simulator/lake"': 'folder = ".simulator/lake-small"',
    "options = { days = 7, scale = 1 }": "options = { days = 3, scale = 0.02 }",
}
# either may come first: an older date loaded later takes nothing back
INPUTS = ({"refresh_date": "2024-01-07"}, {"refresh_date": "2024-01-08"})
OTHER_INPUTS = ({"refresh_date": "2024-01-08"}, {"refresh_date": "2024-01-06"})


def small_overlay(defect: Path | None) -> Path:
    """A folder that makes the lake small, with a defect's files: kept, since replays name it."""
    files: dict[Path, str] = {}
    if defect is not None:
        found = (file for file in sorted(defect.rglob("*")) if file.is_file())
        files = {file.relative_to(defect): file.read_text(encoding="utf-8") for file in found}
    settings = Path("simulator.toml")
    text = files.get(settings) or (ROOT / settings).read_text(encoding="utf-8")
    for old, new in SMALL.items():
        assert text.count(old) == 1, f"simulator.toml: expected {old!r} once"
        text = text.replace(old, new)
    files[settings] = text
    name = hashlib.sha256(repr(sorted(files.items())).encode()).hexdigest()[:12]
    folder = ROOT / ".simulator" / "overlays" / name
    folder.parent.mkdir(parents=True, exist_ok=True)
    # made aside and moved in when whole: workers race for it
    with tempfile.TemporaryDirectory(dir=folder.parent) as aside:
        whole = Path(aside) / name
        for file, content in files.items():
            (whole / file).parent.mkdir(parents=True, exist_ok=True)
            (whole / file).write_text(content, encoding="utf-8")
        with contextlib.suppress(OSError):
            whole.rename(folder)
    return folder


@pytest.fixture(scope="session")
def trials_of() -> Iterator[Callable[[Path | None], Trials]]:
    """The pipeline, or one with a defect, to try plans on."""
    made: dict[Path | None, Trials] = {}
    with contextlib.ExitStack() as stack:

        def trials(defect: Path | None) -> Trials:
            if defect not in made:
                overlay = small_overlay(defect)
                file = stack.enter_context(projects.overlaid(ROOT / "simulator.toml", overlay))
                made[defect] = Trials(
                    file, inputs=INPUTS, other_inputs=OTHER_INPUTS, overlay=overlay
                )
            return made[defect]

        yield trials


@pytest.fixture(scope="session")
def trials(trials_of: Callable[[Path | None], Trials]) -> Trials:
    """The pipeline that OVERLAY is laid over, if it is given."""
    overlay = os.environ.get("OVERLAY")
    return trials_of(ROOT / overlay if overlay else None)
