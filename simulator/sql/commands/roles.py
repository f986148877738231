"""Schemas and rights: CREATE SCHEMA, GRANT, REVOKE, ALTER DEFAULT PRIVILEGES.

PostgreSQL's roles and databases are global to the server, so each simulation's carry its own
prefix. A translation is the same for all of them: it writes PREFIX_MARK, which a transaction
replaces.
"""

# ruff: noqa: SIM905 - word lists read better as text
from __future__ import annotations

from simulator.sql.commands import users
from simulator.sql.commands.columns import column_type
from simulator.sql.commands.written import Written
from simulator.sql.cursor import Cursor, qualified
from simulator.sql.errors import NotSupported, SqlError
from simulator.sql.lexer import quote_name
from simulator.sql.translation import GROUP, PREFIX_MARK

_TABLE_RIGHTS = frozenset("SELECT INSERT UPDATE DELETE REFERENCES TRUNCATE ALL".split())
_ROUTINE_RIGHTS = frozenset(("EXECUTE", "ALL"))
# By what stands after ON; a table's are those of nothing else.
_ALLOWED = {
    "TABLE": _TABLE_RIGHTS, "TABLES": _TABLE_RIGHTS, "ALL TABLES IN SCHEMA": _TABLE_RIGHTS,
    "SCHEMA": frozenset("CREATE USAGE ALL".split()),
    "DATABASE": frozenset("CREATE TEMPORARY TEMP USAGE ALL".split()),
    "LANGUAGE": frozenset(("USAGE", "ALL")),
    "FUNCTION": _ROUTINE_RIGHTS, "PROCEDURE": _ROUTINE_RIGHTS,
    "FUNCTIONS": _ROUTINE_RIGHTS, "PROCEDURES": _ROUTINE_RIGHTS,
    "ALL FUNCTIONS IN SCHEMA": _ROUTINE_RIGHTS, "ALL PROCEDURES IN SCHEMA": _ROUTINE_RIGHTS,
}  # fmt: skip
# What follows the first word of a system permission ("CREATE USER", "ACCESS SYSTEM TABLE") or of
# a scoped one.
_SYSTEM_WORDS = frozenset("TO FROM FOR USER ROLE SYSTEM CATALOG OR UNTRUSTED EXTERNAL".split())
# Every right that there is; DROP, ALTER and others are Redshift's alone, and refused.
_EVER = frozenset("DROP ALTER RULE TRIGGER ASSUMEROLE EXECUTE EXPLAIN SHARE".split()).union(
    *_ALLOWED.values()
)


def quota(cursor: Cursor) -> None:
    """`QUOTA {number [MB | GB | TB] | UNLIMITED}`: taken, and never exceeded here."""
    cursor.expect("QUOTA")
    if not cursor.accept("UNLIMITED"):
        cursor.integer()
        for unit in ("MB", "GB", "TB"):
            if cursor.accept(unit):
                break


def create_schema(cursor: Cursor) -> Written:
    """After CREATE SCHEMA."""
    exists = " IF NOT EXISTS" if cursor.accept("IF", "NOT", "EXISTS") else ""
    if cursor.keyword() == "AUTHORIZATION":
        cursor.take()
        name = cursor.name()
        owner = name
    else:
        name = cursor.name()
        owner = cursor.name() if cursor.accept("AUTHORIZATION") else ""
    if name.startswith("pg_"):
        raise SqlError(f'ERROR: unacceptable schema name "{name}"', sqlstate="42939")
    if name == "redshift":
        raise NotSupported(f"a schema named {name}")
    if cursor.keyword() == "QUOTA":
        quota(cursor)
    cursor.end()
    shown = f" AUTHORIZATION {users.user(owner)}" if owner else ""
    return Written(f"CREATE SCHEMA{exists} {quote_name(name)}{shown}")


