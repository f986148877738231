"""The process's one PostgreSQL: started at first use on a unix socket, gone with the process.

Two things end it when the process is killed: Linux's parent-death signal, within milliseconds, and
everywhere a watching shell on a pipe, which also removes the run folder. What even that leaves
behind (both were killed) is swept at the next start: a run folder belongs to whoever holds its
lock. A DSN in ASL_SIMULATOR_DSN (of a superuser, on PostgreSQL 18) replaces all of it.
"""

from __future__ import annotations

import atexit
import contextlib
import fcntl
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import threading  # noqa: TID251 - the parent-death signal is the starting thread's
import time  # noqa: TID251 - waiting for a real process to come up
import warnings
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any

from simulator.sql.errors import ServerError
from simulator.sql.overlay.whole import OVERLAY
from simulator.sql.postgres import binaries
from simulator.sql.system.called import SHOWN, SYSTEM
from simulator.sql.system.catalog_tables import CATALOG_TABLES
from simulator.sql.system.listed import LISTED, VIEW_TEXTS
from simulator.sql.system.views import SYSTEM_VIEWS

# sun_path holds 108 bytes on Linux and 104 on macOS, with the closing zero
SOCKET_PATH_LIMIT = 103
SOCKET_NAME = ".s.PGSQL.5432"
RUN_PREFIX = "asl-simulator-"
TEMPLATE = "asl_template"
_TEMPLATE_TEXT = OVERLAY + SYSTEM + VIEW_TEXTS + SYSTEM_VIEWS + SHOWN + LISTED + CATALOG_TABLES
START_LIMIT_SECONDS = 30.0
KEPT_SECONDS = 14 * 24 * 3600
WANTED_BYTES = 256 * 1024 * 1024

# $1 the server's process id, $2 the folder; `read` returns when the last writer of the pipe is gone
WATCHER = """
trap '' INT TERM HUP QUIT
read _ignored
kill -QUIT "$1" 2>/dev/null
i=0
while [ $i -lt 100 ] && kill -0 "$1" 2>/dev/null; do sleep 0.02; i=$((i+1)); done
for folder in "$2" "$3"; do rm -rf "$folder"; done
"""


@dataclass(slots=True)
class Server:
    """A running PostgreSQL. `address` are psycopg's connection parameters without database."""

    address: dict[str, Any]
    process: subprocess.Popen[bytes] | None = None
    folder: Path | None = None
    sockets: Path | None = None
    owner: int = field(default_factory=os.getpid)
    starter: threading.Thread = field(default_factory=threading.current_thread)
    _held: list[IO[Any]] = field(default_factory=list)

    def stop(self) -> None:
        """Ends the server. Its data is thrown away, so nothing is written down first."""
        if self.process is None or self.owner != os.getpid():
            return
        with contextlib.suppress(ProcessLookupError):
            self.process.send_signal(signal.SIGQUIT)
        self.process.wait()
        self.process = None
        for folder in (self.folder, self.sockets):
            if folder is not None:
                shutil.rmtree(folder, ignore_errors=True)
        for held in self._held:
            held.close()


_current: Server | None = None


def current() -> Server:
    """The process's server, started now if it does not run yet."""
    global _current  # noqa: PLW0603 - one for each process
    if _current is not None and _current.process and not _current.starter.is_alive():
        # Linux has ended it with the thread that started it
        shutdown()
    if _current is None or _current.owner != os.getpid():
        dsn = os.environ.get("ASL_SIMULATOR_DSN")
        _current = _from_dsn(dsn) if dsn else start()
        atexit.register(_current.stop)
    return _current


def shutdown() -> None:
    """Stops the process's server; the next use starts another."""
    global _current  # noqa: PLW0603 - one for each process
    if _current is not None:
        _current.stop()
        atexit.unregister(_current.stop)
        _current = None


def _from_dsn(dsn: str) -> Server:
    import psycopg
    from psycopg.conninfo import conninfo_to_dict

    address: dict[str, Any] = {
        key: value for key, value in conninfo_to_dict(dsn).items() if key != "dbname"
    }
    with psycopg.connect(dsn, autocommit=True) as connection:
        found = connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", (TEMPLATE,))
        if found.fetchone() is None:
            connection.execute(f"CREATE DATABASE {TEMPLATE} TEMPLATE template0 ENCODING 'UTF8'")
    with psycopg.connect(**{**address, "dbname": TEMPLATE}, autocommit=True) as connection:
        # A template of an older simulator has older functions.
        connection.execute("BEGIN; DROP SCHEMA IF EXISTS redshift CASCADE")
        connection.execute(_TEMPLATE_TEXT)
        connection.execute("COMMIT")
    return Server(address=address)


