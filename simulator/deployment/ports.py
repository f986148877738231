"""The local port as a process of its own: `deploy` starts it if none runs, `destroy` ends it.

`port.json` in the target's state folder says which one serves the target, and whether it is ours
to end. A port keeps nothing: with it goes everything that Terraform's state told of.
"""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys

# a process and a port are waited for in real time
import time  # noqa: TID251
import urllib.error
import urllib.request
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from simulator.deployment.errors import DeploymentError
from simulator.deployment.targets import REGION, Target, nobodys_environment

HEALTH = "/_localstack/health"
_EDITION = "asl-simulator"
_START_SECONDS = 60.0
_STOP_SECONDS = 20.0
_LOOK_SECONDS = 0.1
_LOG_LINES = 10
# Python complains of a process that goes on when nobody holds it any more; these are to
_STARTED: list[subprocess.Popen[bytes]] = []


@dataclass(frozen=True, slots=True)
class Served:
    """The port that a target is on. `pid`: the process, where `deploy` started it."""

    port: int
    pid: int | None


def noted(state_folder: Path) -> Served | None:
    """What `deploy` noted; None where it didn't."""
    try:
        values = json.loads((state_folder / "port.json").read_text("utf-8"))
        return Served(int(values["port"]), values["pid"])
    except (OSError, ValueError, KeyError, TypeError):
        return None


def is_ready(port: int) -> bool:
    """Whether a simulator answers there. Raises `DeploymentError` where something else does."""
    try:
        # straight to the loopback interface, whatever proxies the environment names
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        with opener.open(f"http://127.0.0.1:{port}{HEALTH}", timeout=10) as answer:
            edition = json.load(answer).get("edition")
    except (OSError, ValueError, AttributeError):
        if _is_free(port):
            return False
        edition = None
    if edition != _EDITION:
        other = f"LocalStack ({edition})" if edition else "another program"
        raise DeploymentError(
            f"port {port}",
            f"expected it to be free or a simulator's, got {other}",
            "--port NUMBER takes another one; --target localstack deploys to LocalStack",
        )
    return True


def ensure(target: Target, port: int, *, speed: str | None, say: Callable[[str], None]) -> Served:
    """The port, started unless it runs. What an earlier one held is forgotten with it."""
    before = noted(target.state_folder)
    if is_ready(port):
        served = before if before is not None and before.port == port else Served(port, None)
    else:
        # nothing is kept by a port that ended, so its state tells of what is gone
        target.state_file.unlink(missing_ok=True)
        served = Served(port, _start(target, port, speed))
        destroy = "python -m simulator destroy --target local"
        say(
            f"started the local port {port}; what it lacks is told in {log_of(target)}; {destroy}"
            " ends it"
        )
    target.state_folder.mkdir(parents=True, exist_ok=True)
    text = json.dumps({"port": served.port, "pid": served.pid}) + "\n"
    (target.state_folder / "port.json").write_text(text, encoding="utf-8")
    return served


def stop(served: Served) -> bool:
    """End the port's process where it is ours; whether there was one."""
    if served.pid is None or not _is_serving(served.pid):
        return False
    os.kill(served.pid, signal.SIGTERM)
    limit = time.monotonic() + _STOP_SECONDS
    while _is_serving(served.pid):
        if time.monotonic() > limit:
            os.kill(served.pid, signal.SIGKILL)
            break
        _reap(served.pid)
        time.sleep(_LOOK_SECONDS)
    return True


def log_of(target: Target) -> Path:
    """Where a port that was started here writes."""
    return target.state_folder / "port.log"


def _start(target: Target, port: int, speed: str | None) -> int:
    log = log_of(target)
    log.parent.mkdir(parents=True, exist_ok=True)
    command = [sys.executable, "-m", "simulator", "serve", "--port", str(port), "--region", REGION]
    command += ["--project", str(target.project)]
    if speed is not None:
        command += ["--speed", speed]
    with log.open("w", encoding="utf-8") as stream:
        # a group of its own: Ctrl-C that ends Terraform must not end the account below it
        process = subprocess.Popen(  # noqa: S603 - this Python, with arguments of ours
            command,
            env=nobodys_environment(),
            stdin=subprocess.DEVNULL,
            stdout=stream,
            stderr=stream,
            start_new_session=True,
        )
    _STARTED.append(process)
    is_started = False
    try:
        is_started = _wait_for(process, port)
    finally:
        # Ctrl-C, too, leaves none that nobody knows of
        if not is_started and process.poll() is None:
            process.kill()
    if is_started:
        return process.pid
    told = "".join(log.read_text("utf-8").splitlines(keepends=True)[-_LOG_LINES:]).strip()
    raise DeploymentError("python -m simulator serve", f"expected it to start, got: {told}")


def _wait_for(process: subprocess.Popen[bytes], port: int) -> bool:
    """Whether the process answers in time."""
    limit = time.monotonic() + _START_SECONDS
    while process.poll() is None and time.monotonic() < limit:
        if is_ready(port):
            return True
        time.sleep(_LOOK_SECONDS)
    return False


def _is_free(port: int) -> bool:
    with socket.socket() as probe:
        # as the port's own socket does: one that was closed a moment ago is free
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True


def _is_serving(pid: int) -> bool:
    """Whether the process is there and still ours: a number is given away again."""
    _reap(pid)
    command = _command_of(pid)
    return "simulator" in command and "serve" in command


def _reap(pid: int) -> None:
    """A child that has ended stays listed until somebody asks."""
    for process in _STARTED:
        if process.pid == pid and process.poll() is not None:
            _STARTED.remove(process)
            return


def _command_of(pid: int) -> str:
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode()
    except OSError:
        if Path("/proc/self").exists():
            return ""
    told = subprocess.run(  # noqa: S603 - a number
        ["ps", "-o", "command=", "-p", str(pid)],  # noqa: S607 - wherever the system has it
        capture_output=True,
        encoding="utf-8",
        check=False,
    )
    return told.stdout


def port_of(endpoint: str) -> int:
    """The port's number in an endpoint."""
    return urlsplit(endpoint).port or 80
