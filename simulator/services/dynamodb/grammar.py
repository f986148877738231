"""The grammar of DynamoDB's expressions: condition, filter, key condition, update and projection.

Text in, frozen trees out. Names (`#n`) and values (`:v`) are put in while parsing ("Using
expressions in DynamoDB", and its pages).
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Protocol

from simulator.services.api import ServiceError
from simulator.services.dynamodb.reserved import RESERVED
from simulator.services.dynamodb.trees import (
    Action,
    Attribute,
    Between,
    Both,
    Comparison,
    Condition,
    Function,
    IfNotExists,
    In,
    ListAppend,
    Literal,
    Not,
    Operand,
    Path,
    Size,
    Sum,
)
from simulator.services.dynamodb.values import Value, invalid

_TOKEN = re.compile(
    r"\s*(?:(?P<word>[A-Za-z_][A-Za-z0-9_]*)|(?P<name>#[A-Za-z0-9_-]+)|(?P<value>:[A-Za-z0-9_-]+)"
    r"|(?P<number>[0-9]+)|(?P<sign><>|<=|>=|[=<>()\[\],.+-]))"
)
_COMPARATORS = ("=", "<>", "<", "<=", ">", ">=")
_FUNCTIONS = {
    "attribute_exists": 1,
    "attribute_not_exists": 1,
    "attribute_type": 2,
    "begins_with": 2,
    "contains": 2,
}
_END = "<EOF>"
_CLAUSES = ("SET", "REMOVE", "ADD", "DELETE")


class Given(Protocol):
    """What placeholders stand for; `kind` is the expression that has them."""

    def name(self, placeholder: str, kind: str) -> str: ...

    def value(self, placeholder: str, kind: str) -> Value: ...


class Parser:
    """Recursive descent over one expression."""

    def __init__(self, kind: str, text: str, placeholders: Given) -> None:
        self._kind = kind
        self._text = text
        self._placeholders = placeholders
        self._tokens = list(self._split())
        self._at = 0

    # -- what a request has -------------------------------------------------------------------

    def whole_condition(self) -> Condition:
        """A condition and nothing after it."""
        condition = self._either()
        self._end()
        return condition

    def paths(self) -> tuple[Path, ...]:
        """`path, path`."""
        paths = [self._path()]
        while self._accept(","):
            paths.append(self._path())
        self._end()
        return tuple(paths)

    def actions(self) -> tuple[Action, ...]:
        """`SET ... REMOVE ... ADD ... DELETE ...`, each at most once."""
        actions: list[Action] = []
        seen: set[str] = set()
        while self._at < len(self._tokens):
            clause = self._word()
            if clause not in _CLAUSES:
                raise self._syntax_error()
            if clause in seen:
                raise invalid(
                    f'Invalid {self._kind}: The "{clause}" section can only be used once in an '
                    "update expression;"
                )
            seen.add(clause)
            self._at += 1
            actions.append(self._action(clause))
            while self._accept(","):
                actions.append(self._action(clause))
        return tuple(actions)

    # -- conditions ---------------------------------------------------------------------------

    def _either(self) -> Condition:
        left = self._all()
        while self._accept_word("OR"):
            left = Both("OR", left, self._all())
        return left

    def _all(self) -> Condition:
        left = self._not()
        while self._accept_word("AND"):
            left = Both("AND", left, self._not())
        return left

    def _not(self) -> Condition:
        if self._accept_word("NOT"):
            return Not(self._not())
        if self._shown() == "(":
            return self._in_parentheses()
        return self._simple()

    def _in_parentheses(self) -> Condition:
        start = self._at
        self._at += 1
        try:
            condition = self._either()
            self._expect(")")
        except ServiceError:
            # it was an operand's: (a) = :v
            self._at = start
            return self._simple()
        return condition

    def _simple(self) -> Condition:
        function = self._shown()
        if function in _FUNCTIONS and self._shown(1) == "(":
            return self._function(function)
        left = self._operand()
        if self._accept_word("BETWEEN"):
            low = self._operand()
            if not self._accept_word("AND"):
                raise self._syntax_error()
            return Between(left, low, self._operand())
        if self._accept_word("IN"):
            return In(left, self._arguments())
        operator = self._shown()
        if operator not in _COMPARATORS:
            raise self._syntax_error()
        self._at += 1
        return Comparison(operator, left, self._operand())

    def _function(self, name: str) -> Function:
        self._at += 1
        arguments = self._arguments()
        if len(arguments) != _FUNCTIONS[name]:
            raise invalid(
                f"Invalid {self._kind}: Incorrect number of operands for operator or function; "
                f"operator or function: {name}, number of operands: {len(arguments)}"
            )
        if not isinstance(arguments[0], Attribute) and name not in ("contains", "begins_with"):
            raise invalid(
                f"Invalid {self._kind}: Operator or function requires a document path; operator or "
                f"function: {name}"
            )
        return Function(name, arguments)

    def _arguments(self) -> tuple[Operand, ...]:
        self._expect("(")
        arguments = [self._operand()]
        while self._accept(","):
            arguments.append(self._operand())
        self._expect(")")
        return tuple(arguments)

    # -- updates ------------------------------------------------------------------------------

    def _action(self, clause: str) -> Action:
        path = self._path()
        if clause == "REMOVE":
            return Action(clause, path)
        if clause == "SET":
            self._expect("=")
            return Action(clause, path, self._sum())
        operand = self._operand()
        if not isinstance(operand, Literal):
            raise self._syntax_error(-1)
        return Action(clause, path, operand)

    def _sum(self) -> Operand:
        left = self._operand()
        sign = self._shown()
        if sign not in ("+", "-"):
            return left
        self._at += 1
        return Sum(left, self._operand(), is_minus=sign == "-")

    # -- operands and paths -------------------------------------------------------------------

    def _operand(self) -> Operand:
        if self._accept("("):
            operand = self._sum() if self._kind == "UpdateExpression" else self._operand()
            self._expect(")")
            return operand
        kind, text = self._token()
        if kind == "value":
            self._at += 1
            return Literal(self._placeholders.value(text, self._kind), text)
        if kind == "word" and self._shown(1) == "(":
            return self._operand_function(text)
        return Attribute(self._path())

    def _operand_function(self, name: str) -> Operand:
        is_update = self._kind == "UpdateExpression"
        if name not in (("if_not_exists", "list_append") if is_update else ("size",)):
            raise invalid(f"Invalid {self._kind}: Invalid function name; function: {name}")
        self._at += 1
        arguments = self._arguments()
        first = arguments[0]
        if len(arguments) != (2 if is_update else 1):
            raise invalid(
                f"Invalid {self._kind}: Incorrect number of operands for operator or function; "
                f"operator or function: {name}, number of operands: {len(arguments)}"
            )
        if name == "list_append":
            return ListAppend(first, arguments[1])
        if not isinstance(first, Attribute):
            raise invalid(
                f"Invalid {self._kind}: Operator or function requires a document path; operator or "
                f"function: {name}"
            )
        return IfNotExists(first.path, arguments[1]) if is_update else Size(first.path)

    def _path(self) -> Path:
        path: list[str | int] = [self._element()]
        while True:
            if self._accept("."):
                path.append(self._element())
            elif self._accept("["):
                kind, text = self._token()
                if kind != "number":
                    raise self._syntax_error()
                self._at += 1
                path.append(int(text))
                self._expect("]")
            else:
                return tuple(path)

    def _element(self) -> str:
        kind, text = self._token()
        if kind == "name":
            self._at += 1
            return self._placeholders.name(text, self._kind)
        if kind != "word":
            raise self._syntax_error()
        if text.upper() in RESERVED:
            raise invalid(
                f"Invalid {self._kind}: Attribute name is a reserved keyword; reserved keyword: "
                f"{text}"
            )
        self._at += 1
        return text

    # -- tokens -------------------------------------------------------------------------------

    def _split(self) -> Iterable[tuple[str, str, int]]:
        at, text = 0, self._text.rstrip()
        while at < len(text):
            match = _TOKEN.match(text, at)
            if match is None:
                start = at + len(text[at:]) - len(text[at:].lstrip())
                raise self._syntax_error_at(text[start], start)
            kind = str(match.lastgroup)
            yield kind, match[kind], match.start(kind)
            at = match.end()

    def _token(self, ahead: int = 0) -> tuple[str, str]:
        at = self._at + ahead
        if at >= len(self._tokens):
            raise self._syntax_error(ahead)
        return self._tokens[at][:2]

    def _shown(self, ahead: int = 0) -> str:
        at = self._at + ahead
        return self._tokens[at][1] if at < len(self._tokens) else ""

    def _word(self) -> str:
        return self._shown().upper()

    def _accept(self, sign: str) -> bool:
        found = self._shown() == sign
        self._at += found
        return found

    def _accept_word(self, word: str) -> bool:
        found = self._word() == word
        self._at += found
        return found

    def _expect(self, sign: str) -> None:
        if not self._accept(sign):
            raise self._syntax_error()

    def _end(self) -> None:
        if self._at < len(self._tokens):
            raise self._syntax_error()

    def _syntax_error(self, ahead: int = 0) -> ServiceError:
        at = self._at + ahead
        if at >= len(self._tokens):
            start = self._tokens[-1][2] if self._tokens else 0
            return self._syntax_error_at(_END, start)
        return self._syntax_error_at(self._tokens[at][1], self._tokens[at][2])

    def _syntax_error_at(self, token: str, start: int) -> ServiceError:
        # the token with its neighbours
        before = self._text[:start].rstrip().rpartition(" ")[2]
        length = 0 if token == _END else len(token)
        after = self._text[start + length :].lstrip().partition(" ")[0]
        shown = "" if token == _END else token
        near = " ".join(filter(None, (before, shown, after)))
        return invalid(f'Invalid {self._kind}: Syntax error; token: "{token}", near: "{near}"')
