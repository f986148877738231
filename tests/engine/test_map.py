"""Map, inline: iterations, their order, MaxConcurrency, and failures."""

from __future__ import annotations

from typing import Any

import pytest

from simulator.engine.ports import TaskSuccess

FUNCTION = "arn:aws:lambda:us-east-1:123456789012:function:f"
PASS = {"StartAt": "I", "States": {"I": {"Type": "Pass", "End": True}}}
TASK = {
    "StartAt": "T",
    "States": {"T": {"Type": "Task", "Resource": FUNCTION, "End": True}},
}


def _map(processor: dict[str, Any] = PASS, **fields: Any) -> dict[str, Any]:
    states = {"M": {"Type": "Map", "ItemProcessor": processor, "End": True, **fields}}
    if "Catch" in fields:
        states["Caught"] = {"Type": "Pass", "End": True}
    return states


def test_the_output_keeps_the_order_of_the_items(lab: Any) -> None:
    answers = [(3_000, TaskSuccess("slow")), (1_000, TaskSuccess("fast"))]
    run = lab.run(_map(TASK, ItemsPath="$.items"), {"items": [1, 2]}, tasks={"T": answers})
    assert run.execution.output == ["slow", "fast"]


def test_an_item_selector_reads_the_maps_input_and_the_item(lab: Any) -> None:
    run = lab.run(
        _map(
            ItemsPath="$.items",
            ItemSelector={
                "i.$": "$$.Map.Item.Index",
                "v.$": "$$.Map.Item.Value",
                "all.$": "$.name",
            },
        ),
        {"name": "n", "items": ["a", "b"]},
    )
    assert run.execution.output == [
        {"i": 0, "v": "a", "all": "n"},
        {"i": 1, "v": "b", "all": "n"},
    ]


def test_states_inside_see_their_item_in_the_context(lab: Any) -> None:
    inside = {
        "StartAt": "I",
        "States": {"I": {"Type": "Pass", "Parameters": {"at.$": "$$.Map.Item.Index"}, "End": True}},
    }
    run = lab.run(_map(inside), ["a", "b"])
    assert run.execution.output == [{"at": 0}, {"at": 1}]


def test_the_events_of_iterations_one_at_a_time(lab: Any) -> None:
    run = lab.run(_map(MaxConcurrency=1), ["a", "b"])
    # AWS recorded this in test_map_state_legacy_config_inline_item_selector
    assert run.links == [
        (1, 0, "ExecutionStarted"),
        (2, 0, "MapStateEntered"),
        (3, 2, "MapStateStarted"),
        (4, 3, "MapIterationStarted"),
        (5, 4, "PassStateEntered"),
        (6, 5, "PassStateExited"),
        (7, 6, "MapIterationSucceeded"),
        (8, 6, "MapIterationStarted"),
        (9, 8, "PassStateEntered"),
        (10, 9, "PassStateExited"),
        (11, 10, "MapIterationSucceeded"),
        (12, 11, "MapStateSucceeded"),
        (13, 11, "MapStateExited"),
        (14, 13, "ExecutionSucceeded"),
    ]
    assert run.history[2]["mapStateStartedEventDetails"] == {"length": 2}
    assert run.history[7]["mapIterationStartedEventDetails"] == {"name": "M", "index": 1}


@pytest.mark.parametrize(
    ("fields", "seconds"), [({"MaxConcurrency": 1}, 6), ({"MaxConcurrency": 2}, 3), ({}, 1)]
)
def test_max_concurrency_bounds_how_many_run_at_once(lab: Any, fields: Any, seconds: int) -> None:
    run = lab.run(_map(TASK, **fields), list(range(6)), tasks={"T": [(1_000, TaskSuccess(0))]})
    assert run.elapsed_ms // 1000 == seconds


def test_forty_iterations_run_at_once_at_most(lab: Any) -> None:
    # "Inline mode ... up to 40 concurrent iterations"
    run = lab.run(_map(TASK), list(range(41)), tasks={"T": [(1_000, TaskSuccess(0))]})
    assert run.elapsed_ms // 1000 == 2


