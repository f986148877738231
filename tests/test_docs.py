"""The documents: their examples can be read, and what they link to is there."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pytest

from simulator.faults.plan import Plan

ROOT = Path(__file__).parents[1]
DOCUMENTS = [
    file
    for pattern in ("*.md", "docs/*.md", "examples/*.md", "terraform/*.md")
    for file in sorted(ROOT.glob(pattern))
]
PLANS = ROOT / "docs" / "fault-plans.md"


def named(file: Path) -> str:
    return str(file.relative_to(ROOT))


def examples(file: Path, language: str) -> list[str]:
    text = file.read_text(encoding="utf-8")
    return re.findall(rf"^```{language}\n(.*?)^```", text, re.DOTALL | re.MULTILINE)


@pytest.mark.parametrize("file", DOCUMENTS, ids=named)
def test_what_a_document_links_to_is_there(file: Path) -> None:
    links = re.findall(r"\]\(([^)#\s]+)[^)]*\)", file.read_text(encoding="utf-8"))
    local = [link for link in links if "://" not in link]
    assert [link for link in local if not (file.parent / link).exists()] == []


@pytest.mark.parametrize("file", DOCUMENTS, ids=named)
def test_a_documents_examples_can_be_read(file: Path) -> None:
    for text in examples(file, "toml"):
        tomllib.loads(text)
    for text in examples(file, "python"):
        compile(text, named(file), "exec")


def test_the_fault_plan_of_the_document_is_one() -> None:
    (text, *_) = examples(PLANS, "json")
    assert [fault.kind for fault in Plan.load(text).faults] == ["statement", "operator"]


@pytest.mark.parametrize("file", DOCUMENTS, ids=named)
def test_a_documents_tables_have_no_gap(file: Path) -> None:
    # a row after an empty line is text to Markdown
    lines = file.read_text(encoding="utf-8").splitlines()
    loose = [
        number
        for number, line in enumerate(lines[:-1], 1)
        if line.startswith("| ")
        and not lines[number - 2].startswith("|")
        and not lines[number].startswith("| ---")
    ]
    assert loose == []
