"""Intrinsic functions: the developer guide's examples, ASL's escapes, and what is refused.

AWS's recordings of them are in test_recordings.
"""

import re

import pytest

from simulator.asl.context import ContextObject
from simulator.asl.errors import StatesError
from simulator.asl.intrinsics import CallSyntaxError, compile_call

NINE = [1, 2, 3, 4, 5, 6, 7, 8, 9]


def call(text, data=None, draw=lambda _kind: bytes(range(16))):
    return compile_call(text)(data, ContextObject({"Execution": {"Name": "first"}}, draw))


@pytest.mark.parametrize(
    ("text", "data", "result"),
    [
        ("States.Array(1, 'hello', true, null, -2.5)", None, [1, "hello", True, None, -2.5]),
        ("States.Array()", None, []),
        ("States.ArrayPartition($, 4)", NINE, [[1, 2, 3, 4], [5, 6, 7, 8], [9]]),
        ("States.ArrayContains($, 5)", NINE, True),
        ("States.ArrayContains($, '5')", NINE, False),
        ("States.ArrayContains($, 1)", [True], False),
        ("States.ArrayRange(1, 9, 2)", None, [1, 3, 5, 7, 9]),
        ("States.ArrayRange(9, 1, -2)", None, [9, 7, 5, 3, 1]),
        ("States.ArrayRange(1, 9, -2)", None, []),
        ("States.ArrayGetItem($, 5)", NINE, 6),
        ("States.ArrayLength($)", NINE, 9),
        ("States.ArrayUnique($)", [1, 2, 3, 3, 3, 3, 3, 3, 4], [1, 2, 3, 4]),
        ("States.ArrayUnique($)", [1, 1.0, True, "1"], [1, 1.0, True, "1"]),
        ("States.Base64Encode('Data to encode')", None, "RGF0YSB0byBlbmNvZGU="),
        ("States.Base64Decode('RGF0YSB0byBkZWNvZGU=')", None, "Data to decode"),
        (
            "States.Hash('input data', 'SHA-1')",
            None,
            "aaff4a450a104cd177d28d18d74485e8cae074b7",
        ),
        (
            "States.JsonMerge($.json1, $.json2, false)",
            {"json1": {"a": {"a1": 1, "a2": 2}, "b": 2}, "json2": {"a": {"a3": 1}, "c": 3}},
            {"a": {"a3": 1}, "b": 2, "c": 3},
        ),
        ("States.StringToJson('{\"foo\": \"bar\"}')", None, {"foo": "bar"}),
        ("States.JsonToString($)", {"foo": "bär", "n": [1.0]}, '{"foo":"bär","n":[1.0]}'),
        ("States.MathAdd($.value1, -1)", {"value1": 111}, 110),
        ("States.MathAdd(-1, $.value1)", {"value1": 111}, 110),
        ("States.MathAdd($.value1, 1)", {"value1": 1.5}, 3),
        ("States.StringSplit($, ',')", "1,2,3,4,5", ["1", "2", "3", "4", "5"]),
        ("States.StringSplit($, '.+,=')", "This.is+a,test", ["This", "is", "a", "test"]),
        ("States.StringSplit($, '-]^')", "a-b]c^d", ["a", "b", "c", "d"]),
        ("States.Format('My name is {}.', $.name)", {"name": "John"}, "My name is John."),
        ("States.Format($.template, 1)", {"template": "n={}"}, "n=1"),
        ("States.Format('{}', $$.Execution.Name)", None, "first"),
        ("States.Format('{}', States.ArrayLength($))", NINE, "9"),
        ("States.Array( 1 , 2 )", None, [1, 2]),
        ("States.Array($['a,b'], $.c[?(@.d == 'x)')].e)", {"a,b": 1, "c": [{"d": "x)", "e": 2}]},
         [1, [2]]),
    ],
)  # fmt: skip
def test_a_function_gives_what_the_developer_guide_shows(text, data, result):
    got = call(text, data)
    assert got == result
    assert type(got) is type(result)


@pytest.mark.parametrize(
    ("text", "result"),
    [
        # ASL, "Intrinsic Functions": a backslash makes ' \\ { } plain
        (r"States.Format('it\'s {}', 1)", "it's 1"),
        (r"States.Format('\{\} and {}', 1)", "{} and 1"),
        (r"States.Format('a\\{}', 1)", "a\\1"),
        (r"States.Array('\{x\}', 'it\'s')", ["{x}", "it's"]),
        ("States.Array('a,b', ')')", ["a,b", ")"]),
        ("States.Array('two\nlines')", ["two\nlines"]),
    ],
)
def test_escapes_make_a_character_plain(text, result):
    assert call(text) == result


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        (None, "null"),
        (True, "true"),
        (1.1, "1.1"),
        (10000000.0, "1.0E7"),
        (0.0001, "1.0E-4"),
        (-120.0, "-120.0"),
        ({"a": "b", "c": [1, None]}, "{a=b, c=[1, null]}"),
    ],
)
def test_format_shows_values_as_java_does(value, shown):
    assert call("States.Format('{}', $)", value) == shown


