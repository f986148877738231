"""`backfill`: a range of dates on the target, one execution each, one after another, oldest first.

A day that didn't succeed ends it: what comes after may build on that day.
"""

from __future__ import annotations

import sys
from argparse import Namespace
from collections.abc import Iterator
from datetime import date, timedelta
from typing import Any

from simulator.commands import deployed, terminal
from simulator.commands.errors import UsageError
from simulator.commands.inputs import execution_input
from simulator.deployment import executions
from simulator.deployment.targets import Target
from simulator.report.failure import failure_text
from simulator.report.rows import duration_text
from simulator.report.visits import Run, read_history

FAILED, INTERRUPTED = 1, 130
# a slip in a year would start thousands of executions
MOST_DAYS = 366


def run(options: Namespace) -> int:
    """0 where every day SUCCEEDED, 1 at the first that did not, 130 where Ctrl-C ended it."""
    days = days_between(options.first, options.last)
    settings, target, stack = deployed.stack_on(options)
    states = target.clients()("stepfunctions")
    for day in days:
        name = f"backfill-{day}-{executions.new_name().removeprefix('manual-')}"
        given = [*options.set, f"{options.member}={day}"]
        value = execution_input(options.input, given, settings.input)
        arn = executions.start(states, stack, name, value)
        try:
            told = _ended(states, arn)
        except KeyboardInterrupt:
            follow = f"python -m simulator execute{target.option} --follow {name}"
            terminal.say(f"\nthe execution of {day} goes on; follow it:\n  {follow}")
            _tell_rest(options, target, day + timedelta(days=1))
            return INTERRUPTED
        took = duration_text(told.end_ms - told.start_ms)
        sys.stdout.write(f"{day}  {told.status} in {took}  {name}\n")
        sys.stdout.flush()
        if told.status != "SUCCEEDED":
            sys.stdout.write(f"\n{failure_text(told)}\n")
            _tell_rest(options, target, day)
            return FAILED
    return 0


def days_between(first: str, last: str) -> list[date]:
    """The dates from the first to the last. Raises `UsageError` for what is no range of them."""
    begin, end = (_day(where, text) for where, text in (("FROM", first), ("TO", last)))
    if end < begin:
        raise UsageError("TO", f"expected {first} or a later date, got {last}")
    number = (end - begin).days + 1
    if number > MOST_DAYS:
        raise UsageError("TO", f"expected at most {MOST_DAYS} days, got {number}")
    return list(_days(begin, number))


def _days(begin: date, number: int) -> Iterator[date]:
    for offset in range(number):
        yield begin + timedelta(days=offset)


def _day(where: str, text: str) -> date:
    try:
        day = date.fromisoformat(text)
    except ValueError:
        day = None
    # another form of ISO 8601 would not be the text that is given on
    if day is None or day.isoformat() != text:
        raise UsageError(where, f"expected a date such as 2024-01-31, got {text!r}")
    return day


def _ended(states: Any, arn: str) -> Run:
    """Wait for an execution's end."""
    for _ in executions.news(states, arn):
        pass
    return read_history(executions.history(states, arn))


def _tell_rest(options: Namespace, target: Target, day: date) -> None:
    """How to go on at a day."""
    if day <= date.fromisoformat(options.last):
        command = f"python -m simulator backfill{target.option} --member {options.member}"
        terminal.say(f"\nthen go on:\n  {command} {day} {options.last}")
