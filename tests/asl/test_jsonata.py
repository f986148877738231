"""JSONata's place in a definition: what is an expression, what it can name, and how it fails."""

import pytest

from simulator.asl.context import ContextObject
from simulator.asl.errors import QueryEvaluationError
from simulator.asl.jsonata import (
    ExpressionSyntaxError,
    check_expression,
    compile_value,
    expected,
    is_expression,
)


def evaluate(value, state_input=None, field="Output", **states):
    # 2024-01-09T10:00:00.250Z
    context = ContextObject(
        {"Execution": {"Name": "n"}},
        lambda _kind: bytes(range(16)),
        variables={"x": 4, "nothing": None},
        now_ms=1_704_794_400_250,
    )
    return compile_value(value, field)(state_input, context.knowing(**states))


@pytest.mark.parametrize(
    ("value", "is_one"),
    [
        ("{% 1 %}", True),
        ("{%1%}", True),
        (" {% 1 %}", False),
        ("{% 1 %} ", False),
        ("$x", False),
        (1, False),
    ],
)
def test_nothing_may_stand_around_an_expression(value, is_one):
    assert is_expression(value) is is_one


@pytest.mark.parametrize(
    ("text", "result"),
    [
        ("$states.input.a + $x", 5),
        ("$states.context.Execution.Name", "n"),
        ("$states.result", "r"),
        ("$nothing", None),
        ("null", None),
        ("$states.input.none", None),
        ("{'a': null}", {"a": None}),
        ("[1..3]", [1, 2, 3]),
        ("4 / 2", 2),
        ("5 / 2", 2.5),
        ("$count($states.input.list)", 2),
        ("$partition([1, 2, 3], 2)", [[1, 2], [3]]),
        ("$range(0, 9, 3)", [0, 3, 6, 9]),
        # recorded: one number is no list
        ("$range(1, 9, 9)", 1),
        ("$parse('{\"a\": [null]}')", {"a": [None]}),
        # SHA-1 of "abc" (FIPS 180-2, appendix A.1)
        ("$hash('abc', 'SHA-1')", "a9993e364706816aba3e25717850c26c9cd0d89d"),
        ("$millis()", 1_704_794_400_250),
        ("$now()", "2024-01-09T10:00:00.250Z"),
        ("$uuid()", "00010203-0405-4607-8809-0a0b0c0d0e0f"),
        ("$random(1) = $random(1)", True),
    ],
)
def test_an_expression_gives_json(text, result):
    state_input = {"a": 1, "none": None, "list": [1, 2]}
    assert evaluate(f"{{% {text} %}}", state_input, result="r") == result


def test_expressions_stand_anywhere_in_a_value_and_all_else_stays():
    value = {"a": ["{% $x %}", "$x", {"b": "{% $x %}"}], "c": 1}
    assert evaluate(value) == {"a": [4, "$x", {"b": 4}], "c": 1}


@pytest.mark.parametrize(
    ("value", "location", "words"),
    [
        ({"a": "{% $none %}"}, "Output/a", "returned nothing (undefined)."),
        (["{% $none %}"], "Output[0]", "returned nothing (undefined)."),
        ("{% function($y){$y} %}", "Output", "returned an unsupported result type."),
        ("{% $sum %}", "Output", "returned an unsupported result type."),
        ("{% $none() %}", "Output", "T1006: Attempted to invoke a non-function"),
        ("{% 'a' + 1 %}", "Output", "T2001"),
        ("{% 1 / 0 %}", "Output", "D1001"),
        ("{% $eval('1') %}", "Output", "$eval is not supported"),
        ("{% $range(1, 2, 0) %}", "Output", "$range"),
    ],
)
def test_a_failure_names_the_expression_and_its_place(value, location, words):
    with pytest.raises(QueryEvaluationError) as failed:
        evaluate(value)
    assert (failed.value.error, failed.value.location) == (
        "States.QueryEvaluationError",
        location,
    )
    assert f"specified for the field '{location}'" in failed.value.cause
    assert words in failed.value.cause


def test_a_result_of_another_type_is_refused_in_awss_words():
    assert expected([], "array", text="{% [] %}", field="Items") == []
    # AWS recorded this in test_map_state_items_eval_jsonata_fail
    with pytest.raises(QueryEvaluationError) as failed:
        expected({"foo": "bar"}, "array", text="{% {'foo': 'bar'} %}", field="Items")
    assert failed.value.cause == (
        "The JSONata expression '{'foo': 'bar'}' specified for the field 'Items' returned an "
        "unexpected result type. Expected 'array', but was 'object' for value: {\"foo\":\"bar\"}"
    )


def test_what_is_no_jsonata_is_found_before_it_runs():
    with pytest.raises(ExpressionSyntaxError, match="S0207"):
        check_expression("{% 1 + %}")


def test_the_package_leaves_the_recursion_limit_alone():
    import subprocess
    import sys

    program = (
        "import sys; before = sys.getrecursionlimit()\n"
        "from simulator.asl.jsonata import check_expression; check_expression('{% 1 %}')\n"
        "assert sys.getrecursionlimit() == before"
    )
    subprocess.run([sys.executable, "-c", program], check=True)
