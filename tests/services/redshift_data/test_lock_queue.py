"""Who waits for whom, without SQL."""

import pytest

from simulator.services.redshift_data.lock_queue import LockQueue
from simulator.sql.isolation import CHANGE, READ, WRITE

TABLE = 7


def wants(strength, table=TABLE):
    return frozenset({(table, strength)})


@pytest.fixture
def queue():
    made = LockQueue()
    for name in ("a", "b", "c", "d"):
        made.opened(name)
    return made


def test_who_waits_is_asked_again_in_order_when_anybody_ends(queue):
    assert queue.wait("b", ["a"])
    assert queue.wait("c", ["a"])
    assert queue.closed("a") == ["b", "c"]
    assert queue.is_empty


def test_a_circle_of_two_is_a_deadlock_though_others_go_on(queue):
    assert queue.wait("a", ["b"])
    assert not queue.wait("b", ["a"])


def test_a_circle_of_three_is_a_deadlock(queue):
    assert queue.wait("a", ["b"])
    assert queue.wait("b", ["d", "c"])
    assert not queue.wait("c", ["a"])


def test_where_the_holder_is_unknown_it_is_one_when_everybody_waits(queue):
    for name in ("a", "b", "c"):
        assert queue.wait(name)
    assert not queue.wait("d")


@pytest.mark.parametrize(
    ("waiting", "coming", "stands_behind"),
    [
        (CHANGE, READ, True),
        (CHANGE, WRITE, True),
        (CHANGE, CHANGE, True),
        (WRITE, READ, False),
        (WRITE, WRITE, True),
        (WRITE, CHANGE, True),
        (READ, READ, False),
        (READ, WRITE, False),
        (READ, CHANGE, True),
    ],
)
def test_the_three_lock_modes_stop_each_other_as_redshifts_do(
    queue, waiting, coming, stands_behind
):
    queue.wait("b", ["a"], wants(waiting))
    assert queue.ahead("c", wants(coming)) == (("b",) if stands_behind else ())
    assert queue.ahead("c", wants(coming, table=8)) == ()


def test_who_is_waited_for_stands_behind_nobody_that_waits_for_it(queue):
    queue.wait("b", ["a"], wants(CHANGE))
    queue.wait("c", ["b"], wants(CHANGE))
    assert queue.ahead("a", wants(WRITE)) == ()
    assert queue.ahead("d", wants(WRITE)) == ("b", "c")


def test_who_is_asked_again_stands_in_nobodys_way_before_it_waits_again(queue):
    queue.wait("b", ["a"], wants(CHANGE))
    queue.closed("a")
    assert queue.ahead("c", wants(READ)) == ()
