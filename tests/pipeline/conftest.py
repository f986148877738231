"""Loads the pipeline's files by path, as AWS and the simulator do: none of their folders is a
package."""

from __future__ import annotations

import importlib.util
import os
import sys
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[2]


def load(path: str, name: str) -> ModuleType:
    """The module in a file of the repository."""
    spec = importlib.util.spec_from_file_location(name, ROOT / path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    # dataclasses look their module up
    sys.modules[name] = module
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="session")
def oracle() -> ModuleType:
    return load("statemachine/oracle.py", "pipeline_oracle")


@pytest.fixture(scope="session")
def sample_lake() -> ModuleType:
    return load("statemachine/sample_lake.py", "pipeline_sample_lake")


@pytest.fixture(scope="session")
def make_lake(
    sample_lake: ModuleType, tmp_path_factory: pytest.TempPathFactory
) -> Callable[..., Path]:
    """Fills a folder, once for the same options."""
    made: dict[str, Path] = {}

    def make(**options: Any) -> Path:
        key = repr(sorted(options.items()))
        if key not in made:
            made[key] = tmp_path_factory.mktemp("lake")
            sample_lake.fill(made[key], **options)
        return made[key]

    return make


def load_function(folder: str) -> ModuleType:
    """A Lambda function's module; its client is made at import and needs a region."""
    os.environ.setdefault("AWS_DEFAULT_REGION", "us-east-1")
    return load(f"lambda/{folder}/index.py", f"pipeline_{folder}")


@pytest.fixture(scope="session")
def data_api_function() -> ModuleType:
    return load_function("redshift_data_api")


@pytest.fixture(scope="session")
def operations_function() -> ModuleType:
    return load_function("redshift_operations")
