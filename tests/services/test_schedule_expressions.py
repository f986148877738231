"""When schedules are due: expected times worked out by hand, or from AWS's examples."""

from datetime import UTC, datetime

import pytest

from simulator.services.eventbridge.schedule_expressions import BadExpression, parse


def ms(text):
    return round(datetime.fromisoformat(text).timestamp() * 1000)


def following(expression, start, count=1, **options):
    """The next times after a moment, as UTC text."""
    found, moment = [], ms(start)
    parsed = parse(expression, **options)
    for _ in range(count):
        due = parsed.after(moment)
        if due is None:
            break
        found.append(f"{datetime.fromtimestamp(due / 1000, UTC):%Y-%m-%dT%H:%M}")
        moment = due
    return found


# 2024-01-01 is a Monday, 2024-02 has 29 days
@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ("cron(0 5 * * ? *)", ["2024-01-01T05:00", "2024-01-02T05:00"]),
        ("cron(15 12 ? * MON-FRI *)", ["2024-01-01T12:15", "2024-01-02T12:15"]),
        ("cron(0 18 ? * FRI-SUN 2024)", ["2024-01-05T18:00", "2024-01-06T18:00"]),
        ("cron(0/30 9-10 5 1 ? *)", ["2024-01-05T09:00", "2024-01-05T09:30", "2024-01-05T10:00"]),
        ("cron(0 8 1 * ? *)", ["2024-01-01T08:00", "2024-02-01T08:00"]),
        ("cron(0 8 L * ? *)", ["2024-01-31T08:00", "2024-02-29T08:00"]),
        # the 6th and the 7th are a Saturday and a Sunday
        ("cron(0 8 6W 1 ? 2024)", ["2024-01-05T08:00"]),
        ("cron(0 8 7W 1 ? 2024)", ["2024-01-08T08:00"]),
        ("cron(0 8 LW 3 ? 2024)", ["2024-03-29T08:00"]),
        ("cron(15 10 ? * 6L 2024)", ["2024-01-26T10:15", "2024-02-23T10:15"]),
        ("cron(0 8 ? * 2#2 *)", ["2024-01-08T08:00", "2024-02-12T08:00"]),
        ("cron(0 0 31 * ? *)", ["2024-01-31T00:00", "2024-03-31T00:00"]),
        ("cron(0 5 * * ? 2023)", []),
        ("at(2024-01-03T09:00:00)", ["2024-01-03T09:00"]),
    ],
)
def test_the_next_times(expression, expected):
    found = following(expression, "2024-01-01T00:00:00+00:00", max(len(expected), 1))
    assert found == expected


def test_a_rate_begins_at_its_start():
    options = {"start_ms": ms("2024-01-01T00:10:00+00:00")}
    found = following("rate(2 hours)", "2024-01-01T00:00:00+00:00", 3, **options)
    assert found == ["2024-01-01T00:10", "2024-01-01T02:10", "2024-01-01T04:10"]


def test_a_time_zone_keeps_its_hour_when_the_clocks_change():
    # New York changed on 10 March 2024, from 5 hours behind UTC to 4
    found = following("cron(0 5 * * ? *)", "2024-03-09T00:00:00+00:00", 3, zone="America/New_York")
    assert found == ["2024-03-09T10:00", "2024-03-10T09:00", "2024-03-11T09:00"]


def test_what_falls_into_the_hour_that_is_left_out_is_skipped():
    found = following("cron(30 2 * * ? *)", "2024-03-09T12:00:00+00:00", 1, zone="America/New_York")
    assert found == ["2024-03-11T06:30"]


def test_what_falls_into_the_hour_that_comes_twice_happens_once():
    # on 3 November 2024 01:30 came at 05:30 and at 06:30 UTC
    found = following("cron(30 1 * * ? *)", "2024-11-03T00:00:00+00:00", 2, zone="America/New_York")
    assert found == ["2024-11-03T05:30", "2024-11-04T06:30"]


@pytest.mark.parametrize(
    "expression",
    [
        "every day",
        "cron(0 5 * * *)",
        "cron(0 5 * * * *)",
        "cron(0 5 ? * ? *)",
        "cron(60 5 * * ? *)",
        "cron(0 5 * 13 ? *)",
        "cron(0 5 ? * 8 *)",
        "rate(0 minutes)",
        "rate(5 weeks)",
        "at(2024-01-03)",
    ],
)
def test_what_is_no_expression_is_refused(expression):
    with pytest.raises(BadExpression):
        parse(expression)


def test_a_time_zone_that_is_none_is_refused():
    with pytest.raises(BadExpression, match="Mars"):
        parse("rate(1 day)", zone="Mars/Olympus")
