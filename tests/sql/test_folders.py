"""Buckets that are written to apart from the folders that they begin with."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from simulator.sql.loading.folders import Folders
from simulator.sql.loading.lake import Lake


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = tmp_path / "given"
    (made / "day=1").mkdir(parents=True)
    (made / "day=1" / "a").write_bytes(b"a")
    return made


def contents(folder: Path) -> dict[str, bytes]:
    return {
        one.relative_to(folder).as_posix(): one.read_bytes()
        for one in folder.rglob("*")
        if one.is_file()
    }


def test_what_is_written_goes_into_a_copy(folder: Path) -> None:
    folders = Folders({"lake": folder, "other": folder})
    lake = Lake(folders)
    lake.put("lake", "day=1/a", b"new")
    lake.put("lake", "b", b"b")
    assert contents(folders["lake"]) == {"day=1/a": b"new", "b": b"b"}
    lake.remove("lake", "day=1/a")
    assert [one.key for one in lake.objects("lake", "")] == ["b"]
    assert contents(folder) == {"day=1/a": b"a"}
    assert (folders.written, folders["other"]) == (("lake",), folder)


def test_a_bucket_that_has_no_folder_is_empty(tmp_path: Path) -> None:
    folders = Folders({"exports": tmp_path / "nowhere"})
    lake = Lake(folders)
    assert lake.objects("exports", "") == []
    lake.put("exports", "x", b"x")
    assert [one.key for one in lake.objects("exports", "")] == ["x"]
    assert not (tmp_path / "nowhere").exists()


def test_buckets_that_were_written_to_are_saved(folder: Path, tmp_path: Path) -> None:
    folders = Folders({"lake": folder, "other": folder})
    Lake(folders).put("lake", "b", b"b")
    folders.save(tmp_path / "kept")
    again = Folders({"lake": tmp_path / "kept" / "lake"})
    Lake(again).put("lake", "c", b"c")
    assert contents(tmp_path / "kept") == {"lake/day=1/a": b"a", "lake/b": b"b"}
    assert sorted(contents(again["lake"])) == ["b", "c", "day=1/a"]


def test_copies_go_with_the_run(folder: Path) -> None:
    folders: Any = Folders({"lake": folder})
    apart = folders.writable("lake")
    assert apart.is_dir()
    del folders
    assert not apart.exists()


def test_a_bucket_that_is_made_later_is_seen(folder: Path) -> None:
    folders = Folders({})
    lake = Lake(folders)
    folders["made"] = folder
    assert [one.key for one in lake.objects("made", "day")] == ["day=1/a"]
    assert folders.writable("made") == folder