def grant(cursor: Cursor, verb: str) -> Written:
    """After GRANT or REVOKE."""
    if verb == "REVOKE" and cursor.accept("ADMIN", "OPTION", "FOR"):
        cursor.expect("ROLE")
        return users.role_grant(cursor, verb, admin_option=True)
    if cursor.keyword() == "ROLE" and cursor.keyword(1) not in ("", "ON"):
        cursor.take()
        return users.role_grant(cursor, verb)
    option = (
        "GRANT OPTION FOR " if verb == "REVOKE" and cursor.accept("GRANT", "OPTION", "FOR") else ""
    )
    rights = _rights(cursor)
    if cursor.keyword() in _SYSTEM_WORDS:
        # System permissions of roles, and scoped permissions.
        raise NotSupported(f"{verb} {rights[0][0]} {cursor.keyword()} ...")
    if rights[0][0].upper() == "ASSUMEROLE":
        raise NotSupported(f"{verb} ASSUMEROLE")
    cursor.expect("ON")
    kind, target = _target(cursor, verb)
    shown = _checked(verb, rights, kind)
    ending, direction, grantees = _grantees(cursor, verb)
    cursor.end()
    return Written(
        f"{verb} {option}{shown} ON {kind} {target} {direction} {', '.join(grantees)}{ending}"
    )


def _grantees(cursor: Cursor, verb: str) -> tuple[str, str, list[str]]:
    """Who gets or loses the rights; what ends the statement comes first."""
    direction = "TO" if verb == "GRANT" else "FROM"
    cursor.expect(direction)
    grantees = cursor.listed(lambda: _grantee(cursor))
    if verb == "REVOKE":
        ending = " CASCADE" if cursor.accept("CASCADE") else ""
        if not ending:
            cursor.accept("RESTRICT")
        return ending, direction, grantees
    # "WITH GRANT OPTION": each grantee of the list may have its own; one at the end is the rule.
    if not cursor.accept("WITH", "GRANT", "OPTION"):
        return "", direction, grantees
    if any(one == "PUBLIC" or f"{PREFIX_MARK}{GROUP}" in one for one in grantees):
        message = "ERROR: grant options can only be granted to individual users"
        raise SqlError(message, sqlstate="0LP01")
    return " WITH GRANT OPTION", direction, grantees


# A right, and the columns to which it is limited.
_Right = tuple[str, str]


def _rights(cursor: Cursor) -> list[_Right]:
    if cursor.accept("ALL"):
        cursor.accept("PRIVILEGES")
        return [("ALL", _columns(cursor))]
    return cursor.listed(lambda: (cursor.name().upper(), _columns(cursor)))


def _columns(cursor: Cursor) -> str:
    token = cursor.peek()
    if token is None or token.value != "(":
        return ""
    return f" ({', '.join(map(quote_name, cursor.names_in_parentheses()))})"


def _checked(verb: str, rights: list[_Right], kind: str) -> str:
    """The rights as PostgreSQL reads them; refuses what the kind of object has not."""
    written = []
    for right, columns in rights:
        if right not in _ALLOWED[kind]:
            if right not in _EVER:
                message = f'ERROR: unrecognized privilege type "{right.lower()}"'
                raise SqlError(message, sqlstate="42601")
            raise NotSupported(f"{verb} {right} ON {kind}")
        if columns and (kind != "TABLE" or right not in ("SELECT", "UPDATE", "ALL")):
            raise SqlError(
                f"ERROR: column privileges are only valid for SELECT and UPDATE, got {right}",
                sqlstate="0LP01",
            )
        shown = "CONNECT" if kind == "DATABASE" and right == "USAGE" else right
        written.append(shown + columns)
    return ", ".join(written)


