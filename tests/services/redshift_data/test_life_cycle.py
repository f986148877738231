import pytest

from simulator.services.redshift_data.life_cycle import NEXT_STATUS, advance, is_final


class _Subject:
    status = "SUBMITTED"
    updated_ms = 0


def test_every_status_that_can_follow_is_in_the_table():
    following = {status for statuses in NEXT_STATUS.values() for status in statuses}
    assert following <= set(NEXT_STATUS)


def test_a_final_status_is_never_left():
    for final in ("FINISHED", "FAILED", "ABORTED"):
        assert is_final(final)
        subject = _Subject()
        subject.status = final
        for status in NEXT_STATUS:
            with pytest.raises(AssertionError):
                advance(subject, status, 1)


def test_a_statement_cannot_finish_before_it_started():
    with pytest.raises(AssertionError, match="SUBMITTED -> FINISHED"):
        advance(_Subject(), "FINISHED", 1)


def test_moving_on_sets_the_time_of_the_update():
    subject = _Subject()
    advance(subject, "PICKED", 5)
    assert (subject.status, subject.updated_ms) == ("PICKED", 5)
