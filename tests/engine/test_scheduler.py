"""The clock: order, ties, cancelling, and time that is spent in line."""

from __future__ import annotations

from simulator.engine.scheduler import RANK_COMMIT, RANK_START, Scheduler


def test_actions_run_in_the_order_of_their_times() -> None:
    scheduler, seen = Scheduler(1000), []
    scheduler.after(30, lambda: seen.append(("late", scheduler.now_ms)))
    scheduler.after(10, lambda: seen.append(("early", scheduler.now_ms)))
    scheduler.run()
    assert seen == [("early", 1010), ("late", 1030)]


def test_at_one_instant_commits_come_before_starts_and_the_rest_in_the_order_set() -> None:
    scheduler, seen = Scheduler(0), []
    scheduler.after(5, lambda: seen.append("first"))
    scheduler.after(5, lambda: seen.append("second"))
    scheduler.after(5, lambda: seen.append("start"), RANK_START)
    scheduler.after(5, lambda: seen.append("commit"), RANK_COMMIT)
    scheduler.run()
    assert seen == ["commit", "start", "first", "second"]


def test_a_cancelled_timer_never_fires_and_holds_nothing_up() -> None:
    scheduler, seen = Scheduler(0), []
    scheduler.after(5, lambda: seen.append("cancelled")).cancel()
    assert scheduler.next_due_ms() is None
    assert scheduler.spend(10)
    assert (seen, scheduler.now_ms) == ([], 10)


def test_an_action_may_set_another_and_time_never_goes_back() -> None:
    scheduler, seen = Scheduler(100), []
    scheduler.after(10, lambda: scheduler.at(50, lambda: seen.append(scheduler.now_ms)))
    scheduler.run()
    assert seen == [110]


def test_time_is_spent_in_line_only_when_nothing_is_due_by_then() -> None:
    scheduler = Scheduler(0)
    scheduler.after(10, lambda: None)
    assert scheduler.spend(9)
    assert not scheduler.spend(1)
    assert scheduler.now_ms == 9


def test_run_stops_where_it_is_told() -> None:
    scheduler, seen = Scheduler(0), []
    for due in (10, 20, 30):
        scheduler.at(due, lambda due=due: seen.append(due))
    scheduler.run(until_ms=20)
    assert (seen, scheduler.now_ms) == ([10, 20], 20)
    scheduler.run(lambda: len(seen) == 3)
    assert seen == [10, 20, 30]


def test_what_stands_in_the_background_runs_in_its_turn_and_keeps_no_run_going():
    scheduler = Scheduler(0)
    ran = []
    scheduler.background(5, lambda: ran.append("early"))
    late = scheduler.background(20, lambda: ran.append("late"))
    scheduler.at(10, lambda: ran.append("work"))
    scheduler.run()
    assert (ran, scheduler.now_ms) == (["early", "work"], 10)
    scheduler.run(until_ms=19)
    assert ran == ["early", "work"]
    scheduler.run(until_ms=30)
    assert (ran, scheduler.now_ms) == (["early", "work", "late"], 30)
    assert late.action is None


def test_time_passes_in_line_only_up_to_what_stands_in_the_background():
    scheduler = Scheduler(0)
    timer = scheduler.background(5, lambda: None)
    assert not scheduler.spend(5)
    assert scheduler.spend(4)
    timer.cancel()
    assert scheduler.spend(5)
    assert scheduler.now_ms == 9
