"""Several statements in one text: AWS's samples send them, and the service runs them in order."""

import pytest

from simulator.services.redshift_data.requests import texts_of


@pytest.mark.parametrize(
    ("text", "texts"),
    [
        ("select 1", ("select 1",)),
        ("select 1;  ", ("select 1;  ",)),
        ("select 1;\n-- and\nselect 2;", ("select 1", "select 2")),
        ("select ';'; select 2", ("select ';'", "select 2")),
        (
            "create procedure p() as $$ begin a; end; $$ language plpgsql; call p()",
            ("create procedure p() as $$ begin a; end; $$ language plpgsql", "call p()"),
        ),
        ("-- nothing; at all", ("-- nothing; at all",)),
        ("select 'open; select 2", ("select 'open; select 2",)),
    ],
)
def test_a_text_is_cut_at_the_semicolons_between_statements(text, texts):
    assert texts_of(text) == texts


def test_a_text_with_parameters_stays_whole():
    assert texts_of("select :a; select 2", prepared=True) == ("select :a; select 2",)


def test_each_starts_where_the_one_before_has_ended_and_all_commit_together(api):
    statement_id = api.execute("insert into item values 1; insert into item values 2")
    api.run(2301)
    assert (api.status(statement_id), api.warehouse.tables) == ("STARTED", {})
    api.run(2302)
    assert (api.status(statement_id), api.warehouse.tables) == ("FINISHED", {"item": [1, 2]})
    assert [sql for _, _, sql in api.warehouse.log] == [
        "insert into item values 1",
        "insert into item values 2",
    ]
    assert api.describe(statement_id)["Duration"] == 2_002_000_000


def test_the_result_is_the_last_ones(api):
    api.warehouse.tables["item"] = [7]
    statement_id = api.execute("insert into item values 1; select * from item")
    api.run()
    answer = api.describe(statement_id)
    assert (answer["HasResultSet"], answer["ResultRows"]) == (True, 1)
    assert api.call("get_statement_result", Id=statement_id)["Records"] == [[{"longValue": 7}]]


def test_one_that_fails_undoes_the_whole_text(api):
    batch = api.batch("insert into item values 1; fail; insert into item values 2", "copy item")
    api.run()
    answer = api.describe(batch)
    assert answer["Error"] == "Query #1 failed with ERROR: division by zero"
    assert [sub["Status"] for sub in answer["SubStatements"]] == ["FAILED", "ABORTED"]
    assert api.warehouse.tables == {}


def test_with_auto_commit_a_text_is_one_unit(api):
    batch = api.batch(
        "insert into item values 1; fail; insert into item values 2",
        "insert into item values 3; insert into item values 4",
        ExecutionMode="AUTO_COMMIT",
    )
    api.run()
    assert [sub["Status"] for sub in api.describe(batch)["SubStatements"]] == ["FAILED", "FINISHED"]
    assert api.warehouse.tables == {"item": [3, 4]}


def test_a_lock_is_waited_for_where_the_text_stands(api):
    holder = api.execute("lock item")
    waiting = api.execute("insert into other values 1; insert into item values 1")
    api.run()
    assert [api.status(one) for one in (holder, waiting)] == ["FINISHED", "FINISHED"]
    assert api.warehouse.tables == {"other": [1], "item": [1]}


def test_an_injected_failure_comes_after_the_last_one(make_api, make_plan):
    api = make_api(plan=make_plan(load=["FAILED"]))
    statement_id = api.execute(
        "insert into item values 1; insert into item values 2", StatementName="load"
    )
    api.run()
    assert api.status(statement_id) == "FAILED"
    assert len(api.warehouse.log) == 2
    assert api.warehouse.tables == {}


def test_the_transactions_of_a_batch_share_a_session_that_ends_with_it(api):
    api.warehouse.tables["old"] = [1]
    api.batch("insert into item values 1", "truncate old", "insert into item values 2")
    api.execute("select * from item")
    api.run()
    first, second = api.warehouse.sessions
    assert first is second
    assert api.warehouse.ended_sessions == [first]
