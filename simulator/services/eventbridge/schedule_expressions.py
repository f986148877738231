"""When a schedule is due: `cron(...)`, `rate(...)` and `at(...)` of Amazon EventBridge Scheduler.

"Schedule types on EventBridge Scheduler" (EventBridge Scheduler user guide): a cron expression is
read in the schedule's time zone; what falls into the hour that spring leaves out is skipped, and
what falls into the hour that autumn repeats happens once. Rules of EventBridge have the first two,
in UTC.
"""

from __future__ import annotations

import calendar
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from functools import lru_cache
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

_FORM = re.compile(r"(cron|rate|at)\((.*)\)", re.DOTALL)
_UNITS_MS = {"minute": 60_000, "hour": 3_600_000, "day": 86_400_000}
_MONTHS = ("JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC")
_DAYS = ("SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT")
_FIRST_YEAR, _LAST_YEAR = 1970, 2199


class BadExpression(ValueError):
    """Text that is no schedule's expression."""


@dataclass(frozen=True, slots=True)
class Cron:
    """The fields of a cron expression, as the numbers that each allows. Days are texts such as
    "L", "15W", "6#3": which ones they mean depends on the month."""

    minutes: tuple[int, ...]
    hours: tuple[int, ...]
    days_of_month: str
    months: frozenset[int]
    days_of_week: str
    years: frozenset[int]
    zone: str

    def after(self, moment_ms: int) -> int | None:
        """The first time that is due after a moment; None for never. In milliseconds."""
        zone = ZoneInfo(self.zone)
        start = datetime.fromtimestamp(moment_ms / 1000, zone)
        for day in self._days(start.date()):
            for hour in self.hours:
                for minute in self.minutes:
                    due = datetime.combine(day, time(hour, minute), zone)
                    due_ms = round(due.timestamp() * 1000)
                    if due_ms > moment_ms and _exists(due):
                        return due_ms
        return None

    def _days(self, first: date) -> Iterator[date]:
        for year in sorted(year for year in self.years if year >= first.year):
            for month in sorted(self.months):
                if (year, month) < (first.year, first.month):
                    continue
                for number in sorted(_days_of(year, month, self.days_of_month, self.days_of_week)):
                    day = date(year, month, number)
                    if day >= first:
                        yield day


