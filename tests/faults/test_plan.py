"""Plans as data: what is read, what is refused and in which words."""

from __future__ import annotations

import json
from importlib import resources

import pytest

from simulator.faults.plan import OUTCOMES, Fault, Plan, PlanError

STUCK = {"kind": "statement", "subject": "load-items", "occurrence": 2, "outcome": "STUCK"}


def text(**members) -> str:
    return json.dumps({"format": 1, "faults": [], **members})


def refusal(source) -> str:
    with pytest.raises(PlanError) as caught:
        Plan.load(source)
    return str(caught.value)


def test_a_plan_is_read_from_a_file_and_written_back_equal(tmp_path):
    document = {
        "format": 1,
        "seed": 7,
        "start_time": "2024-01-09T10:00:00Z",
        "name": "run-1",
        "input": {"day": "2024-01-05"},
        "other_inputs": [{"day": "2024-01-06"}],
        "definition_sha256": "0" * 64,
        "faults": [STUCK],
    }
    file = tmp_path / "plan.json"
    file.write_text(json.dumps(document))
    plan = Plan.load(file)
    assert plan == Plan(
        faults=(Fault("statement", "load-items", "STUCK", 2),),
        seed=7,
        start_time="2024-01-09T10:00:00Z",
        name="run-1",
        input={"day": "2024-01-05"},
        other_inputs=({"day": "2024-01-06"},),
        definition_sha256="0" * 64,
    )
    assert json.loads(plan.dump()) == document
    assert "\n" not in plan.dump(indent=None)
    assert Plan.load(plan.dump()) == Plan.load(plan.dump(indent=None)) == plan


def test_what_a_plan_does_not_say_is_left_to_the_project():
    plan = Plan.load(
        '{"format": 1, "faults": [{"kind": "lambda", "subject": "f", "outcome": "throttled"}]}'
    )
    assert plan == Plan(faults=(Fault("lambda", "f", "throttled", 1),))
    assert set(plan.document()) == {"format", "faults"}


@pytest.mark.parametrize(
    ("members", "message"),
    [
        ({"format": 2}, "plan: format: expected format 1, got 2"),
        ({"format": True}, "plan: format: expected format 1, got True"),
        (
            {"sed": 1},
            "plan: sed: expected a known key, got this one\n  hint: did you mean 'seed'?",
        ),
        ({"seed": "1"}, "plan: seed: expected an integer, got '1'"),
        ({"seed": True}, "plan: seed: expected an integer, got True"),
        (
            {"input": None},
            (
                "plan: input: expected the execution's input, got None\n"
                "  hint: leave it out to take the project's"
            ),
        ),
        (
            {"start_time": "2024-01-09T10:00:00"},
            (
                "plan: start_time: expected a moment such as 2024-01-09T10:00:00Z, "
                "got '2024-01-09T10:00:00'"
            ),
        ),
        (
            {"definition_sha256": "abc"},
            (
                "plan: definition_sha256: expected 64 hexadecimal digits, got 'abc'\n"
                "  hint: leave it out to run on any definition"
            ),
        ),
        ({"faults": {}}, "plan: faults: expected a list, got {}"),
        ({"faults": [1]}, "plan: faults[0]: expected an object, got 1"),
        (
            {"faults": [{**STUCK, "kind": "statment"}]},
            (
                "plan: faults[0].kind: expected a kind of place, got 'statment'\n"
                "  hint: did you mean 'statement'?"
            ),
        ),
        (
            {"faults": [{**STUCK, "outcome": "STUK"}]},
            (
                "plan: faults[0].outcome: expected an outcome of a statement place, got 'STUK'\n"
                "  hint: did you mean 'STUCK'?"
            ),
        ),
        (
            {"faults": [{**STUCK, "outcome": "FINISHED"}]},
            (
                "plan: faults[0].outcome: expected something that goes wrong, got the nominal "
                "'FINISHED'\n"
                "  hint: known here: FAILED, FAILED@k, ABORTED, STUCK, SLOW, YIELDED"
            ),
        ),
        (
            {"faults": [{**STUCK, "occurrence": 0}]},
            "plan: faults[0].occurrence: expected 1 or more, got 0",
        ),
        (
            {"faults": [{"kind": "api", "subject": "x"}]},
            "plan: faults[0]: expected a key 'outcome', got none",
        ),
        (
            {"faults": [{**STUCK, "times": 3}]},
            (
                "plan: faults[0].times: expected a known key, got this one\n"
                "  hint: known here: kind, subject, occurrence, outcome"
            ),
        ),
        (
            {"faults": [STUCK, {**STUCK, "outcome": "ABORTED"}]},
            (
                "plan: faults[1]: expected a place of its own, got that of faults[0]: statement "
                "'load-items' #2\n"
                "  hint: the second time that a place is reached has occurrence 2"
            ),
        ),
    ],
)
def test_a_bad_plan_gets_one_clear_message(members, message):
    assert refusal(text(**members)) == message


@pytest.mark.parametrize("outcome", ["FAILED@k", "FAILED@0", "FAILED@", "FAILED@1x"])
def test_only_a_statement_that_there_can_be_fails(outcome):
    assert "expected an outcome of a statement place" in refusal(
        text(faults=[{**STUCK, "outcome": outcome}])
    )
    assert Fault("statement", "s", "FAILED@12").outcome == "FAILED@12"
    with pytest.raises(PlanError, match="an outcome of a api place"):
        Fault("api", "s", "FAILED@1")


def test_what_is_no_json_is_told_with_its_place(tmp_path):
    file = tmp_path / "plan.json"
    file.write_text('{"format": 1,\n "faults": [}')
    assert refusal(file) == f"{file}:2:13: expected JSON, got '}}'"
    assert refusal('{"format": 1, "format": 1}') == (
        "plan: expected JSON, got the key 'format' twice in one object"
    )
    assert (
        refusal('{"format": 1, "input": NaN}') == "plan: expected JSON, got NaN, which is no JSON"
    )
    assert refusal(str(tmp_path / "none.json")) == (
        f"{tmp_path}/none.json: expected a readable file, got No such file or directory"
    )


def test_a_plan_for_another_definition_is_refused():
    plan = Plan(definition_sha256="a" * 64)
    plan.check_definition("a" * 64)
    Plan().check_definition("b" * 64)
    with pytest.raises(PlanError) as caught:
        plan.check_definition("b" * 64)
    assert str(caught.value).startswith(
        "definition_sha256: expected a plan for this definition (bbbbbbbbbbbb...), got one for "
        "aaaaaaaaaaaa...\n  hint: the definition (or its SQL) has changed since"
    )


def test_a_plan_nested_too_deep_is_refused():
    with pytest.raises(PlanError, match="plan: expected JSON"):
        Plan.load('{"format": 1, "faults": ' + "[" * 100_000)


def test_the_schema_says_the_same_as_the_code():
    schema = json.loads(
        resources.files("simulator.faults").joinpath("plan.schema.json").read_text()
    )
    assert set(schema["properties"]) == set(
        Plan((), 1, "2024-01-09T10:00:00Z", "n", {}, ({},), "0" * 64).document()
    )
    kinds = {name: kind for name, kind in schema["$defs"].items() if "properties" in kind}
    assert set(kinds) == set(OUTCOMES)
    for name, kind in kinds.items():
        assert set(kind["properties"]) == set(Fault("api", "s", "throttled").document())
        outcome = kind["properties"]["outcome"]
        listed = outcome["enum"] if "enum" in outcome else outcome["anyOf"][0]["enum"]
        assert listed == [one for one in OUTCOMES[name][1:] if one != "FAILED@k"]
