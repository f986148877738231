"""When statements start, end and commit, in virtual milliseconds since the submission.

With the harness' timing a statement starts at 300 and takes 1,000, plus 1 for each row it touched.
"""

from dataclasses import replace

from simulator.engine.timing import StatementTiming, Timing

HOUR_MS = 3_600_000
TIMING = Timing(statement_submitted_ms=100, statement_picked_ms=200)


def test_a_statement_passes_through_its_statuses_at_virtual_times(api):
    statement_id = api.execute("select * from item")
    seen = []
    for until_ms in (0, 99, 100, 299, 300, 1299, 1300):
        api.run(until_ms)
        seen.append(api.status(statement_id))
    assert seen == [
        "SUBMITTED",
        "SUBMITTED",
        "PICKED",
        "PICKED",
        "STARTED",
        "STARTED",
        "FINISHED",
    ]


def test_sql_runs_at_the_virtual_start_as_the_named_user(api):
    api.execute("select * from item", DbUser="awsuser")
    api.run(299)
    assert api.warehouse.log == []
    api.run(300)
    assert [(user, sql) for _, user, sql in api.warehouse.log] == [
        ("awsuser", "select * from item")
    ]


def test_work_is_seen_by_others_only_after_the_commit_at_the_end(api):
    api.batch("create table item", "insert into item values 1")
    api.run(2300)
    assert "item" not in api.warehouse.tables
    api.run(2301)  # 300 + 1000, then 1000 + 1 row
    assert api.warehouse.tables == {"item": [1]}
    assert api.warehouse.open_transactions == 0


def test_the_next_statement_of_a_batch_starts_where_the_last_one_ended(api):
    statement_id = api.batch("insert into item values 1", "insert into item values 2")
    api.run()
    starts = [now_ms - api.world.scheduler.now_ms for now_ms, _, _ in api.warehouse.log]
    assert starts == [-2002, -1001]
    subs = api.describe(statement_id)["SubStatements"]
    assert [sub["Id"] for sub in subs] == [f"{statement_id}:1", f"{statement_id}:2"]
    assert [sub["Duration"] for sub in subs] == [1_001_000_000, 1_001_000_000]


def test_sub_statements_show_how_far_a_batch_is(api):
    statement_id = api.batch("create table a", "create table b", "create table c")
    api.run(1500)
    answer = api.describe(statement_id)
    assert answer["Status"] == "STARTED"
    assert [sub["Status"] for sub in answer["SubStatements"]] == [
        "FINISHED",
        "STARTED",
        "SUBMITTED",
    ]


def test_a_failing_statement_of_a_batch_undoes_all_and_is_named(api):
    statement_id = api.batch("insert into item values 1", "fail", "insert into item values 2")
    api.run()
    answer = api.describe(statement_id)
    assert answer["Status"] == "FAILED"
    assert answer["Error"] == "Query #2 failed with ERROR: division by zero"
    assert [sub["Status"] for sub in answer["SubStatements"]] == ["FINISHED", "FAILED", "ABORTED"]
    assert answer["SubStatements"][1]["Error"] == "ERROR: division by zero"
    assert "Error" not in answer["SubStatements"][2]
    assert api.warehouse.tables == {}
    assert api.warehouse.open_transactions == 0


def test_a_failure_shows_at_its_virtual_end_and_not_before(api):
    statement_id = api.execute("fail")
    api.run(1299)
    assert api.status(statement_id) == "STARTED"
    api.run(1300)
    answer = api.describe(statement_id)
    assert (answer["Status"], answer["Error"]) == ("FAILED", "ERROR: division by zero")
    assert answer["Duration"] == -1


def test_a_cancel_before_the_end_rolls_back(api):
    statement_id = api.batch("insert into item values 1", "insert into item values 2")
    api.run(1500)
    assert api.call("cancel_statement", Id=statement_id) == {"Status": True}
    assert api.status(statement_id) == "ABORTED"
    assert api.warehouse.open_transactions == 0
    api.run()
    assert api.status(statement_id) == "ABORTED"
    assert api.warehouse.tables == {}
    assert len(api.warehouse.log) == 2


def test_a_statement_cancelled_before_it_started_never_runs(api):
    statement_id = api.execute("insert into item values 1")
    api.call("cancel_statement", Id=statement_id)
    api.run()
    assert api.warehouse.log == []
    assert api.status(statement_id) == "ABORTED"


def test_two_batches_overlap_in_virtual_time(api):
    api.batch("insert into a values 1", "insert into a values 2")
    api.batch("insert into b values 1", "insert into b values 2")
    api.run()
    assert [sql.split()[2] for _, _, sql in api.warehouse.log] == ["a", "b", "a", "b"]


