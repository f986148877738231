"""Payload templates."""

import copy

import pytest

from simulator.asl.context import ContextObject
from simulator.asl.errors import StatesError
from simulator.asl.templates import compile_template, needs_context


def fill(template, data):
    return compile_template(template)(data, ContextObject({"Task": {"Token": "t"}}, lambda _: b""))


@pytest.mark.parametrize(
    ("template", "data", "filled"),
    [
        ({}, 1, {}),
        ("text", 1, "text"),
        (None, 1, None),
        ({"a": 1}, {}, {"a": 1}),
        ({"a.$": "$.x"}, {"x": [1]}, {"a": [1]}),
        ({"a.$": "$"}, {"x": 1}, {"a": {"x": 1}}),
        ({"b": 1, "a.$": "$.x", "c": "$.x"}, {"x": 2}, {"b": 1, "a": 2, "c": "$.x"}),
        ({"o": {"p": {"a.$": "$.x"}}, "q": 0}, {"x": 2}, {"o": {"p": {"a": 2}}, "q": 0}),
        ({"l": [{"a.$": "$.x"}, "$.x", 3]}, {"x": 2}, {"l": [{"a": 2}, "$.x", 3]}),
        ([{"a.$": "$.x"}, 1], {"x": 2}, [{"a": 2}, 1]),
        ({"a.$": "States.MathAdd($.x, 1)"}, {"x": 2}, {"a": 3}),
        ({"token.$": "$$.Task.Token"}, {}, {"token": "t"}),
        ({"a.$": "$.x[*].y"}, {"x": [{"y": 1}, {"y": 2}]}, {"a": [1, 2]}),
    ],
)
def test_fields_that_end_in_dollar_are_computed(template, data, filled):
    assert fill(template, data) == filled


def test_fields_keep_their_order():
    assert list(fill({"c.$": "$", "a": 1, "b.$": "$"}, 0)) == ["c", "a", "b"]


def test_filling_changes_neither_template_nor_data():
    template, data = {"a.$": "$.x", "o": {"b.$": "$.x", "n": [1]}, "z": {}}, {"x": {"y": 1}}
    before = copy.deepcopy((template, data))
    filled = compile_template(template)
    first = filled(data, ContextObject({}, lambda _: b""))
    second = filled({"x": 5}, ContextObject({}, lambda _: b""))
    assert (template, data) == before
    assert (first["a"], second["a"]) == ({"y": 1}, 5)


def test_a_path_that_finds_nothing_names_field_and_input():
    # recorded
    with pytest.raises(StatesError) as caught:
        fill({"outer": {"value.$": "$.no_such_jsonpath"}}, {"int-literal": 0})
    assert caught.value.error == "States.Runtime"
    assert caught.value.cause == (
        "The JSONPath '$.no_such_jsonpath' specified for the field 'value.$' could not be found in "
        "the input '{\"int-literal\":0}'"
    )


def test_an_index_past_the_end_is_null_in_a_template():
    # observed on AWS by others; the same path is a miss inside an intrinsic call
    assert fill({"v.$": "$.items[5]"}, {"items": [1, 2]}) == {"v": None}
    with pytest.raises(StatesError):
        fill({"v.$": "$.items[5].name"}, {"items": [1, 2]})
    with pytest.raises(StatesError):
        fill({"v.$": "$.nothing[5]"}, {"items": [1, 2]})


@pytest.mark.parametrize(
    "value",
    [
        "$$.Execution.Id",
        {"a": {"b.$": "$$"}},
        [{"b.$": "States.UUID()"}],
        {"b.$": "States.Array(States.MathRandom(1, 2))"},
    ],
)
def test_context_and_chance_are_asked_for(value):
    assert needs_context(value)


@pytest.mark.parametrize("value", ["$.a", {"a": "$$.Execution.Id"}, {"a.$": "$.x"}, None, 1, []])
def test_other_templates_need_no_context(value):
    assert not needs_context(value)
