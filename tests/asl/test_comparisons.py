"""Choice rules. AWS's recordings of most operators are in test_recordings."""

import pytest

from simulator.asl.comparisons import compile_rule
from simulator.asl.context import ContextObject
from simulator.asl.errors import StatesError
from simulator.asl.model import And, Comparison, Not, Or

NO_CONTEXT = ContextObject({"Execution": {"Name": "first"}}, lambda _kind: b"")


def holds(rule, data):
    return compile_rule(rule)(data, NO_CONTEXT)


def compare(operator, value, expected):
    """Both ways of saying it must agree: with a literal, and with a path."""
    literal = holds(Comparison("$.v", operator, expected), {"v": value})
    by_path = holds(Comparison("$.v", operator, "$.e", is_path=True), {"v": value, "e": expected})
    assert literal == by_path
    return literal


@pytest.mark.parametrize(
    ("kind", "low", "high"),
    [
        ("Numeric", 1, 2),
        ("Numeric", -1.5, 0),
        ("String", "AB", "ABC"),
        ("String", "A", "a"),
        ("String", "", " "),
        ("Timestamp", "2012-10-09T19:00:55Z", "2012-10-09T19:00:56Z"),
        ("Timestamp", "2012-10-09T19:00:55+01:00", "2012-10-09T19:00:55Z"),
        ("Timestamp", "2012-10-09T19:00:55.1Z", "2012-10-09T19:00:55.123456789Z"),
    ],
)
def test_an_order_has_five_operators(kind, low, high):
    for value, expected, sign in ((low, high, -1), (high, low, 1), (low, low, 0)):
        assert compare(f"{kind}Equals", value, expected) == (sign == 0)
        assert compare(f"{kind}LessThan", value, expected) == (sign < 0)
        assert compare(f"{kind}GreaterThan", value, expected) == (sign > 0)
        assert compare(f"{kind}LessThanEquals", value, expected) == (sign <= 0)
        assert compare(f"{kind}GreaterThanEquals", value, expected) == (sign >= 0)


def test_an_integer_equals_the_same_float():
    assert compare("NumericEquals", 1, 1.0)


def test_timestamps_are_moments_whatever_their_offset():
    assert compare("TimestampEquals", "2012-10-09T19:00:55+01:00", "2012-10-09T18:00:55Z")


def test_strings_are_ordered_by_utf16_units_as_in_java():
    # U+FF5E is one unit above the surrogates that spell U+1F600
    assert compare("StringGreaterThan", "\uff5e", "\U0001f600")


@pytest.mark.parametrize("operator", ["NumericEquals", "NumericLessThan", "NumericGreaterThan"])
@pytest.mark.parametrize("value", [True, False, None, "1", [], {}])
def test_what_is_no_number_never_matches_a_number(operator, value):
    assert not holds(Comparison("$.v", operator, 1), {"v": value})
    assert not holds(Comparison("$.v", operator, "$.e", is_path=True), {"v": value, "e": 1})


@pytest.mark.parametrize("value", [True, None, "1", []])
def test_a_path_to_compare_with_must_lead_to_the_type_when_an_order_is_asked(value):
    # as others saw it on AWS: equality just fails, an order fails the execution
    data = {"v": 1, "e": value}
    assert not holds(Comparison("$.v", "NumericEquals", "$.e", is_path=True), data)
    with pytest.raises(StatesError, match=r"Invalid value provided at path '\$\.e'"):
        holds(Comparison("$.v", "NumericLessThanEquals", "$.e", is_path=True), data)


def test_a_bool_equals_only_itself():
    assert compare("BooleanEquals", True, True)
    assert not compare("BooleanEquals", False, True)
    assert not holds(Comparison("$.v", "BooleanEquals", True), {"v": 1})
    assert not holds(Comparison("$.v", "BooleanEquals", False), {"v": 0})


TYPES = {
    "IsNull": [None],
    "IsBoolean": [True, False],
    "IsNumeric": [0, 1.5],
    "IsString": ["", "x", "2023-02-24", "2012-10-09T19:00:55Z"],
    "IsTimestamp": ["2012-10-09T19:00:55Z"],
}
EVERY = [None, True, False, 0, 1.5, "", "x", "2023-02-24", "2012-10-09T19:00:55Z", [], {}]


@pytest.mark.parametrize("operator", TYPES)
def test_a_type_test_holds_for_its_type_and_its_negation_for_the_rest(operator):
    for value in EVERY:
        is_one = any(
            value is one or (value == one and type(value) is type(one)) for one in TYPES[operator]
        )
        assert holds(Comparison("$.v", operator, True), {"v": value}) == is_one
        assert holds(Comparison("$.v", operator, False), {"v": value}) != is_one


def test_is_present_asks_whether_the_path_finds_anything():
    present, absent = (
        Comparison("$.a.b", "IsPresent", True),
        Comparison("$.a.b", "IsPresent", False),
    )
    assert holds(present, {"a": {"b": None}})
    assert not holds(absent, {"a": {"b": None}})
    for data in ({}, {"a": 1}, {"a": {}}, None):
        assert not holds(present, data)
        assert holds(absent, data)


@pytest.mark.parametrize("operator", ["NumericEquals", "IsNull", "StringMatches", "BooleanEquals"])
def test_a_variable_that_finds_nothing_fails_the_execution(operator):
    with pytest.raises(StatesError) as caught:
        holds(Comparison("$.foo", operator, "x"), {})
    assert caught.value.error == "States.Runtime"
    assert caught.value.cause == (
        "Invalid path '$.foo': The choice state's condition path references an invalid value."
    )


def test_a_path_to_compare_with_that_finds_nothing_fails_too():
    with pytest.raises(StatesError, match=r"Invalid path '\$\.e'"):
        holds(Comparison("$.v", "NumericEquals", "$.e", is_path=True), {"v": 1})


@pytest.mark.parametrize(
    ("pattern", "value", "is_match"),
    [
        # the developer guide, "Choice": StringMatches
        ("log-*.txt", "log-2024.txt", True),
        ("log-*.txt", "log-.txt", True),
        ("log-*.txt", "log-2024.txt.gz", False),
        ("*LogMessage*", "foo LogMessage\nbar", True),
        ("foo*.log", "foo1.log", True),
        ("*", "", True),
        (r"a\*b", "a*b", True),
        (r"a\*b", "axb", False),
        (r"a\\*", "a\\xyz", True),
        ("a.c", "abc", False),
        ("*", 5, False),
    ],
)
def test_a_star_matches_any_characters(pattern, value, is_match):
    assert holds(Comparison("$.v", "StringMatches", pattern), {"v": value}) == is_match


def test_rules_combine():
    low, high = Comparison("$.v", "NumericLessThan", 3), Comparison("$.v", "NumericGreaterThan", 7)
    assert holds(Or((low, high)), {"v": 9})
    assert not holds(And((low, high)), {"v": 9})
    assert holds(Not(Or((low, high))), {"v": 5})


def test_a_rule_that_is_decided_asks_no_further():
    present = Comparison("$.v", "IsPresent", True)
    assert not holds(And((present, Comparison("$.v", "NumericEquals", 1))), {})


def test_the_context_object_can_be_compared():
    assert holds(Comparison("$$.Execution.Name", "StringEquals", "first"), {})
