"""JSON as AWS reads it, and where things stand in it."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from simulator.asl.positions import (
    JSONSyntaxError,
    Position,
    find_positions,
    has_duplicates,
    read_json,
)


def test_integers_and_other_numbers_stay_distinct():
    assert [type(one) for one in read_json("[1, 1.0, 1e2, true]")] == [int, float, float, bool]


@pytest.mark.parametrize(
    "text", ["NaN", "[Infinity]", "-Infinity", "1e999", '"\\ud800"', "{", "", "{} x", "[1,]", "'a'"]
)
def test_what_json_cannot_carry_is_refused(text):
    with pytest.raises(JSONSyntaxError):
        read_json(text)


def test_a_pair_of_surrogates_is_one_character():
    assert read_json('"\\ud83c\\udd97"') == "\U0001f197"


def test_a_word_is_refused_in_the_words_of_aws():
    # recorded
    with pytest.raises(JSONSyntaxError) as caught:
        read_json("not a definition")
    assert caught.value.message == (
        "Unrecognized token 'not': was expecting (JSON String, Number, Array, Object or token "
        "'null', 'true' or 'false')\n"
        ' at [Source: (String)"not a definition"; line: 1, column: 4]'
    )
    assert caught.value.location == '[Source: (String)"not a definition"; line: 1, column: 4]'
    assert caught.value.position == Position(1, 1)


def test_an_error_points_at_the_character_at_fault():
    with pytest.raises(JSONSyntaxError) as caught:
        read_json('{\n  "a": 1,\n  }\n')
    assert caught.value.position == Position(3, 3)


def test_a_document_too_deep_is_refused():
    with pytest.raises(JSONSyntaxError, match="Nested too deeply"):
        read_json("[" * 200_000)


def test_members_stand_at_their_keys_and_elements_at_themselves():
    text = '{\n  "States": {\n    "A": {"Retry": [ {}, 5 ]}\n  }\n}'
    positions, duplicates = find_positions(text)
    assert positions == {
        "/": Position(1, 1),
        "/States": Position(2, 3),
        "/States/A": Position(3, 5),
        "/States/A/Retry": Position(3, 11),
        "/States/A/Retry[0]": Position(3, 22),
        "/States/A/Retry[1]": Position(3, 26),
    }
    assert duplicates == ()


def test_a_key_said_twice_is_found_at_its_second_place():
    text = '{"a": 1,\n "b": {"c": 1, "c": 2}}'
    assert has_duplicates(text)
    (found,) = find_positions(text)[1]
    assert (found.pointer, found.key, found.position) == ("/b", "c", Position(2, 16))


names = st.text(max_size=4)
numbers = st.integers() | st.floats(allow_nan=False, allow_infinity=False)
documents = st.recursive(
    st.none() | st.booleans() | numbers | names,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(names, inner, max_size=3),
    max_leaves=8,
)


@given(documents, st.sampled_from([None, 1, "\t"]))
def test_every_document_can_be_walked(document, indent):
    text = json.dumps(document, indent=indent)
    positions, duplicates = find_positions(text)
    assert read_json(text) == document
    assert positions["/"] == Position(1, 1)
    assert duplicates == ()
