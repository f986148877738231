"""The folders of the buckets, shared by all who read and write the lake.

What a run writes goes into a copy of the bucket's folder, made when it is first written to: the
next run begins with the same files, and runs side by side see nothing of each other.
"""

from __future__ import annotations

import os
import shutil
import weakref
from collections.abc import Iterator, Mapping, MutableMapping
from pathlib import Path

from simulator.sql.loading import scratch


class Folders(MutableMapping[str, Path]):
    """Folders by their buckets' names, as they are now; a missing folder is an empty bucket."""

    def __init__(self, folders: Mapping[str, Path | str]) -> None:
        self._folders = {name: Path(folder) for name, folder in folders.items()}
        self._written: set[str] = set()
        self._apart: Path | None = None

    def __getitem__(self, bucket: str) -> Path:
        return self._folders[bucket]

    def __setitem__(self, bucket: str, folder: Path) -> None:
        """A bucket that a run makes; the folder is its own."""
        self._folders[bucket] = Path(folder)
        self._written.add(bucket)

    def __delitem__(self, bucket: str) -> None:
        del self._folders[bucket]
        self._written.discard(bucket)

    def __iter__(self) -> Iterator[str]:
        return iter(self._folders)

    def __len__(self) -> int:
        return len(self._folders)

    @property
    def written(self) -> tuple[str, ...]:
        """The buckets that were made or written to."""
        return tuple(sorted(self._written))

    def writable(self, bucket: str) -> Path:
        """The folder to write into, and from now on to read from. Raises KeyError."""
        folder = self._folders[bucket]
        if bucket not in self._written:
            apart = self._made() / bucket
            copy(folder, apart)
            self[bucket] = apart
        return self._folders[bucket]

    def save(self, into: Path) -> None:
        """Copy the buckets that were written to, each into a folder of its name."""
        for bucket in self.written:
            copy(self._folders[bucket], into / bucket)

    def _made(self) -> Path:
        if self._apart is None:
            self._apart = scratch.folder("buckets")
            weakref.finalize(self, shutil.rmtree, self._apart, ignore_errors=True)
        return self._apart


def copy(folder: Path, into: Path) -> None:
    """Copy a folder's files. They are linked where they can be: whoever writes an object puts
    another file in its place."""
    into.mkdir(parents=True, exist_ok=True)
    if folder.is_dir():
        shutil.copytree(folder, into, copy_function=_link, dirs_exist_ok=True)


def writable(folders: Mapping[str, Path], bucket: str) -> Path:
    """The folder to write a bucket's objects into: the bucket's own where it is nobody's copy."""
    return folders.writable(bucket) if isinstance(folders, Folders) else folders[bucket]


def _link(source: str, target: str) -> None:
    try:
        os.link(source, target)
    except OSError:
        shutil.copy2(source, target)


def keys_below(folder: Path, prefix: str) -> Iterator[str]:
    """The keys that begin with a prefix, in no order."""
    # Only the deepest folder that the prefix names in full has to be walked.
    parent = prefix.rpartition("/")[0]
    start = folder / parent if parent else folder
    if ".." in Path(parent).parts or not start.is_dir():
        return
    for root, _folders, files in os.walk(start):
        for name in files:
            key = (Path(root) / name).relative_to(folder).as_posix()
            if key.startswith(prefix):
                yield key
