"""Buckets as folders."""

from __future__ import annotations

from pathlib import Path

import pytest

from simulator.sql.errors import SqlError
from simulator.sql.loading.lake import Lake


@pytest.fixture
def lake(tmp_path: Path) -> Lake:
    for key in ("a/2.csv", "a/10.csv", "ab.csv", "b/a/x", "a/deep/er/y"):
        path = tmp_path / "bucket" / key
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()
    (tmp_path / "secret").touch()
    return Lake({"bucket": tmp_path / "bucket", "empty": tmp_path / "gone"})


@pytest.mark.parametrize(
    ("prefix", "keys"),
    [
        ("a", ["a/10.csv", "a/2.csv", "a/deep/er/y", "ab.csv"]),
        ("a/", ["a/10.csv", "a/2.csv", "a/deep/er/y"]),
        ("a/1", ["a/10.csv"]),
        ("a/deep/er/y", ["a/deep/er/y"]),
        ("b/a", ["b/a/x"]),
        ("c/", []),
        ("a/10.csv/", []),
        ("../", []),
        ("../secret", []),
    ],
)
def test_keys_by_prefix_in_s3s_order(lake: Lake, prefix: str, keys: list[str]) -> None:
    assert [one.key for one in lake.objects("bucket", prefix)] == keys


def test_a_bucket_without_a_folder_yet_is_empty(lake: Lake) -> None:
    assert lake.objects("empty", "") == []


def test_an_unknown_bucket_is_named_in_the_detail(lake: Lake) -> None:
    with pytest.raises(SqlError) as caught:
        lake.objects("other", "")
    assert "NoSuchBucket" in caught.value.message
    assert "'other'" in caught.value.detail