def test_an_unknown_user_fails_in_redshifts_words_without_running(api):
    statement_id = api.execute("select * from item", DbUser="nobody")
    assert api.status(statement_id) == "SUBMITTED"
    api.run()
    answer = api.describe(statement_id)
    assert (answer["Status"], answer["Error"]) == ("FAILED", 'FATAL: user "nobody" does not exist')
    assert answer["RedshiftPid"] == 0
    assert api.warehouse.log == []


def test_an_unknown_database_fails_in_redshifts_words(api):
    statement_id = api.batch("select * from item", Database="prod")
    api.run()
    assert api.describe(statement_id)["Error"] == 'FATAL: database "prod" does not exist'


def test_pausing_the_cluster_ends_what_runs_there_and_undoes_it(api):
    running = api.batch("insert into item values 1", "insert into item values 2")
    api.run(1500)
    submitted = api.execute("select * from item")
    api.cluster.pause_cluster({"ClusterIdentifier": "store-sales"}, api.caller())
    assert api.status(running) == "FAILED"
    api.run(2000)
    assert api.status(submitted) == "FAILED"
    assert "its status is pausing" in api.describe(submitted)["Error"]
    assert api.warehouse.tables == {}
    assert api.warehouse.open_transactions == 0


def test_the_outcome_is_asked_once_for_a_batch_by_its_name(make_api, make_plan):
    plan = make_plan()
    api = make_api(plan=plan)
    api.batch("create table a", "create table b", StatementName="load-items")
    api.execute("create table c")
    api.run()
    assert [(place.kind, place.subject) for place, _ in plan.asked] == [
        ("statement", "load-items"),
        ("statement", "statement"),
    ]
    assert [options for _, options in plan.asked] == [
        ("FINISHED", "FAILED", "FAILED@1", "FAILED@2", "ABORTED", "STUCK", "SLOW", "YIELDED"),
        ("FINISHED", "FAILED", "FAILED@1", "ABORTED", "STUCK", "SLOW", "YIELDED"),
    ]


def test_an_injected_failure_runs_the_sql_and_undoes_it(make_api, make_plan):
    api = make_api(plan=make_plan(load=["FAILED"]))
    statement_id = api.batch(
        "insert into item values 1", "insert into item values 2", StatementName="load"
    )
    api.run()
    assert len(api.warehouse.log) == 2
    assert api.warehouse.tables == {}
    answer = api.describe(statement_id)
    assert answer["Status"] == "FAILED"
    assert answer["Error"].startswith("Query #2 failed with ERROR: injected")
    assert api.now_ms == 300 + 1001 + 1001


def test_an_injected_abort_undoes_the_work_at_its_end(make_api, make_plan):
    api = make_api(plan=make_plan(load=["ABORTED"]))
    statement_id = api.execute("insert into item values 1", StatementName="load")
    api.run()
    assert api.status(statement_id) == "ABORTED"
    assert api.warehouse.tables == {}
    # only the first occurrence was planned: the same statement again is well
    again = api.execute("insert into item values 1", StatementName="load")
    api.run()
    assert api.status(again) == "FINISHED"
    assert api.warehouse.tables == {"item": [1]}


def test_a_stuck_statement_holds_its_transaction_until_it_is_cancelled(make_api, make_plan):
    api = make_api(plan=make_plan(load=["STUCK"]))
    stuck = api.execute("insert into item values 1", StatementName="load")
    waiting = api.execute("insert into item values 2")
    api.run()
    assert (api.status(stuck), api.status(waiting)) == ("STARTED", "STARTED")
    api.call("cancel_statement", Id=stuck)
    api.run()
    assert (api.status(stuck), api.status(waiting)) == ("ABORTED", "FINISHED")
    assert api.warehouse.tables == {"item": [2]}


def test_a_stuck_batch_has_run_all_its_statements_and_ends_none_of_the_last(make_api, make_plan):
    api = make_api(plan=make_plan(load=["STUCK"]))
    batch = api.batch("create table a", "create table b", StatementName="load")
    api.run()
    assert [sub["Status"] for sub in api.describe(batch)["SubStatements"]] == [
        "FINISHED",
        "STARTED",
    ]
    assert set(api.warehouse.locks) == {"a", "b"}


def test_a_statement_is_ended_after_24_hours_and_undone(make_api, make_plan):
    api = make_api(plan=make_plan(load=["STUCK"]))
    stuck = api.execute("insert into item values 1", StatementName="load")
    api.run(300 + 24 * HOUR_MS - 1)
    assert api.status(stuck) == "STARTED"
    waiting = api.execute("insert into item values 2")
    api.run(300 + 24 * HOUR_MS + 1000)
    assert api.status(stuck) == "FAILED"
    assert "24 hours" in api.describe(stuck)["Error"]
    # whoever waited for its lock goes on
    api.run()
    assert api.status(waiting) == "FINISHED"
    assert api.warehouse.tables == {"item": [2]}


