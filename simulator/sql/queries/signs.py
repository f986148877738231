"""Signs in a form that the grammar reads: `|/ x`, `||/ x` and `@ x`; `<<`, `>>` and `(+)`, which
are several tokens; and a literal with its type before it, which a cast behind it takes as a whole.
Source: "Mathematical operator symbols".
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from simulator.sql.lexer import Token

# The functions that such a sign is; their labels are those of operators.
_FUNCTIONS = {"|/": "asl_sqrt", "||/": "asl_cbrt", "@": "asl_abs"}
# Signs of several tokens that belong together.
_JOINED = (("(", "+", ")"), ("<", "<"), (">", ">"))
_TYPES = frozenset({"DATE", "TIME", "TIMETZ", "TIMESTAMP", "TIMESTAMPTZ", "INTERVAL"})


def prepare_signs(tokens: Sequence[Token]) -> list[Token]:
    """The tokens with calls for signs, and `(DATE '2008-01-01')::TIMESTAMP` for what lacks the
    parentheses."""
    made: list[Token] = []
    at = 0
    while at < len(tokens):
        token = tokens[at]
        if _is_typed(tokens, at):
            made += [_sign(token, "("), token, tokens[at + 1], _sign(token, ")")]
            at += 2
        elif token.kind == "operator" and token.value in _FUNCTIONS:
            end = _operand_end(tokens, at + 1)
            inner = prepare_signs(tokens[at + 1 : end])
            name = replace(token, kind="word", value=_FUNCTIONS[token.value])
            made += [name, _sign(token, "("), *inner, _sign(token, ")")]
            at = end
        else:
            parts = _joined(tokens, at)
            made.append(_sign(token, "".join(parts)) if parts else token)
            at += len(parts) or 1
    return made


def _joined(tokens: Sequence[Token], at: int) -> tuple[str, ...]:
    if tokens[at].kind == "operator":
        for parts in _JOINED:
            if tuple(one.value for one in tokens[at : at + len(parts)]) == parts:
                return parts
    return ()


def _is_typed(tokens: Sequence[Token], at: int) -> bool:
    if tokens[at].keyword not in _TYPES or len(tokens) <= at + 2:
        return False
    return tokens[at + 1].kind == "string" and tokens[at + 2].value == "::"


def _sign(here: Token, value: str) -> Token:
    return replace(here, kind="operator", value=value)


def _operand_end(tokens: Sequence[Token], at: int) -> int:
    """Behind one value: signs, then a literal, a name with its dots, a call or parentheses."""
    while at < len(tokens) and tokens[at].value in ("-", "+", "~", *_FUNCTIONS):
        at += 1
    depth = 0
    first = True
    while at < len(tokens):
        token = tokens[at]
        sign = token.value if token.kind == "operator" else ""
        if sign in ("(", "["):
            depth += 1
        elif sign in (")", "]"):
            if depth == 0:
                break
            depth -= 1
        elif depth == 0 and not first and not _goes_on(tokens, at):
            break
        first = False
        at += 1
    return at


def _goes_on(tokens: Sequence[Token], at: int) -> bool:
    return tokens[at].value in (".", "::") or tokens[at - 1].value in (".", "::")
