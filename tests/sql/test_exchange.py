"""Texts that go to PostgreSQL in one message, and what comes back."""

import psycopg
import pytest

from simulator.sql.postgres import exchange


@pytest.fixture
def connection(desk):
    made = desk.warehouse.connection("dev")
    yield made
    desk.warehouse.give_back("dev", made)


def test_each_statement_of_a_text_has_its_result_in_order(connection):
    results = exchange.send(
        connection,
        "CREATE TEMP TABLE t (i int, s text);INSERT INTO t VALUES (1, 'é'), (2, NULL);"
        "SELECT i, s FROM t ORDER BY i;DELETE FROM t WHERE i = 1",
    )
    assert [exchange.row_count(one) for one in results] == [-1, 2, 2, 1]
    assert exchange.rows_of(connection, results[2]) == ((1, "é"), (2, None))
    assert exchange.fetch(connection, "SELECT 1;SELECT i FROM t") == ((2,),)


def test_types_are_read_as_the_connection_reads_them(connection):
    ((shown,),) = exchange.fetch(connection, "SELECT interval '1 year 2 months'")
    assert shown == "1 years 2 mons"


def test_the_first_that_fails_is_raised_and_undoes_the_text(connection):
    exchange.send(connection, "CREATE TEMP TABLE t (i int)")
    with pytest.raises(psycopg.errors.UndefinedTable) as failed:
        exchange.send(connection, "INSERT INTO t VALUES (1);SELECT * FROM nowhere;SELECT 1")
    assert failed.value.diag.message_primary == 'relation "nowhere" does not exist'
    # a message is one transaction, and the connection goes on
    assert exchange.fetch(connection, "SELECT count(*) FROM t") == ((0,),)


def test_a_connection_that_is_closed_says_so(desk):
    connection = desk.warehouse.connection("dev")
    connection.close()
    with pytest.raises(psycopg.OperationalError):
        exchange.send(connection, "SELECT 1")
