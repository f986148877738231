"""Databases that are used again are as good as fresh, or are not used again."""

import pytest

from simulator.sql.errors import SqlError
from simulator.sql.postgres import pool, server
from simulator.sql.warehouse import User, Warehouse

MADE = """
create schema sales;
create table sales.store (id int identity(1, 1), name varchar(10) default 'x', primary key (id));
create table item (i int);
create view names as select name from sales.store;
create user analyst password 'Weekly1Report';
create group readers;
grant usage on schema sales to analyst;
grant select on sales.store to group readers;
alter default privileges in schema sales grant select on tables to analyst;
comment on table item is 'things';
insert into item values (1);
"""


def used(sql=MADE, **options):
    """A warehouse that was filled and closed; the number of its database."""
    warehouse = Warehouse(**options)
    if sql:
        warehouse.setup(sql, database="dev", user="awsuser", now_ms=0)
    number = number_of(warehouse)
    warehouse.close()
    return number


def number_of(warehouse):
    connection = warehouse.connection("dev")
    query = "SELECT oid FROM pg_database WHERE datname = current_database()"
    (number,) = connection.execute(query).fetchone()
    warehouse.give_back("dev", connection)
    return number


@pytest.fixture(autouse=True)
def _own_pool(monkeypatch):
    """A pool with nothing in it, on a server of its own: other tests go on with theirs."""
    monkeypatch.setattr(server, "_current", None)
    yield
    server.shutdown()


def rows(warehouse, sql):
    transaction = warehouse.begin("dev", "awsuser", now_ms=0)
    try:
        return transaction.execute(sql, None, now_ms=0).rows
    finally:
        transaction.rollback()


def test_a_database_is_used_again_and_holds_nothing_of_before():
    first = used()
    again = Warehouse()
    assert number_of(again) == first
    assert again.table_counts() == {}
    for name in ("item", "sales.store", "names"):
        with pytest.raises(SqlError, match="does not exist"):
            rows(again, f"select * from {name}")
    assert not again.has_user("analyst")
    # the same statements do again what they did, counters too
    again.setup(MADE, database="dev", user="awsuser", now_ms=0)
    again.setup(
        "insert into sales.store (name) values ('a')", database="dev", user="awsuser", now_ms=0
    )
    assert rows(again, "select id, name from sales.store") == ((1, "a"),)
    again.close()


def test_its_content_is_the_templates_after_every_use():
    used()
    again = Warehouse()
    again.start()
    shared = pool.current()
    connection = again.connection("dev")
    assert shared._content(connection) == shared._known()
    again.give_back("dev", connection)
    again.close()


REDEFINED = """
CREATE OR REPLACE FUNCTION redshift.sysdate() RETURNS timestamp LANGUAGE sql STABLE
AS $$ SELECT now()::timestamp $$
"""


@pytest.mark.parametrize(
    "tampering",
    [
        "DROP SCHEMA public CASCADE",
        "REVOKE ALL ON SCHEMA public FROM PUBLIC",
        "CREATE TABLE redshift.kept (i int)",
        REDEFINED,
        "DO $$ BEGIN EXECUTE 'REVOKE CONNECT ON ' || DB || ' FROM PUBLIC'; END $$",
        "DO $$ BEGIN EXECUTE 'ALTER ' || DB || ' SET work_mem TO 64'; END $$",
    ],
)
def test_a_database_that_cannot_be_made_fresh_is_thrown_away(tampering):
    used("")
    warehouse = Warehouse()
    number = number_of(warehouse)
    connection = warehouse.connection("dev")
    connection.execute(tampering.replace("DB", "format('DATABASE %I', current_database())"))
    warehouse.give_back("dev", connection)
    warehouse.close()
    again = Warehouse()
    assert number_of(again) != number
    again.close()


def test_two_warehouses_at_once_have_two_databases():
    used()
    one, two = Warehouse(), Warehouse()
    assert number_of(one) != number_of(two)
    one.close()
    two.close()


def test_a_database_serves_a_hundred_times(monkeypatch):
    monkeypatch.setattr(pool, "USES", 3)
    numbers = [used("") for _ in range(6)]
    assert numbers == [numbers[0]] * 3 + [numbers[3]] * 3
    assert numbers[0] != numbers[3]


def test_no_more_than_a_few_wait():
    warehouses = [Warehouse(users=(User("awsuser", superuser=True),)) for _ in range(pool.KEPT + 2)]
    for warehouse in warehouses:
        number_of(warehouse)
    for warehouse in warehouses:
        warehouse.close()
    assert len(pool.current()._free) == pool.KEPT
