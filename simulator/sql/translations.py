"""Translations kept on disk, keyed by a statement's text and the translator's version.

Parsing with sqlglot costs 4 ms a statement and a quarter of a second to import; a text that was
seen before costs a small file. Parallel processes may write the same one: each is written under a
temporary name and renamed. Refusals are not kept.
"""

from __future__ import annotations

import functools
import hashlib
import json
import os
import tempfile
from collections.abc import Mapping
from importlib.util import find_spec
from pathlib import Path

from simulator.sql.postgres.binaries import cache_folder
from simulator.sql.translation import Translation, from_json, to_json

# Modules that run translations and make none: a change in them leaves what is kept as it is.
_OTHERS = frozenset(
    ("__init__", "arrow", "binaries", "calling", "catalog", "compression", "concurrency", "copying",
     "cursors", "exchange", "frame", "isolation", "json_records", "lake", "ledger", "load_files",
     "load_records", "locks", "messages", "outcome", "plans", "pool", "results", "running",
     "server", "session", "statements", "storage", "text_records", "transaction", "translations",
     "warehouse", "wording")
)  # fmt: skip
_known: dict[str, Translation] = {}


def translate(
    text: str,
    columns: Mapping[str, list[str]] | None = None,
    *,
    exact: bool = False,
    used: str = "",
) -> Translation:
    """The translation of a statement, from memory, disk or the dialect; `columns` are those of the
    tables that a translation with the action "describe" names, `exact` says whether quoted names
    keep their case, `used` the database in use where the statement names others. Raises
    SqlError."""
    key = text if columns is None else f"{text}\x00{json.dumps(columns, sort_keys=True)}"
    if exact:
        key = f"\x00{key}"
    if used:
        key = f"\x01{used}\x01{key}"
    found = _known.get(key)
    if found is None:
        path = _path(key)
        found = _read(path)
        if found is None:
            # The dialect loads sqlglot.
            from simulator.sql import dialect, lexer

            with lexer.exact_names(exact=exact):
                found = dialect.translate(text, columns, used)
            _write(path, found)
        _known[key] = found
    return found


def forget() -> None:
    """Drops what is kept in memory, and looks for the folder anew."""
    _folder.cache_clear()
    _known.clear()


def version() -> str:
    """A hash of the translator's own sources and of sqlglot's version."""
    here = Path(__file__).parent
    digest = hashlib.sha256()
    for path in sorted(here.rglob("*.py")):
        if path.stem not in _OTHERS:
            digest.update(path.read_bytes())
    spec = find_spec("sqlglot")
    if spec is not None and spec.origin is not None:
        version_file = Path(spec.origin).parent / "_version.py"
        digest.update(version_file.read_bytes() if version_file.exists() else b"")
    return digest.hexdigest()[:16]


@functools.cache
def _folder() -> Path:
    return cache_folder() / f"translations-{version()}"


def _path(text: str) -> Path:
    return _folder() / f"{hashlib.sha256(text.encode()).hexdigest()}.json"


def _read(path: Path) -> Translation | None:
    try:
        return from_json(json.loads(path.read_text(encoding="utf-8")))
    except (OSError, ValueError, TypeError, KeyError):
        return None


def _write(path: Path, translation: Translation) -> None:
    """Keeps it; a cache that can't be written costs time, never a run."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, made = tempfile.mkstemp(dir=path.parent, prefix="making-")
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            json.dump(to_json(translation), file)
        Path(made).replace(path)
    except OSError:
        return
