from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest

from simulator.deployment.errors import DeploymentError
from simulator.deployment.targets import Target
from simulator.deployment.uploads import upload


@pytest.fixture
def s3(port: int, folder: Path) -> Any:
    endpoint = f"http://127.0.0.1:{port}"
    target = Target("local", folder, folder / "terraform", folder / ".simulator/local", endpoint)
    client = target.clients()("s3")
    client.create_bucket(Bucket="my-lake")
    return client


@pytest.fixture
def lake(tmp_path: Path) -> Path:
    """Two files, and one that is nobody's."""
    folder = tmp_path / "lake"
    (folder / "sales" / "2024-01-08").mkdir(parents=True)
    (folder / "sales" / "2024-01-08" / "part 1.csv").write_text("a,b\n")
    (folder / "store.csv").write_text("c\n")
    (folder / ".DS_Store").write_text("nobody's")
    return folder


def _uploaded(s3: Any, lake: Path) -> tuple[list[str], tuple[int, int]]:
    said: list[str] = []
    counts = upload(s3, lake, "my-lake", said.append)
    return said, counts


def test_files_become_objects_of_the_same_names(s3: Any, lake: Path):
    said, counts = _uploaded(s3, lake)
    assert counts == (2, 0)
    assert said == ["s3://my-lake/sales/2024-01-08/part 1.csv", "s3://my-lake/store.csv"]
    got = s3.get_object(Bucket="my-lake", Key="sales/2024-01-08/part 1.csv")
    assert got["Body"].read() == b"a,b\n"


def test_only_what_is_new_or_was_changed_is_uploaded_again(s3: Any, lake: Path):
    _uploaded(s3, lake)
    assert _uploaded(s3, lake) == ([], (0, 2))
    (lake / "store.csv").write_text("longer\n")
    (lake / "new.csv").write_text("d\n")
    said, counts = _uploaded(s3, lake)
    assert (said, counts) == (["s3://my-lake/new.csv", "s3://my-lake/store.csv"], (2, 1))


def test_a_file_of_the_same_size_that_is_newer_is_uploaded_again(s3: Any, lake: Path):
    _uploaded(s3, lake)
    file = lake / "store.csv"
    file.write_text("d\n")
    later = file.stat().st_mtime + 60
    os.utime(file, (later, later))
    assert _uploaded(s3, lake)[0] == ["s3://my-lake/store.csv"]


@pytest.mark.parametrize("name", ["missing", "empty"])
def test_a_folder_without_files_is_none(s3: Any, tmp_path: Path, name: str):
    (tmp_path / "empty").mkdir()
    with pytest.raises(DeploymentError, match=f"{name}: expected a folder with files, got none"):
        upload(s3, tmp_path / name, "my-lake", lambda _: None)
