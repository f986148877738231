"""Which texts are paths, and which of them name one value."""

import pytest

from simulator.asl.jsonpath import Index, Name, PathSyntaxError, Scan, Slice, Wildcard, parse_path


@pytest.mark.parametrize(
    ("text", "steps"),
    [
        ("$", ()),
        ("$.a.b", (Name(("a",)), Name(("b",)))),
        ("$['a b'].c", (Name(("a b",)), Name(("c",)))),
        ('$["a"][0]', (Name(("a",)), Index((0,)))),
        ("$['it\\'s']", (Name(("it's",)),)),
        ("$.store\\.book", (Name(("store.book",)),)),
        ("$.a-b_c", (Name(("a-b_c",)),)),
        ("$.ünïcode", (Name(("ünïcode",)),)),
        ("$[-1]", (Index((-1,)),)),
        ("$[0, 2]", (Index((0, 2)),)),
        ("$[1:]", (Slice(1, None),)),
        ("$[:-1]", (Slice(None, -1),)),
        ("$['a','b']", (Name(("a", "b")),)),
        ("$.*", (Wildcard(),)),
        ("$[*]", (Wildcard(),)),
        ("$..a", (Scan(), Name(("a",)))),
        ("$.[0]", (Index((0,)),)),
        ("$.['a']", (Name(("a",)),)),
        ("$[(@.length-1)]", (Index((-1,)),)),
        # blanks after a path, as in one of AWS's own samples
        ("$.a ", (Name(("a",)),)),
    ],
)
def test_a_path_is_read_into_its_steps(text, steps):
    assert parse_path(text).steps == steps


@pytest.mark.parametrize("text", ["$$", "$$.Execution.Name"])
def test_two_dollars_start_at_the_context_object(text):
    assert parse_path(text).root == "$$"


@pytest.mark.parametrize(
    "text",
    [
        "",
        "a.b",
        ".a",
        "$.",
        "$..",
        "$.a.",
        "$.a b",
        "$[",
        "$[]",
        "$[a]",
        "$['a]",
        "$['a'",
        "$[:]",
        "$[0:2:1]",
        "$[?(@.a)",
        "$[?(@.a ==)]",
        "$[?(1)]",
        "$.length().a",
    ],
)
def test_other_text_is_no_path(text):
    with pytest.raises(PathSyntaxError):
        parse_path(text)


@pytest.mark.parametrize("text", ["$[?(@.a =~ /x/)]", "$[?(@.a == $.b)]"])
def test_filters_know_no_regular_expressions_and_no_other_values(text):
    # the developer guide, "Reference Paths"
    with pytest.raises(PathSyntaxError):
        parse_path(text)


@pytest.mark.parametrize("text", ["$", "$.a", "$.a[0].b", "$['a','b']", "$.a.length()"])
def test_a_path_that_names_one_value_is_definite(text):
    assert parse_path(text).is_definite


@pytest.mark.parametrize(
    "text", ["$.*", "$..a", "$[0,1]", "$[0:1]", "$[?(@.a)]", "$['a','b'].c", "$[*].length()"]
)
def test_a_path_that_may_name_several_is_not(text):
    assert not parse_path(text).is_definite


def test_a_reference_path_is_names_and_indexes_only():
    assert parse_path("$.a['b'][0]").is_reference
    assert not parse_path("$['a','b']").is_reference
    assert not parse_path("$.a.length()").is_reference


def test_an_error_says_where_it_stopped():
    with pytest.raises(PathSyntaxError, match=r"path '\$\.a\.\.': .* at character 6"):
        parse_path("$.a..")