def start(*, watch_only: bool = False) -> Server:
    """Starts a PostgreSQL of this process's own, from the prepared data directory.

    `watch_only` leaves the parent-death signal out, as on systems that lack it.
    """
    sweep()
    source = binaries.installation()
    prepared = prepared_data(source)
    user = binaries.server_user()
    folder, lock = _run_folder(user)
    try:
        data = folder / "data"
        binaries.copy_folder(prepared, data)
        runnable = binaries.runnable_copy(source, user, folder)
        sockets = _socket_folder(folder, user)
        process = _launch(runnable, data, sockets, user, _death_signal(watch_only=watch_only))
    except BaseException:
        shutil.rmtree(folder, ignore_errors=True)
        raise
    own_sockets = None if sockets.is_relative_to(folder) else sockets
    pipe = _watch(process.pid, folder, own_sockets or folder)
    address = {"host": str(sockets), "port": 5432, "user": "postgres"}
    server = Server(address, process, folder, own_sockets, _held=[lock, pipe])
    try:
        _wait_until_ready(process, data)
    except BaseException:
        server.stop()
        raise
    return server


def prepared_data(source: Path) -> Path:
    """The cached data directory with the overlay in its template; made when it is missing."""
    key = binaries.prepared_key(source, _TEMPLATE_TEXT)
    cached = binaries.cache_folder() / f"postgres-{key}"
    if cached.is_dir():
        os.utime(cached)
        return cached
    cached.parent.mkdir(parents=True, exist_ok=True)
    user = binaries.server_user()
    folder, lock = _run_folder(user)
    try:
        runnable = binaries.runnable_copy(source, user, folder)
        data = folder / "data"
        data.mkdir(mode=0o700)
        binaries.own(data, user)
        binaries.initialize(runnable, data, user)
        sockets = _socket_folder(folder, user)
        process = _launch(runnable, data, sockets, user, _death_signal(watch_only=False))
        try:
            _wait_until_ready(process, data)
            _prepare_template({"host": str(sockets), "port": 5432, "user": "postgres"})
        finally:
            process.send_signal(signal.SIGINT)
            process.wait()
        made = Path(tempfile.mkdtemp(prefix="making-", dir=cached.parent))
        binaries.copy_folder(data, made / "data")
        os.utime(made / "data")
        binaries.publish(made / "data", cached)
        _drop_unused(cached.parent)
        shutil.rmtree(made, ignore_errors=True)
    finally:
        shutil.rmtree(folder, ignore_errors=True)
        lock.close()
    return cached


def _drop_unused(folder: Path) -> None:
    """Removes data directories of other versions that no start has used for a while."""
    for path in folder.glob("postgres-*"):
        with contextlib.suppress(OSError):
            if path.stat().st_mtime < time.time() - KEPT_SECONDS:
                shutil.rmtree(path, ignore_errors=True)


