"""Variables: what Assign sets, who reads them, and how far they reach; and JSONata's states."""

from __future__ import annotations

from typing import Any

import pytest

from simulator.engine.ports import TaskFailure, TaskSuccess

PASS = {"Type": "Pass"}


def run_of(lab: Any, definition: dict[str, Any], given: Any = None, **options: Any) -> Any:
    top = {name: one for name, one in definition.items() if name == "QueryLanguage"}
    return lab.run(definition["States"], given, **options, **top)


def flow(**states: Any) -> dict[str, Any]:
    """States that follow each other in the order in which they are given."""
    names = list(states)
    for name, following in zip(names, [*names[1:], None], strict=True):
        if states[name]["Type"] not in ("Choice", "Fail", "Succeed"):
            states[name] = {**states[name], **({"Next": following} if following else {"End": True})}
    return {"StartAt": names[0], "States": states}


def test_assign_and_output_read_what_was_there_before(lab):
    run = run_of(
        lab,
        flow(
            A={**PASS, "Assign": {"x": 1, "y": 2}},
            B={**PASS, "Assign": {"x.$": "$y", "y.$": "$x"}, "Parameters": {"old.$": "$x"}},
            C={**PASS, "Parameters": {"x.$": "$x", "y.$": "$y", "sum.$": "States.MathAdd($x, $y)"}},
        ),
    )
    outputs = [e["stateExitedEventDetails"] for e in run.history if "Exited" in e["type"]]
    assert outputs[1]["assignedVariables"] == {"x": "2", "y": "1"}
    assert outputs[1]["output"] == '{"old":1}'
    assert run.execution.output == {"x": 2, "y": 1, "sum": 3}


def test_branches_read_outer_variables_and_keep_their_own(lab):
    inner = flow(
        In={**PASS, "Assign": {"x": "inner"}, "Parameters": {"seen.$": "$x"}},
        Then={**PASS, "OutputPath": "$x"},
    )
    run = run_of(
        lab,
        flow(
            A={**PASS, "Assign": {"x": "outer"}},
            P={"Type": "Parallel", "Branches": [inner], "ResultPath": "$.inner"},
            C={**PASS, "Parameters": {"inner.$": "$.inner", "x.$": "$x"}},
        ),
    )
    assert run.execution.output == {"inner": ["inner"], "x": "outer"}


def test_a_catcher_assigns_from_the_error_and_a_choice_from_its_rule(lab):
    run = run_of(
        lab,
        flow(
            T={
                "Type": "Task",
                "Resource": "arn:aws:lambda:us-east-1:123456789012:function:f",
                "Catch": [
                    {"ErrorEquals": ["E"], "Assign": {"why.$": "$.Cause"}, "Next": "C"},
                ],
            },
            C={
                "Type": "Choice",
                "Choices": [
                    {
                        "Variable": "$why",
                        "StringEquals": "c",
                        "Assign": {"rule": 1},
                        "Next": "End",
                    }
                ],
                "Default": "End",
                "Assign": {"rule": "none"},
            },
            End={**PASS, "Parameters": {"why.$": "$why", "rule.$": "$rule"}},
        ),
        tasks={"T": [TaskFailure("E", "c")]},
    )
    assert run.execution.output == {"why": "c", "rule": 1}


def test_a_variable_that_nobody_set_fails_the_execution_that_reads_it(lab):
    run = run_of(lab, flow(A={**PASS, "InputPath": "$ghost"}))
    assert run.execution.error == "States.Runtime"
    assert "$ghost" in run.execution.cause


def jsonata(**states: Any) -> dict[str, Any]:
    return {**flow(**states), "QueryLanguage": "JSONata"}


FUNCTION = "arn:aws:lambda:us-east-1:123456789012:function:f"


def test_a_jsonata_task_has_arguments_output_and_variables(lab):
    run = run_of(
        lab,
        jsonata(
            A={**PASS, "Assign": {"n": "{% $states.input.n * 2 %}"}},
            T={
                "Type": "Task",
                "Resource": FUNCTION,
                "Arguments": {"n": "{% $n %}"},
                "Output": "{% $merge([$states.input, $states.result]) %}",
                "Assign": {"got": "{% $states.result.got %}"},
            },
            C={
                "Type": "Choice",
                "Choices": [
                    {"Condition": "{% $got > 3 %}", "Next": "W", "Output": {"is": "large"}}
                ],
                "Default": "W",
            },
            W={"Type": "Wait", "Seconds": "{% $got %}"},
        ),
        {"n": 1},
        tasks={"T": [TaskSuccess({"got": 5})]},
    )
    assert run.tasks.requests[0].parameters == {"n": 2}
    assert run.execution.output == {"is": "large"}
    assert run.elapsed_ms >= 5_000


@pytest.mark.parametrize("seconds", ["-1", "1.5", "3000000000"])
def test_seconds_that_no_wait_can_have_fail(lab, seconds):
    run = run_of(lab, jsonata(W={"Type": "Wait", "Seconds": f"{{% {seconds} %}}"}))
    assert run.execution.error == "States.QueryEvaluationError"
    assert run.execution.cause.endswith(f"but was: {seconds}")


@pytest.mark.parametrize(
    ("given", "error"),
    [("{% 1 %}", "States.QueryEvaluationError"), ({"RoleArn": "{% 1 %}"}, "States.Runtime")],
)
def test_credentials_that_name_no_role_fail_the_task(lab, given, error):
    task = {"Type": "Task", "Resource": FUNCTION, "Credentials": given}
    run = run_of(lab, jsonata(T=task))
    assert run.execution.error == error
    assert run.tasks.requests == []


def test_seconds_that_are_computed_are_waited_for(lab):
    run = run_of(lab, jsonata(W={"Type": "Wait", "Seconds": "{% 3 / 2 * 4 %}"}))
    assert run.elapsed_ms == 6_005


def test_an_expression_that_fails_has_an_event_and_can_be_caught(lab):
    run = run_of(
        lab,
        jsonata(
            T={
                "Type": "Task",
                "Resource": FUNCTION,
                "Arguments": "{% $ghost %}",
                "Catch": [
                    {
                        "ErrorEquals": ["States.QueryEvaluationError"],
                        "Output": "{% $states.errorOutput.Error %}",
                        "Next": "End",
                    }
                ],
            },
            End=PASS,
        ),
    )
    assert run.execution.output == "States.QueryEvaluationError"
    assert run.types[1:4] == ["TaskStateEntered", "EvaluationFailed", "TaskStateExited"]


def test_a_jsonata_map_makes_items_and_selects_from_them(lab):
    run = run_of(
        lab,
        jsonata(
            M={
                "Type": "Map",
                "Items": "{% $states.input.rows[n > 1] %}",
                "ItemSelector": {"n": "{% $states.context.Map.Item.Value.n %}"},
                "ItemProcessor": flow(In=PASS),
                "Output": "{% $sum($states.result.n) %}",
            }
        ),
        {"rows": [{"n": 1}, {"n": 2}, {"n": 3}]},
    )
    assert run.execution.output == 5


def test_fail_and_succeed_evaluate_their_fields(lab):
    run = run_of(
        lab, jsonata(F={"Type": "Fail", "Error": "{% 'E' & $states.input %}", "Cause": "c"}), 1
    )
    assert (run.execution.error, run.execution.cause) == ("E1", "c")
    run = run_of(lab, jsonata(S={"Type": "Succeed", "Output": "{% $states.input + 1 %}"}), 1)
    assert run.execution.output == 2
