"""Who runs and who waits: slots, and the statements of a warehouse with few of them."""

import pytest

from simulator.services.redshift_data.slots import Slots


def test_whoever_leaves_hands_the_slot_to_the_first_that_waits():
    slots = Slots(1)
    assert slots.take("a")
    assert slots.take("a")
    assert not slots.take("b")
    assert not slots.take("c")
    assert slots.leave("a") == "b"
    assert slots.take("b")
    assert slots.leave("c") is None
    assert slots.leave("b") is None
    assert slots.take("d")


def test_no_slot_at_all_is_refused():
    with pytest.raises(ValueError, match="expected at least 1, got 0"):
        Slots(0)


def test_statements_over_the_concurrency_level_wait_picked_and_run_in_order(make_api):
    api = make_api(concurrency=2)
    ids = [api.execute(f"select * from t{number}") for number in range(4)]
    api.run(300)
    assert [api.status(one) for one in ids] == ["STARTED", "STARTED", "PICKED", "PICKED"]
    api.run(1300)
    assert [api.status(one) for one in ids] == ["FINISHED", "FINISHED", "STARTED", "STARTED"]
    api.run()
    assert [sql for _, _, sql in api.warehouse.log] == [f"select * from t{n}" for n in range(4)]
    assert api.now_ms == 300 + 2 * 1000


def test_a_batch_takes_one_slot_until_it_has_ended(make_api):
    api = make_api(concurrency=1)
    api.batch("create table a", "create table b")
    waiting = api.execute("select * from a")
    api.run(2299)
    assert api.status(waiting) == "PICKED"
    api.run(2300)
    assert api.status(waiting) == "STARTED"


def test_a_statement_cancelled_in_the_queue_never_runs_and_blocks_nobody(make_api):
    api = make_api(concurrency=1)
    api.execute("select * from a")
    cancelled, last = api.execute("select * from b"), api.execute("select * from c")
    api.run(500)
    api.call("cancel_statement", Id=cancelled)
    api.run()
    assert (api.status(cancelled), api.status(last)) == ("ABORTED", "FINISHED")
    assert [sql for _, _, sql in api.warehouse.log] == ["select * from a", "select * from c"]


def test_more_than_500_active_statements_are_refused_by_name(api):
    for number in range(500):
        api.execute(f"select * from t{number}")
    with pytest.raises(Exception, match="500") as caught:
        api.execute("select * from item")
    assert caught.value.code == "ActiveStatementsExceededException"
    api.execute("select * from item", ClusterIdentifier="other")
    api.run()
    api.execute("select * from item")
