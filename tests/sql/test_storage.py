"""A warehouse saved to a folder and loaded again, by another simulation."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from simulator.sql import storage
from simulator.sql.errors import ServerError, SqlError
from simulator.sql.warehouse import Warehouse

NOW_MS = 1_704_794_400_000


@pytest.fixture
def saved(desk: Any, tmp_path: Path) -> Path:
    desk.run(
        "CREATE SCHEMA s AUTHORIZATION etl",
        "CREATE TABLE s.t (id bigint IDENTITY(10, 10), a varchar(3), at timestamp DEFAULT sysdate)",
        "INSERT INTO s.t (a) VALUES ('x'), ('s1_awsuser'::varchar(3))",
        "ALTER TABLE s.t OWNER TO etl",
        "CREATE TABLE plain (a decimal(8,2), b date, c double precision)",
        "INSERT INTO plain VALUES (1.50, '2024-01-09', 0.1), (NULL, NULL, NULL)",
        "CREATE VIEW v AS SELECT a, getdate() AS at FROM s.t",
        "CREATE USER late PASSWORD DISABLE",
        "GRANT USAGE ON SCHEMA s TO late",
        "GRANT SELECT ON s.t TO late",
        "GRANT TEMP ON DATABASE dev TO late",
        "ALTER DEFAULT PRIVILEGES IN SCHEMA s GRANT SELECT ON TABLES TO late",
    )
    folder = tmp_path / "kept" / "warehouse"
    storage.save(desk.warehouse, folder)
    return folder


def run(warehouse: Warehouse, user: str, *statements: str) -> Any:
    transaction = warehouse.begin("dev", user, now_ms=NOW_MS)
    try:
        for statement in statements:
            outcome = transaction.execute(statement, None, now_ms=NOW_MS)
    except BaseException:
        transaction.rollback()
        raise
    transaction.commit()
    return outcome.rows


def test_everything_comes_back(saved: Path) -> None:
    loaded = storage.load(saved)
    assert loaded.table_counts() == {"plain": 2, "s.t": 2}
    assert run(loaded, "late", "SELECT id, a FROM s.t ORDER BY id") == ((10, "x"), (20, "s1_"))
    # the counter goes on, defaults and byte limits are in force, the owner owns
    run(loaded, "etl", "INSERT INTO s.t (a) VALUES ('é')", "ALTER TABLE s.t ADD COLUMN z int")
    assert run(loaded, "awsuser", "SELECT max(id), count(at) FROM s.t") == ((30, 3),)
    with pytest.raises(SqlError, match=r"character varying\(3\)"):
        run(loaded, "etl", "INSERT INTO s.t (a) VALUES ('éé')")
    with pytest.raises(SqlError, match="permission denied"):
        run(loaded, "late", "SELECT * FROM plain")
    # default privileges reach a new table of the same owner
    run(loaded, "awsuser", "CREATE TABLE s.later (a int)")
    assert run(loaded, "late", "SELECT * FROM s.later") == ()
    assert len(run(loaded, "awsuser", "SELECT * FROM v")) == 3
    assert run(loaded, "awsuser", "SHOW VIEW v") == (("SELECT a, getdate() AS at FROM s.t;",),)
    assert loaded.has_user("late")
    loaded.close()


def test_saving_replaces_the_folder_as_a_whole(saved: Path, desk: Any) -> None:
    desk.run("DROP TABLE plain")
    (saved / "stray").touch()
    storage.save(desk.warehouse, saved)
    assert not (saved / "stray").exists()
    assert [path.name for path in saved.parent.iterdir()] == ["warehouse"]
    loaded = storage.load(saved)
    assert loaded.table_counts() == {"s.t": 2}
    loaded.close()


def test_a_folder_of_another_version_is_refused_by_name(saved: Path) -> None:
    manifest = json.loads((saved / "warehouse.json").read_text())
    (saved / "warehouse.json").write_text(json.dumps({**manifest, "postgresql": 9}))
    with pytest.raises(ServerError, match=r"expected tables saved by PostgreSQL 18, got 9"):
        storage.load(saved)
    (saved / "warehouse.json").write_text("{}")
    with pytest.raises(ServerError, match="expected a warehouse of format 3, got None"):
        storage.load(saved)
    with pytest.raises(ServerError, match="expected a saved warehouse"):
        storage.load(saved.parent)


def test_an_empty_warehouse_is_saved_too(tmp_path: Path) -> None:
    warehouse = Warehouse(databases=("dev", "prod"))
    storage.save(warehouse, tmp_path / "w")
    warehouse.close()
    loaded = storage.load(tmp_path / "w")
    assert loaded.has_database("prod")
    assert loaded.table_counts() == {}
    loaded.close()
