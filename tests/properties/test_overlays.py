"""The property test can fail: it finds each of eight defects laid over the pipeline."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from types import ModuleType

import pytest
from hypothesis import HealthCheck, Phase, given, seed, settings

from simulator.testing import BrokenPromises

ROOT = Path(__file__).resolve().parents[2]
OVERLAYS = ROOT / "tests" / "overlays"
DEFECTS = sorted(folder.name for folder in OVERLAYS.iterdir() if folder.is_dir())
SEEDS = (1, 2, 3)
# as many plans as `make test` tries
EXAMPLES = 300


@pytest.fixture(scope="module")
def edits() -> ModuleType:
    spec = importlib.util.spec_from_file_location("overlay_edits", OVERLAYS / "edits.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def files_in(folder: Path) -> dict[str, str]:
    files = (file for file in folder.rglob("*") if file.is_file() and file.suffix != ".pyc")
    return {file.relative_to(folder).as_posix(): file.read_text("utf-8") for file in files}


def test_there_is_an_overlay_for_each_defect(edits: ModuleType):
    folders = [name for name in DEFECTS if not name.startswith("__")]
    assert folders == sorted(edits.DEFECTS)


@pytest.mark.parametrize("defect", [name for name in DEFECTS if not name.startswith("__")])
def test_an_overlay_differs_from_the_pipeline_in_its_defect_alone(edits: ModuleType, defect: str):
    assert files_in(OVERLAYS / defect) == edits.DEFECTS[defect](), "python tests/overlays/edits.py"


@pytest.mark.campaign
@pytest.mark.parametrize("number", SEEDS)
@pytest.mark.parametrize("defect", [name for name in DEFECTS if not name.startswith("__")])
def test_a_defect_is_found(trials_of, defect: str, number: int):
    trials = trials_of(OVERLAYS / defect)

    # not shrunk, which takes longer than to find it
    @seed(number)
    @settings(
        max_examples=EXAMPLES,
        database=None,
        deadline=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
        report_multiple_bugs=False,
    )
    @given(trials.sketches())
    def whatever_goes_wrong(sketch) -> None:
        trials.play(sketch).check()

    with pytest.raises(BrokenPromises):
        whatever_goes_wrong()
