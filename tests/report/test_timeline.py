"""Rows and their drawing."""

from __future__ import annotations

import pytest

from simulator.report.critical import critical_path
from simulator.report.rows import Row, duration_text, statement_rows, timeline_rows
from simulator.report.timeline import timeline_lines
from simulator.report.visits import read_history


@pytest.fixture
def chart(pipeline):
    events, statements = pipeline
    run = read_history(events)
    rows = timeline_rows(run, critical_path(run), statements)

    def chart(width: int, *, ascii_only: bool = False) -> list[str]:
        lines = timeline_lines(
            rows, start_ms=run.start_ms, end_ms=run.end_ms, width=width, ascii_only=ascii_only
        )
        return [line.plain for line in lines]

    chart.rows = rows
    return chart


def row_of(rows: list[Row], label: str) -> Row:
    (row,) = [row for row in rows if row.label == label]
    return row


def test_polling_is_one_row_for_each_state_with_count_and_total(chart):
    row = row_of(chart.rows, "WaitCustomerAddress")
    assert (row.visits, row.attempts, row.duration_ms, len(row.bars)) == (2, 2, 10_000, 2)
    assert len(chart.rows) == 4 * 5 + 1 + 2 + 4


def test_a_statement_stands_under_the_state_that_submitted_it(chart):
    labels = [row.label for row in chart.rows]
    place = labels.index("ExecItem")
    assert labels[place + 1] == "sql 00000003-1111-4111-8111-111111111111"
    assert chart.rows[place + 1].duration_ms == 2500


def test_a_branch_says_its_slack(chart):
    labels = [row.label for row in chart.rows if row.kind == "branch"]
    assert labels == ["branch 1  critical", "branch 2  slack 5.1 s"]


@pytest.mark.parametrize("width", [80, 100, 120])
@pytest.mark.parametrize("ascii_only", [False, True])
def test_no_line_is_wider_than_the_terminal(chart, width, ascii_only):
    assert max(map(len, chart(width, ascii_only=ascii_only))) <= width


def test_without_colour_and_unicode_everything_is_still_told_apart(chart):
    lines = chart(100, ascii_only=True)
    assert all(line.isascii() for line in lines)
    (critical,) = [line for line in lines if "WaitCustomerAddress" in line]
    (other,) = [line for line in lines if "WaitItem" in line]
    assert "###" in critical
    assert "###" not in other
    assert "===" in other
    (slack,) = [line for line in lines if "branch 2" in line]
    assert slack.endswith("-......")


def test_bars_stand_where_their_time_is(chart):
    lines = chart(120)
    axis = lines[0].index("0       ")
    end = len(lines[0])
    (line,) = [line for line in lines if line.startswith("LoadDimensions")]
    first = line.index("█")
    # 5.7 s of 22.2 s
    assert first - axis == pytest.approx((end - axis) * 5.7 / 22.2, abs=1)
    assert line.count("█") == pytest.approx((end - axis) * 10.8 / 22.2, abs=1)


def test_many_statements_of_one_state_are_one_row(pipeline):
    statements = pipeline[1]
    assert len(statement_rows(statements[:3])) == 3
    (row,) = statement_rows(statements)
    assert row.label == "sql 4 statements"
    assert row.duration_ms == sum(s.finished_ms - s.started_ms for s in statements)


def test_what_failed_and_what_was_stopped_is_said_in_words(history):
    entered = history.add(0, "ParallelStateEntered", name="Both", input="{}")
    started = history.add(0, "ParallelStateStarted", entered)
    history.add(0, "WaitStateEntered", started, name="Slow", input="{}")
    fail = history.add(2, "FailStateEntered", started, name="Bad", input="{}")
    ended = history.add(2, "ParallelStateFailed", fail)
    history.add(2, "ExecutionFailed", ended, error="E")
    run = read_history(history.events)
    labels = [row.label for row in timeline_rows(run, critical_path(run)) if row.kind == "state"]
    assert labels == ["Both FAILED", "Slow STOPPED", "Bad FAILED"]


@pytest.mark.parametrize(
    ("duration_ms", "text"),
    [
        (0, "0.0 s"),
        (12_340, "12.3 s"),
        (999_949, "999.9 s"),
        (999_950, "16m40s"),
        (3_599_600, "1h00m00s"),
        (7_205_000, "2h00m05s"),
    ],
)
def test_durations_read_well(duration_ms, text):
    assert duration_text(duration_ms) == text
