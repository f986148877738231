"""The databases of a cluster: names of three parts, CREATE and DROP DATABASE."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from simulator.sql import storage
from simulator.sql.errors import NotSupported, SqlError


def test_a_name_may_say_the_database_in_use(desk: Any, put: Callable[[str, bytes], None]) -> None:
    put("more/part", b"3,three\n")
    rows = desk.rows(
        "CREATE TABLE dev.public.number (n int, name varchar(9))",
        'INSERT INTO "dev"."public"."number" VALUES (1, \'one\'), (2, \'two\')',
        "COPY dev.public.number FROM 's3://lake/more/' IAM_ROLE default DELIMITER ','",
        "UPDATE dev.public.number SET name = upper(name) WHERE n = 2",
        "CREATE VIEW dev.public.odd AS SELECT * FROM dev.public.number WHERE n % 2 = 1",
        "DELETE FROM DEV.public.number WHERE n = 1",
        "SELECT number.name FROM dev.public.number JOIN public.odd USING (n)"
        " UNION ALL SELECT name FROM dev.public.number AS other WHERE other.n = 2",
    )
    assert sorted(rows) == [("TWO",), ("three",)]


_ITEM = (
    "CREATE TABLE item (id int, name varchar(20), price decimal(8,2), at timestamp, more super)",
    "INSERT INTO item VALUES (1, 'a,\"b\" (x)', 1.50, '2024-01-01 10:00:00.5', JSON_PARSE('[1]'))",
    "INSERT INTO item (id) VALUES (2)",
    "CREATE VIEW dear AS SELECT id FROM item WHERE price > 1",
)


def _run(desk: Any, database: str, *statements: str, user: str = "awsuser") -> Any:
    transaction = desk.warehouse.begin(database, user, now_ms=0)
    for statement in statements:
        outcome = transaction.execute(statement, None, now_ms=0)
    transaction.commit()
    return outcome.rows


@pytest.fixture
def sales(desk: Any) -> Any:
    """A cluster with a second database, `sales`."""
    desk.run("CREATE DATABASE sales")
    _run(desk, "sales", *_ITEM)
    return desk


def test_tables_of_another_database_are_read(sales: Any) -> None:
    at = datetime(2024, 1, 1, 10, 0, 0, 500_000)  # noqa: DTZ001 - Redshift's TIMESTAMP has no zone
    whole = [(1, 'a,"b" (x)', Decimal("1.50"), at, "[1]"), (2, None, None, None, None)]
    assert sales.rows("SELECT * FROM sales.public.item ORDER BY id") == whole
    assert sales.rows(
        "CREATE TABLE mine AS SELECT * FROM sales.public.item",
        "INSERT INTO mine SELECT i.* FROM sales.public.item i JOIN sales.public.dear d USING (id)",
        "UPDATE mine SET name = 'z' FROM sales.public.dear WHERE mine.id = dear.id",
        "SELECT mine.id, mine.name FROM mine, sales.public.item WHERE item.id = mine.id ORDER BY 1",
    ) == [(1, "z"), (1, "z"), (2, None)]
    # its columns are known where a statement depends on them
    assert sales.rows("SELECT * EXCLUDE (at, more) FROM sales.public.item WHERE id = 1") == [
        (1, 'a,"b" (x)', Decimal("1.50"))
    ]
    # what is committed there is read, with the rights that the user has there
    writer = sales.warehouse.begin("sales", "awsuser", now_ms=0)
    writer.execute("DELETE FROM item WHERE id = 2", None, now_ms=0)
    assert sales.rows("SELECT count(*) FROM sales.public.item") == [(2,)]
    writer.commit()
    assert sales.rows("SELECT count(*) FROM sales.public.item") == [(1,)]
    with pytest.raises(SqlError, match="permission denied for relation item"):
        sales.run("SELECT * FROM sales.public.item", user="analyst")
    with pytest.raises(SqlError, match=r'relation "public\.gone" does not'):
        sales.run("SELECT * FROM sales.public.gone")
    with pytest.raises(SqlError, match='database "gone" does not exist'):
        sales.run("SELECT * FROM gone.public.item")


def test_another_database_is_only_read(sales: Any) -> None:
    for statement in (
        "INSERT INTO sales.public.item (id) VALUES (3)",
        "DELETE FROM sales.public.item",
        "CREATE TABLE sales.public.t (n int)",
        "DROP TABLE sales.public.item",
        "CREATE VIEW v AS SELECT * FROM sales.public.item",
        "CREATE VIEW v AS SELECT * FROM sales.public.item WITH NO SCHEMA BINDING",
        "SELECT * FROM sales.pg_catalog.pg_user",
    ):
        with pytest.raises(NotSupported, match=r"another database|database 'sales'"):
            sales.run(statement)
    assert _run(sales, "sales", "SELECT count(*) FROM item") == ((2,),)


def test_databases_are_made_and_dropped(desk: Any, tmp_path: Path) -> None:
    with pytest.raises(SqlError, match="permission denied to create database"):
        desk.run("CREATE DATABASE sales", user="analyst")
    with pytest.raises(SqlError, match="CREATE DATABASE cannot run inside a transaction block"):
        desk.run("SELECT 1", "CREATE DATABASE sales")
    desk.run("ALTER USER analyst CREATEDB")
    desk.run("CREATE DATABASE sales ISOLATION LEVEL SERIALIZABLE", user="analyst")
    for statement, said in (
        ("CREATE DATABASE sales", 'database "sales" already exists'),
        ("CREATE DATABASE t WITH OWNER = nobody", 'user "nobody" does not exist'),
        ("DROP DATABASE dev", "cannot drop the currently open database"),
        ("DROP DATABASE gone", 'database "gone" does not exist'),
    ):
        with pytest.raises(SqlError, match=said):
            desk.run(statement)
    shown = desk.rows("SHOW DATABASES")
    assert [(one[0], one[-1]) for one in shown] == [
        ("dev", "Snapshot Isolation"), ("sales", "Serializable"),
    ]  # fmt: skip
    _run(desk, "sales", *_ITEM)
    # what is saved has it too, and whose it is
    storage.save(desk.warehouse, tmp_path / "kept")
    loaded = storage.load(tmp_path / "kept")
    reader = loaded.begin("sales", "analyst", now_ms=0)
    owned = "SELECT usename FROM pg_user u JOIN pg_database d ON d.datdba = u.usesysid"
    assert reader.execute(f"{owned} WHERE datname = 'sales'", None, now_ms=0).rows == (
        ("analyst",),
    )
    assert loaded.isolation_of("sales") == "SERIALIZABLE"
    loaded.close()
    with pytest.raises(SqlError, match="must be owner of database sales"):
        desk.run("DROP DATABASE sales", user="etl")
    open_one = desk.warehouse.begin("sales", "awsuser", now_ms=0)
    with pytest.raises(SqlError, match="is being accessed by other users"):
        desk.run("DROP DATABASE sales")
    open_one.rollback()
    desk.run("DROP DATABASE sales", user="analyst")
    with pytest.raises(SqlError, match='FATAL: database "sales" does not exist'):
        desk.warehouse.begin("sales", "awsuser", now_ms=0)
    desk.run("CREATE DATABASE sales")
    assert _run(desk, "sales", "SELECT count(*) FROM svv_tables WHERE table_schema = 'public'") == (
        (0,),
    )
