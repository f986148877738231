"""A function's warm container: its variables, import path, working folder, modules and logging.

An environment changes hands with the actor that runs in it. Modules found in its own folders
belong to it alone: source is compiled once in the process and executed once for each environment,
so two functions may both be `index.py` with a different `utils.py`, imported late too. Everything
else (the standard library, installed packages) is shared with the process, as boto3 is.
"""

from __future__ import annotations

import functools
import importlib.machinery
import logging
import os
import sys
import sysconfig
import time  # noqa: TID251 - Lambda's log format shows gmtime
from collections.abc import Callable, Mapping, Sequence
from importlib.abc import MetaPathFinder
from pathlib import Path
from types import CodeType, ModuleType
from typing import Any

from simulator.services.handlers import virtual_time

# What AWS's own credentials and profiles look like in the environment: none of the host's is seen.
_HIDDEN_PREFIXES = ("AWS_", "BOTO_", "_X_AMZN_")

# Lambda's local time is UTC; where the host's is too, nothing is to be switched.
_IS_UTC_HOST = time.timezone == 0 and not time.daylight
_HOST_ZONE = ":UTC" if _IS_UTC_HOST else os.environ.get("TZ", "")

_code: dict[str, tuple[int, int, CodeType]] = {}


class Environment:
    """What one warm container holds. `enter` and `leave` frame each time that its code runs."""

    def __init__(
        self,
        variables: Mapping[str, str],
        folders: Sequence[Path] = (),
        *,
        working_folder: Path | None = None,
    ) -> None:
        self.folders = tuple(str(folder) for folder in folders)
        self.request_id = ""
        self.log_stream_name = ""
        # found once in each environment: what the handler text names
        self.handler: Callable[..., Any] | None = None
        self.last_used_ms = 0
        self._variables = _encoded(variables)
        self._working_folder = str(working_folder) if working_folder else None
        self._zone = variables.get("TZ", _HOST_ZONE)
        self._path = [*self.folders, *_installed_paths(tuple(sys.path))] if folders else None
        self._modules: dict[str, ModuleType] = {}
        self._names: set[str] = set()
        self._own_roots = frozenset(_roots(folders))
        self._logging = _FreshLogging(self) if folders else None
        # boto3's default session holds the credentials of whoever made it
        self._session: Any = None
        self._session_key = _session_key(variables)

    def enter(self) -> None:
        """Put its surroundings in place of the process's."""
        environ: Any = os.environ
        self._outer_variables, environ._data = environ._data, self._variables
        if self._working_folder is not None:
            self._outer_folder = os.getcwd()  # noqa: PTH109 - a switch takes microseconds
            os.chdir(self._working_folder)
        if self._path is not None:
            self._outer_path, sys.path = sys.path, self._path
            self._outer_environment = _current.environment
            _current.environment = self
            self._hidden = self._hide_namesakes()
            sys.modules.update(self._modules)
        # Environments with the same AWS settings share one, as none of them sees another's keys;
        # making a session and its first client takes longer than most simulations.
        self._outer_session = _exchange_session(self._session or _sessions.get(self._session_key))
        if self._logging is not None:
            self._logging.swap()
        if self._zone != _HOST_ZONE:
            _set_zone(self._zone)

    def leave(self) -> None:
        """Put back what `enter` found."""
        if self._zone != _HOST_ZONE:
            _set_zone(_HOST_ZONE)
        self._session = _exchange_session(self._outer_session)
        if self._session is not None and "boto3" not in self._own_roots:
            _sessions.setdefault(self._session_key, self._session)
        if self._logging is not None:
            self._logging.swap()
        if self._path is not None:
            modules = sys.modules
            self._modules = {name: modules.pop(name) for name in self._names if name in modules}
            modules.update(self._hidden)
            self._path, sys.path = sys.path, self._outer_path
            _current.environment = self._outer_environment
        if self._working_folder is not None:
            self._working_folder = os.getcwd()  # noqa: PTH109 - as above
            os.chdir(self._outer_folder)
        environ: Any = os.environ
        self._variables, environ._data = environ._data, self._outer_variables

    def find_spec(self, fullname: str) -> importlib.machinery.ModuleSpec | None:
        """The spec of a module in its own folders; it belongs to this environment from then on."""
        root, _, rest = fullname.partition(".")
        if root not in self._own_roots:
            return None
        if rest:
            package = sys.modules.get(fullname.rpartition(".")[0])
            path = getattr(package, "__path__", None)
        else:
            path = self.folders
        spec = importlib.machinery.PathFinder.find_spec(fullname, path)
        if spec is None:
            return None
        self._names.add(fullname)
        if isinstance(spec.loader, importlib.machinery.SourceFileLoader):
            spec.loader = _OnceCompiled(spec.loader.name, spec.loader.path)
        return spec

    def _hide_namesakes(self) -> dict[str, ModuleType]:
        modules = sys.modules
        roots = {root for root in self._own_roots if root in modules}
        if not roots:
            return {}
        names = [name for name in modules if name.partition(".")[0] in roots]
        return {name: modules.pop(name) for name in names}


class _OnceCompiled(importlib.machinery.SourceFileLoader):
    """Compiles a file once for all environments, and writes no `__pycache__` beside it."""

    is_of_environment = True

    def get_code(self, fullname: str) -> CodeType:
        status = Path(self.path).stat()
        known = _code.get(self.path)
        if known is not None and known[:2] == (status.st_mtime_ns, status.st_size):
            return known[2]
        code: CodeType = compile(
            Path(self.path).read_bytes(), self.path, "exec", dont_inherit=True, optimize=0
        )
        _code[self.path] = (status.st_mtime_ns, status.st_size, code)
        return code

    def exec_module(self, module: ModuleType) -> None:
        super().exec_module(module)
        for hook in _after_import.get(module.__name__, ()):
            hook(module)


