"""A cursor over tokens, for the grammars of our own: expect a word, take a name, say what is
wrong in Redshift's words."""

# ruff: noqa: SIM905 - word lists read better as text
from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

from simulator.sql.errors import NotSupported, SqlError
from simulator.sql.lexer import Token, quote_name, syntax_error
from simulator.sql.queries import databases

Item = TypeVar("Item")
# "Reserved words": what names nothing without quotes.
_RESERVED = frozenset(
    """
    AES128 AES256 ALL ALLOWOVERWRITE ANALYSE ANALYZE AND ANY ARRAY AS ASC AUTHORIZATION AZ64
    BACKUP BETWEEN BINARY BLANKSASNULL BOTH BYTEDICT BZIP2 CASE CAST CHECK COLLATE COLUMN
    CONSTRAINT CREATE CREDENTIALS CROSS CURRENT_DATE CURRENT_TIME CURRENT_TIMESTAMP CURRENT_USER
    CURRENT_USER_ID DEFAULT DEFERRABLE DEFLATE DEFRAG DELTA DELTA32K DESC DISABLE DISTINCT DO
    ELSE EMPTYASNULL ENABLE ENCODE ENCRYPT ENCRYPTION END EXCEPT EXPLICIT FALSE FOR FOREIGN
    FREEZE FROM FULL GLOBALDICT256 GLOBALDICT64K GRANT GROUP GZIP HAVING IDENTITY IGNORE ILIKE
    IN INITIALLY INNER INTERSECT INTERVAL INTO IS ISNULL JOIN LANGUAGE LEADING LEFT LIKE LIMIT
    LOCALTIME LOCALTIMESTAMP LUN LUNS LZO LZOP MINUS MOSTLY16 MOSTLY32 MOSTLY8 NATURAL NEW NOT
    NOTNULL NULL NULLS OFF OFFLINE OFFSET OID OLD ON ONLY OPEN OR ORDER OUTER OVERLAPS PARALLEL
    PARTITION PERCENT PERMISSIONS PIVOT PLACING PRIMARY RAW READRATIO RECOVER REFERENCES
    REJECTLOG RESORT RESPECT RESTORE RIGHT SELECT SESSION_USER SIMILAR SNAPSHOT SOME SYSDATE
    SYSTEM TABLE TAG TDES TEXT255 TEXT32K THEN TIMESTAMP TO TOP TRAILING TRUE TRUNCATECOLUMNS
    UNION UNIQUE UNNEST UNPIVOT USER USING VERBOSE WALLET WHEN WHERE WITH WITHOUT
    """.split()
)
_SYSTEM_SCHEMAS = frozenset({"pg_catalog", "information_schema", "redshift", "pg_internal"})


