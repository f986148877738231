"""InputPath, Parameters, Result, ResultSelector, ResultPath, OutputPath and the Context Object."""

from __future__ import annotations

from typing import Any

import pytest

FUNCTION = "arn:aws:lambda:us-east-1:123456789012:function:f"

# States Language, "Input and Output Processing"
PASSES = [
    ({}, {"a": 1}, {"a": 1}),
    ({"Result": 5}, {"a": 1}, 5),
    ({"Result": 5, "ResultPath": "$.b.c"}, {"a": 1}, {"a": 1, "b": {"c": 5}}),
    ({"Result": 5, "ResultPath": None}, {"a": 1}, {"a": 1}),
    ({"Result": None}, {"a": 1}, None),
    ({"InputPath": "$.a"}, {"a": [1]}, [1]),
    ({"InputPath": None}, {"a": 1}, {}),
    ({"OutputPath": None}, {"a": 1}, {}),
    ({"OutputPath": "$.a"}, {"a": "x"}, "x"),
    ({"Parameters": {"x.$": "$.a", "y": 2}}, {"a": 1}, {"x": 1, "y": 2}),
    ({"Parameters": {"y": 2}}, {"a": 1}, {"y": 2}),
    # ResultPath combines with the raw input, not with what InputPath made of it (recorded: a Map
    # with InputPath "$.arr" and a null ResultPath puts out its whole input)
    ({"InputPath": "$.a", "ResultPath": "$.b"}, {"a": 1}, {"a": 1, "b": 1}),
    ({"InputPath": "$.a", "ResultPath": None}, {"a": 1}, {"a": 1}),
    (
        {
            "InputPath": "$.a",
            "Parameters": {"n.$": "$.n"},
            "ResultPath": "$.b",
            "OutputPath": "$.b",
        },
        {"a": {"n": 7}},
        {"n": 7},
    ),
]


@pytest.mark.parametrize(("fields", "given", "expected"), PASSES)
def test_a_pass_makes_its_output(lab: Any, fields: Any, given: Any, expected: Any) -> None:
    run = lab.run({"P": {"Type": "Pass", "End": True, **fields}}, given)
    assert (run.execution.status, run.execution.output) == ("SUCCEEDED", expected)


def test_a_state_never_changes_what_another_was_given(lab: Any) -> None:
    run = lab.run(
        {
            "A": {"Type": "Pass", "Result": 1, "ResultPath": "$.deep.a", "Next": "B"},
            "B": {"Type": "Pass", "Result": 2, "ResultPath": "$.deep.a", "End": True},
        },
        {"deep": {"kept": True}},
    )
    inputs = [e[3][1] for e in run.world.trace.of_kind("PassStateEntered")]
    assert inputs == [{"deep": {"kept": True}}, {"deep": {"kept": True, "a": 1}}]
    assert run.execution.output == {"deep": {"kept": True, "a": 2}}


def test_a_task_selects_and_places_its_result(lab: Any) -> None:
    run = lab.run(
        {
            "T": {
                "Type": "Task",
                "Resource": FUNCTION,
                "Parameters": {"id.$": "$.id"},
                "ResultSelector": {"found.$": "$.id"},
                "ResultPath": "$.result",
                "OutputPath": "$.result",
                "End": True,
            }
        },
        {"id": 3},
    )
    assert [request.parameters for request in run.tasks.requests] == [{"id": 3}]
    assert run.execution.output == {"found": 3}


def test_the_context_object_has_awss_members(lab: Any) -> None:
    run = lab.run({"P": {"Type": "Pass", "Parameters": {"all.$": "$$"}, "End": True}}, {"a": 1})
    # AWS recorded this in test_output_path[$$]; times are those of the virtual clock
    assert run.execution.output["all"] == {
        "Execution": {
            "Id": "arn:aws:states:us-east-1:123456789012:execution:machine:run",
            "Input": {"a": 1},
            "StartTime": "2024-01-09T10:00:00.000Z",
            "Name": "run",
            "RoleArn": "arn:aws:iam::123456789012:role/machine",
            "RedriveCount": 0,
        },
        "StateMachine": {
            "Id": "arn:aws:states:us-east-1:123456789012:stateMachine:machine",
            "Name": "machine",
        },
        "State": {"Name": "P", "EnteredTime": "2024-01-09T10:00:00.005Z"},
    }


def test_an_express_execution_has_no_redrive_count(lab: Any) -> None:
    run = lab.run(
        {"P": {"Type": "Pass", "Parameters": {"e.$": "$$.Execution"}, "End": True}}, is_express=True
    )
    assert "RedriveCount" not in run.execution.output["e"]


# recorded causes (test_invalid_jsonpath, test_catch_states_runtime)
MISSES = [
    (
        {"InputPath": "$.no"},
        "Invalid path '$.no' : No results for path: $['no']",
    ),
    (
        {"OutputPath": "$.no.such"},
        "Invalid path '$.no.such' : Missing property in path $['no']",
    ),
    (
        {"Parameters": {"v.$": "$.no"}},
        (
            "The JSONPath '$.no' specified for the field 'v.$' could not be found in the input "
            "'{\"a\":1}'"
        ),
    ),
]