def _target(cursor: Cursor, verb: str) -> tuple[str, str]:
    if cursor.accept("SCHEMA"):
        return "SCHEMA", ", ".join(map(quote_name, cursor.listed(cursor.name)))
    if cursor.accept("DATABASE"):
        return "DATABASE", ", ".join(map(users.user, cursor.listed(cursor.name)))
    if cursor.accept("LANGUAGE"):
        language = cursor.name()
        if language not in ("sql", "plpgsql"):
            raise NotSupported(f"{verb} ON LANGUAGE {language}")
        return "LANGUAGE", quote_name(language)
    for plural in ("TABLES", "FUNCTIONS", "PROCEDURES"):
        if cursor.accept("ALL", plural, "IN", "SCHEMA"):
            names = ", ".join(map(quote_name, cursor.listed(cursor.name)))
            return f"ALL {plural} IN SCHEMA", names
    for kind in ("FUNCTION", "PROCEDURE"):
        if cursor.keyword() == kind and cursor.peek(1) is not None:
            cursor.take()
            return kind, ", ".join(cursor.listed(lambda: signature(cursor)))
    if cursor.keyword() in ("DATASHARE", "EXTERNAL", "MODEL", "COPY", "CONNECTION"):
        raise NotSupported(f"{verb} ON {cursor.keyword()}")
    cursor.accept("TABLE")
    return "TABLE", ", ".join(map(qualified, cursor.listed(cursor.relation)))


def signature(cursor: Cursor) -> str:
    """`name ( [[argname] [argmode] argtype [, ...]] )` of a function or procedure: what PostgreSQL
    knows it by."""
    name = qualified(cursor.relation())
    cursor.expect_sign("(")
    kinds: list[str] = []
    if not cursor.accept_sign(")"):
        kinds = cursor.listed(lambda: _argument_type(cursor))
        cursor.expect_sign(")")
    return f"{name}({', '.join(filter(None, kinds))})"


def _argument_type(cursor: Cursor) -> str:
    """The type, after a name and a mode perhaps; empty for OUT: "OUT arguments are optional because
    they aren't used to identify a stored procedure" ("DROP PROCEDURE")."""
    words, is_out = 0, False
    while (token := cursor.peek(words)) is not None and token.kind in ("word", "quoted"):
        words += 1
    before = words - _type_words(cursor, words)
    for _ in range(before):
        is_out |= cursor.take().keyword == "OUT"
    if cursor.accept("REFCURSOR"):
        return "" if is_out else "refcursor"
    # An argument's length is no part of what it is.
    kind = column_type(cursor).partition("(")[0]
    return "" if is_out else kind


def _type_words(cursor: Cursor, words: int) -> int:
    """How many of the words that come next are the type's."""
    keywords = [cursor.keyword(ahead) for ahead in range(words)]
    for ending in (("WITH", "TIME", "ZONE"), ("WITHOUT", "TIME", "ZONE")):
        if tuple(keywords[-3:]) == ending:
            return 4
    two = (("DOUBLE", "PRECISION"), ("CHARACTER", "VARYING"), ("BINARY", "VARYING"))
    return 2 if tuple(keywords[-2:]) in two else 1


def _grantee(cursor: Cursor) -> str:
    return "PUBLIC" if cursor.accept("PUBLIC") else users.member(cursor)


def default_privileges(cursor: Cursor) -> Written:
    """After ALTER DEFAULT PRIVILEGES."""
    written = ["ALTER DEFAULT PRIVILEGES"]
    if cursor.accept("FOR", "USER"):
        written.append("FOR ROLE " + ", ".join(map(users.user, cursor.listed(cursor.name))))
    if cursor.accept("IN", "SCHEMA"):
        written.append("IN SCHEMA " + ", ".join(map(quote_name, cursor.listed(cursor.name))))
    verb = cursor.name().upper()
    if verb not in ("GRANT", "REVOKE"):
        raise cursor.error()
    option = (
        "GRANT OPTION FOR " if verb == "REVOKE" and cursor.accept("GRANT", "OPTION", "FOR") else ""
    )
    rights = _rights(cursor)
    cursor.expect("ON")
    kind = cursor.name().upper()
    if kind not in ("TABLES", "FUNCTIONS", "PROCEDURES"):
        raise cursor.error()
    shown = _checked(verb, rights, kind)
    ending, direction, grantees = _grantees(cursor, verb)
    cursor.end()
    # PostgreSQL keeps one list for both.
    kind = "ROUTINES" if kind == "PROCEDURES" else kind
    written.append(f"{verb} {option}{shown} ON {kind} {direction} {', '.join(grantees)}{ending}")
    return Written(" ".join(written))