@dataclass(slots=True)
class Cursor:
    """Where a parser stands in a statement; `text` is the source of the tokens' places."""

    text: str
    tokens: list[Token]
    at: int = 0

    @property
    def done(self) -> bool:
        """No token is left."""
        return self.at >= len(self.tokens)

    def peek(self, ahead: int = 0) -> Token | None:
        """The token ahead, None at the end."""
        index = self.at + ahead
        return self.tokens[index] if index < len(self.tokens) else None

    def keyword(self, ahead: int = 0) -> str:
        """The bare word ahead in upper case; empty for anything else."""
        token = self.peek(ahead)
        return token.keyword if token else ""

    def error(self) -> SqlError:
        """A syntax error where the cursor stands."""
        token = self.peek()
        if token is None:
            return SqlError("ERROR: syntax error at end of input", sqlstate="42601")
        return syntax_error(self.text, token.start, self.text[token.start : token.end])

    def take(self) -> Token:
        """The next token."""
        token = self.peek()
        if token is None:
            raise self.error()
        self.at += 1
        return token

    def accept(self, *words: str) -> bool:
        """Passes these words if they come next, in this order."""
        if all(self.keyword(ahead) == word for ahead, word in enumerate(words)):
            self.at += len(words)
            return True
        return False

    def expect(self, *words: str) -> None:
        """Passes these words or raises a syntax error."""
        for word in words:
            if not self.accept(word):
                raise self.error()

    def accept_sign(self, sign: str) -> bool:
        """Passes this operator if it comes next."""
        token = self.peek()
        if token is not None and token.kind == "operator" and token.value == sign:
            self.at += 1
            return True
        return False

    def expect_sign(self, sign: str) -> None:
        """Passes this operator or raises a syntax error."""
        if not self.accept_sign(sign):
            raise self.error()

    def name(self) -> str:
        """An identifier, folded to lower case."""
        token = self.peek()
        if token is None or token.kind not in ("word", "quoted"):
            raise self.error()
        self.at += 1
        if len(token.value.encode()) > 63:
            raise NotSupported(f"names over 63 bytes, such as {token.value!r}")
        return token.value

    def identifier(self) -> str:
        """A name of something that is defined: no reserved word, unless it is quoted."""
        if self.keyword() in _RESERVED:
            raise self.error()
        return self.name()

    def relation(self) -> tuple[str, str]:
        """A table's schema (empty where not given) and name."""
        first = self.identifier()
        if not self.accept_sign("."):
            return "", first
        second = self.identifier()
        if self.accept_sign("."):
            databases.note(first)
            first, second = second, self.name()
        if first in _SYSTEM_SCHEMAS:
            raise NotSupported(f"system relation {first}.{second}")
        return first, second

    def string(self) -> str:
        """A string literal's value."""
        token = self.peek()
        if token is None or token.kind not in ("string", "dollar"):
            raise self.error()
        self.at += 1
        return token.value

    def integer(self) -> int:
        """An integer, with a sign perhaps."""
        sign = -1 if self.accept_sign("-") else 1
        token = self.peek()
        if token is None or token.kind != "number" or not token.value.isdigit():
            raise self.error()
        self.at += 1
        return sign * int(token.value)

    def listed(self, item: Callable[[], Item]) -> list[Item]:
        """Items between commas, at least one."""
        items = [item()]
        while self.accept_sign(","):
            items.append(item())
        return items

    def names_in_parentheses(self) -> list[str]:
        """`(a, b, ...)`"""
        self.expect_sign("(")
        names = self.listed(self.name)
        self.expect_sign(")")
        return names

    def balanced(self, *, until: Callable[[], bool]) -> list[Token]:
        """Tokens up to where `until` holds outside parentheses, or an unmatched `)`, or the end."""
        taken: list[Token] = []
        depth = 0
        while not self.done:
            token = self.tokens[self.at]
            sign = token.value if token.kind == "operator" else ""
            if depth == 0 and (sign == ")" or until()):
                break
            depth += {"(": 1, ")": -1}.get(sign, 0)
            taken.append(self.take())
        return taken

    def end(self) -> None:
        """Nothing may follow."""
        if not self.done:
            raise self.error()


def qualified(relation: tuple[str, str]) -> str:
    """A relation's name as PostgreSQL reads it."""
    schema, name = relation
    return f"{quote_name(schema)}.{quote_name(name)}" if schema else quote_name(name)


def rest_of_query(cursor: Cursor) -> list[Token]:
    """The query that ends the statement, without parentheses around it."""
    rest = cursor.tokens[cursor.at :]
    cursor.at = len(cursor.tokens)
    while len(rest) > 1 and rest[0].value == "(" and rest[-1].value == ")" and _wraps(rest):
        rest = rest[1:-1]
    return rest


def _wraps(tokens: list[Token]) -> bool:
    depth = 0
    for index, token in enumerate(tokens):
        if token.kind == "operator":
            depth += {"(": 1, ")": -1}.get(token.value, 0)
        if depth == 0:
            return index == len(tokens) - 1
    return False
