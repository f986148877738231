"""AWS's recordings, put to the functions of this room directly.

They lie beside the checkout and are not part of it: without them these tests are skipped.
"""

import json
import pathlib

import pytest

from simulator.asl.comparisons import compile_rule
from simulator.asl.context import ContextObject
from simulator.asl.parser import parse
from simulator.asl.paths import compile_path
from simulator.asl.templates import compile_template
from simulator.asl.validator import validate

RECORDINGS = pathlib.Path(__file__).parents[3] / "shared" / "conformance" / "recordings.jsonl"
pytestmark = pytest.mark.skipif(not RECORDINGS.exists(), reason=f"{RECORDINGS} is not there")

# values that differ from run to run, and those that chance gives
CHANGING = ("$$.", "MathRandom", "UUID")


def recorded(*kinds):
    if not RECORDINGS.exists():
        return []
    cases = map(json.loads, RECORDINGS.read_text().splitlines())
    return [case for case in cases if case["kind"] in kinds]


def group(name):
    return [
        pytest.param(case, id=case["id"])
        for case in recorded("execution")
        if case["group"] == name and "JSONata" not in json.dumps(case)
    ]


def output_of(execution):
    expected = execution["expect"]
    if "output" in expected:
        return expected["output"]
    return expected["history"]["events"][-1]["executionSucceededEventDetails"]["output"]


def context(execution):
    members = {"Execution": {"Input": json.loads(execution["input"])}}
    return ContextObject(members, lambda _kind: bytes(16))


@pytest.mark.parametrize("case", group("choice_operators"))
def test_a_recorded_choice_is_decided_as_on_aws(case):
    for execution in case["executions"]:
        state_input = json.loads(execution["input"])
        choice = parse(execution["definition"]).flow.states["CheckValues"]
        is_true = compile_rule(choice.choices[0].rule)(state_input, context(execution))
        wanted = output_of(execution)["TestResult.$"] == "ConditionTrue"
        assert is_true == wanted, execution["input"]


@pytest.mark.parametrize("case", group("intrinsic_functions"))
def test_a_recorded_intrinsic_call_gives_what_aws_gave(case):
    for execution in case["executions"]:
        state_input = json.loads(execution["input"])
        (state,) = parse(execution["definition"]).flow.states.values()
        filled = compile_template(state.parameters)(
            state_input,
            ContextObject(
                {
                    "Execution": {"Name": "n", "Input": state_input},
                    "StateMachine": {"Id": "i", "Name": "n-m"},
                },
                lambda _kind: bytes(16),
            ),
        )
        if state.output_path == "$.result_path.merged":
            assert filled["merged"] == output_of(execution)
        elif not any(word in execution["definition"] for word in CHANGING):
            assert filled == output_of(execution), execution["input"]


def test_every_recorded_definition_is_taken():
    refused = [
        (case["id"], found.sentence)
        for case in recorded("execution", "mocked_execution")
        for execution in case["executions"]
        for found in validate(execution["definition"], machine_type=execution["type"])
        if found.code != "NOT_MODELLED"
    ]
    assert refused == []


@pytest.mark.parametrize(
    "case", [pytest.param(case, id=case["id"]) for case in recorded("definition")]
)
def test_a_recorded_refusal_has_the_same_words(case):
    for call in case["calls"]:
        params = call["params"]
        found = [
            one.sentence
            for one in validate(
                params["definition"], machine_type=params.get("type", "STANDARD")
            )
            if one.code != "NOT_MODELLED"
        ]  # fmt: skip
        expected = call["expect"]
        words = expected.get("message") or expected.get("exception_value") or ""
        if "Invalid State Machine Definition" in words:
            assert words.endswith(f"Invalid State Machine Definition: '{', '.join(found)}'")
        else:
            assert found == []


@pytest.mark.parametrize(
    "case", [pytest.param(case, id=case["id"]) for case in recorded("validation")]
)
def test_recorded_diagnostics_are_the_same(case):
    for call in case["calls"]:
        found = validate(call["params"]["definition"], machine_type=call["params"]["type"])
        assert [
            {
                "code": one.code,
                "location": one.location,
                "message": one.message,
                "severity": one.severity,
            }
            for one in found
            if one.code != "NOT_MODELLED"
        ] == call["expect"]["diagnostics"]


def test_paths_that_find_nothing_say_what_aws_says():
    """The causes of recorded executions that InputPath or OutputPath failed."""
    seen = 0
    for case in recorded("execution"):
        for execution in case["executions"]:
            events = execution["expect"].get("history", {}).get("events", [])
            cause = (
                events[-1].get("executionFailedEventDetails", {}).get("cause", "") if events else ""
            )
            if "). Invalid path '" not in cause or "JSONata" in execution["definition"]:
                continue
            path = cause.split("Invalid path '")[1].split("'")[0]
            with pytest.raises(Exception, match="Invalid path") as caught:
                compile_path(path)({"int-literal": 0}, context(execution))
            assert cause.endswith(f"). {caught.value.cause}")
            seen += 1
    assert seen >= 4
