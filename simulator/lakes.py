"""Fills the folders that stand for buckets, before a run needs them.

A folder is filled by its `[lake.BUCKET] fill` when it is missing or empty, or when `fill` made it
with other options (or by other code) before. What made it is noted outside of it, under
`.simulator/`; a folder with data and no such note is the user's own and is left alone. A bucket
without a folder is empty.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
from collections.abc import Callable
from pathlib import Path

from simulator import loader
from simulator.project import LakeSettings, Project, ProjectError
from simulator.project.sections import shown


def fill_lakes(project: Project, say: Callable[[str], None] = lambda _text: None) -> None:
    """See that every lake folder holds data. Raises `ProjectError` naming the `[lake]` entry."""
    for lake in project.lake.values():
        note = project.state_folder / "lakes" / f"{lake.bucket}.json"
        if not _is_ready(lake, note):
            _fill(lake, note, say)


def _is_ready(lake: LakeSettings, note: Path) -> bool:
    if lake.fill is None and (lake.is_empty or lake.folder.is_dir()):
        return True
    if not lake.folder.is_dir() or not any(lake.folder.iterdir()):
        return False
    return lake.fill is None or not note.is_file() or note.read_text("utf-8") == _recipe(lake)


def _fill(lake: LakeSettings, note: Path, say: Callable[[str], None]) -> None:
    if lake.fill is None:
        raise ProjectError(
            lake.where,
            f"expected a folder {shown(lake.folder)}, got nothing there",
            "put the bucket's objects there, or name what makes them: fill = 'file.py:function'; "
            "a bucket that is empty at first needs no folder",
        )
    options = ", ".join(f"{key}={value!r}" for key, value in lake.options.items())
    say(f"filling lake {lake.bucket} in {shown(lake.folder)} by {lake.fill}({options})")
    # made aside and moved in when whole: neither a crash nor a second process leaves half a lake
    aside = lake.folder.with_name(f"{lake.folder.name}.{os.getpid()}")
    shutil.rmtree(aside, ignore_errors=True)
    aside.mkdir(parents=True)
    try:
        loader.call(lake.fill, aside, **lake.options)
        if not any(aside.iterdir()):
            raise ProjectError(lake.fill.where, f"expected {lake.fill} to write files, got none")
        if not _is_ready(lake, note):
            _move_in(lake, aside, note)
    finally:
        shutil.rmtree(aside, ignore_errors=True)


def _move_in(lake: LakeSettings, aside: Path, note: Path) -> None:
    old = aside.with_name(f"{aside.name}.old")
    if lake.folder.exists():
        lake.folder.rename(old)
    # the note comes first: whoever sees the folder then sees what made it
    note.parent.mkdir(parents=True, exist_ok=True)
    written = note.with_name(f"{note.name}.{os.getpid()}")
    written.write_text(_recipe(lake), "utf-8")
    written.replace(note)
    try:
        aside.rename(lake.folder)
    except OSError:
        # another process was faster: what it moved in is as good
        if not _is_ready(lake, note):
            raise
    shutil.rmtree(old, ignore_errors=True)


def _recipe(lake: LakeSettings) -> str:
    assert lake.fill is not None
    code = hashlib.sha256(lake.fill.file.read_bytes()).hexdigest()
    recipe = {"fill": str(lake.fill), "code": code, "options": lake.options}
    return json.dumps(recipe, sort_keys=True, default=str)
