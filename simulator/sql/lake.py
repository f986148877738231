"""The data lake: each bucket is a local folder, each file in it an object under its path."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from simulator.sql.errors import SqlError


@dataclass(frozen=True, slots=True)
class StoredObject:
    """An object of a bucket: its key and the file that holds it."""

    key: str
    path: Path


class Lake:
    """Buckets as folders. `buckets` maps each bucket's name to its folder."""

    def __init__(self, buckets: Mapping[str, Path | str] | None = None) -> None:
        self._folders = {name: Path(folder) for name, folder in (buckets or {}).items()}

    def objects(self, bucket: str, prefix: str) -> list[StoredObject]:
        """The objects whose key starts with `prefix`, in S3's order of keys.

        A prefix is text, no folder: `day=1` finds `day=10/...` too. Raises SqlError for a bucket
        that is not there, in the words of Redshift's S3 client.
        """
        folder = self._folders.get(bucket)
        if folder is None:
            raise _no_bucket(f"the lake has no bucket {bucket!r}; it has {sorted(self._folders)}")
        return sorted(_below(folder, prefix), key=lambda one: one.key.encode())


class StoredLake(Lake):
    """Buckets that somebody else keeps. `find(bucket, prefix)` gives keys and the files that hold
    the objects, None where there is no such bucket."""

    def __init__(self, find: Callable[[str, str], Iterable[tuple[str, Path]] | None]) -> None:
        super().__init__()
        self._find = find

    def objects(self, bucket: str, prefix: str) -> list[StoredObject]:
        """As `Lake.objects`."""
        found = self._find(bucket, prefix)
        if found is None:
            raise _no_bucket(f"there is no bucket {bucket!r}")
        return sorted(
            (StoredObject(key, path) for key, path in found), key=lambda one: one.key.encode()
        )


def _no_bucket(detail: str) -> SqlError:
    return SqlError(
        "ERROR: S3ServiceException:The specified bucket does not exist,Status 404,"
        "Error NoSuchBucket",
        sqlstate="XX000",
        detail=detail,
    )


def _below(folder: Path, prefix: str) -> Iterator[StoredObject]:
    # Only the deepest folder that the prefix names in full has to be walked.
    parent = prefix.rpartition("/")[0]
    start = folder / parent if parent else folder
    if ".." in Path(parent).parts or not start.is_dir():
        return
    for root, _folders, files in os.walk(start):
        for name in files:
            path = Path(root) / name
            key = path.relative_to(folder).as_posix()
            if key.startswith(prefix):
                yield StoredObject(key, path)
