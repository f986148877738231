"""What tests of several rooms share: the project's root, and one clean run of the pipeline."""

from __future__ import annotations

import functools
import gc
import pathlib
import re
from collections.abc import Iterator
from typing import Any

import pytest

from simulator import Execution, Simulator


def pytest_collection_finish() -> None:
    """What collecting made stays to the end: the collector need not walk through it ever again,
    which is a seventh of what quick tests cost."""
    gc.collect()
    gc.freeze()


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The long ones come first: at the end one would keep its worker while the others idle."""
    items.sort(key=lambda item: item.get_closest_marker("long") is None)


ROOT = pathlib.Path(__file__).resolve().parents[1]


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Any:
    """Tests of a group run on one worker, which makes what they share once.

    xdist 3.8 writes a test's group into its id, which pytest 9.2 doesn't let it: so the mark is
    read off the file here, where it stands for all of it.
    """
    if config.getvalue("dist") != "loadgroup":
        return None
    from xdist.scheduler import LoadScopeScheduling

    @functools.cache
    def group_of(file: str) -> str | None:
        found = re.search(r'xdist_group\("(\w+)"\)', (config.rootpath / file).read_text("utf-8"))
        return found and found[1]

    class Groups(LoadScopeScheduling):
        def _split_scope(self, nodeid: str) -> str:
            return group_of(nodeid.partition("::")[0]) or nodeid

    return Groups(config, log)


@pytest.fixture(scope="session")
def root() -> pathlib.Path:
    """The checkout's root, where simulator.toml is."""
    return ROOT


@pytest.fixture(scope="session")
def clean_run() -> Iterator[tuple[Simulator, Execution]]:
    """The Store Sales pipeline after one run with its default input. Read it, don't change it."""
    with Simulator.from_project(ROOT) as simulator:
        execution = simulator.start()
        simulator.run()
        yield simulator, execution
