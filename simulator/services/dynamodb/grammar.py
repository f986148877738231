"""The grammar of DynamoDB's expressions: condition, filter, key condition, update and projection.

Text in, frozen trees out; what a tree does with an item is in `conditions` and `updates`. Names
(`#n`) and values (`:v`) are put in while parsing, and those that no expression uses are refused
("Using expressions in DynamoDB", and its pages).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, TypeAlias

from simulator.services.api import ServiceError
from simulator.services.dynamodb.reserved import RESERVED
from simulator.services.dynamodb.values import Value, checked, invalid

Path: TypeAlias = tuple[str | int, ...]

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


@dataclass(frozen=True, slots=True)
class Attribute:
    """What stands at a path of the item."""

    path: Path


@dataclass(frozen=True, slots=True)
class Literal:
    """A value that the request brings; `name` is its placeholder."""

    value: Value
    name: str


@dataclass(frozen=True, slots=True)
class Size:
    """`size(path)`."""

    path: Path


@dataclass(frozen=True, slots=True)
class IfNotExists:
    """`if_not_exists(path, otherwise)`."""

    path: Path
    otherwise: Operand


@dataclass(frozen=True, slots=True)
class ListAppend:
    """`list_append(first, second)`."""

    first: Operand
    second: Operand


@dataclass(frozen=True, slots=True)
class Sum:
    """`left + right`, or `left - right`."""

    left: Operand
    right: Operand
    is_minus: bool


Operand: TypeAlias = Attribute | Literal | Size | IfNotExists | ListAppend | Sum


@dataclass(frozen=True, slots=True)
class Comparison:
    """`left = right` and the like."""

    operator: str
    left: Operand
    right: Operand


@dataclass(frozen=True, slots=True)
class Between:
    """`operand BETWEEN low AND high`."""

    operand: Operand
    low: Operand
    high: Operand


@dataclass(frozen=True, slots=True)
class In:
    """`operand IN (choices)`."""

    operand: Operand
    choices: tuple[Operand, ...]


@dataclass(frozen=True, slots=True)
class Function:
    """`attribute_exists(path)` and the like."""

    name: str
    arguments: tuple[Operand, ...]


@dataclass(frozen=True, slots=True)
class Not:
    """`NOT condition`."""

    condition: Condition


@dataclass(frozen=True, slots=True)
class Both:
    """`left AND right`, or `left OR right`."""

    word: str
    left: Condition
    right: Condition


Condition: TypeAlias = Comparison | Between | In | Function | Not | Both


@dataclass(frozen=True, slots=True)
class Action:
    """One action of an update: SET, REMOVE, ADD or DELETE at a path."""

    clause: str
    path: Path
    operand: Operand | None = None


class Placeholders:
    """`ExpressionAttributeNames` and `ExpressionAttributeValues` of one request. `finish` refuses
    those that none of its expressions used."""

    def __init__(self, request: Mapping[str, Any]) -> None:
        self._names: Mapping[str, str] = request.get("ExpressionAttributeNames") or {}
        given: Mapping[str, Any] = request.get("ExpressionAttributeValues") or {}
        self._values = {name: checked(value) for name, value in given.items()}
        self._used: set[str] = set()
        self._has_any = False
        for given_as, names, sign in (("Names", self._names, "#"), ("Values", given, ":")):
            for name in names:
                if not re.fullmatch(sign + r"[A-Za-z0-9_-]+", name):
                    raise invalid(
                        f"ExpressionAttribute{given_as} contains invalid key: Syntax error; "
                        f'key: "{name}"'
                    )

    def name(self, placeholder: str, kind: str) -> str:
        """The attribute that `#n` stands for."""
        self._used.add(placeholder)
        if placeholder not in self._names:
            raise invalid(
                f"Invalid {kind}: An expression attribute name used in the document path is not "
                f"defined; attribute name: {placeholder}"
            )
        return self._names[placeholder]

    def value(self, placeholder: str, kind: str) -> Value:
        """The value that `:v` stands for."""
        self._used.add(placeholder)
        if placeholder not in self._values:
            raise invalid(
                f"Invalid {kind}: An expression attribute value used in expression is not defined; "
                f"attribute value: {placeholder}"
            )
        return self._values[placeholder]

    def condition(self, kind: str, text: str | None) -> Condition | None:
        """A condition, filter or key condition; None where there is no text."""
        return None if text is None else self._parsed(kind, text, Parser.whole_condition)

    def update(self, text: str | None) -> tuple[Action, ...]:
        """The actions of an update."""
        if text is None:
            return ()
        actions: tuple[Action, ...] = self._parsed("UpdateExpression", text, Parser.actions)
        return actions

    def projection(self, text: str | None) -> tuple[Path, ...]:
        """The paths of a projection."""
        if text is None:
            return ()
        paths: tuple[Path, ...] = self._parsed("ProjectionExpression", text, Parser.paths)
        return paths

    def finish(self) -> None:
        """Refuse what no expression used."""
        for given_as, names in (("Names", self._names), ("Values", self._values)):
            if names and not self._has_any:
                raise invalid(
                    f"ExpressionAttribute{given_as} can only be specified when using expressions"
                )
            unused = [name for name in names if name not in self._used]
            if unused:
                raise invalid(
                    f"Value provided in ExpressionAttribute{given_as} unused in expressions: "
                    f"keys: {{{', '.join(unused)}}}"
                )

    def _parsed(self, kind: str, text: str, read: Callable[[Parser], Any]) -> Any:
        self._has_any = True
        if not text.strip():
            raise invalid(f"Invalid {kind}: The expression can not be empty;")
        return read(Parser(kind, text, self))


class Parser:
    """Recursive descent over one expression."""

    def __init__(self, kind: str, text: str, placeholders: Placeholders) -> None:
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