def _prepare_template(address: dict[str, Any]) -> None:
    import psycopg

    with psycopg.connect(**address, dbname="postgres", autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {TEMPLATE} TEMPLATE template0")
    with psycopg.connect(**address, dbname=TEMPLATE, autocommit=True) as connection:
        connection.execute(_TEMPLATE_TEXT)
        connection.execute("VACUUM FULL")
    with psycopg.connect(**address, dbname="postgres", autocommit=True) as connection:
        # each is 7 MB that every start would copy
        connection.execute("UPDATE pg_database SET datistemplate = false")
        connection.execute("DROP DATABASE template0")
        connection.execute("DROP DATABASE template1")
        connection.execute("CHECKPOINT")


def _run_folder(user: int | None) -> tuple[Path, IO[Any]]:
    """A folder for this run, and the lock that says it is in use."""
    candidates = binaries.working_folders()
    roomy = [one for one in candidates if binaries.has_room(one, WANTED_BYTES)]
    if not candidates:
        raise ServerError("run folder: expected a writable temporary folder, found none")
    parent = (roomy or candidates)[0]
    for _attempt in range(10):
        folder = Path(tempfile.mkdtemp(prefix=RUN_PREFIX, dir=parent))
        # The server's user must walk through; socket and data have modes of their own.
        folder.chmod(0o711 if user is not None else 0o700)
        lock = (folder / "lock").open("w")
        fcntl.flock(lock, fcntl.LOCK_EX)
        # A sweeper may have come between the last two lines.
        if (folder / "lock").exists():
            return folder, lock
        lock.close()
    raise ServerError(f"run folder: expected to keep one in {parent}, got each swept away")


def _socket_folder(folder: Path, user: int | None) -> Path:
    """Where the socket lives: in the run folder, or elsewhere where that path is too long."""
    sockets = folder / "s"
    if len(os.fsencode(sockets / SOCKET_NAME)) > SOCKET_PATH_LIMIT:
        sockets = _short_folder()
    else:
        sockets.mkdir(mode=0o700)
    binaries.own(sockets, user)
    return sockets


def _short_folder() -> Path:
    for parent in binaries.working_folders():
        if len(os.fsencode(parent)) + len(RUN_PREFIX) + len(SOCKET_NAME) + 12 < SOCKET_PATH_LIMIT:
            return Path(tempfile.mkdtemp(prefix=RUN_PREFIX, dir=parent))
    raise ServerError(f"socket: expected a folder whose path is under {SOCKET_PATH_LIMIT} bytes")


def _death_signal(*, watch_only: bool) -> Callable[[], None] | None:
    """What the child does before it becomes PostgreSQL: asks for a signal when its parent dies."""
    if watch_only or sys.platform != "linux":
        return None
    import ctypes

    libc = ctypes.CDLL(None, use_errno=True)
    parent = os.getpid()

    def ask_for_signal() -> None:
        libc.prctl(1, signal.SIGQUIT)  # PR_SET_PDEATHSIG
        if os.getppid() != parent:
            os._exit(1)

    return ask_for_signal


def _launch(
    runnable: Path, data: Path, sockets: Path, user: int | None, before: Callable[[], None] | None
) -> subprocess.Popen[bytes]:
    # Each copy is started by a new postmaster: the pid file of the one that made it is gone.
    command = [str(runnable / "bin" / "postgres"), "-D", str(data), "-k", str(sockets)]
    with warnings.catch_warnings(), (data.parent / "log").open("wb") as log:
        # Python 3.12 warns of fork beside threads; the child only asks for a signal and execs.
        warnings.simplefilter("ignore", DeprecationWarning)
        return subprocess.Popen(  # noqa: S603 - our own binary and arguments
            command,
            user=user,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            cwd="/",
            env={"LC_ALL": "C", "TZ": "UTC"},
            # Ctrl-C on the terminal is for the simulation, which then ends the server.
            start_new_session=True,
            preexec_fn=before,  # noqa: PLW1509 - it asks for a signal only
        )


def _watch(pid: int, folder: Path, sockets: Path) -> IO[Any]:
    watcher = subprocess.Popen(  # noqa: S603 - our own binary and arguments
        ["/bin/sh", "-c", WATCHER, "asl-simulator-watcher", str(pid), str(folder), str(sockets)],
        stdin=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        cwd="/",
        start_new_session=True,
    )
    assert watcher.stdin is not None
    # It outlives us on purpose; nobody waits for it.
    watcher.returncode = 0
    return watcher.stdin


def _wait_until_ready(process: subprocess.Popen[bytes], data: Path) -> None:
    deadline = time.monotonic() + START_LIMIT_SECONDS
    state = data / "postmaster.pid"
    while time.monotonic() < deadline:
        with contextlib.suppress(OSError):
            lines = state.read_text().splitlines()
            if len(lines) > 7 and lines[7].strip() == "ready":
                return
        if process.poll() is not None:
            said = (data.parent / "log").read_text(errors="replace").strip()
            raise ServerError(f"postgres: expected it to start, got {said or process.returncode}")
        time.sleep(0.001)
    raise ServerError(f"postgres: expected it to start within {START_LIMIT_SECONDS:.0f} s")


def sweep() -> None:
    """Removes run folders whose process is gone, and a server that may still run in one."""
    for parent in dict.fromkeys(binaries.working_folders()):
        for folder in parent.glob(f"{RUN_PREFIX}*"):
            with contextlib.suppress(OSError):
                _sweep_one(folder)


def _sweep_one(folder: Path) -> None:
    if folder.stat().st_uid != os.geteuid() or not (folder / "lock").exists():
        return
    with (folder / "lock").open("r+") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return
        pid_file = folder / "data" / "postmaster.pid"
        if pid_file.exists():
            _kill_server(int(pid_file.read_text().split("\n", 1)[0]), folder)
        shutil.rmtree(folder, ignore_errors=True)


def _kill_server(pid: int, folder: Path) -> None:
    """Ends a left-over server, after making sure that the process is one of that folder."""
    asked = ["ps", "-ww", "-o", "args=", "-p", str(pid)]
    shown = subprocess.run(asked, capture_output=True, text=True, check=False)  # noqa: S603 - our own binary and arguments
    if str(folder) in shown.stdout:
        os.kill(pid, signal.SIGQUIT)
