"""Everything of the language that AWS runs and the simulator does not, in one list."""

import json

import pytest

from simulator.asl.errors import DefinitionError
from simulator.asl.parser import parse
from simulator.asl.validator import validate

DONE = {"Type": "Succeed"}
FLOW = {"StartAt": "In", "States": {"In": DONE}}


def machine(state, **fields):
    ends = state["Type"] in ("Choice", "Succeed") or "Next" in state
    states = {"A": state if ends else {**state, "End": True}, "Z": DONE}
    if not state.get("Choices") and "Next" not in state and "Catch" not in state:
        del states["Z"]
    return {"StartAt": "A", "States": states, **fields}


def task(resource, **fields):
    return machine({"Type": "Task", "Resource": resource, **fields})


def map_of(config=None, **fields):
    processor = FLOW if config is None else {**FLOW, "ProcessorConfig": config}
    return machine({"Type": "Map", "ItemProcessor": processor, **fields})


LAMBDA = "arn:aws:lambda:us-east-1:123456789012:function:f"
DISTRIBUTED = {"Mode": "DISTRIBUTED", "ExecutionType": "STANDARD"}

# feature as a diagnostic names it: (definition, where it is used)
FEATURES = {
    "JSONata (QueryLanguage)": [
        (machine(DONE, QueryLanguage="JSONata"), "/QueryLanguage"),
        (machine({**DONE, "QueryLanguage": "JSONata"}), "/States/A/QueryLanguage"),
        (
            machine({"Type": "Pass", "QueryLanguage": "JSONata", "Output": "{% 1 %}"}),
            "/States/A/QueryLanguage",
        ),
        (
            task(LAMBDA, QueryLanguage="JSONata", Arguments={"a": "{% $states.input %}"}),
            "/States/A/QueryLanguage",
        ),
    ],
    "variables (Assign)": [
        (machine({"Type": "Pass", "Assign": {"x": 1}}), "/States/A/Assign"),
        (
            machine({
                "Type": "Choice",
                "Choices": [
                    {"Variable": "$.x", "IsNull": True, "Next": "Z", "Assign": {"x": 1}}
                ],
            }),
            "/States/A/Choices[0]/Assign",
        ),
        (
            task(LAMBDA, Catch=[{"ErrorEquals": ["E"], "Next": "Z", "Assign": {"x": 1}}]),
            "/States/A/Catch[0]/Assign",
        ),
        (machine({"Type": "Pass", "InputPath": "$x"}), "/States/A/InputPath"),
        (machine({"Type": "Wait", "SecondsPath": "$x.y"}), "/States/A/SecondsPath"),
        (
            machine({"Type": "Pass", "Parameters": {"a.$": "$x"}}),
            "/States/A/Parameters/a.$",
        ),
        (
            machine({"Type": "Pass", "Parameters": {"a.$": "States.Format('{}', $x)"}}),
            "/States/A/Parameters/a.$",
        ),
    ],
    "the resource arn:aws:states:::s3:listBuckets in ItemReader": [
        (
            map_of(DISTRIBUTED, ItemReader={"Resource": "arn:aws:states:::s3:listBuckets"}),
            "/States/A/ItemReader/Resource",
        ),
    ],
    "an activity": [
        (task("arn:aws:states:us-east-1:123456789012:activity:a"), "/States/A/Resource"),
    ],
}  # fmt: skip

CASES = [
    pytest.param(feature, definition, location, id=f"{feature} at {location}")
    for feature, uses in FEATURES.items()
    for definition, location in uses
]


@pytest.mark.parametrize(("feature", "definition", "location"), CASES)
def test_a_feature_that_comes_later_is_refused_by_state_and_name(feature, definition, location):
    (found,) = validate(json.dumps(definition))
    where = "the state machine" if location == "/QueryLanguage" else "state 'A'"
    assert found.code == "NOT_MODELLED"
    assert found.message == f"{where} uses {feature}, which is not simulated"
    assert found.location == location
    assert found.line == 1
    with pytest.raises(DefinitionError, match="NOT_MODELLED"):
        parse(json.dumps(definition))


def test_the_list_is_the_one_in_the_code():
    from simulator.asl.expressions import VARIABLES
    from simulator.asl.unmodelled import _STATE_FIELDS

    assert {*_STATE_FIELDS.values(), VARIABLES} <= FEATURES.keys()


def test_features_inside_branches_and_items_are_found():
    inner = {"StartAt": "In", "States": {"In": {"Type": "Pass", "Assign": {"x": 1}, "End": True}}}
    definition = machine({"Type": "Parallel", "Branches": [inner]})
    (found,) = validate(json.dumps(definition))
    assert found.location == "/States/A/Branches[0]/States/In/Assign"
    assert "state 'In'" in found.message


def test_what_aws_refuses_comes_before_what_we_lack():
    definition = machine({"Type": "Pass", "Assign": {"x": 1}, "Next": "Ghost"})
    assert {one.code for one in validate(json.dumps(definition))} == {"MISSING_TRANSITION_TARGET"}
