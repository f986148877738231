"""Loads the corpus, and gives all cases one warehouse."""

from __future__ import annotations

import importlib.util
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest


def fidelity_module() -> ModuleType:
    """`fidelity.py` beside this file: tests are no package."""
    name = "corpus_fidelity"
    if name not in sys.modules:
        spec = importlib.util.spec_from_file_location(name, Path(__file__).with_name("fidelity.py"))
        assert spec is not None
        assert spec.loader is not None
        sys.modules[name] = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(sys.modules[name])
    return sys.modules[name]


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    if "case" in metafunc.fixturenames:
        cases = fidelity_module().load()
        metafunc.parametrize("case", cases, ids=[case.name for case in cases])


@pytest.fixture(scope="session")
def fidelity() -> ModuleType:
    return fidelity_module()


# A module's, since tests of the server end it, with whatever lives on it.
@pytest.fixture(scope="module")
def bench(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    made = fidelity_module().Bench(tmp_path_factory.mktemp("corpus"))
    yield made
    made.close()
