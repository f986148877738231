"""A project with files laid over it: a copy without what tools leave behind, gone afterwards."""

from __future__ import annotations

from pathlib import Path

import pytest

from simulator.project import ProjectError, overlaid


@pytest.fixture
def file(tmp_path) -> Path:
    project = tmp_path / "project"
    for name in (
        "simulator.toml",
        "sql/one.sql",
        "sql/__pycache__/x.pyc",
        ".git/HEAD",
        ".venv/bin/python",
        ".mypy_cache/x",
        ".simulator/run.json",
        ".env",
    ):
        (project / name).parent.mkdir(parents=True, exist_ok=True)
        (project / name).write_text("ours")
    return project / "simulator.toml"


@pytest.fixture
def overlay(tmp_path) -> Path:
    folder = tmp_path / "overlay"
    for name in ("sql/one.sql", "sql/two.sql", "sql/__pycache__/y.pyc"):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text("theirs")
    return folder


def test_the_overlay_s_files_replace_and_add_to_the_project_s(file, overlay):
    with overlaid(file, overlay) as copy:
        files = {
            str(one.relative_to(copy.parent)): one.read_text()
            for one in copy.parent.rglob("*")
            if one.is_file() and ".simulator" not in one.parts
        }
    assert files == {
        "simulator.toml": "ours",
        ".env": "ours",
        "sql/one.sql": "theirs",
        "sql/two.sql": "theirs",
    }
    assert not copy.exists()
    assert (file.parent / "sql" / "one.sql").read_text() == "ours"


def test_the_state_is_shared_and_outlives_the_copy(file, overlay):
    with overlaid(file, overlay) as copy:
        assert (copy.parent / ".simulator" / "run.json").read_text() == "ours"
        (copy.parent / ".simulator" / "kept").write_text("kept")
    assert (file.parent / ".simulator" / "kept").read_text() == "kept"
    assert (file.parent / ".simulator" / "run.json").read_text() == "ours"


def test_a_project_that_never_ran_gets_its_state_folder(file, overlay, tmp_path):
    (file.parent / ".simulator" / "run.json").unlink()
    (file.parent / ".simulator").rmdir()
    with overlaid(file, overlay) as copy:
        assert (copy.parent / ".simulator").is_dir()


def test_an_overlay_without_a_file_of_the_project_is_refused(file, overlay, tmp_path):
    (overlay / "sql" / "one.sql").unlink()
    with pytest.raises(ProjectError, match="expected files to lay over"), overlaid(file, overlay):
        pass
    with pytest.raises(ProjectError, match="expected a folder"), overlaid(file, tmp_path / "none"):
        pass
