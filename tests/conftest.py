"""What tests of several rooms share: the project's root, and one clean run of the pipeline."""

from __future__ import annotations

import pathlib
from collections.abc import Iterator

import pytest

from simulator import Execution, Simulator

ROOT = pathlib.Path(__file__).resolve().parents[1]


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
