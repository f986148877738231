"""Users, schemas and rights: CREATE USER, CREATE SCHEMA, GRANT, REVOKE, default privileges.

PostgreSQL's roles and databases are global to the server, so each simulation's carry its own
prefix. A translation is the same for all of them: it writes PREFIX_MARK, which a transaction
replaces.
"""

# ruff: noqa: SIM905 - word lists read better as text
from __future__ import annotations

from simulator.sql.cursor import Cursor, qualified
from simulator.sql.errors import NotSupported
from simulator.sql.lexer import quote_name
from simulator.sql.tables import Written
from simulator.sql.translation import PREFIX_MARK

_TABLE_RIGHTS = frozenset("SELECT INSERT UPDATE DELETE REFERENCES TRUNCATE ALL".split())
_SCHEMA_RIGHTS = frozenset("CREATE USAGE ALL".split())
_DATABASE_RIGHTS = frozenset("CREATE TEMPORARY TEMP USAGE ALL".split())
_LATER_RIGHTS = frozenset("DROP ALTER RULE TRIGGER EXECUTE ASSUMEROLE".split())


def role(name: str) -> str:
    """A user's name as PostgreSQL reads it, once the prefix is filled in."""
    return quote_name(PREFIX_MARK + name)


def create_user(cursor: Cursor) -> Written:
    """After CREATE USER. Nobody signs in by password here: it is read and dropped."""
    name = role(cursor.name())
    cursor.accept("WITH")
    cursor.expect("PASSWORD")
    if not cursor.accept("DISABLE"):
        cursor.string()
    superuser = ""
    while not cursor.done:
        if cursor.accept("CREATEUSER"):
            superuser = " SUPERUSER"
        elif cursor.accept("SYSLOG", "ACCESS"):
            cursor.name()
        elif not (
            cursor.accept("NOCREATEUSER")
            or cursor.accept("NOCREATEDB")
            or cursor.accept("CREATEDB")
        ):
            raise NotSupported(f"CREATE USER ... {cursor.keyword()}")
    return Written(f"CREATE ROLE {name}{superuser}")


def drop_user(cursor: Cursor) -> Written:
    """After DROP USER."""
    exists = " IF EXISTS" if cursor.accept("IF", "EXISTS") else ""
    names = ", ".join(map(role, cursor.listed(cursor.name)))
    cursor.end()
    return Written(f"DROP ROLE{exists} {names}")


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
    if name.startswith("pg_") or name == "redshift":
        raise NotSupported(f"a schema named {name}")
    if cursor.accept("QUOTA"):
        raise NotSupported("CREATE SCHEMA ... QUOTA")
    cursor.end()
    shown = f" AUTHORIZATION {role(owner)}" if owner else ""
    return Written(f"CREATE SCHEMA{exists} {quote_name(name)}{shown}")


def grant(cursor: Cursor, verb: str) -> Written:
    """After GRANT or REVOKE."""
    option = (
        "GRANT OPTION FOR " if verb == "REVOKE" and cursor.accept("GRANT", "OPTION", "FOR") else ""
    )
    rights = _rights(cursor)
    cursor.expect("ON")
    kind, target = _target(cursor)
    _check_rights(rights, kind)
    direction = "TO" if verb == "GRANT" else "FROM"
    cursor.expect(direction)
    grantees = ", ".join(cursor.listed(lambda: _grantee(cursor)))
    ending = (
        " WITH GRANT OPTION" if verb == "GRANT" and cursor.accept("WITH", "GRANT", "OPTION") else ""
    )
    if verb == "REVOKE":
        ending = " CASCADE" if cursor.accept("CASCADE") else ""
        if not ending:
            cursor.accept("RESTRICT")
    cursor.end()
    shown = ", ".join(rights)
    return Written(f"{verb} {option}{shown} ON {kind} {target} {direction} {grantees}{ending}")


def _rights(cursor: Cursor) -> list[str]:
    if cursor.accept("ALL"):
        cursor.accept("PRIVILEGES")
        return ["ALL"]
    return cursor.listed(lambda: cursor.name().upper())


def _check_rights(rights: list[str], kind: str) -> None:
    allowed = {"SCHEMA": _SCHEMA_RIGHTS, "DATABASE": _DATABASE_RIGHTS}.get(kind, _TABLE_RIGHTS)
    for index, right in enumerate(rights):
        if right not in allowed:
            raise NotSupported(f"GRANT or REVOKE {right} ON {kind}")
        if kind == "DATABASE" and right == "USAGE":
            rights[index] = "CONNECT"


def _target(cursor: Cursor) -> tuple[str, str]:
    if cursor.accept("SCHEMA"):
        return "SCHEMA", ", ".join(map(quote_name, cursor.listed(cursor.name)))
    if cursor.accept("DATABASE"):
        return "DATABASE", ", ".join(map(role, cursor.listed(cursor.name)))
    if cursor.accept("ALL", "TABLES", "IN", "SCHEMA"):
        return "ALL TABLES IN SCHEMA", ", ".join(map(quote_name, cursor.listed(cursor.name)))
    if cursor.keyword() in ("FUNCTION", "PROCEDURE", "LANGUAGE", "DATASHARE", "EXTERNAL", "MODEL"):
        raise NotSupported(f"GRANT or REVOKE ON {cursor.keyword()}")
    cursor.accept("TABLE")
    return "TABLE", ", ".join(map(qualified, cursor.listed(cursor.relation)))


def _grantee(cursor: Cursor) -> str:
    if cursor.keyword() in ("GROUP", "ROLE") and cursor.peek(1) is not None:
        raise NotSupported(f"GRANT or REVOKE for a {cursor.keyword()}")
    if cursor.accept("PUBLIC"):
        return "PUBLIC"
    return role(cursor.name())


def default_privileges(cursor: Cursor) -> Written:
    """After ALTER DEFAULT PRIVILEGES."""
    written = ["ALTER DEFAULT PRIVILEGES"]
    if cursor.accept("FOR", "USER"):
        written.append("FOR ROLE " + ", ".join(map(role, cursor.listed(cursor.name))))
    if cursor.accept("IN", "SCHEMA"):
        written.append("IN SCHEMA " + ", ".join(map(quote_name, cursor.listed(cursor.name))))
    verb = cursor.name().upper()
    if verb not in ("GRANT", "REVOKE"):
        raise cursor.error()
    rights = _rights(cursor)
    cursor.expect("ON")
    if not cursor.accept("TABLES"):
        raise NotSupported(f"ALTER DEFAULT PRIVILEGES ... ON {cursor.keyword()}")
    _check_rights(rights, "TABLES")
    direction = "TO" if verb == "GRANT" else "FROM"
    cursor.expect(direction)
    grantees = ", ".join(cursor.listed(lambda: _grantee(cursor)))
    cursor.end()
    written.append(f"{verb} {', '.join(rights)} ON TABLES {direction} {grantees}")
    return Written(" ".join(written))
