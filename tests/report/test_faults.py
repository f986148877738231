"""Faults on timelines: a mark at its moment, on the execution that it befell."""

from __future__ import annotations

from simulator.report.faults import Mark, fault_rows, faults_text, marks_of
from simulator.report.timeline import timeline_lines
from simulator.report.visits import Branch, Run

STUCK = Mark(5_000, "STUCK", "statement 'Demo:run-1:load' #1")
STOP = Mark(9_000, "stop", "operator 'after WaitStateEntered run-10/Pause' #2")
PAUSE = Mark(9_500, "pause_cluster", "operator 'after ClusterStatus w resuming' #1")


def run(start_ms: int, end_ms: int) -> Run:
    main = Branch(None, 0, 1, start_ms, end_ms)
    return Run("FAILED", start_ms, end_ms, main, None, None, None)


def test_a_mark_stands_at_its_moment_and_the_legend_names_it():
    lines = timeline_lines(fault_rows([STUCK]), start_ms=0, end_ms=10_000, width=80)
    row = lines[1].plain
    assert row.startswith("! STUCK")
    # halfway along the bar, which ends with the line
    bar = row[row.index("0.0 s") + len("0.0 s") :]
    assert bar.strip() == "!"
    assert "!! fault" in lines[-1].plain


def test_each_execution_has_the_marks_that_befell_it():
    runs = {"run-1": run(0, 10_000), "run-10": run(8_000, 20_000)}
    assert marks_of([STUCK, STOP, PAUSE], runs) == {
        "run-1": [STUCK, PAUSE],
        "run-10": [STOP, PAUSE],
    }


def test_what_the_marks_are_is_told_in_full():
    assert faults_text([STUCK, STOP], 0) == (
        "! 5.0 s  statement 'Demo:run-1:load' #1: STUCK\n"
        "! 9.0 s  operator 'after WaitStateEntered run-10/Pause' #2: stop"
    )
