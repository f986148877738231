"""Where strings, comments, names and parameters begin and end."""

from __future__ import annotations

import pytest

from simulator.sql.errors import SqlError
from simulator.sql.lexer import split_statements, tokenize


def test_parameters_are_found_outside_strings_comments_and_casts_only() -> None:
    text = """SELECT :a, ':b', "c:d", x::date, 1::int, :a -- :e
        /* :f /* :g */ :h */ , $$ :i $$, :late_one, 'it''s :j', 'it\\'s :k'"""
    names = [token.value for token in tokenize(text) if token.kind == "parameter"]
    assert names == ["a", "a", "late_one"]


def test_a_string_escapes_by_doubling_and_by_backslash() -> None:
    values = [token.value for token in tokenize(r"'it''s' 'it\'s' 'a\\b' 'tab\t' '\%'")]
    assert values == ["it's", "it's", "a\\b", "tab\t", "%"]


def test_statements_are_split_at_semicolons_outside_strings() -> None:
    text = "SELECT ';' ; -- ;\n /* ; */ SELECT 2;;"
    assert [len(tokens) for tokens in split_statements(text)] == [2, 2]
    assert split_statements(" -- nothing\n") == []


@pytest.mark.parametrize(
    ("text", "what"),
    [("SELECT 'x", "string"), ('SELECT "x', "identifier"), ("/* x", "comment"), ("$$ x", "dollar")],
)
def test_what_is_not_closed_is_named(text: str, what: str) -> None:
    with pytest.raises(SqlError, match=f"unterminated .*{what}"):
        tokenize(text)


def test_names_fold_and_numbers_stay() -> None:
    tokens = [(t.kind, t.value) for t in tokenize('Foo."Bar" 1.5e3 .5 #Tmp a$b é')]
    assert tokens == [
        ("word", "foo"), ("operator", "."), ("quoted", "bar"), ("number", "1.5e3"),
        ("number", ".5"), ("word", "#tmp"), ("word", "a$b"), ("word", "é"),
    ]  # fmt: skip
