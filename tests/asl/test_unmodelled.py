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


def map_of(config=None, **fields):
    processor = FLOW if config is None else {**FLOW, "ProcessorConfig": config}
    return machine({"Type": "Map", "ItemProcessor": processor, **fields})


DISTRIBUTED = {"Mode": "DISTRIBUTED", "ExecutionType": "STANDARD"}

# feature as a diagnostic names it: (definition, where it is used)
FEATURES = {
    "the Transformation LOAD_AND_FLATTEN of ItemReader": [
        (
            map_of(
                DISTRIBUTED,
                ItemReader={
                    "Resource": "arn:aws:states:::s3:listObjectsV2",
                    "Parameters": {"Bucket": "b"},
                    "ReaderConfig": {"InputType": "JSON", "Transformation": "LOAD_AND_FLATTEN"},
                },
            ),
            "/States/A/ItemReader/ReaderConfig/Transformation",
        ),
    ],
    "ItemBatcher in a Map of mode INLINE": [
        (map_of(ItemBatcher={"MaxItemsPerBatch": 2}), "/States/A/ItemBatcher"),
    ],
}  # fmt: skip

CASES = [
    pytest.param(feature, definition, location, id=f"{feature} at {location}")
    for feature, uses in FEATURES.items()
    for definition, location in uses
]


BATCHER = {"MaxItemsPerBatch": 2}


@pytest.mark.parametrize(("feature", "definition", "location"), CASES)
def test_a_feature_that_comes_later_is_refused_by_state_and_name(feature, definition, location):
    (found,) = validate(json.dumps(definition))
    assert found.code == "NOT_MODELLED"
    assert found.message == f"state 'A' uses {feature}, which is not simulated"
    assert found.location == location
    assert found.line == 1
    with pytest.raises(DefinitionError, match="NOT_MODELLED"):
        parse(json.dumps(definition))


def test_features_inside_branches_and_items_are_found():
    mapped = map_of(ItemBatcher=BATCHER)["States"]["A"]
    inner = {"StartAt": "Each", "States": {"Each": mapped}}
    definition = machine({"Type": "Parallel", "Branches": [inner]})
    (found,) = validate(json.dumps(definition))
    assert found.location == "/States/A/Branches[0]/States/Each/ItemBatcher"
    assert "state 'Each'" in found.message


def test_what_aws_refuses_comes_before_what_we_lack():
    definition = map_of(ItemBatcher=BATCHER, Next="Ghost")
    assert {one.code for one in validate(json.dumps(definition))} == {"MISSING_TRANSITION_TARGET"}
