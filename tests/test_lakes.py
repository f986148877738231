"""Lake folders: filled when missing or made otherwise, never where a user's own data is."""

from __future__ import annotations

from pathlib import Path

import pytest

from simulator import project
from simulator.lakes import fill_lakes
from simulator.project import ProjectError

FILL = "def fill(folder, *, days):\n    (folder / 'days.csv').write_text(str(days))\n"
TOML = """
[definition]
file = "machine.asl.json"
[lake.raw]
folder = "lake"
fill = "fill.py:fill"
options = {{ days = {days} }}
"""


@pytest.fixture
def read(tmp_path: Path):
    (tmp_path / "machine.asl.json").write_text("{}")
    (tmp_path / "fill.py").write_text(FILL)

    def read(days: int = 7, toml: str = TOML) -> project.Project:
        (tmp_path / "simulator.toml").write_text(toml.format(days=days))
        return project.read(tmp_path)

    return read


def test_a_missing_lake_is_filled_once_and_said(read, tmp_path):
    said: list[str] = []
    for _ in range(2):
        fill_lakes(read(), said.append)
    assert (tmp_path / "lake" / "days.csv").read_text() == "7"
    (line,) = said
    assert "filling lake raw" in line
    assert "fill.py:fill(days=7)" in line


def test_an_empty_folder_counts_as_missing(read, tmp_path):
    (tmp_path / "lake").mkdir()
    fill_lakes(read())
    assert (tmp_path / "lake" / "days.csv").exists()


def test_other_options_make_another_lake(read, tmp_path):
    fill_lakes(read(7))
    (tmp_path / "lake" / "left over.csv").touch()
    fill_lakes(read(8))
    assert [file.name for file in (tmp_path / "lake").iterdir()] == ["days.csv"]
    assert (tmp_path / "lake" / "days.csv").read_text() == "8"


def test_another_generator_makes_another_lake(read, tmp_path):
    fill_lakes(read())
    (tmp_path / "fill.py").write_text(FILL.replace("str(days)", "'new'"))
    fill_lakes(read())
    assert (tmp_path / "lake" / "days.csv").read_text() == "new"


def test_a_user_s_own_data_is_left_alone(read, tmp_path):
    (tmp_path / "lake").mkdir()
    (tmp_path / "lake" / "mine.csv").write_text("1")
    fill_lakes(read())
    assert [file.name for file in (tmp_path / "lake").iterdir()] == ["mine.csv"]


def test_a_failing_generator_leaves_no_half_lake(read, tmp_path):
    (tmp_path / "fill.py").write_text(FILL + "    raise OSError('disk full')\n")
    with pytest.raises(ProjectError, match="disk full") as caught:
        fill_lakes(read())
    assert "[lake.raw] fill" in str(caught.value)
    left = {file.name for file in tmp_path.iterdir()} - {"__pycache__"}
    assert left == {"fill.py", "machine.asl.json", "simulator.toml"}


def test_a_lake_that_is_missing_and_that_nothing_fills_names_its_entry(read):
    toml = TOML.replace('fill = "fill.py:fill"\noptions = {{ days = {days} }}\n', "")
    with pytest.raises(ProjectError) as caught:
        fill_lakes(read(toml=toml))
    assert "simulator.toml:4: [lake.raw]: expected a folder" in str(caught.value)
    assert str(caught.value).count("[lake.raw]") == 1


def test_a_generator_that_writes_nothing_is_told(read, tmp_path):
    (tmp_path / "fill.py").write_text("def fill(folder, days): pass\n")
    with pytest.raises(ProjectError, match="to write files, got none"):
        fill_lakes(read())
