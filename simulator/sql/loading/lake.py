"""The data lake: each bucket is a local folder, each file in it an object under its path."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from simulator.sql.errors import NotSupported, SqlError
from simulator.sql.loading.folders import keys_below, writable


@dataclass(frozen=True, slots=True)
class StoredObject:
    """An object of a bucket: its key and the file that holds it."""

    key: str
    path: Path


class Lake:
    """Buckets as folders. `buckets` maps each bucket's name to its folder, as it is now."""

    def __init__(self, buckets: Mapping[str, Path] | None = None) -> None:
        self._folders = {} if buckets is None else buckets

    def objects(self, bucket: str, prefix: str) -> list[StoredObject]:
        """The objects whose key starts with `prefix`, in S3's order of keys.

        A prefix is text, no folder: `day=1` finds `day=10/...` too. Raises SqlError for a bucket
        that is not there, in the words of Redshift's S3 client.
        """
        folder = self._folders.get(bucket)
        if folder is None:
            raise _no_bucket(f"the lake has no bucket {bucket!r}; it has {sorted(self._folders)}")
        keys = sorted(keys_below(folder, prefix), key=str.encode)
        return [StoredObject(key, folder / key) for key in keys]

    def put(self, bucket: str, key: str, content: bytes) -> None:
        """Writes an object, whole or not at all. Raises SqlError for a bucket that is not there."""
        if bucket not in self._folders:
            raise _no_bucket(f"the lake has no bucket {bucket!r}; it has {sorted(self._folders)}")
        folder = writable(self._folders, bucket)
        if ".." in Path(key).parts or not key:
            raise SqlError(f"ERROR: Invalid S3 key {key!r}", sqlstate="XX000")
        path = folder / key
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, made = tempfile.mkstemp(dir=path.parent, prefix=".making-")
        with os.fdopen(handle, "wb") as file:
            file.write(content)
        # mkstemp's file is its owner's alone.
        Path(made).chmod(0o644)
        Path(made).replace(path)

    def remove(self, bucket: str, key: str) -> None:
        """Removes an object that is there."""
        (writable(self._folders, bucket) / key).unlink(missing_ok=True)


class StoredLake(Lake):
    """Buckets that somebody else keeps. `find(bucket, prefix)` gives keys and the files that hold
    the objects, None where there is no such bucket; `store(bucket, key, content)` writes one, or
    removes it where the content is None."""

    def __init__(
        self,
        find: Callable[[str, str], Iterable[tuple[str, Path]] | None],
        store: Callable[[str, str, bytes | None], None] | None = None,
    ) -> None:
        super().__init__()
        self._find = find
        self._store = store

    def put(self, bucket: str, key: str, content: bytes) -> None:
        """As `Lake.put`."""
        if self._find(bucket, key) is None:
            raise _no_bucket(f"there is no bucket {bucket!r}")
        self._stored(bucket, key, content)

    def remove(self, bucket: str, key: str) -> None:
        """As `Lake.remove`."""
        self._stored(bucket, key, None)

    def _stored(self, bucket: str, key: str, content: bytes | None) -> None:
        if self._store is None:
            raise NotSupported(f"UNLOAD to s3://{bucket}/", "these buckets are only read")
        self._store(bucket, key, content)

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