@dataclass(frozen=True, slots=True)
class Rate:
    """Every so many milliseconds from its start on, which is its first time."""

    every_ms: int
    start_ms: int

    def after(self, moment_ms: int) -> int | None:
        """The first time that is due after a moment. In milliseconds."""
        if moment_ms < self.start_ms:
            return self.start_ms
        return self.start_ms + ((moment_ms - self.start_ms) // self.every_ms + 1) * self.every_ms


@dataclass(frozen=True, slots=True)
class At:
    """Once."""

    due_ms: int

    def after(self, moment_ms: int) -> int | None:
        """It, unless that is over. In milliseconds."""
        return self.due_ms if self.due_ms > moment_ms else None


Expression = Cron | Rate | At


def parse(text: str, *, zone: str = "UTC", start_ms: int = 0) -> Expression:
    """Read an expression; a rate begins at `start_ms`. Raises `BadExpression`."""
    _check_zone(zone)
    match = _FORM.fullmatch(text.strip())
    if match is None:
        raise BadExpression(f"expected cron(...), rate(...) or at(...), got {text!r}")
    kind, inside = match.groups()
    if kind == "cron":
        return _cron(inside, zone)
    if kind == "rate":
        return _rate(inside, start_ms)
    try:
        moment = datetime.strptime(f"{inside}+0000", "%Y-%m-%dT%H:%M:%S%z")
    except ValueError:
        raise BadExpression(f"at: expected yyyy-mm-ddThh:mm:ss, got {inside!r}") from None
    return At(round(moment.replace(tzinfo=ZoneInfo(zone)).timestamp() * 1000))


def _check_zone(zone: str) -> None:
    try:
        ZoneInfo(zone)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise BadExpression(f"expected the name of a time zone, got {zone!r}") from None


def _rate(inside: str, start_ms: int) -> Rate:
    parts = inside.split()
    unit = parts[1].removesuffix("s") if len(parts) == 2 else ""
    if unit not in _UNITS_MS or not parts[0].isdecimal() or int(parts[0]) < 1:
        raise BadExpression(f"rate: expected a number and minutes, hours or days, got {inside!r}")
    return Rate(int(parts[0]) * _UNITS_MS[unit], start_ms)


def _cron(inside: str, zone: str) -> Cron:
    fields = inside.split()
    if len(fields) != 6:
        raise BadExpression(f"cron: expected six fields, got {inside!r}")
    minutes, hours, days_of_month, months, days_of_week, years = (one.upper() for one in fields)
    if (days_of_month == "?") == (days_of_week == "?"):
        raise BadExpression(
            f"cron: expected ? for the day of the month or for that of the week, got {inside!r}"
        )
    cron = Cron(
        tuple(sorted(_numbers(minutes, 0, 59))),
        tuple(sorted(_numbers(hours, 0, 23))),
        days_of_month,
        frozenset(_numbers(months, 1, 12, _MONTHS)),
        days_of_week,
        frozenset(_numbers(years, _FIRST_YEAR, _LAST_YEAR)),
        zone,
    )
    _days_of(2024, 1, days_of_month, days_of_week)
    return cron


def _numbers(field: str, first: int, last: int, names: tuple[str, ...] = ()) -> set[int]:
    """The numbers of a field such as 1,3-5 or */15 or MON-FRI."""
    found: set[int] = set()
    for part in field.split(","):
        span, _, step_text = part.partition("/")
        step = _number(step_text, 1, last, ()) if "/" in part else 1
        if span == "*":
            low, high = first, last
        else:
            low_text, dash, high_text = span.partition("-")
            low = _number(low_text, first, last, names)
            # "0/15" goes on to the end
            high = last if "/" in part else low
            if dash:
                high = _number(high_text, first, last, names)
        if low <= high:
            found.update(range(low, high + 1, step))
        else:
            # FRI-MON goes round
            found.update([*range(low, last + 1, step), *range(first, high + 1, step)])
    return found


def _number(text: str, first: int, last: int, names: tuple[str, ...]) -> int:
    if text in names:
        return names.index(text) + 1
    if not text.isdecimal() or not first <= int(text) <= last:
        raise BadExpression(f"cron: expected a number from {first} to {last}, got {text!r}")
    return int(text)


@lru_cache(maxsize=1024)
def _days_of(year: int, month: int, days_of_month: str, days_of_week: str) -> frozenset[int]:
    """The days of a month that are meant."""
    last = calendar.monthrange(year, month)[1]
    if days_of_week == "?":
        return frozenset(_of_month(year, month, last, days_of_month))
    return frozenset(_of_week(year, month, last, days_of_week))


def _of_month(year: int, month: int, last: int, field: str) -> set[int]:
    found: set[int] = set()
    for part in field.split(","):
        if part == "L":
            found.add(last)
        elif part.endswith("W"):
            day = last if part == "LW" else min(_number(part[:-1], 1, 31, ()), last)
            found.add(_nearest_weekday(year, month, day, last))
        else:
            found |= {day for day in _numbers(part, 1, 31) if day <= last}
    return found


def _of_week(year: int, month: int, last: int, field: str) -> set[int]:
    """1 is Sunday."""
    found: set[int] = set()
    for part in field.split(","):
        if "#" in part:
            name, _, which = part.partition("#")
            days = _weekdays(year, month, last, {_number(name, 1, 7, _DAYS)})
            place = _number(which, 1, 5, ())
            found |= set(days[place - 1 : place])
        elif part == "L":
            found |= set(_weekdays(year, month, last, {7}))
        elif part.endswith("L"):
            days = _weekdays(year, month, last, {_number(part[:-1], 1, 7, _DAYS)})
            found.add(days[-1])
        else:
            found |= set(_weekdays(year, month, last, _numbers(part, 1, 7, _DAYS)))
    return found


def _weekdays(year: int, month: int, last: int, wanted: set[int]) -> list[int]:
    return [day for day in range(1, last + 1) if _weekday(year, month, day) in wanted]


def _weekday(year: int, month: int, day: int) -> int:
    return date(year, month, day).isoweekday() % 7 + 1


def _nearest_weekday(year: int, month: int, day: int, last: int) -> int:
    """That of the same month."""
    weekday = _weekday(year, month, day)
    if weekday == 7:
        return day - 1 if day > 1 else day + 2
    if weekday == 1:
        return day + 1 if day < last else day - 2
    return day


def _exists(due: datetime) -> bool:
    """Whether the clocks show this time at all: spring leaves out an hour."""
    there_and_back = due.astimezone(UTC).astimezone(due.tzinfo)
    return there_and_back.replace(tzinfo=None) == due.replace(tzinfo=None)