def test_no_items_are_an_empty_array(lab: Any) -> None:
    run = lab.run(_map(), [])
    assert run.execution.output == []
    assert run.types[1:5] == [
        "MapStateEntered",
        "MapStateStarted",
        "MapStateSucceeded",
        "MapStateExited",
    ]


@pytest.mark.parametrize(
    ("fields", "given"),
    [
        ({"ItemsPath": "$.a"}, {"a": {"no": "array"}}),
        ({"ItemsPath": "$.a"}, {}),
        ({"ItemsPath": "$.a", "MaxConcurrencyPath": "$.n"}, {"a": [1], "n": -1}),
    ],
)
def test_what_is_no_array_or_no_concurrency_fails(lab: Any, fields: Any, given: Any) -> None:
    run = lab.run(_map(**fields), given)
    assert run.execution.error == "States.Runtime"
    assert run.types[2:] == ["ExecutionFailed"]


def test_an_iteration_that_fails_fails_the_map_and_aborts_the_others(lab: Any, fails: Any) -> None:
    answers = [(5_000, TaskSuccess(0)), (1_000, fails("Mine", "why"))]
    run = lab.run(_map(TASK), [1, 2], tasks={"T": answers})
    assert (run.execution.error, run.execution.cause) == ("Mine", "why")
    # measured on AWS: what is cut comes first, the iteration before its state, and all of it
    # follows the last event of the iteration that failed
    assert run.links[-7:] == [
        (12, 11, "LambdaFunctionFailed"),
        (13, 12, "TaskStateAborted"),
        (14, 12, "MapIterationAborted"),
        (15, 12, "TaskStateAborted"),
        (16, 12, "MapIterationFailed"),
        (17, 12, "MapStateFailed"),
        (18, 17, "ExecutionFailed"),
    ]


def test_a_runtime_error_in_an_iteration_ends_the_execution(lab: Any) -> None:
    broken = {"Type": "Pass", "Parameters": {"m.$": "$.nope"}, "End": True}
    run = lab.run(_map({"StartAt": "F", "States": {"F": broken}}, MaxConcurrency=1), [1, 2])
    # measured on AWS, of one iteration at a time: no MapIterationFailed, no MapStateFailed
    assert run.types[3:] == ["MapIterationStarted", "PassStateEntered", "ExecutionFailed"]
    assert run.execution.error == "States.Runtime"


def test_a_failed_map_is_tried_again_and_caught(lab: Any, fails: Any) -> None:
    run = lab.run(
        _map(
            TASK,
            Retry=[{"ErrorEquals": ["Mine"], "MaxAttempts": 1}],
            Catch=[{"ErrorEquals": ["Mine"], "Next": "Caught"}],
        ),
        [1],
        tasks={"T": [fails("Mine", "why")]},
    )
    # AWS recorded this in test_map_state_retry (no MapStateFailed before a retry)
    kinds = [kind for kind in run.types if kind.startswith("Map")]
    assert kinds == [
        "MapStateEntered",
        "MapStateStarted",
        "MapIterationStarted",
        "MapIterationFailed",
        "MapStateStarted",
        "MapIterationStarted",
        "MapIterationFailed",
        "MapStateFailed",
        "MapStateExited",
    ]
    assert run.execution.output == {"Error": "Mine", "Cause": "why"}


def test_an_item_selector_that_finds_nothing_fails_its_iteration(lab: Any) -> None:
    run = lab.run(_map(ItemSelector={"v.$": "$.no"}, ItemsPath="$.a"), {"a": [1, 2]})
    assert run.execution.error == "States.Runtime"
    assert "'v.$'" in run.execution.cause
    assert [kind for kind in run.types if "Failed" in kind] == ["ExecutionFailed"]


def test_maps_inside_maps(lab: Any) -> None:
    inner = {"StartAt": "M2", "States": {"M2": _map()["M"]}}
    run = lab.run(_map(inner), [[1, 2], [], [3]])
    assert run.execution.output == [[1, 2], [], [3]]
