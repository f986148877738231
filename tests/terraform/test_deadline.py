"""The alarm of a day that isn't loaded, evaluated as CloudWatch does on the metrics of a day."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

# one worker runs `terraform test` for all that read it
pytestmark = [pytest.mark.terraform, pytest.mark.xdist_group("plans")]

ZONE = ZoneInfo("America/New_York")
# an ordinary day, and those on which New York's clocks change
DAYS = ("2024-01-09", "2024-03-10", "2024-11-03")


def in_alarm(alarm: dict[str, Any], points: Sequence[datetime], now: datetime) -> bool:
    """Whether an alarm on the sum of `points`, each 1, is in ALARM: all periods breach.

    "Configuring how CloudWatch alarms treat missing data": a period without any counts as set.
    """
    assert alarm["statistic"] in ("Sum", "Maximum")
    period = alarm["period"]
    # periods begin at multiples of their length, and the running one isn't evaluated
    end = math.floor(now.timestamp() / period) * period
    breaching = []
    for number in range(alarm["evaluation_periods"]):
        begin = end - (number + 1) * period
        value = sum(begin <= point.timestamp() < begin + period for point in points)
        if not value:
            breaching.append(alarm["treat_missing_data"] == "breaching")
        elif alarm["comparison_operator"] == "LessThanThreshold":
            breaching.append(value < alarm["threshold"])
        else:
            assert alarm["comparison_operator"] == "GreaterThanOrEqualToThreshold"
            breaching.append(value >= alarm["threshold"])
    return all(breaching)


@pytest.fixture
def rings(planned: Callable[[str], dict[str, Any]]) -> Callable[..., bool]:
    """Whether the composite alarm rings at some minute of a day on which executions succeeded."""
    nothing = planned("aws_cloudwatch_metric_alarm.nothing_succeeded")
    due = planned("aws_cloudwatch_metric_alarm.day_is_due")
    composite = planned("aws_cloudwatch_composite_alarm.not_loaded")
    assert composite["alarm_rule"] == (
        f'ALARM("{nothing["alarm_name"]}") AND ALARM("{due["alarm_name"]}")'
    )
    schedule = planned("aws_scheduler_schedule.deadline")
    assert schedule["schedule_expression"] == "cron(45 8 * * ? *)"
    assert schedule["schedule_expression_timezone"] == ZONE.key

    def evaluate(day: str, *succeeded: str) -> bool:
        points = [datetime.fromisoformat(moment).replace(tzinfo=ZONE) for moment in succeeded]
        deadline = datetime.fromisoformat(f"{day}T08:45:20").replace(tzinfo=ZONE)
        return any(
            in_alarm(nothing, points, minute) and in_alarm(due, [deadline], minute)
            for minute in (deadline + timedelta(minutes=n) for n in range(-600, 600))
        )

    return evaluate


@pytest.mark.parametrize("day", DAYS)
def test_a_day_that_is_not_loaded_at_the_deadline_is_told(rings: Callable[..., bool], day: str):
    assert rings(day)


@pytest.mark.parametrize("day", DAYS)
@pytest.mark.parametrize("at", ["05:01", "06:30", "08:29"])
def test_a_day_that_is_loaded_before_is_not(rings: Callable[..., bool], day: str, at: str):
    assert not rings(day, f"{day}T{at}:00")


def test_loaded_after_the_deadline_is_told_all_the_same(rings: Callable[..., bool]):
    assert rings("2024-01-09", "2024-01-09T09:10:00")


def test_what_was_loaded_the_day_before_hides_nothing(rings: Callable[..., bool]):
    assert rings("2024-01-09", "2024-01-08T05:01:00", "2024-01-08T23:00:00", "2024-01-09T03:00:00")
