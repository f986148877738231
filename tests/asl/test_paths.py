"""What paths find, what they say where they find nothing, and where a ResultPath puts a result."""

import copy

import pytest
from hypothesis import given
from hypothesis import strategies as st

from simulator.asl.context import ContextObject
from simulator.asl.errors import StatesError
from simulator.asl.paths import PathMissing, PathSyntaxError, compile_path, compile_setter

NO_CONTEXT = ContextObject({}, lambda _kind: b"")
STORE = {
    "store": {
        "book": [
            {"category": "reference", "author": "Nigel Rees", "price": 8.95},
            {"category": "fiction", "author": "Evelyn Waugh", "price": 12.99},
            {"category": "fiction", "author": "Herman Melville", "price": 8.99, "isbn": "0-553"},
        ],
        "bicycle": {"color": "red", "price": 19.95},
    },
    "expensive": 10,
}


def find(path, data=STORE):
    return compile_path(path)(data, NO_CONTEXT)


@pytest.mark.parametrize(
    ("path", "found"),
    [
        ("$.expensive", 10),
        ("$.store.bicycle.color", "red"),
        ("$.store.book[0].author", "Nigel Rees"),
        ("$.store.book[-1].isbn", "0-553"),
        ("$['store']['bicycle']", {"color": "red", "price": 19.95}),
        ("$.store.book.length()", 3),
        ("$.store.bicycle['color','price']", {"color": "red", "price": 19.95}),
        ("$.store.bicycle['color','weight']", {"color": "red"}),
    ],
)
def test_a_definite_path_gives_the_value(path, found):
    assert find(path) == found


@pytest.mark.parametrize(
    ("path", "found"),
    [
        ("$.store.book[*].author", ["Nigel Rees", "Evelyn Waugh", "Herman Melville"]),
        ("$.store.*.color", ["red"]),
        ("$..price", [8.95, 12.99, 8.99, 19.95]),
        ("$..book[0].price", [8.95]),
        ("$.store.book[0,1].price", [8.95, 12.99]),
        ("$.store.book[1:].price", [12.99, 8.99]),
        ("$.store.book[:1].price", [8.95]),
        ("$.store.book[-2:].price", [12.99, 8.99]),
        ("$.store.book[?(@.isbn)].author", ["Herman Melville"]),
        ("$.store.book[?(!@.isbn)].price", [8.95, 12.99]),
        ("$.store.book[?(@.price < 10)].author", ["Nigel Rees", "Herman Melville"]),
        ("$.store.book[?(@.price<10 && @.category=='fiction')].isbn", ["0-553"]),
        ("$.store.book[?(@.price > 12 || @.category == 'reference')].price", [8.95, 12.99]),
        ("$.store.book[?(!(@.category == 'fiction'))].price", [8.95]),
        ('$.store.book[?(@.category != "fiction")].price', [8.95]),
        # a word without quotes, as in AWS's own samples
        ("$.store.book[?(@.category==reference)].price", [8.95]),
        ("$.store.book[?(@.price >= 12.99)].price", [12.99]),
        ("$.store.book[?(@.isbn == null)].price", []),
        ("$.store.book[?(@.author.length() == 10)].price", [8.95]),
        ("$.store.book[9:]", []),
        ("$..isbn", ["0-553"]),
    ],
)
def test_an_indefinite_path_gives_the_list_of_matches(path, found):
    assert find(path) == found


def test_a_filter_looks_only_at_objects():
    # the developer guide, "Paths": "@ ... does not match scalar values. It only matches objects"
    assert find("$.jar[?(@.a >= 5)]", {"jar": [{"a": 1}, {"a": 5}, 7]}) == [{"a": 5}]
    assert find("$[?(@ > 3)]", [1, 5]) == []


def test_a_filter_keeps_or_drops_an_object_as_a_whole():
    assert find("$.o[?(@.a == 1)]", {"o": {"a": 1}}) == [{"a": 1}]
    assert find("$.o[?(@.a == 2)]", {"o": {"a": 1}}) == []


@pytest.mark.parametrize(
    ("path", "detail"),
    [
        # the first two are recorded
        ("$.NoSuchInputPath", "No results for path: $['NoSuchInputPath']"),
        ("$.no.such.result.path", "Missing property in path $['no']"),
        ("$.store.no.b", "Missing property in path $['store']['no']"),
        ("$.store.book[7]", "No results for path: $['store']['book'][7]"),
        ("$.nothing[*]", "Missing property in path $['nothing']"),
        ("$.expensive[0]", "Filter: [0] can only be applied to arrays. Current context is: 10"),
        (
            "$['store','expensive'].book",
            "Multi properties can only be used as path leafs: $['store', 'expensive']",
        ),
    ],
)
def test_a_path_that_finds_nothing_says_so_in_the_words_of_aws(path, detail):
    with pytest.raises(PathMissing) as caught:
        find(path)
    assert caught.value.error == "States.Runtime"
    assert caught.value.cause == f"Invalid path '{path}' : {detail}"


