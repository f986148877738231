"""Objects as files: a bucket is a folder, an object the file under its key.

What a file cannot hold (its type, metadata, when virtual time wrote it) is kept beside it, in
memory, and forgotten when somebody else has changed the file.
"""

from __future__ import annotations

import hashlib
import shutil
from collections.abc import Iterator, Mapping, MutableMapping
from dataclasses import dataclass, field
from pathlib import Path

from simulator.engine.ports import World
from simulator.services import scratch
from simulator.services.api import NotModelled, ServiceError
from simulator.sql.loading.folders import keys_below, writable

# what S3 gives an object without a type of its own (recorded)
DEFAULT_TYPE = "binary/octet-stream"


@dataclass(frozen=True, slots=True)
class Details:
    """What is known of an object beside its content."""

    written_ms: int
    content_type: str = DEFAULT_TYPE
    metadata: Mapping[str, str] = field(default_factory=dict)
    # other headers that PutObject took, such as ContentEncoding, by their names in the model
    headers: Mapping[str, str] = field(default_factory=dict)
    tags: str = ""


@dataclass(frozen=True, slots=True)
class Object:
    """An object: `etag` is the MD5 of its content, quoted as S3 shows it."""

    key: str
    path: Path
    size: int
    etag: str
    details: Details


@dataclass(frozen=True, slots=True)
class _Mark:
    """What a file was when its details were noted."""

    modified_ns: int
    size: int


class Buckets:
    """The buckets of an account. `folders` maps names to folders and is shared with whoever else
    reads the lake. Files that were there before count as written at the simulation's start."""

    def __init__(self, world: World, folders: MutableMapping[str, Path]) -> None:
        self._world = world
        self.folders = folders
        # of every bucket in `folders`: when it was made
        self._made_ms: dict[str, int] = {}
        # by bucket and key
        self._kept: dict[tuple[str, str], tuple[_Mark, Details]] = {}
        self._etags: dict[Path, tuple[_Mark, str]] = {}
        self._temporary: list[Path] = []

    def made_ms(self, bucket: str) -> int:
        """When a bucket was made."""
        return self._made_ms.get(bucket, self._world.scheduler.start_ms)

    def create(self, bucket: str) -> None:
        """Make a bucket in a folder that goes with the simulation."""
        temporary = scratch.folder("bucket")
        self._temporary.append(temporary)
        self.folders[bucket] = temporary
        self._made_ms[bucket] = self._world.scheduler.now_ms

    def folder(self, bucket: str) -> Path:
        """A bucket's folder; raises S3's NoSuchBucket."""
        found = self.folders.get(bucket)
        if found is None:
            there = ", ".join(sorted(self.folders)) or "none"
            raise ServiceError(
                "NoSuchBucket",
                "The specified bucket does not exist",
                status=404,
                hint=f"there is no bucket {bucket!r}, there are {there}: [lake.{bucket}] makes one",
            )
        return Path(found)

    def find(self, bucket: str, key: str) -> Object | None:
        """An object; None where there is none under this key."""
        path = self._path(bucket, key)
        return self._object(bucket, key, path) if path.is_file() else None

    def list(self, bucket: str, prefix: str) -> Iterator[Object]:
        """The objects whose keys begin with `prefix`, in the order of their keys' UTF-8."""
        folder = self.folder(bucket)
        keys = sorted(keys_below(folder, prefix), key=str.encode)
        for key in keys:
            yield self._object(bucket, key, folder / key)

    def write(self, bucket: str, key: str, content: bytes, details: Details) -> Object:
        """Put an object, in place of what was there."""
        path = self._path(bucket, key)
        if key.endswith("/") or path.is_dir() or any(one.is_file() for one in path.parents):
            raise NotModelled(
                f"s3://{bucket}/{key}: an object at a key that is a folder of others, or below"
                " another object, is not simulated"
            )
        path = writable(self.folders, bucket) / key
        path.parent.mkdir(parents=True, exist_ok=True)
        # a file of its own: the one that was there may be another lake's too
        path.unlink(missing_ok=True)
        path.write_bytes(content)
        self._kept[bucket, key] = (_mark(path), details)
        return self._object(bucket, key, path)

    def annotate(self, bucket: str, found: Object, details: Details) -> None:
        """Change what is known of an object."""
        self._kept[bucket, found.key] = (_mark(found.path), details)

    def delete(self, bucket: str, key: str) -> None:
        """Remove an object; nothing happens where there is none."""
        if self._path(bucket, key).is_file():
            folder = writable(self.folders, bucket)
            (folder / key).unlink()
            self._kept.pop((bucket, key), None)
            self._drop_empty_folders(folder, (folder / key).parent)

    def _drop_empty_folders(self, root: Path, folder: Path) -> None:
        # S3 has no folders: none is left behind
        while folder != root and not any(folder.iterdir()):
            folder.rmdir()
            folder = folder.parent

    def close(self) -> None:
        """Remove the folders that were made here."""
        for temporary in self._temporary:
            shutil.rmtree(temporary, ignore_errors=True)
        self._temporary.clear()

    def _path(self, bucket: str, key: str) -> Path:
        folder = self.folder(bucket)
        if key.startswith("/") or "\0" in key or {"", ".", ".."} & set(key.rstrip("/").split("/")):
            raise NotModelled(f"s3://{bucket}/{key}: a key that is no file's path is not simulated")
        return folder / key

    def _object(self, bucket: str, key: str, path: Path) -> Object:
        mark = _mark(path)
        kept = self._kept.get((bucket, key))
        if kept is not None and kept[0] == mark:
            details = kept[1]
        else:
            details = Details(self._world.scheduler.start_ms)
        return Object(key, path, mark.size, self._etag(path, mark), details)

    def _etag(self, path: Path, mark: _Mark) -> str:
        known = self._etags.get(path)
        if known is not None and known[0] == mark:
            return known[1]
        with path.open("rb") as file:
            digest = hashlib.file_digest(file, lambda: hashlib.md5(usedforsecurity=False))
        etag = f'"{digest.hexdigest()}"'
        self._etags[path] = (mark, etag)
        return etag


def _mark(path: Path) -> _Mark:
    status = path.stat()
    return _Mark(status.st_mtime_ns, status.st_size)
