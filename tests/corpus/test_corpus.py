"""Redshift's documented examples against the product, case by case; and the corpus itself."""

from __future__ import annotations

from collections import Counter
from typing import Any


def test_a_documented_example_gives_its_documented_result(bench: Any, case: Any) -> None:
    disagreement = bench.disagreement(case)
    if case.gap:
        assert disagreement, f"agrees by now: take its gap away ({case.gap})"
    else:
        assert not disagreement, f"{case.sql}\n{disagreement}"


def test_the_corpus_is_as_large_as_it_claims(fidelity: Any) -> None:
    cases = fidelity.load()
    counts = Counter(case.group for case in cases)
    assert min(counts.values()) >= 30
    assert len(cases) >= 400
    assert len({(case.page, case.sql, case.setup, case.then) for case in cases}) == len(cases)


def test_at_least_95_percent_agree(fidelity: Any) -> None:
    cases = fidelity.load()
    assert sum(1 for case in cases if not case.gap) >= 0.95 * len(cases)


def test_the_document_is_what_the_corpus_gives(fidelity: Any) -> None:
    written = fidelity.DOCUMENT.read_text(encoding="utf-8")
    assert written == fidelity.document(fidelity.load()), "run python -m tests.corpus.fidelity"
