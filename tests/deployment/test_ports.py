from __future__ import annotations

import json
import os
import socket
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import pytest

from simulator.deployment import ports
from simulator.deployment.errors import DeploymentError
from simulator.deployment.targets import Target


@pytest.fixture
def target(folder: Path) -> Target:
    return Target("local", folder, folder / "terraform", folder / ".simulator/local", "http://x")


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class _Other(BaseHTTPRequestHandler):
    """Answers everything with what its server was given: LocalStack without the Data API."""

    server: Any

    def _answer(self) -> None:
        status, body = self.server.answers.get(self.path, (404, {}))
        content = json.dumps(body).encode()
        self.send_response(status)
        self.send_header("content-length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    do_GET = do_POST = _answer  # noqa: N815

    def log_message(self, *_: Any) -> None:
        """Nothing."""


@pytest.fixture
def other() -> Iterator[Callable[[dict[str, Any]], int]]:
    """Another program on a port: its number."""
    started: list[HTTPServer] = []

    def start(answers: dict[str, Any]) -> int:
        server: Any = HTTPServer(("127.0.0.1", 0), _Other)
        server.answers = answers
        threading.Thread(target=server.serve_forever, args=(0.05,)).start()
        started.append(server)
        return int(server.server_address[1])

    yield start
    for server in started:
        server.shutdown()
        server.server_close()


def test_a_port_is_started_noted_and_ended(target: Target, monkeypatch: pytest.MonkeyPatch):
    root = str(Path(__file__).resolve().parents[2])
    monkeypatch.setenv("PYTHONPATH", root)
    # whoever deploys may have settings that are none of the port's
    monkeypatch.setenv("AWS_PROFILE", "somebody-s")
    number = _free_port()
    target.state_folder.mkdir(parents=True)
    target.state_file.write_text("what an earlier port held")
    said: list[str] = []
    served = ports.ensure(target, number, speed="virtual", say=said.append)
    try:
        assert ports.is_ready(number)
        assert ports.noted(target.state_folder) == served
        assert f"started the local port {number}" in said[0]
        assert not target.state_file.exists()
        # a second time it is found, and its state is kept
        target.state_file.write_text("what it holds now")
        assert ports.ensure(target, number, speed=None, say=said.append) == served
        assert target.state_file.exists()
        assert len(said) == 1
    finally:
        assert ports.stop(served)
    assert not ports.is_ready(number)
    assert not ports.stop(served)


def test_a_port_that_somebody_else_started_is_used_and_left_alone(target: Target, port: int):
    served = ports.ensure(target, port, speed=None, say=lambda _: None)
    assert served.pid is None
    assert not ports.stop(served)
    assert ports.is_ready(port)


def test_a_number_that_another_process_has_by_now_is_not_ended(target: Target):
    assert not ports.stop(ports.Served(4566, os.getpid()))


def test_another_program_s_port_is_occupied(other: Callable[[dict[str, Any]], int]):
    number = other({})
    with pytest.raises(DeploymentError, match=f"port {number}: expected .* got another program"):
        ports.is_ready(number)


def test_localstack_s_port_is_named(other: Callable[[dict[str, Any]], int]):
    number = other({ports.HEALTH: (200, {"edition": "community"})})
    with pytest.raises(
        DeploymentError, match=r"got LocalStack \(community\)\n.*--target localstack"
    ):
        ports.is_ready(number)


def test_a_port_that_does_not_start_says_why(
    target: Target, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
):
    broken = tmp_path / "broken" / "simulator"
    broken.mkdir(parents=True)
    (broken / "__main__.py").write_text("raise SystemExit('no such luck')")
    monkeypatch.setenv("PYTHONPATH", str(broken.parent))
    with pytest.raises(DeploymentError, match="expected it to start, got: no such luck"):
        ports.ensure(target, _free_port(), speed=None, say=lambda _: None)
    assert ports.noted(target.state_folder) is None


def test_ctrl_c_while_a_port_starts_ends_it(
    target: Target, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
):
    slow = tmp_path / "slow" / "simulator"
    slow.mkdir(parents=True)
    (slow / "__main__.py").write_text("import time\ntime.sleep(60)\n")
    monkeypatch.setenv("PYTHONPATH", str(slow.parent))

    def interrupt(*_: Any) -> bool:
        raise KeyboardInterrupt

    monkeypatch.setattr(ports, "_wait_for", interrupt)
    with pytest.raises(KeyboardInterrupt):
        ports.ensure(target, _free_port(), speed=None, say=lambda _: None)
    started = ports._STARTED.pop()
    assert started.wait(timeout=30) < 0
    assert ports.noted(target.state_folder) is None


def test_without_terraform_no_port_is_started(
    folder: Path, monkeypatch: pytest.MonkeyPatch, simulator: Callable[..., Any], tmp_path: Path
):
    monkeypatch.setenv("PATH", str(tmp_path))
    code, _, err = simulator("deploy", "--target", "local", "--port", str(_free_port()))
    assert code == 2
    assert err.startswith("terraform: expected it on the PATH, got none\n")
    assert not (folder / ".simulator").exists()


def test_localstack_without_the_data_api_ends_with_one_line(
    other: Callable[[dict[str, Any]], int],
    folder: Path,
    terraform: Any,
    monkeypatch: pytest.MonkeyPatch,
    simulator: Callable[..., tuple[int, str, str]],
):
    # as LocalStack answers what its edition lacks
    refusal = {"__type": "InternalFailure", "message": "API for service 'redshift-data' not ..."}
    number = other({"/": (501, refusal)})
    monkeypatch.setenv("LOCALSTACK_HOST", f"127.0.0.1:{number}")
    monkeypatch.setenv("AWS_MAX_ATTEMPTS", "1")
    code, _, err = simulator("deploy", "--target", "localstack")
    assert code == 2
    assert err == (
        f"TARGET=localstack: expected redshift-data's BatchExecuteStatement at "
        f"http://127.0.0.1:{number}, got InternalFailure; LocalStack has the Data API in its "
        "Ultimate plan, and TARGET=local needs none\n"
    )


def test_nobody_at_localstack_s_address_ends_with_one_line(
    folder: Path,
    terraform: Any,
    monkeypatch: pytest.MonkeyPatch,
    simulator: Callable[..., tuple[int, str, str]],
):
    monkeypatch.setenv("LOCALSTACK_HOST", f"127.0.0.1:{_free_port()}")
    code, _, err = simulator("deploy", "--target", "localstack")
    assert (code, err.count("\n")) == (2, 1)
    assert "got no answer; LocalStack has" in err


def test_our_own_port_has_what_is_asked_of_localstack(
    port: int,
    folder: Path,
    terraform: Any,
    monkeypatch: pytest.MonkeyPatch,
    simulator: Callable[..., tuple[int, str, str]],
):
    monkeypatch.setenv("LOCALSTACK_HOST", f"127.0.0.1:{port}")
    terraform.answers("plan", code=2)
    code, _, err = simulator("deploy", "--target", "localstack", "-auto-approve")
    assert (code, "deployed" in err) == (0, True), err
    assert [call[0] for call in terraform.calls] == ["version", "init", "plan", "apply"]


@pytest.mark.parametrize("given", ["here:there", "no host"])
def test_an_address_that_is_none_is_refused(
    folder: Path, monkeypatch: pytest.MonkeyPatch, simulator: Callable[..., Any], given: str
):
    monkeypatch.setenv("LOCALSTACK_HOST", given)
    code, _, err = simulator("report", "--target", "localstack")
    assert code == 2
    assert err.startswith(f"LOCALSTACK_HOST: expected HOST or HOST:PORT, got {given!r}")
