"""Sessions: temporary tables and settings outlive a transaction, connections don't pile up."""

import pytest

from simulator.sql.errors import SqlError
from simulator.sql.session import Session
from simulator.sql.warehouse import Warehouse


@pytest.fixture
def warehouse():
    made = Warehouse()
    yield made
    made.close()


def run(warehouse, sql, session=None, *, user="awsuser", commits=True):
    transaction = warehouse.begin("dev", user, now_ms=0, session=session)
    try:
        rows = transaction.execute(sql, None, now_ms=0).rows
    except SqlError:
        transaction.rollback()
        raise
    (transaction.commit if commits else transaction.rollback)()
    return rows


def test_a_temporary_table_lives_as_long_as_its_session_and_nobody_else_sees_it(warehouse):
    session = Session("dev", "awsuser")
    run(warehouse, "create temp table t as select 1 as i", session)
    assert run(warehouse, "select i from t", session) == ((1,),)
    for other in (None, Session("dev", "awsuser")):
        with pytest.raises(SqlError, match='relation "t" does not exist'):
            run(warehouse, "select i from t", other)
    warehouse.end_session(session)
    with pytest.raises(SqlError, match='relation "t" does not exist'):
        run(warehouse, "select i from t", session)


def test_a_failed_statement_leaves_the_sessions_tables(warehouse):
    session = Session("dev", "awsuser")
    run(warehouse, "create temp table t as select 1 as i", session)
    with pytest.raises(SqlError):
        run(warehouse, "select 1/0", session)
    assert run(warehouse, "select i from t", session) == ((1,),)


@pytest.mark.parametrize(("local", "kept"), [("true", None), ("false", "cuddy")])
def test_set_config_holds_for_its_transaction_or_for_the_session(warehouse, local, kept):
    session = Session("dev", "awsuser")
    run(warehouse, f"select set_config('app.name', 'cuddy', {local})", session)
    assert run(warehouse, "select current_setting('app.name', false)", session) == ((kept,),)
    assert run(warehouse, "select current_setting('app.name', false)") == ((None,),)


def test_a_setting_holds_for_the_session_where_it_was_committed(warehouse):
    session = Session("dev", "awsuser")
    run(warehouse, "create schema x")
    run(warehouse, "create table x.a (i int)")
    run(warehouse, "set search_path to x", session, commits=False)
    with pytest.raises(SqlError):
        run(warehouse, "select i from a", session)
    run(warehouse, "set search_path to x", session)
    assert run(warehouse, "select i from a", session) == ()
    with pytest.raises(SqlError):
        run(warehouse, "select i from a")


def test_a_session_keeps_a_connection_only_for_temporary_tables(warehouse):
    plain, rolled_back = Session("dev", "awsuser"), Session("dev", "awsuser")
    run(warehouse, "select 1", plain)
    run(warehouse, "create temp table t (i int)", rolled_back, commits=False)
    assert plain.connection is None
    assert rolled_back.connection is None
    run(warehouse, "create temp table t (i int)", plain)
    assert plain.connection is not None
    warehouse.end_session(plain)
    assert plain.connection is None


def test_a_user_of_an_iam_identity_is_made_once_and_has_no_rights(warehouse):
    run(warehouse, "create table a (i int)")
    for _ in range(2):
        warehouse.ensure_user("IAMR:analyst")
    assert run(warehouse, "select current_user", user="IAMR:analyst") == (("iamr:analyst",),)
    with pytest.raises(SqlError, match="permission denied"):
        run(warehouse, "select i from a", user="IAMR:analyst")


def test_a_procedure_with_its_owners_rights_gives_the_session_back_to_who_called(warehouse):
    session = Session("dev", "awsuser")
    run(warehouse, "create user clerk password disable")
    run(
        warehouse,
        "create procedure who(inout it varchar(100)) security definer language plpgsql as $$"
        " begin it := current_user || ' for ' || session_user; end $$",
    )
    run(warehouse, "grant execute on procedure who(varchar) to clerk")
    run(warehouse, "set session authorization clerk", session)
    assert run(warehouse, "call who('')", session) == (("awsuser for clerk",),)
    transaction = warehouse.begin("dev", "awsuser", now_ms=0, session=session)
    transaction.execute("call who('')", None, now_ms=0)
    shown = transaction.execute("select current_user, session_user", None, now_ms=0).rows
    transaction.rollback()
    assert shown == (("clerk", "clerk"),)
