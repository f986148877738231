"""A port in this process, and boto3 clients that know nothing of it but its address."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import boto3
import pytest

from simulator.server.account import Account
from simulator.server.owner import Owner
from simulator.server.port import Port

CREDENTIALS = {
    "region_name": "us-east-1",
    "aws_access_key_id": "test",
    "aws_secret_access_key": "test",
}


class Served:
    """A port, what it logged, and clients of it."""

    def __init__(self, speed: float | None = None, **settings: Any) -> None:
        self.said: list[str] = []
        self._owner = Owner(lambda: Account(self.said.append, **settings), speed=speed)
        self._owner.start()
        self._port = Port(self._owner, host="127.0.0.1", port=0, region="us-east-1")
        self._port.start()
        self.host, self.port = self._port.address
        self.url = f"http://{self.host}:{self.port}"

    def client(self, service: str, **config: Any) -> Any:
        return boto3.client(service, endpoint_url=self.url, **{**CREDENTIALS, **config})

    def close(self) -> None:
        self._port.stop()
        self._owner.stop()


@pytest.fixture
def serve() -> Iterator[Callable[..., Served]]:
    made: list[Served] = []

    def start(**settings: Any) -> Served:
        made.append(Served(**settings))
        return made[-1]

    yield start
    for one in made:
        one.close()


@pytest.fixture
def port(serve: Callable[..., Served]) -> Served:
    """A port in virtual time, in an account with nothing in it."""
    return serve()


def zipped(folder: Path) -> bytes:
    """A folder as a function's package."""
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as archive:
        for file in sorted(folder.rglob("*.py")):
            archive.writestr(zipfile.ZipInfo(str(file.relative_to(folder))), file.read_bytes())
    return content.getvalue()


def zipped_text(**files: str) -> bytes:
    """Modules' texts as a function's package."""
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as archive:
        for name, text in files.items():
            archive.writestr(zipfile.ZipInfo(f"{name}.py"), text)
    return content.getvalue()


@pytest.fixture(name="zipped")
def _zipped() -> Callable[[Path], bytes]:
    return zipped


@pytest.fixture(name="zipped_text")
def _zipped_text() -> Callable[..., bytes]:
    return zipped_text
