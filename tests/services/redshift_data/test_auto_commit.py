"""Batches whose statements commit on their own, and TRUNCATE, which commits in any batch."""


def test_each_statement_is_seen_at_its_own_end(api):
    batch = api.batch(
        "insert into item values 1", "insert into item values 2", ExecutionMode="AUTO_COMMIT"
    )
    api.run(1301)
    assert api.warehouse.tables == {"item": [1]}
    api.run()
    assert api.warehouse.tables == {"item": [1, 2]}
    answer = api.describe(batch)
    assert (answer["Status"], answer["ExecutionMode"]) == ("FINISHED", "AUTO_COMMIT")
    assert api.warehouse.open_transactions == 0


def test_a_failure_keeps_what_came_before_and_what_comes_after(api):
    batch = api.batch(
        "insert into item values 1",
        "fail",
        "insert into item values 2",
        ExecutionMode="AUTO_COMMIT",
    )
    api.run()
    answer = api.describe(batch)
    assert [sub["Status"] for sub in answer["SubStatements"]] == ["FINISHED", "FAILED", "FINISHED"]
    assert answer["SubStatements"][1]["Error"] == "ERROR: division by zero"
    assert answer["Status"] == "FAILED"
    assert answer["Error"] == "Query #2 failed with ERROR: division by zero"
    assert api.warehouse.tables == {"item": [1, 2]}
    assert api.warehouse.open_transactions == 0


def test_of_two_failures_the_first_is_told(api):
    batch = api.batch("fail", "nonsense", ExecutionMode="AUTO_COMMIT")
    api.run()
    assert api.describe(batch)["Error"] == "Query #1 failed with ERROR: division by zero"
    assert [sub["Status"] for sub in api.describe(batch)["SubStatements"]] == ["FAILED", "FAILED"]


def test_a_cancel_keeps_what_was_committed_and_starts_nothing_more(api):
    batch = api.batch(
        "insert into item values 1",
        "insert into item values 2",
        "insert into item values 3",
        ExecutionMode="AUTO_COMMIT",
    )
    api.run(1500)
    api.call("cancel_statement", Id=batch)
    api.run()
    statuses = [sub["Status"] for sub in api.describe(batch)["SubStatements"]]
    assert (api.status(batch), statuses) == ("ABORTED", ["FINISHED", "ABORTED", "ABORTED"])
    assert api.warehouse.tables == {"item": [1]}


def test_a_lock_is_let_go_at_the_end_of_each_statement(api):
    api.batch("insert into a values 1", "insert into b values 1", ExecutionMode="AUTO_COMMIT")
    waiting = api.execute("insert into a values 2")
    api.run(1301)
    api.run(1302)
    assert api.warehouse.tables["a"] == [1]
    api.run(1301 + 1001)
    assert api.status(waiting) == "FINISHED"


def test_an_injected_failure_of_one_statement_leaves_the_others(make_api, make_plan):
    api = make_api(plan=make_plan(load=["FAILED@1"]))
    batch = api.batch(
        "insert into item values 1",
        "insert into item values 2",
        ExecutionMode="AUTO_COMMIT",
        StatementName="load",
    )
    api.run()
    assert api.status(batch) == "FAILED"
    assert api.warehouse.tables == {"item": [2]}


def test_truncate_commits_what_came_before_it_and_itself(api):
    api.warehouse.tables["old"] = [7]
    batch = api.batch("insert into item values 1", "truncate old", "fail")
    api.run()
    answer = api.describe(batch)
    assert answer["Error"] == "Query #3 failed with ERROR: division by zero"
    assert [sub["Status"] for sub in answer["SubStatements"]] == ["FINISHED", "FINISHED", "FAILED"]
    assert api.warehouse.tables == {"old": [], "item": [1]}
    assert api.warehouse.open_transactions == 0


def test_a_batch_without_truncate_is_one_transaction(api):
    batch = api.batch("insert into item values 1", "fail", ExecutionMode="TRANSACTION")
    api.run()
    assert api.describe(batch)["ExecutionMode"] == "TRANSACTION"
    assert api.warehouse.tables == {}
