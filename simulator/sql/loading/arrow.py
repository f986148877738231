"""pyarrow, which is an extra: files of columns, and what packs like zstd."""

from __future__ import annotations

import importlib
import io
from typing import Any

from simulator.sql.errors import NotSupported


def arrow_module(name: str, what: str) -> Any:
    """A module of pyarrow, which is an extra."""
    try:
        return importlib.import_module(name)
    except ImportError:
        raise NotSupported(what, "pip install 'asl-simulator[parquet]'") from None


def read_table(content: bytes, file_format: str, what: str) -> Any:
    """The table in a Parquet or ORC file. Raises OSError or ValueError for what is none."""
    module = arrow_module(f"pyarrow.{file_format}", what)
    return module.read_table(io.BytesIO(content))
