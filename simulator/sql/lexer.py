"""Redshift's SQL as tokens: where strings, comments, names and `:parameters` begin and end.

What SQL's core does not know (COPY, DDL attributes, GRANT) is parsed from these tokens by
grammars of our own; the core goes to sqlglot. One text holds one statement.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass

from simulator.sql.errors import SqlError

_TOKEN = re.compile(
    r"""
    (?P<space>\s+|--[^\n]*)
  | (?P<comment>/\*)
  | (?P<string>'(?:[^'\\]|''|\\.)*')
  | (?P<quoted>"(?:[^"]|"")*")
  | (?P<dollar>\$\w*\$)
  | (?P<parameter>:[A-Za-z_][A-Za-z0-9_]*)
  | (?P<number>\d+\.?\d*(?:[eE][+-]?\d+)?|\.\d+(?:[eE][+-]?\d+)?)
  | (?P<word>(?:[A-Za-z_\u0080-\uffff]|\#(?=[A-Za-z_\u0080-\uffff]))[\w$\u0080-\uffff\#]*)
  | (?P<operator>::|:=|<=|>=|<>|!=|\|\|/(?!\*)|\|/(?!\*)|\|\||!~\*|!~|~\*|[^\s\w])
    """,
    re.VERBOSE | re.DOTALL,
)
# Whether quoted names keep their case: the session's enable_case_sensitive_identifier, which is off
# by default.
_EXACT: ContextVar[bool] = ContextVar("case-sensitive identifiers", default=False)
_UNESCAPED = {"n": "\n", "t": "\t", "r": "\r", "b": "\b", "f": "\f"}


@dataclass(frozen=True, slots=True)
class Token:
    """`kind` is word, quoted, string, number, parameter, dollar or operator; `value` its meaning:
    a name in lower case, a string without quotes, an operator as it stands."""

    kind: str
    value: str
    start: int
    end: int

    @property
    def keyword(self) -> str:
        """The word in upper case, empty for what is no bare word."""
        return self.value.upper() if self.kind == "word" else ""


@contextmanager
def exact_names(*, exact: bool) -> Iterator[None]:
    """Whether quoted names keep their case inside."""
    token = _EXACT.set(exact)
    try:
        yield
    finally:
        _EXACT.reset(token)


def tokenize(text: str) -> list[Token]:
    """All tokens of `text`, without comments and white space."""
    if "\x00" in text:
        message = 'ERROR: invalid byte sequence for encoding "UTF8": 0x00'
        raise SqlError(message, sqlstate="22021")
    tokens: list[Token] = []
    at = 0
    while at < len(text):
        match = _TOKEN.match(text, at)
        if match is None:
            raise syntax_error(text, at, text[at])
        kind = match.lastgroup or ""
        end = match.end()
        if kind == "comment":
            end = _comment_end(text, at)
        elif kind == "dollar":
            end = _dollar_end(text, match)
            tokens.append(Token(kind, text[match.end() : end - len(match[0])], at, end))
        elif kind != "space":
            if kind == "operator" and match[0] in "'\"":
                raise _unterminated(match[0])
            tokens.append(Token(kind, _value(kind, match[0]), at, end))
        at = end
    return tokens


def _value(kind: str, text: str) -> str:
    if kind == "string":
        return re.sub(r"''|\\(.)", _unescape, text[1:-1], flags=re.DOTALL)
    if kind == "quoted":
        name = text[1:-1].replace('""', '"')
        return name if _EXACT.get() else name.lower()
    if kind == "word":
        return text.lower()
    if kind == "parameter":
        return text[1:]
    return text


def _unescape(match: re.Match[str]) -> str:
    if match[1] is None:
        return "'"
    return _UNESCAPED.get(match[1], match[1])


def _unterminated(quote: str) -> SqlError:
    what = "string" if quote == "'" else "identifier"
    return SqlError(f"ERROR: unterminated quoted {what} at or near {quote!r}", sqlstate="42601")


def _comment_end(text: str, start: int) -> int:
    depth = 0
    for match in re.compile(r"/\*|\*/").finditer(text, start):
        depth += 1 if match[0] == "/*" else -1
        if depth == 0:
            return match.end()
    raise SqlError("ERROR: unterminated /* comment", sqlstate="42601")


def _dollar_end(text: str, match: re.Match[str]) -> int:
    end = text.find(match[0], match.end())
    if end < 0:
        raise SqlError("ERROR: unterminated dollar-quoted string", sqlstate="42601")
    return end + len(match[0])


def syntax_error(text: str, at: int, near: str) -> SqlError:
    """Redshift's wording of a syntax error, with the text before the place and its line."""
    line = text.count("\n", 0, at) + 1
    context = text[:at].rsplit("\n", 1)[-1][-24:] + near
    message = f'ERROR: syntax error at or near "{near}" in context "{context}", at line {line}'
    return SqlError(message, sqlstate="42601")


def split_statements(text: str) -> list[list[Token]]:
    """The tokens of each statement of `text`, without the semicolons."""
    statements: list[list[Token]] = [[]]
    for token in tokenize(text):
        if token.kind == "operator" and token.value == ";":
            statements.append([])
        else:
            statements[-1].append(token)
    return [tokens for tokens in statements if tokens]


def quote_name(name: str) -> str:
    """A name as PostgreSQL reads it, whatever it holds."""
    return '"' + name.replace('"', '""') + '"'


def quote_text(value: str) -> str:
    """A string literal as PostgreSQL reads it (backslashes are plain characters there)."""
    return "'" + value.replace("'", "''") + "'"