@pytest.mark.parametrize(
    "text",
    [
        "",
        "States",
        "States.Format",
        "States.Nothing()",
        "Format('{}', 1)",
        "states.Format('{}', 1)",
        "States.Format('{}', 1",
        "States.Format('{}', 1))",
        "States.Format('{}' 1)",
        "States.Array(1,)",
        "States.Array(,1)",
        'States.Array("a")',
        "States.Array('a)",
        "States.Array(word)",
        # recorded: an escape that is none
        r"States.StringToJson('{\"a\":1}')",
        r"States.Array('a\n')",
        "States.ArrayLength($.)",
        "States.ArrayLength()",
        "States.ArrayLength($, 1)",
        "States.UUID(1)",
        "States.MathRandom(1)",
    ],
)
def test_other_text_is_no_call(text):
    with pytest.raises(CallSyntaxError):
        compile_call(text)


def test_functions_nest_ten_deep_and_no_deeper():
    assert call("States.Array(" * 10 + ")" * 10) == [[[[[[[[[[]]]]]]]]]]
    with pytest.raises(CallSyntaxError):
        compile_call("States.Array(" * 11 + ")" * 11)


@pytest.mark.parametrize(
    ("text", "data"),
    [
        ("States.ArrayGetItem($, 9)", NINE),
        ("States.ArrayGetItem($, -1)", NINE),
        ("States.ArrayGetItem($, 'a')", NINE),
        ("States.ArrayPartition($, 0)", NINE),
        ("States.ArrayRange(0, 1000, 1)", None),
        ("States.ArrayRange(1, 9, 0)", None),
        ("States.ArrayLength($)", "text"),
        ("States.Base64Decode('garbage')", None),
        ("States.Base64Encode($)", "x" * 10_001),
        ("States.Hash('a', 'SHA-200')", None),
        ("States.Hash($, 'MD5')", 5),
        ("States.JsonMerge($, $, true)", {}),
        ("States.JsonMerge($, 1, false)", {}),
        ("States.StringToJson('{')", None),
        ("States.StringToJson('NaN')", None),
        ("States.StringToJson('1e999')", None),
        ("States.StringToJson($)", 5),
        ("States.MathAdd($, 1)", "1"),
        ("States.MathAdd($, 1)", True),
        ("States.MathAdd(1, $)", None),
        ("States.MathRandom(5, 5)", None),
        ("States.StringSplit($, ',')", 5),
        ("States.Format('{} {}', 1)", None),
        ("States.Format('{}', 1, 2)", None),
        ("States.Format($, 1)", 5),
    ],
)  # fmt: skip
def test_a_function_refuses_what_it_cannot_take(text, data):
    with pytest.raises(StatesError) as caught:
        call(text, data)
    assert caught.value.error == "States.IntrinsicFailure"
    assert caught.value.cause.startswith(f"The function '{text}' had the following error: ")


def test_a_range_may_have_a_thousand_elements():
    assert len(call("States.ArrayRange(1, 1000, 1)")) == 1000


def test_a_path_that_finds_nothing_is_named_with_the_whole_call():
    # the cause is AWS's, as others observed it
    text = "States.Format('{}', States.Format('{}', $.nope))"
    with pytest.raises(StatesError) as caught:
        call(text, {"other": 1})
    assert caught.value.error == "States.Runtime"
    assert caught.value.cause == (
        f"The function '{text}' had the following error: The JsonPath argument for the field "
        "'$.nope' could not be found in the input '{\"other\":1}'"
    )


def test_an_index_past_the_end_is_a_miss_inside_a_call():
    with pytest.raises(StatesError, match=r"'\$\.items\[5\]' could not be found"):
        call("States.Format('{}', $.items[5])", {"items": [1, 2]})


def test_a_uuid_is_of_version_4_and_comes_from_the_simulation():
    pattern = "[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}"
    for byte in (0, 255, 77):
        made = call("States.UUID()", draw=lambda _kind, byte=byte: bytes([byte]) * 16)
        assert re.fullmatch(pattern, made)
    assert call("States.UUID()") == call("States.UUID()")


def test_a_random_number_lies_between_its_bounds():
    numbers = {
        call("States.MathRandom(1, 4)", draw=lambda _kind, byte=byte: bytes([byte]))
        for byte in range(256)
    }
    # the end is not part of it
    assert numbers == {1, 2, 3}


def test_a_seeded_random_number_is_the_same_every_time():
    first = call("States.MathRandom(0, 1000000, 3)", draw=lambda _kind: b"a")
    assert first == call("States.MathRandom(0, 1000000, 3)", draw=lambda _kind: b"b")
    assert first != call("States.MathRandom(0, 1000000, 4)", draw=lambda _kind: b"a")