def test_a_statement_that_would_take_longer_ends_after_24_hours(make_api):
    slow = replace(TIMING, statement=StatementTiming(25 * HOUR_MS, {}, 0, noise=0.0))
    api = make_api(timing=slow)
    statement_id = api.execute("insert into item values 1")
    api.run()
    assert (api.status(statement_id), api.now_ms) == ("FAILED", 300 + 24 * HOUR_MS)
    assert api.warehouse.open_transactions == 0


def test_nobody_waits_a_day_only_for_a_statement_that_is_stuck(make_api, make_plan):
    api = make_api(plan=make_plan(load=["STUCK"]))
    stuck = api.execute("insert into item values 1", StatementName="load")
    api.run()
    assert (api.status(stuck), api.now_ms) == ("STARTED", 300)


def test_who_waits_for_a_lock_is_asked_again_in_order_after_the_commit(api):
    first = api.execute("insert into item values 1")
    api.execute("insert into item values 2")
    api.execute("insert into item values 3")
    api.run()
    assert api.warehouse.tables == {"item": [1, 2, 3]}
    # Each takes 1001 from the moment when the one before it has committed.
    assert api.now_ms == 300 + 3 * 1001
    assert api.status(first) == "FINISHED"


def test_a_commit_comes_before_a_start_at_the_same_instant(api):
    api.execute("insert into item values 1")  # ends at 1301
    api.run(1001)
    reader = api.execute("select * from item")  # starts at 1301
    api.run()
    assert api.call("get_statement_result", Id=reader)["Records"] == [[{"longValue": 1}]]


def test_a_deadlock_ends_one_of_the_two(api):
    one = api.batch("insert into a values 1", "insert into b values 1")
    other = api.batch("insert into b values 2", "insert into a values 2")
    api.run()
    assert sorted([api.status(one), api.status(other)]) == ["FAILED", "FINISHED"]
    assert "ERROR: deadlock detected" in api.describe(other)["Error"]
    assert api.warehouse.tables == {"a": [1], "b": [1]}


def test_a_lock_that_nobody_will_release_fails_instead_of_hanging(api):
    api.warehouse.locks["item"] = object()
    statement_id = api.execute("insert into item values 1")
    api.run()
    assert api.status(statement_id) == "FAILED"
    assert "nothing will release it" in api.describe(statement_id)["Error"]


def test_durations_vary_with_the_seed_and_repeat_with_it(make_api):
    from simulator.engine.timing import StatementTiming, Timing

    timing = Timing(statement=StatementTiming(base_ms=10_000, noise=0.2))

    def duration_ms(seed):
        api = make_api(seed=seed, timing=timing)
        api.execute("select * from item")
        api.run()
        return api.now_ms - 300

    durations = [duration_ms(seed) for seed in range(5)]
    assert len(set(durations)) == 5
    assert all(8000 <= duration <= 12_000 for duration in durations)
    assert duration_ms(3) == durations[3]


def test_one_statement_more_changes_neither_ids_nor_durations_of_others(make_api):
    from simulator.engine.timing import Timing

    def view(*, with_another):
        api = make_api(timing=Timing())
        if with_another:
            api.execute("select * from other")
        statement_id = api.execute("select * from item")
        api.run()
        return statement_id, api.describe(statement_id)["Duration"]

    assert view(with_another=True) == view(with_another=False)


def test_the_same_statement_twice_has_two_ids(api):
    assert api.execute("select * from item") != api.execute("select * from item")


def test_the_trace_tells_each_status_and_the_commit(api):
    statement_id = api.batch("create table item", StatementName="load")
    api.run()
    told = [
        (now_ms - api.world.scheduler.now_ms + api.now_ms, kind, data)
        for now_ms, kind, subject, data in api.world.trace.entries
        if subject in (statement_id, "dev")
    ]
    named = {"caller": "lambda:etl", "name": "load"}
    sub = {"sub_id": f"{statement_id}:1"}
    assert told == [
        (0, "StatementStatus", {"status": "SUBMITTED", **named}),
        (100, "StatementStatus", {"status": "PICKED", **named}),
        (300, "StatementStatus", {"status": "STARTED", **named}),
        (300, "StatementStatus", {"status": "STARTED", "sub_status": "STARTED", **sub}),
        (1300, "Commit", {"cluster": "store-sales", "statement": statement_id}),
        (1300, "StatementStatus", {"status": "STARTED", "sub_status": "FINISHED", **sub}),
        (1300, "StatementStatus", {"status": "FINISHED", **named}),
    ]


def test_closing_gives_back_what_is_still_open(api):
    api.execute("insert into item values 1")
    api.run(500)
    assert api.warehouse.open_transactions == 1
    api.service.close()
    assert api.warehouse.open_transactions == 0
    assert api.warehouse.tables == {}
