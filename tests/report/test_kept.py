from __future__ import annotations

from simulator.faults.promises import Broken
from simulator.report.kept import promises_text


def test_a_broken_promise_is_told_with_its_sentence_its_moment_and_what_was_seen():
    one = Broken("no_loss", "No sale is lost.", 61_000, 12, "2024-01-07: 3 rows\nof 4")
    assert promises_text([one], 1_000) == (
        "promise broken: No sale is lost. (no_loss)\n  after 60.0 s: 2024-01-07: 3 rows\n  of 4"
    )
