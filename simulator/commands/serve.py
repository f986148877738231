"""`serve`: a simulated AWS account on a port, until it is told to end."""

from __future__ import annotations

import errno
import os
import signal
import socket
import sys
import threading  # noqa: TID251 - the main thread waits for a signal
from argparse import Namespace
from datetime import UTC, datetime
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from simulator import project
from simulator.commands import terminal
from simulator.commands.errors import UsageError
from simulator.deployment.targets import nobodys_environment
from simulator.engine.quotas import Quotas
from simulator.engine.timing import Timing
from simulator.project import Project


def run(options: Namespace) -> int:
    """Say where it listens on stdout; 0 when SIGTERM or Ctrl-C ended it."""
    environment = nobodys_environment()
    # moto asks boto3 for a session, which wants the profile that the user has named
    os.environ.clear()
    os.environ.update(environment)
    if find_spec("moto") is None:
        raise UsageError(
            "serve",
            "expected the package moto, found none",
            "pip install 'asl-simulator[server]' brings what the port needs",
        )
    from simulator.server.account import Account
    from simulator.server.owner import Owner
    from simulator.server.port import Port

    settings = _settings(options.project)
    ended = threading.Event()
    for name in (signal.SIGTERM, signal.SIGINT):
        signal.signal(name, lambda *_: ended.set())

    def make() -> Account:
        return Account(terminal.say, region=options.region, **_simulation(options, settings))

    owner = Owner(make, speed=options.speed)
    owner.start()
    try:
        port = _listening(Port, owner, options)
        port.start()
        host, number = port.address
        sys.stdout.write(f"simulator ready on http://{host}:{number}\n")
        sys.stdout.flush()
        ended.wait()
        port.stop()
    finally:
        owner.stop()
    return 0


def _settings(given: Path | None) -> Project | None:
    """What the port takes times, quotas, seed and start from; nothing where no project is."""
    return None if given is None else project.read(project.find(given))


def _simulation(options: Namespace, settings: Project | None) -> dict[str, Any]:
    """What the simulator is made with."""
    start = options.start_time or (settings.run.start_time if settings else None)
    if start is None and options.speed is not None:
        # who waits in real time expects today's date
        start = datetime.now(UTC)  # noqa: TID251 - the port in real time
    figures: dict[str, Any] = {"start_time": start}
    if settings is not None:
        figures["seed"] = settings.run.seed
        figures["timing"] = project.figures(Timing, settings, "timing")
        figures["quotas"] = project.figures(Quotas, settings, "quotas")
    return figures


def _listening(port: Any, owner: Any, options: Namespace) -> Any:
    try:
        return port(owner, host=options.host, port=options.port, region=options.region)
    except socket.gaierror as error:
        raise UsageError(
            "--host", f"expected an address of this machine, got {options.host!r}: {error.strerror}"
        ) from None
    except OSError as error:
        if error.errno == errno.EADDRNOTAVAIL:
            raise UsageError(
                "--host", f"expected an address of this machine, got {options.host!r}"
            ) from None
        raise UsageError(
            "--port",
            f"expected a free port, got {options.port}: {error.strerror}",
            "another one may run there already; --port 0 finds a free one",
        ) from None
