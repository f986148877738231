"""Functions' packages: zip files as CreateFunction brings them, unpacked where handlers load them.

Each package has its own folder, named after its hash, so that a version keeps the code that it was
published with.
"""

from __future__ import annotations

import base64
import hashlib
import io
import shutil
import zipfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from simulator.services import scratch
from simulator.services.api import NotModelled, ServiceError

# (bucket, key, version) -> an object's bytes
Fetch = Callable[[str, str, str | None], bytes]
# "Deployment package (.zip file archive) size": 250 MB "unzipped, including layers"
_UNPACKED_BYTES = 262_144_000


@dataclass(frozen=True, slots=True)
class Package:
    """A zip file and the folder that it is unpacked in. `sha256` is in base64, as Lambda shows."""

    content: bytes
    sha256: str
    folder: Path


class Packages:
    """Unpacks what functions are made of; `close` removes it. `fetch` reads S3, where there is
    one."""

    def __init__(self) -> None:
        self.fetch: Fetch | None = None
        self._folder: Path | None = None
        self._known: dict[str, Package] = {}

    def package(self, code: Mapping[str, Any]) -> Package:
        """What the Code of a request brings."""
        content = self._content(code)
        digest = hashlib.sha256(content)
        sha256 = base64.b64encode(digest.digest()).decode()
        if sha256 not in self._known:
            if self._folder is None:
                self._folder = scratch.folder("lambda")
            folder = self._folder / digest.hexdigest()[:16]
            _unpack(content, folder)
            self._known[sha256] = Package(content, sha256, folder)
        return self._known[sha256]

    def close(self) -> None:
        """Remove the folders."""
        if self._folder is not None:
            shutil.rmtree(self._folder, ignore_errors=True)
            self._folder = None
            self._known = {}

    def _content(self, code: Mapping[str, Any]) -> bytes:
        if "ImageUri" in code:
            raise NotModelled("lambda Code.ImageUri: functions of container images")
        if "ZipFile" in code:
            return bytes(code["ZipFile"])
        bucket, key = code.get("S3Bucket"), code.get("S3Key")
        if not bucket or not key:
            raise ServiceError(
                "InvalidParameterValueException",
                "Please provide a source for function code.",
                Type="User",
            )
        if self.fetch is None:
            raise NotModelled("lambda Code.S3Bucket: no S3 is there to read it from")
        return self.fetch(bucket, key, code.get("S3ObjectVersion"))


def _unpack(content: bytes, folder: Path) -> None:
    # AWS's words for what is no zip file
    broken = ServiceError(
        "InvalidParameterValueException",
        "Could not unzip uploaded file. Please check your file, then try to upload again.",
        Type="User",
    )
    try:
        archive = zipfile.ZipFile(io.BytesIO(content))
        if sum(entry.file_size for entry in archive.infolist()) > _UNPACKED_BYTES:
            raise ServiceError(
                "InvalidParameterValueException",
                f"Unzipped size must be smaller than {_UNPACKED_BYTES} bytes",
                Type="User",
            )
        folder.mkdir(parents=True)
        # it keeps inside of the folder whatever the entries' names are
        archive.extractall(folder)
    except (zipfile.BadZipFile, EOFError, RuntimeError):
        raise broken from None
