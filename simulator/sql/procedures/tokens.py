"""Runs of tokens in a procedure's text: lists, targets, ranges, and what a word divides."""

from __future__ import annotations

from itertools import pairwise

from simulator.sql.cursor import Cursor
from simulator.sql.lexer import Token, tokenize
from simulator.sql.procedures.nodes import Tokens


def with_ranges(text: str) -> list[Token]:
    """A text's tokens, where `1..10` is two numbers and what stands between."""
    tokens: list[Token] = []
    for token in tokenize(text):
        if token.kind == "number" and token.value.endswith(".") and text[token.end :][:1] == ".":
            tokens.append(Token("number", token.value[:-1], token.start, token.end - 1))
            tokens.append(Token("operator", ".", token.end - 1, token.end))
        elif (
            token.kind == "number"
            and token.value.startswith(".")
            and tokens
            and tokens[-1].value == "."
            and tokens[-1].end == token.start
        ):
            tokens.append(Token("operator", ".", token.start, token.start + 1))
            tokens.append(Token("number", token.value[1:], token.start + 1, token.end))
        else:
            tokens.append(token)
    return tokens


def sign_of(token: Token | None) -> str:
    return token.value if token is not None and token.kind == "operator" else ""


def is_sign(cursor: Cursor, sign: str) -> bool:
    return sign_of(cursor.peek()) == sign


def _outside(tokens: Tokens) -> list[int]:
    """The places of those tokens that stand outside parentheses."""
    places, depth = [], 0
    for index, token in enumerate(tokens):
        sign = sign_of(token)
        depth -= sign == ")"
        if depth == 0:
            places.append(index)
        depth += sign == "("
    return places


def split_list(tokens: Tokens) -> tuple[Tokens, ...]:
    """The parts between commas."""
    if not tokens:
        return ()
    commas = [index for index in _outside(tokens) if sign_of(tokens[index]) == ","]
    bounds = [-1, *commas, len(tokens)]
    return tuple(tokens[a + 1 : b] for a, b in pairwise(bounds))


def cut(tokens: Tokens, word: str) -> tuple[Tokens, Tokens]:
    """What stands before and after a word outside parentheses."""
    for index in _outside(tokens):
        if tokens[index].keyword == word:
            return tokens[:index], tokens[index + 1 :]
    return tokens, ()


def range_at(tokens: Tokens) -> int | None:
    """Where `..` stands."""
    for index in _outside(tokens)[:-1]:
        if sign_of(tokens[index]) == "." and sign_of(tokens[index + 1]) == ".":
            return index
    return None


def into_targets(tokens: Tokens) -> tuple[tuple[Tokens, ...], Tokens]:
    """The targets after INTO, and the rest of the statement."""
    targets: list[Tokens] = []
    at = 1 if tokens[0].keyword == "STRICT" else 0
    while at < len(tokens):
        end = at + 1
        while end + 1 < len(tokens) and sign_of(tokens[end]) == ".":
            end += 2
        targets.append(tokens[at:end])
        if end < len(tokens) and sign_of(tokens[end]) == ",":
            at = end + 1
            continue
        return tuple(targets), tokens[end:]
    return tuple(targets), ()
