"""A folder's files as the lake's objects: only those that are new or were changed, as `aws s3 sync`
decides it: another size, or a later time than the object's."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from simulator.deployment.errors import DeploymentError


def upload(s3: Any, folder: Path, bucket: str, say: Callable[[str], None]) -> tuple[int, int]:
    """How many files were uploaded, and how many were there. Raises botocore's errors."""
    files = dict(_files(folder))
    if not files:
        raise DeploymentError(str(folder), "expected a folder with files, got none")
    there = {key: (size, at) for key, size, at in _objects(s3, bucket)}
    done = 0
    for key, file in files.items():
        status = file.stat()
        # S3 tells whole seconds
        changed = datetime.fromtimestamp(int(status.st_mtime), UTC)
        size, at = there.get(key, (-1, changed))
        if size == status.st_size and changed <= at:
            continue
        say(f"s3://{bucket}/{key}")
        s3.upload_file(str(file), bucket, key)
        done += 1
    return done, len(files) - done


def _files(folder: Path) -> Iterator[tuple[str, Path]]:
    for path in sorted(folder.rglob("*")):
        name = path.relative_to(folder)
        if path.is_file() and not any(part.startswith(".") for part in name.parts):
            yield name.as_posix(), path


def _objects(s3: Any, bucket: str) -> Iterator[tuple[str, int, datetime]]:
    for page in s3.get_paginator("list_objects_v2").paginate(Bucket=bucket):
        for entry in page.get("Contents", ()):
            yield entry["Key"], entry["Size"], entry["LastModified"]
