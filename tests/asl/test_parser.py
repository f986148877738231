"""Definitions become frozen states."""

import json

import pytest

from simulator.asl.errors import DefinitionError
from simulator.asl.model import (
    And,
    Catcher,
    Choice,
    ChoiceRule,
    Comparison,
    Fail,
    Map,
    Not,
    Parallel,
    Pass,
    Retrier,
    Succeed,
    Task,
    Wait,
)
from simulator.asl.parser import parse

LAMBDA = "arn:aws:lambda:us-east-1:123456789012:function:f"


def one_state(name="A", **fields):
    text = json.dumps({"StartAt": name, "States": {name: fields}})
    return parse(text).flow.states[name]


def test_a_machine_keeps_its_text_and_its_fields():
    text = '{"Comment": "c", "TimeoutSeconds": 60, "StartAt": "A",\n '
    text += '"States": {"A": {"Type": "Succeed"}}}'
    definition = parse(text)
    assert (definition.source, definition.comment, definition.timeout_seconds) == (text, "c", 60)
    assert definition.version == "1.0"
    assert definition.flow.start_at == "A"
    assert definition.flow.states == {"A": Succeed(name="A", pointer="/States/A")}


def test_path_fields_are_the_whole_data_unless_said_otherwise():
    state = one_state(Type="Pass", End=True)
    assert (state.input_path, state.result_path, state.output_path) == ("$", "$", "$")
    state = one_state(Type="Pass", InputPath=None, ResultPath=None, OutputPath=None, End=True)
    assert (state.input_path, state.result_path, state.output_path) == (None, None, None)


def test_a_result_of_null_is_a_result():
    assert one_state(Type="Pass", Result=None, End=True) == Pass(
        name="A", pointer="/States/A", has_result=True
    )


def test_a_task_with_everything():
    state = one_state(
        Type="Task",
        Resource=LAMBDA,
        Parameters={"a.$": "$"},
        ResultSelector={"b.$": "$"},
        ResultPath="$.r",
        TimeoutSeconds=9,
        HeartbeatSecondsPath="$.h",
        Credentials={"RoleArn": "r"},
        Retry=[
            {"ErrorEquals": ["E"], "BackoffRate": 1, "MaxDelaySeconds": 5, "JitterStrategy": "FULL"}
        ],
        Catch=[{"ErrorEquals": ["States.ALL"], "Next": "A", "ResultPath": None}],
        End=True,
    )  # fmt: skip
    assert state == Task(
        name="A",
        pointer="/States/A",
        resource=LAMBDA,
        parameters={"a.$": "$"},
        has_parameters=True,
        result_selector={"b.$": "$"},
        has_result_selector=True,
        result_path="$.r",
        timeout_seconds=9,
        heartbeat_seconds_path="$.h",
        credentials={"RoleArn": "r"},
        retry=(Retrier(("E",), backoff_rate=1.0, max_delay_seconds=5, jitter_strategy="FULL"),),
        catch=(Catcher(("States.ALL",), "A", None),),
    )


def test_a_retrier_has_the_defaults_of_the_specification():
    (retrier,) = one_state(
        Type="Task", Resource=LAMBDA, Retry=[{"ErrorEquals": ["E"]}], End=True
    ).retry
    assert (retrier.interval_seconds, retrier.max_attempts, retrier.backoff_rate) == (1, 3, 2.0)
    assert (retrier.max_delay_seconds, retrier.jitter_strategy) == (None, "NONE")


def test_choice_rules_nest():
    rules = [
        {"And": [{"Variable": "$.a", "NumericEqualsPath": "$.b"},
                 {"Not": {"Variable": "$.c", "IsPresent": True}}], "Next": "A"},
    ]  # fmt: skip
    states = {"A": {"Type": "Choice", "Choices": rules, "Default": "Z"}, "Z": {"Type": "Fail"}}
    text = json.dumps({"StartAt": "A", "States": states})
    rule = And((
        Comparison("$.a", "NumericEquals", "$.b", is_path=True),
        Not(Comparison("$.c", "IsPresent", True)),
    ))  # fmt: skip
    assert parse(text).flow.states == {
        "A": Choice(name="A", pointer="/States/A", choices=(ChoiceRule(rule, "A"),), default="Z"),
        "Z": Fail(name="Z", pointer="/States/Z"),
    }


def test_a_wait_has_one_of_four_ways():
    assert one_state(Type="Wait", SecondsPath="$.s", End=True) == Wait(
        name="A", pointer="/States/A", seconds_path="$.s"
    )


def test_flows_inside_a_state_know_their_place():
    branch = {"StartAt": "B", "States": {"B": {"Type": "Succeed"}}}
    state = one_state(Type="Parallel", Branches=[branch], End=True)
    assert isinstance(state, Parallel)
    assert state.branches[0].states["B"].pointer == "/States/A/Branches[0]/States/B"


@pytest.mark.parametrize(
    ("processor", "selector"), [("ItemProcessor", "ItemSelector"), ("Iterator", "Parameters")]
)
def test_a_maps_fields_have_an_old_and_a_new_name(processor, selector):
    flow = {"StartAt": "B", "States": {"B": {"Type": "Succeed"}}}
    fields = {processor: flow, selector: {"i": 1}, "MaxConcurrency": 2, "ItemsPath": "$.l"}
    state = one_state(Type="Map", End=True, **fields)
    assert isinstance(state, Map)
    assert (state.item_selector, state.has_item_selector) == ({"i": 1}, True)
    assert (state.max_concurrency, state.items_path) == (2, "$.l")
    assert state.processor.states["B"].pointer == f"/States/A/{processor}/States/B"


def test_an_error_carries_every_diagnostic_and_names_the_source():
    text = '{"StartAt": "A", "States": {\n "A": {"Type": "Task", "Next": "B"}}}'
    with pytest.raises(DefinitionError) as caught:
        parse(text, "load.asl.json")
    assert [one.code for one in caught.value.diagnostics] == [
        "SCHEMA_VALIDATION_FAILED",
        "MISSING_TRANSITION_TARGET",
        "MISSING_END_STATE",
    ]
    assert str(caught.value).splitlines()[0] == (
        "load.asl.json:2:2: SCHEMA_VALIDATION_FAILED These fields are required: [Resource]"
    )