class _Current:
    environment: Environment | None = None


_current = _Current()
_after_import: dict[str, list[Callable[[ModuleType], None]]] = {}


class _Finder(MetaPathFinder):
    """First on `sys.meta_path`: the current environment's own modules, and import hooks."""

    def find_spec(
        self,
        fullname: str,
        path: Any,
        target: Any = None,
    ) -> importlib.machinery.ModuleSpec | None:
        environment = _current.environment
        if environment is not None:
            spec = environment.find_spec(fullname)
            if spec is not None:
                return spec
        if fullname not in _after_import:
            return None
        spec = importlib.machinery.PathFinder.find_spec(fullname, path)
        if spec is not None and isinstance(spec.loader, importlib.machinery.SourceFileLoader):
            spec.loader = _Hooked(spec.loader.name, spec.loader.path)
        return spec


class _Hooked(importlib.machinery.SourceFileLoader):
    def exec_module(self, module: ModuleType) -> None:
        super().exec_module(module)
        for hook in _after_import[module.__name__]:
            hook(module)


_finder = _Finder()


def install() -> None:
    """Put the finder in its place, once for the process."""
    if _finder not in sys.meta_path:
        sys.meta_path.insert(0, _finder)


def after_import(name: str, hook: Callable[[ModuleType], None]) -> None:
    """Call `hook(module)` whenever a module of this name is loaded, now if it already is."""
    install()
    _after_import.setdefault(name, []).append(hook)
    if name in sys.modules:
        hook(sys.modules[name])


def host_variables() -> dict[str, str]:
    """The process's variables without anything that names an AWS account."""
    return {
        name: value for name, value in os.environ.items() if not name.startswith(_HIDDEN_PREFIXES)
    }


def bare_variables() -> dict[str, str]:
    """The few that a program needs to start, for functions as deployed: the rest is AWS's."""
    kept = ("PATH", "SYSTEMROOT", "TMPDIR", "HOME")
    return {name: os.environ[name] for name in kept if name in os.environ}


_sessions: dict[tuple[tuple[str, str], ...], Any] = {}


def _session_key(variables: Mapping[str, str]) -> tuple[tuple[str, str], ...]:
    # what of its variables a session reads
    return tuple(
        sorted(
            (name, value)
            for name, value in variables.items()
            if name.startswith("AWS_") and not name.startswith(("AWS_LAMBDA_", "AWS_EXECUTION_"))
        )
    )


def _exchange_session(session: Any) -> Any:
    boto3: Any = sys.modules.get("boto3")
    if boto3 is None:
        return None
    outer = getattr(boto3, "DEFAULT_SESSION", None)
    boto3.DEFAULT_SESSION = session
    return outer


def _set_zone(zone: str) -> None:
    # The C library reads the real environment, which handlers do not see.
    if zone:
        os.putenv("TZ", zone)
    else:
        os.unsetenv("TZ")
    time.tzset()


def _encoded(variables: Mapping[str, str]) -> dict[Any, Any]:
    environ: Any = os.environ
    return {
        environ.encodekey(name): environ.encodevalue(str(value))
        for name, value in variables.items()
    }


def _roots(folders: Sequence[Path]) -> set[str]:
    names = set()
    for folder in folders:
        if folder.is_dir():
            for entry in folder.iterdir():
                if entry.is_dir():
                    names.add(entry.name)
                elif entry.suffix in {".py", ".so", ".pyd"}:
                    names.add(entry.name.partition(".")[0])
    return names


@functools.lru_cache(maxsize=4)
def _installed_paths(import_path: tuple[str, ...]) -> tuple[str, ...]:
    # The folder that the simulator was started in is on the import path here and is not on AWS:
    # a handler must not find a module there that its package lacks.
    places = {
        str(Path(path).resolve())
        for name, path in sysconfig.get_paths().items()
        if name in {"stdlib", "platstdlib", "purelib", "platlib"}
    }
    kept = []
    for entry in import_path:
        resolved = Path(entry).resolve() if entry else None
        if resolved is None:
            continue
        if str(resolved) in places or str(resolved.parent) in places or resolved.suffix == ".zip":
            kept.append(entry)
    return tuple(kept)


class _FreshLogging:
    """A logging tree of its own, set up as Lambda's runtime does: the root writes to stdout."""

    def __init__(self, environment: Environment) -> None:
        self._root: logging.Logger = logging.RootLogger(logging.WARNING)
        self._manager = logging.Manager(self._root)
        handler = _ToStandardOutput()
        handler.setFormatter(
            _LambdaFormatter(
                "[%(levelname)s]\t%(asctime)s.%(msecs)03dZ\t%(aws_request_id)s\t%(message)s",
                "%Y-%m-%dT%H:%M:%S",
            )
        )
        handler.addFilter(lambda record: _stamp(record, environment))
        self._root.addHandler(handler)

    def swap(self) -> None:
        """Exchange it with the tree that is in place."""
        self._root, logging.root = logging.root, self._root
        logging.Logger.root = logging.root
        self._manager, logging.Logger.manager = logging.Logger.manager, self._manager


class _LambdaFormatter(logging.Formatter):
    converter = staticmethod(time.gmtime)


class _ToStandardOutput(logging.Handler):
    def emit(self, record: logging.LogRecord) -> None:
        sys.stdout.write(self.format(record) + "\n")


def _stamp(record: logging.LogRecord, environment: Environment) -> bool:
    record.aws_request_id = environment.request_id
    # made with the time that the handler sees; `created` is real where the clock was bound early
    actor = virtual_time.running()
    if actor is not None:
        record.created = actor.now_ms / 1000
        record.msecs = float(actor.now_ms % 1000)
    return True
