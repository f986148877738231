"""Redshift's PL/pgSQL as a tree: blocks, declarations, statements; expressions stay tokens.

Source: "Structure of PL/pgSQL" and "Supported PL/pgSQL statements" in Redshift's developer guide.
`procedures.running` runs it: Redshift's procedures commit, and lose their transaction to an error,
in ways that PostgreSQL's can't.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from simulator.sql.cursor import Cursor
from simulator.sql.errors import NotSupported, SqlError
from simulator.sql.lexer import Token, syntax_error
from simulator.sql.procedures.nodes import (
    Assign,
    Block,
    Case,
    Close,
    Diagnostics,
    Execute,
    Fetch,
    ForRange,
    ForRows,
    If,
    Leave,
    Loop,
    Null,
    Open,
    Raise,
    Return,
    Sql,
    Statement,
    Tokens,
    Variable,
)
from simulator.sql.procedures.tokens import (
    cut,
    into_targets,
    is_sign,
    range_at,
    sign_of,
    split_list,
    with_ranges,
)

_LEVELS = ("DEBUG", "LOG", "INFO", "NOTICE", "WARNING", "EXCEPTION")
_MAX_DEPTH = 100


def parse_body(text: str) -> Block:
    """The procedure's outermost block. Raises SqlError with PL/pgSQL's words."""
    parser = _Parser(Cursor(text, with_ranges(text)))
    block = parser.block(parser.label())
    parser.cursor.accept_sign(";")
    parser.cursor.end()
    return block


@dataclass(slots=True)
class _Parser:
    cursor: Cursor
    depth: int = field(default=0)

    @property
    def line(self) -> int:
        """The line of the body where the next token stands, from 1."""
        token = self.cursor.peek()
        at = token.start if token is not None else len(self.cursor.text)
        return self.cursor.text.count("\n", 0, at) + 1

    def label(self) -> str:
        """`<<label>>`, empty where there is none."""
        if not self._signs("<", "<"):
            return ""
        name = self.cursor.name()
        self.cursor.expect_sign(">")
        self.cursor.expect_sign(">")
        return name

    def _signs(self, *signs: str) -> bool:
        tokens = [self.cursor.peek(ahead) for ahead in range(len(signs))]
        if [one.value if one and one.kind == "operator" else "" for one in tokens] != list(signs):
            return False
        self.cursor.at += len(signs)
        return True

    def block(self, label: str) -> Block:
        cursor, line = self.cursor, self.line
        variables: list[Variable] = []
        while cursor.accept("DECLARE"):
            while not cursor.done and cursor.keyword() not in ("BEGIN", "DECLARE"):
                variables.append(self._variable())
        cursor.expect("BEGIN")
        body = self.statements("END", "EXCEPTION")
        handler, continues = None, False
        if cursor.accept("EXCEPTION"):
            continues = cursor.accept("CONTINUE_HANDLER")
            if not continues:
                cursor.accept("EXIT_HANDLER")
            cursor.expect("WHEN")
            if not cursor.accept("OTHERS"):
                raise SqlError(
                    f"ERROR: unrecognized exception condition {cursor.take().value}: only OTHERS"
                    " is supported",
                    sqlstate="0A000",
                )
            cursor.expect("THEN")
            handler = self.statements("END", "WHEN")
            if cursor.keyword() == "WHEN":
                raise cursor.error()
        cursor.expect("END")
        if cursor.peek() is not None and cursor.keyword():
            cursor.name()
        return Block(line, label, tuple(variables), body, handler, continues)

    def _variable(self) -> Variable:
        cursor, line = self.cursor, self.line
        name = cursor.name()
        if cursor.accept("ALIAS", "FOR"):
            alias = "".join(token.value for token in self._until(";"))
            return Variable(name, "", line, alias=alias)
        if cursor.accept("CURSOR"):
            parameters = self._cursor_parameters()
            if not cursor.accept("FOR"):
                cursor.expect("IS")
            query = self._until(";")
            return Variable(name, "refcursor", line, cursor=query, parameters=parameters)
        constant = cursor.accept("CONSTANT")
        kind = self._type()
        not_null = cursor.accept("NOT", "NULL")
        default: Tokens = ()
        if cursor.accept("DEFAULT") or cursor.accept_sign(":=") or cursor.accept_sign("="):
            default = self._until(";")
        else:
            cursor.expect_sign(";")
        if not_null and not default:
            message = f'ERROR: variable "{name}" must have a default value, since it is NOT NULL'
            raise SqlError(message, sqlstate="42601")
        return Variable(name, kind, line, constant, not_null, default)

    def _type(self) -> str:
        """A type's text: everything up to the default, NOT NULL or the end."""
        cursor = self.cursor
        taken = cursor.balanced(
            until=lambda: (
                cursor.keyword() in ("DEFAULT", "NOT") or sign_of(cursor.peek()) in (";", ":=", "=")
            )
        )
        if not taken:
            raise cursor.error()
        return cursor.text[taken[0].start : taken[-1].end]

    def _cursor_parameters(self) -> tuple[str, ...]:
        cursor = self.cursor
        if not cursor.accept_sign("("):
            return ()
        names = []
        while True:
            names.append(cursor.name())
            cursor.balanced(until=lambda: cursor.peek() is not None and is_sign(cursor, ","))
            if not cursor.accept_sign(","):
                break
        cursor.expect_sign(")")
        return tuple(names)

    def statements(self, *ends: str) -> tuple[Statement, ...]:
        """Statements up to one of these words, which is left."""
        self.depth += 1
        if self.depth > _MAX_DEPTH:
            raise NotSupported(f"PL/pgSQL nested over {_MAX_DEPTH} levels")
        found: list[Statement] = []
        while self.cursor.keyword() not in ends:
            if self.cursor.done:
                raise self.cursor.error()
            found.append(self.statement())
        self.depth -= 1
        return tuple(found)

    def statement(self) -> Statement:
        label = self.label()
        cursor, word = self.cursor, self.cursor.keyword()
        if word in ("DECLARE", "BEGIN") and not self._is_transaction():
            block = self.block(label)
            cursor.expect_sign(";")
            return block
        if word in ("LOOP", "WHILE", "FOR"):
            return self._loop(label)
        if label:
            raise cursor.error()
        read = _STATEMENTS.get(word)
        if read is not None and not self._is_assignment():
            return read(self)
        if self._is_assignment():
            return self._assignment()
        return self._sql()

    def _is_transaction(self) -> bool:
        """`BEGIN;`, `BEGIN TRANSACTION` of a NONATOMIC procedure, which is no block."""
        following = self.cursor.peek(1)
        return following is not None and (
            following.value == ";" or following.keyword in ("TRANSACTION", "WORK")
        )

    def _is_assignment(self) -> bool:
        ahead = 1
        token = self.cursor.peek()
        if token is None or token.kind not in ("word", "quoted"):
            return False
        while sign_of(self.cursor.peek(ahead)) == "." and self.cursor.peek(ahead + 1):
            ahead += 2
        return sign_of(self.cursor.peek(ahead)) in (":=", "=")

    def _assignment(self) -> Assign:
        cursor, line = self.cursor, self.line
        target = self._upto(lambda: is_sign(cursor, ":=") or is_sign(cursor, "="))
        cursor.take()
        return Assign(line, target, self._until(";"))

    def _upto(self, stop: Callable[[], bool]) -> Tokens:
        """Tokens before where `stop` holds outside parentheses, at least one."""
        taken = tuple(self.cursor.balanced(until=stop))
        if not taken or self.cursor.done:
            raise self.cursor.error()
        return taken

    def _until(self, sign: str) -> Tokens:
        """Tokens before this sign, which is passed."""
        taken = self._upto(lambda: is_sign(self.cursor, sign))
        self.cursor.expect_sign(sign)
        return taken

    def _before(self, *words: str) -> Tokens:
        """Tokens before one of these words, which is left; a CASE of SQL in between is whole."""
        cases = 0

        def stops() -> bool:
            nonlocal cases
            word = self.cursor.keyword()
            if cases == 0 and word in words:
                return True
            cases += {"CASE": 1, "END": -1}.get(word, 0)
            return is_sign(self.cursor, ";")

        taken = self._upto(stops)
        if self.cursor.keyword() not in words:
            raise self.cursor.error()
        return taken

    def if_(self) -> If:
        cursor, line = self.cursor, self.line
        cursor.expect("IF")
        branches: list[tuple[Tokens, tuple[Statement, ...]]] = []
        while True:
            condition = self._before("THEN")
            cursor.expect("THEN")
            branches.append((condition, self.statements("ELSIF", "ELSEIF", "ELSE", "END")))
            if not (cursor.accept("ELSIF") or cursor.accept("ELSEIF")):
                break
        if cursor.accept("ELSE"):
            branches.append(((), self.statements("END")))
        cursor.expect("END", "IF")
        cursor.expect_sign(";")
        return If(line, tuple(branches))

    def case(self) -> Case:
        cursor, line = self.cursor, self.line
        cursor.expect("CASE")
        search = () if cursor.keyword() == "WHEN" else self._before("WHEN")
        branches: list[tuple[tuple[Tokens, ...], tuple[Statement, ...]]] = []
        while cursor.accept("WHEN"):
            values = split_list(self._before("THEN")) if search else (self._before("THEN"),)
            cursor.expect("THEN")
            branches.append((values, self.statements("WHEN", "ELSE", "END")))
        otherwise = self.statements("END") if cursor.accept("ELSE") else None
        cursor.expect("END", "CASE")
        cursor.expect_sign(";")
        return Case(line, search, tuple(branches), otherwise)

    def _loop(self, label: str) -> Loop | ForRange | ForRows:
        cursor, line = self.cursor, self.line
        if cursor.accept("FOR"):
            return self._for(label, line)
        condition: Tokens = ()
        if cursor.accept("WHILE"):
            condition = self._before("LOOP")
        return Loop(line, label, condition, self._loop_body())

    def _loop_body(self) -> tuple[Statement, ...]:
        self.cursor.expect("LOOP")
        body = self.statements("END")
        self.cursor.expect("END", "LOOP")
        if self.cursor.keyword():
            self.cursor.name()
        self.cursor.expect_sign(";")
        return body

    def _for(self, label: str, line: int) -> ForRange | ForRows:
        cursor = self.cursor
        targets = split_list(self._before("IN"))
        cursor.expect("IN")
        if cursor.accept("EXECUTE"):
            query = self._before("LOOP")
            return ForRows(line, label, targets, query, self._loop_body(), dynamic=True)
        reverse = cursor.accept("REVERSE")
        source = self._before("LOOP")
        at = range_at(source)
        if at is None:
            return ForRows(line, label, targets, source, self._loop_body())
        last, step = cut(source[at + 2 :], "BY")
        variable = targets[0][0].value
        return ForRange(line, label, variable, reverse, source[:at], last, step, self._loop_body())

    def leave(self) -> Leave:
        cursor, line = self.cursor, self.line
        word = cursor.take().keyword
        label = "" if cursor.keyword() in ("", "WHEN") else cursor.name()
        condition = self._until(";") if cursor.accept("WHEN") else ()
        if not condition:
            cursor.expect_sign(";")
        return Leave(line, word, label, condition)

    def return_(self) -> Return:
        line = self.line
        self.cursor.expect("RETURN")
        if not self.cursor.accept_sign(";"):
            message = "ERROR: RETURN cannot have a parameter in a procedure"
            raise SqlError(message, sqlstate="42804")
        return Return(line)

    def raise_(self) -> Raise:
        cursor, line = self.cursor, self.line
        cursor.expect("RAISE")
        if cursor.accept_sign(";"):
            return Raise(line, "", None, ())
        level = cursor.keyword()
        if level not in _LEVELS:
            raise cursor.error()
        cursor.take()
        text = cursor.string()
        arguments = split_list(self._until(";")) if cursor.accept_sign(",") else ()
        if not arguments:
            cursor.expect_sign(";")
        for one in arguments:
            self._check_simple(one)
        return Raise(line, level, text, arguments)

    def _check_simple(self, argument: Tokens) -> None:
        """ "optional arguments must be simple variables, not expressions" ("Supported PL/pgSQL
        statements"): a variable, a record's field, or `$1`."""
        signs = [sign_of(token) for token in argument]
        wrong = next((at for at, sign in enumerate(signs) if sign not in ("", ".", "$")), None)
        if wrong is None and len(argument) > 1 and not any(signs):
            wrong = 1
        if argument and wrong is None and argument[0].kind in ("string", "number"):
            wrong = 0
        if wrong is not None or not argument:
            token = argument[wrong or 0] if argument else self.cursor.tokens[self.cursor.at - 1]
            raise syntax_error(self.cursor.text, token.start, token.value)

    def execute(self) -> Execute:
        line = self.line
        self.cursor.expect("EXECUTE")
        text, into = cut(self._until(";"), "INTO")
        targets = split_list(into)
        for target in targets:
            # "EXECUTE command-string [ INTO target ]": nothing follows, as USING would.
            if len(target) > 1 and target[1].value != ".":
                raise syntax_error(self.cursor.text, target[1].start, target[1].value)
        return Execute(line, text, targets)

    def perform(self) -> Sql:
        cursor, line = self.cursor, self.line
        token = cursor.take()
        select = Token("word", "select", token.start, token.end)
        return Sql(line, (select, *self._until(";")))

    def open(self) -> Open:
        cursor, line = self.cursor, self.line
        cursor.expect("OPEN")
        name = cursor.name()
        if cursor.accept("FOR"):
            dynamic = cursor.accept("EXECUTE")
            return Open(line, name, self._until(";"), dynamic=dynamic)
        arguments: tuple[Tokens, ...] = ()
        if cursor.accept_sign("("):
            inside = tuple(cursor.balanced(until=lambda: False))
            cursor.expect_sign(")")
            arguments = split_list(inside)
        cursor.expect_sign(";")
        return Open(line, name, arguments=arguments)

    def fetch(self) -> Fetch:
        cursor, line = self.cursor, self.line
        cursor.expect("FETCH")
        cursor.accept("NEXT")
        if not cursor.accept("FROM"):
            cursor.accept("IN")
        name = cursor.name()
        cursor.expect("INTO")
        return Fetch(line, name, split_list(self._until(";")))

    def close(self) -> Close:
        line = self.line
        self.cursor.expect("CLOSE")
        name = self.cursor.name()
        self.cursor.expect_sign(";")
        return Close(line, name)

    def diagnostics(self) -> Diagnostics:
        cursor, line = self.cursor, self.line
        cursor.expect("GET", "DIAGNOSTICS")
        target = self._upto(lambda: is_sign(cursor, ":=") or is_sign(cursor, "="))
        cursor.take()
        if not cursor.accept("ROW_COUNT"):
            raise NotSupported(f"GET DIAGNOSTICS ... {cursor.keyword()}")
        cursor.expect_sign(";")
        return Diagnostics(line, target)

    def null(self) -> Null:
        line = self.line
        self.cursor.expect("NULL")
        self.cursor.expect_sign(";")
        return Null(line)

    def _sql(self) -> Sql:
        line = self.line
        tokens = self._until(";")
        if tokens[0].keyword not in ("SELECT", "WITH"):
            return Sql(line, tokens)
        head, into = cut(tokens, "INTO")
        if not into or into[0].keyword in ("TABLE", "TEMP", "TEMPORARY"):
            # What no variable can be is the name of a table that is made.
            return Sql(line, tokens)
        targets, rest = into_targets(into)
        return Sql(line, head + rest, targets)


_STATEMENTS: dict[str, Callable[[_Parser], Statement]] = {
    "IF": _Parser.if_, "CASE": _Parser.case, "EXIT": _Parser.leave, "CONTINUE": _Parser.leave,
    "RETURN": _Parser.return_, "RAISE": _Parser.raise_, "EXECUTE": _Parser.execute,
    "PERFORM": _Parser.perform, "OPEN": _Parser.open, "FETCH": _Parser.fetch,
    "CLOSE": _Parser.close, "GET": _Parser.diagnostics, "NULL": _Parser.null,
}  # fmt: skip
