"""A warehouse for each test, and short ways to run SQL in it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from simulator.sql.loading.lake import Lake
from simulator.sql.warehouse import Outcome, User, Warehouse

# 2024-01-09T10:00:00Z, the simulator's default start
NOW_MS = 1_704_794_400_000

USERS = (User("awsuser", superuser=True), User("analyst"), User("etl"))


class Desk:
    """Runs SQL in a warehouse: each call is a transaction of its own, at one moment."""

    def __init__(self, warehouse: Warehouse) -> None:
        self.warehouse = warehouse

    def run(
        self,
        *statements: str,
        parameters: Mapping[str, str] | None = None,
        user: str = "awsuser",
        now_ms: int = NOW_MS,
    ) -> Outcome:
        """Commits the statements and gives the last one's outcome."""
        transaction = self.warehouse.begin("dev", user, now_ms=now_ms)
        try:
            for statement in statements:
                outcome = transaction.execute(statement, parameters, now_ms=now_ms)
        except BaseException:
            transaction.rollback()
            raise
        transaction.commit()
        return outcome

    def rows(self, *statements: str, **options: Any) -> list[tuple[Any, ...]]:
        """The last statement's rows."""
        return list(self.run(*statements, **options).rows)

    def value(self, expression: str, **options: Any) -> Any:
        """The value of one expression."""
        return self.rows(f"SELECT {expression}", **options)[0][0]


@pytest.fixture
def lake_folder(tmp_path: Path) -> Path:
    """The folder of the bucket `lake`."""
    folder = tmp_path / "lake"
    folder.mkdir()
    return folder


@pytest.fixture
def desk(lake_folder: Path) -> Iterator[Desk]:
    """A warehouse with a bucket `lake`."""
    warehouse = Warehouse(lake=Lake({"lake": lake_folder}), users=USERS)
    yield Desk(warehouse)
    warehouse.close()


@pytest.fixture
def put(lake_folder: Path) -> Callable[[str, bytes], None]:
    """Writes an object of the bucket `lake`."""

    def write(key: str, content: bytes) -> None:
        path = lake_folder / key
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)

    return write
