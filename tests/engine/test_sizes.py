"""Bounds of sizes: never below the exact count, whatever the fields make of the value."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from simulator.asl.context import ContextObject
from simulator.asl.paths import compile_setter
from simulator.asl.templates import compile_template
from simulator.engine.dataflow import NO_CONTEXT
from simulator.engine.sizes import (
    UNKNOWN,
    Growth,
    path_growth,
    result_path_growth,
    size_of,
    template_growth,
)

VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=12,
)


def _bound(growth: Growth, size: int) -> int:
    return growth.factor * size + growth.constant


def test_a_size_is_that_of_the_compact_utf_8_text() -> None:
    value = {"k\u00e9": [1, 2.5, None, True, "\u20ac\n"]}
    text = '{"k\u00e9":[1,2.5,null,true,"\u20ac\\n"]}'
    assert json.loads(text) == value
    assert size_of(value) == len(text.encode())


@given(VALUES, VALUES)
def test_a_templates_bound_holds(first: Any, second: Any) -> None:
    data = {"a": first, "b": [second]}
    template = {
        "x.$": "$.a",
        "nested": {"y.$": "$.b[0]", "\u00e9": "const"},
        "list": [1, {"z.$": "$"}],
    }
    filled = compile_template(template)(data, NO_CONTEXT)
    assert size_of(filled) <= _bound(template_growth(template), size_of(data))


@given(VALUES)
def test_a_result_paths_bound_holds(result: Any) -> None:
    # more than the bound's allowance for the path's own keys
    data = {"a": "x" * 500}
    for text in ("$.r", "$.deep.er.still", "$['\u20ac \u00e9']", "$"):
        put = compile_setter(text)(data, result)
        growth = result_path_growth(text, Growth(0, size_of(result)))
        assert size_of(put) <= _bound(growth, size_of(data))


@pytest.mark.parametrize(
    "text", ["$..a", "$.a[*]", "$.a[1:2]", "$$.Execution.Input", "$.a.length()", "$.a[?(@.x)]"]
)
def test_what_may_grow_without_bound_is_counted_exactly(text: str) -> None:
    assert _bound(path_growth(text), 10) >= UNKNOWN
    assert _bound(template_growth({"v.$": text}), 10) >= UNKNOWN


def test_an_iterations_item_is_part_of_the_maps_input() -> None:
    growth = template_growth({"v.$": "$$.Map.Item.Value", "i.$": "$$.Map.Item.Index"})
    context = ContextObject({"Map": {"Item": {"Index": 12345, "Value": "x" * 50}}}, lambda _: b"")
    filled = compile_template({"v.$": "$$.Map.Item.Value", "i.$": "$$.Map.Item.Index"})({}, context)
    assert size_of(filled) <= _bound(growth, size_of(["x" * 50])) < UNKNOWN
