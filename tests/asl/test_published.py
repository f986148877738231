"""Definitions that others published, and what others say of definitions.

They lie beside the checkout and are not part of it: without them these tests are skipped.
"""

import json
import pathlib

import pytest

from simulator.asl.parser import parse
from simulator.asl.validator import validate

FOLDER = pathlib.Path(__file__).parents[3] / "shared" / "definitions"
pytestmark = pytest.mark.skipif(not FOLDER.exists(), reason=f"{FOLDER} is not there")

# published JSONPath definitions that AWS refuses too, and why
NOT_FOR_AWS = {
    "web-search-agent.json": "States.Default is no function",
    "RefandFnStateMachine2E01A3A5": "a Resource that stands for another one",
    "drawio/mimeid-bsdtar.json": "Resources of another service",
    "drawio/test-step-function.json": "Resources of another service",
}


def lines(name):
    return [json.loads(line) for line in (FOLDER / name).read_text().splitlines()]


def text_of(definition):
    return definition if isinstance(definition, str) else json.dumps(definition)


def refusals(text, machine_type="STANDARD"):
    found = validate(text, machine_type=machine_type)
    return [one.sentence for one in found if one.code != "NOT_MODELLED"]


def test_published_definitions_are_taken_and_parsed():
    refused, runnable = {}, 0
    for row in lines("published.jsonl"):
        text = text_of(row["definition_resolved"])
        found = refusals(text)
        if found and "JSONata" not in text:
            refused[row["id"]] = found
        elif not validate(text):
            parse(text)
            runnable += 1
    unexpected = {
        name: found
        for name, found in refused.items()
        if not any(name.endswith(known) for known in NOT_FOR_AWS)
    }
    assert unexpected == {}
    assert runnable >= 180


@pytest.mark.parametrize(
    ("strength", "least"),
    [("aws-reported-by-user", 1.0), ("aws-tool-opinion", 0.95), ("tool-opinion", 0.85)],
)
def test_we_judge_definitions_as_others_do(strength, least):
    """Other tools differ from AWS (they take any URI as Resource, or variables as none); what AWS
    said itself is never contradicted."""
    rows = [row for row in lines("verdicts.jsonl") if row["strength"] == strength]
    agreed = sum(
        (not refusals(text_of(row["definition"]), row["machine_type"] or "STANDARD"))
        == row["valid"]
        for row in rows
    )
    assert agreed / len(rows) >= least
