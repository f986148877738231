"""Functions' folders as the zip files that Lambda takes: the same bytes for the same files, always.

What Lambda's runtime brings can be older than what a function was tested with. So a function that
imports boto3 carries the installed one, cut down to the services that it makes clients of.
"""

from __future__ import annotations

import ast
import base64
import hashlib
import importlib.metadata
import io
import os
import tempfile
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

# Pure Python, all of it: the same files serve every platform and every Python of Lambda's.
SDK = ("boto3", "botocore", "jmespath", "python-dateutil", "s3transfer", "six", "urllib3")
# The earliest moment that a zip file can tell. Files are stored, since what a compressor makes of
# them depends on its version.
_MOMENT = (1980, 1, 1, 0, 0, 0)
_READABLE = 0o100644 << 16
# "Deployment package (.zip file archive) size": 50 MB zipped, for direct upload
_MOST_BYTES = 52_428_800


class PackageError(Exception):
    """A folder that makes no package."""


@dataclass(frozen=True, slots=True)
class Package:
    """A function's zip file. `sha256` is in base64, as GetFunction's CodeSha256 shows it."""

    content: bytes
    sha256: str


def build(folder: Path) -> Package:
    """The package of a function's folder. Raises PackageError."""
    if not folder.is_dir():
        raise PackageError(f"{folder}: expected a function's folder, got none")
    files = dict(_own_files(folder))
    if not files:
        raise PackageError(f"{folder}: expected files, got none")
    services = _services(folder, files)
    if services is not None:
        for name, content in _sdk_files(services):
            # what a function brings itself is what it wants
            files.setdefault(name, content)
    content = _zipped(files)
    if len(content) > _MOST_BYTES:
        raise PackageError(
            f"{folder}: expected at most {_MOST_BYTES} bytes, which Lambda takes directly, "
            f"got {len(content)}"
        )
    return Package(content, base64.b64encode(hashlib.sha256(content).digest()).decode())


def write(package: Package, file: Path) -> None:
    """Write a package, whole or not at all; a file that is the same already stays untouched."""
    if file.is_file() and file.read_bytes() == package.content:
        return
    file.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(dir=file.parent, prefix=f".{file.name}-")
    try:
        with os.fdopen(handle, "wb") as stream:
            stream.write(package.content)
        Path(name).replace(file)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise


def _own_files(folder: Path) -> Iterator[tuple[str, bytes]]:
    for path in sorted(folder.rglob("*")):
        if path.is_file() and _belongs(path.relative_to(folder)):
            yield path.relative_to(folder).as_posix(), path.read_bytes()


def _belongs(path: Path | PurePosixPath) -> bool:
    return path.suffix != ".pyc" and not any(
        part == "__pycache__" or part.startswith(".") for part in path.parts
    )


def _services(folder: Path, files: dict[str, bytes]) -> frozenset[str] | None:
    """The services that a function makes clients of; None if it doesn't use boto3.

    A name that isn't written out could be any service: refused, since all of them are 20 MB.
    """
    services, uses_sdk = set(), False
    for name, content in files.items():
        if not name.endswith(".py"):
            continue
        try:
            tree = ast.parse(content)
        except SyntaxError as error:
            raise PackageError(
                f"{folder / name}:{error.lineno}: expected Python, got {error.msg}"
            ) from None
        uses_sdk = uses_sdk or any(_imports_sdk(node) for node in ast.walk(tree))
        for node in ast.walk(tree):
            if isinstance(node, ast.Call) and _makes_client(node.func):
                services.add(_service(node, f"{folder / name}:{node.lineno}"))
    return frozenset(services) if uses_sdk else None


def _imports_sdk(node: ast.AST) -> bool:
    match node:
        case ast.Import(names=names):
            return any(one.name.partition(".")[0] in ("boto3", "botocore") for one in names)
        case ast.ImportFrom(module=str(module), level=0):
            return module.partition(".")[0] in ("boto3", "botocore")
    return False


def _makes_client(function: ast.expr) -> bool:
    """Whether it is `client` or `resource` of boto3 or of a session."""
    match function:
        case ast.Attribute(attr="client" | "resource", value=owner):
            return any(word in ast.unparse(owner).lower() for word in ("boto3", "session"))
    return False


def _service(call: ast.Call, where: str) -> str:
    arguments = [*call.args, *(one.value for one in call.keywords if one.arg == "service_name")]
    match arguments[:1]:
        case [ast.Constant(value=str(name))]:
            return name
    raise PackageError(
        f"{where}: expected the service's name written out, as in boto3.client('s3'), got "
        f"{ast.unparse(call)}\n  hint: the package carries only the services that a function uses"
    )


def _sdk_files(services: frozenset[str]) -> Iterator[tuple[str, bytes]]:
    for distribution in map(importlib.metadata.distribution, SDK):
        for file in distribution.files or ():
            path = PurePosixPath(file.as_posix())
            if _is_needed(path, services):
                yield str(path), Path(str(distribution.locate_file(file))).read_bytes()


def _is_needed(path: PurePosixPath, services: frozenset[str]) -> bool:
    top = path.parts[0]
    if ".." in path.parts or top.endswith((".dist-info", ".data")) or not _belongs(path):
        return False
    for data in ("boto3/data", "botocore/data"):
        if path.is_relative_to(data):
            below = path.relative_to(data).parts
            return len(below) == 1 or below[0] in services
    return not path.is_relative_to("boto3/examples")


def _zipped(files: dict[str, bytes]) -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_STORED) as archive:
        for name in sorted(files):
            entry = zipfile.ZipInfo(name, _MOMENT)
            entry.external_attr = _READABLE
            # whatever system it is made on
            entry.create_system = 3
            archive.writestr(entry, files[name])
    return stream.getvalue()