@pytest.mark.parametrize(("fields", "cause"), MISSES)
def test_a_path_that_finds_nothing_ends_the_execution(lab: Any, fields: Any, cause: str) -> None:
    run = lab.run({"P": {"Type": "Pass", "End": True, **fields}}, {"a": 1})
    assert (run.execution.status, run.execution.error) == ("FAILED", "States.Runtime")
    assert run.execution.cause == (
        f"An error occurred while executing the state 'P' (entered at the event id #2). {cause}"
    )
    assert run.types == ["ExecutionStarted", "PassStateEntered", "ExecutionFailed"]


# AWS recorded these in test_json_path_array_wildcard_or_slice_with_no_input
@pytest.mark.parametrize("path", ["$.item.items[*]", "$.items[1:].itemValue", "$[*]"])
def test_a_wildcard_of_what_is_missing_is_empty_in_a_template(lab: Any, path: str) -> None:
    run = lab.run({"P": {"Type": "Pass", "Parameters": {"item.$": path}, "End": True}})
    assert run.execution.output == {"item": []}


def test_a_result_path_through_a_scalar_fails_by_its_own_name(lab: Any) -> None:
    run = lab.run(
        {"P": {"Type": "Pass", "Result": 1, "ResultPath": "$.a.b", "End": True}}, {"a": 1}
    )
    assert run.execution.error == "States.ResultPathMatchFailure"


def test_chance_comes_from_the_seed_and_the_place(lab_with: Any) -> None:
    states = {
        "P": {"Type": "Pass", "Parameters": {"id.$": "States.UUID()"}, "Next": "Q"},
        "Q": {
            "Type": "Pass",
            "Parameters": {"first.$": "$.id", "second.$": "States.UUID()"},
            "End": True,
        },
    }
    outputs = [lab_with(seed=seed).run(states).execution.output for seed in (1, 1, 2)]
    assert outputs[0] == outputs[1]
    assert outputs[0]["first"] != outputs[0]["second"]
    assert outputs[0]["first"] != outputs[2]["first"]


def test_a_draw_elsewhere_does_not_shift_a_states_own(lab: Any) -> None:
    last = {"Type": "Pass", "Parameters": {"id.$": "States.UUID()"}, "End": True}
    plain = {"Type": "Pass", "Next": "Q"}
    drawing = {**plain, "Parameters": {"a.$": "States.UUID()", "b.$": "States.UUID()"}}
    outputs = [lab.run({"P": first, "Q": last}).execution.output for first in (plain, drawing)]
    assert outputs[0] == outputs[1]


def test_fail_finds_error_and_cause_by_path_or_call(lab: Any) -> None:
    run = lab.run(
        {
            "F": {
                "Type": "Fail",
                "ErrorPath": "$.code",
                "CausePath": "States.Format('about {}', $$.State.Name)",
            }
        },
        {"code": "Mine"},
    )
    assert (run.execution.error, run.execution.cause) == ("Mine", "about F")


def test_an_error_path_that_finds_nothing_is_named(lab: Any) -> None:
    run = lab.run({"F": {"Type": "Fail", "ErrorPath": "$.code"}}, {"a": 1})
    # AWS recorded this in test_invalid_jsonpath[INVALID_JSONPATH_IN_ERRORPATH]
    assert run.execution.cause == (
        "An error occurred while executing the state 'F' (entered at the event id #2). The "
        "JSONPath '$.code' specified for the field 'ErrorPath' could not be found in the input "
        "'{\"a\":1}'"
    )


def test_a_choice_filters_its_input_and_output(lab: Any) -> None:
    run = lab.run(
        {
            "C": {
                "Type": "Choice",
                "InputPath": "$.in",
                "OutputPath": "$.keep",
                "Choices": [{"Variable": "$.n", "NumericGreaterThan": 1, "Next": "Big"}],
                "Default": "Small",
            },
            "Big": {"Type": "Succeed"},
            "Small": {"Type": "Fail"},
        },
        {"in": {"n": 2, "keep": "this"}},
    )
    assert (run.execution.status, run.execution.output) == ("SUCCEEDED", "this")


def test_a_choice_without_a_match_or_default_fails(lab: Any) -> None:
    run = lab.run(
        {
            "C": {
                "Type": "Choice",
                "Choices": [
                    {"Variable": "$.n", "NumericEquals": 1, "Next": "S"},
                    {"Variable": "$.n", "NumericEquals": 2, "Next": "S"},
                ],
            },
            "S": {"Type": "Succeed"},
        },
        {"n": 3},
    )
    assert run.execution.error == "States.Runtime"
    assert "ChoiceStateExited" not in run.types


def test_the_first_rule_that_holds_wins(lab: Any) -> None:
    run = lab.run(
        {
            "C": {
                "Type": "Choice",
                "Choices": [
                    {"Variable": "$.n", "NumericLessThan": 0, "Next": "A"},
                    {"Variable": "$.n", "NumericLessThan": 10, "Next": "B"},
                    {"Variable": "$.n", "NumericLessThan": 100, "Next": "A"},
                ],
            },
            "A": {"Type": "Fail"},
            "B": {"Type": "Succeed"},
        },
        {"n": 5},
    )
    assert run.execution.status == "SUCCEEDED"


def test_each_call_of_chance_in_a_state_draws_anew(lab: Any) -> None:
    drawn = {"a.$": "States.UUID()", "b.$": "States.UUID()"}
    run = lab.run({"P": {"Type": "Pass", "Parameters": drawn, "End": True}})
    assert run.execution.output["a"] != run.execution.output["b"]
    # and the same seed the same
    assert lab.run({"P": {"Type": "Pass", "Parameters": drawn, "End": True}}).execution.output == (
        run.execution.output
    )