def test_functions_other_than_length_find_nothing():
    # as AWS answers those who try: "could not be found in the input"
    with pytest.raises(PathMissing, match=r"property \['sum\(\)'\]"):
        find("$.store.book.sum()")


@pytest.mark.parametrize("data", [None, 5, "text", True, ["a"]])
def test_a_name_is_found_in_objects_only(data):
    for path in ("$.a", "$.a.b", "$.a.b.c"):
        with pytest.raises(PathMissing):
            find(path, data)


def test_an_index_is_no_index_into_a_string():
    with pytest.raises(PathMissing):
        find("$.a[0]", {"a": "text"})


def test_null_is_a_value():
    assert find("$.a", {"a": None}) is None


def test_a_context_path_reads_the_context_object():
    context = ContextObject({"Execution": {"Name": "first"}}, lambda _kind: b"")
    assert compile_path("$$.Execution.Name")({"Execution": 1}, context) == "first"
    with pytest.raises(PathMissing):
        compile_path("$$.Execution.Id")({}, context)


def test_a_filters_at_sign_is_no_path_of_its_own():
    with pytest.raises(PathSyntaxError):
        compile_path("@.a")


@pytest.mark.parametrize(
    ("path", "state_input", "output"),
    [
        ("$", {"a": 1}, "R"),
        (None, {"a": 1}, {"a": 1}),
        ("$.r", {"a": 1}, {"a": 1, "r": "R"}),
        ("$.a", {"a": 1}, {"a": "R"}),
        ("$.x.y.z", {"a": 1}, {"a": 1, "x": {"y": {"z": "R"}}}),
        ("$.a.b", {"a": {"c": 2}}, {"a": {"c": 2, "b": "R"}}),
        ("$['a b']", {}, {"a b": "R"}),
        ("$.a[1]", {"a": [1, 2, 3]}, {"a": [1, "R", 3]}),
        ("$.a[0].b", {"a": [{"c": 1}]}, {"a": [{"c": 1, "b": "R"}]}),
    ],
)
def test_a_result_path_puts_the_result_into_the_input(path, state_input, output):
    assert compile_setter(path)(state_input, "R") == output


@pytest.mark.parametrize(
    ("path", "state_input"),
    [
        ("$.a.b", {"a": 5}),
        ("$.a.b", {"a": None}),
        ("$.a.b", {"a": []}),
        ("$.a", "text"),
        ("$.a", []),
        ("$.a[3]", {"a": [1]}),
        ("$.a[0]", {"a": {}}),
        ("$.a[0]", {}),
    ],
)
def test_a_result_path_that_does_not_fit_the_input_fails(path, state_input):
    with pytest.raises(StatesError) as caught:
        compile_setter(path)(state_input, "R")
    assert caught.value.error == "States.ResultPathMatchFailure"


def test_a_result_path_that_does_not_fit_names_the_step_and_the_input():
    with pytest.raises(StatesError) as caught:
        compile_setter("$.a.b")({"a": 5}, "R")
    assert caught.value.cause == 'Unable to apply step "b" to input {"a":5}'


@pytest.mark.parametrize("path", ["$.*", "$..a", "$[0:1]", "$$.a", "$['a','b']", "a"])
def test_only_a_reference_path_can_take_a_result(path):
    with pytest.raises(PathSyntaxError):
        compile_setter(path)


names = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=4)
values = st.recursive(
    st.none() | st.booleans() | st.integers() | names,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(names, inner, max_size=3),
    max_leaves=8,
)


def quoted(name):
    escaped = name.replace("\\", "\\\\").replace("'", "\\'")
    return f"['{escaped}']"


@given(st.dictionaries(names, values, max_size=3), st.lists(names, min_size=1, max_size=3), values)
def test_a_setter_changes_its_path_and_nothing_else(state_input, keys, result):
    before = copy.deepcopy(state_input)
    path = "$" + "".join(map(quoted, keys))
    try:
        output = compile_setter(path)(state_input, result)
    except StatesError:
        output = None
    assert state_input == before
    if output is not None:
        assert compile_path(path)(output, NO_CONTEXT) == result
        untouched = {name: value for name, value in output.items() if name != keys[0]}
        assert untouched == {name: value for name, value in before.items() if name != keys[0]}


@given(names, values)
def test_any_name_can_be_quoted(name, value):
    assert compile_path("$" + quoted(name))({name: value}, NO_CONTEXT) == value
