"""Users, groups and roles: CREATE, ALTER and DROP of each, and who belongs to what.

PostgreSQL has roles alone, global to its server. A user is the role `<prefix>name`, a group
`<prefix>group!name`, a role `<prefix>role!name`: three name spaces, as on Redshift ("CREATE USER",
"CREATE GROUP", "CREATE ROLE" in its developer guide).
"""

from __future__ import annotations

import hashlib
import re

from simulator.sql.commands.written import Written
from simulator.sql.cursor import Cursor
from simulator.sql.errors import NotSupported, SqlError
from simulator.sql.lexer import quote_name, quote_text
from simulator.sql.translation import GROUP, PREFIX_MARK, ROLE

_MD5 = re.compile(r"md5[0-9a-f]{32}")
# What stands for a password's hash: "sha256|digest|salt", 64 hexadecimal digits and a salt.
_SHA256 = re.compile(r"sha256\|[0-9a-fA-F]{64}\|.+")
# The setting of a user's role that keeps a hash of the password, and what stands there for a user
# who can't sign in by one.
PASSWORD = "asl.password"  # noqa: S105 - a setting's name
DISABLED = "disabled"
_HARMLESS = ("query_group", "statement_timeout", "timezone", "datestyle", "wlm_query_slot_count")


def user(name: str) -> str:
    """A user's name as PostgreSQL reads it, once the prefix is filled in."""
    return quote_name(PREFIX_MARK + name)


def group(name: str) -> str:
    """A group's name as PostgreSQL reads it."""
    return quote_name(PREFIX_MARK + GROUP + name)


def role(name: str) -> str:
    """A role's name as PostgreSQL reads it."""
    return quote_name(PREFIX_MARK + ROLE + name)


def create_user(cursor: Cursor) -> Written:
    """After CREATE USER."""
    plain = cursor.name()
    if plain == "public":
        raise SqlError('ERROR: user name "public" is reserved', sqlstate="42939")
    name = user(plain)
    cursor.accept("WITH")
    if cursor.keyword() != "PASSWORD":
        # "CREATE USER name [WITH] PASSWORD": the password comes first and must be there.
        raise cursor.error()
    options, after = _options(cursor, plain, creating=True)
    return Written(f"CREATE ROLE {name}{options}", after=after)


def alter_user(cursor: Cursor) -> Written:
    """After ALTER USER."""
    plain = cursor.name()
    name = user(plain)
    cursor.accept("WITH")
    if cursor.accept("RENAME", "TO"):
        return Written(f"ALTER ROLE {name} RENAME TO {user(_last_name(cursor))}")
    if cursor.keyword() in ("SET", "RESET") and cursor.keyword(1) != "SESSION":
        return _user_setting(cursor, name)
    if cursor.done:
        raise cursor.error()
    options, after = _options(cursor, plain, creating=False)
    return Written(f"ALTER ROLE {name}{options}", after=after)


def _last_name(cursor: Cursor) -> str:
    name = cursor.name()
    cursor.end()
    return name


def _options(cursor: Cursor, plain: str, *, creating: bool) -> tuple[str, list[str]]:
    """The options of CREATE and ALTER USER: those of PostgreSQL's role, and what follows."""
    options: list[str] = []
    after: list[str] = []
    while not cursor.done:
        if cursor.accept("PASSWORD"):
            after.append(f"ALTER ROLE {user(plain)} SET {PASSWORD} TO {_password(cursor, plain)}")
        elif cursor.accept("VALID", "UNTIL"):
            options.append(f"VALID UNTIL {quote_text(cursor.string())}")
        elif cursor.accept("CONNECTION", "LIMIT"):
            limit = -1 if cursor.accept("UNLIMITED") else cursor.integer()
            options.append(f"CONNECTION LIMIT {limit}")
        elif creating and cursor.accept("IN", "GROUP"):
            groups = cursor.listed(cursor.name)
            after.extend(f"GRANT {group(one)} TO {user(plain)}" for one in groups)
        else:
            options.extend(_flag(cursor))
        cursor.accept_sign(",")
    return "".join(f" {one}" for one in options), after


def _flag(cursor: Cursor) -> list[str]:
    """An option without a value of PostgreSQL's."""
    if cursor.accept("CREATEUSER"):
        return ["SUPERUSER"]
    if cursor.accept("NOCREATEUSER"):
        return ["NOSUPERUSER"]
    for word in ("CREATEDB", "NOCREATEDB"):
        if cursor.accept(word):
            return [word]
    if cursor.accept("SYSLOG", "ACCESS"):
        if not (cursor.accept("RESTRICTED") or cursor.accept("UNRESTRICTED")):
            raise cursor.error()
    elif cursor.accept("SESSION", "TIMEOUT"):
        cursor.integer()
    elif cursor.accept("RESET", "SESSION", "TIMEOUT"):
        pass
    elif cursor.keyword() == "EXTERNALID":
        raise NotSupported("EXTERNALID of a user", "no identity provider is simulated")
    else:
        raise cursor.error()
    return []


def _password(cursor: Cursor, plain: str) -> str:
    """The word after PASSWORD, by the rules of "CREATE USER": 8 to 64 characters with an upper-case
    and a lower-case letter and a digit, or a hash. What is kept of it, as a literal: the hash."""
    if cursor.accept("DISABLE"):
        return quote_text(DISABLED)
    said = cursor.string()
    if _MD5.fullmatch(said) or _SHA256.fullmatch(said):
        return quote_text(said)
    clear = said.removeprefix("sha256|")
    lacks = next(
        (
            what
            for what, pattern in (
                ("a lower-case letter", "[a-z]"),
                ("an upper-case letter", "[A-Z]"),
                ("a digit", "[0-9]"),
            )
            if not re.search(pattern, clear)
        ),
        "",
    )
    if not 8 <= len(clear) <= 64:
        message = "ERROR: password must be between 8 and 64 characters long"
        raise SqlError(message, sqlstate="22023", detail=f"user {plain}")
    if lacks or re.search(r"""['"/\\@]|[^!-~]""", clear):
        message = f"ERROR: password must contain {lacks or 'printable ASCII characters only'}"
        raise SqlError(message, sqlstate="22023", detail=f"user {plain}")
    return quote_text(kept_password(clear, plain))


def kept_password(password: str, name: str) -> str:
    """What is kept of a user's password: "sha256|digest|salt", as "CREATE USER" takes it."""
    return f"sha256|{hashlib.sha256((password + name).encode()).hexdigest()}|{name}"


def is_password(password: str, name: str, kept: str) -> bool:
    """Whether this is the password of which that is kept. A hash of the older form is "md5" and
    that of password and name ("CREATE USER")."""
    if kept.startswith("md5"):
        # not for security: it is the form that Redshift takes
        digest = hashlib.md5((password + name).encode(), usedforsecurity=False).hexdigest()
        return kept == f"md5{digest}"
    _kind, _, rest = kept.partition("|")
    digest, _, salt = rest.partition("|")
    return hashlib.sha256((password + salt).encode()).hexdigest() == digest.lower()


def _user_setting(cursor: Cursor, name: str) -> Written:
    """`SET parameter {TO | =} {value | DEFAULT}` and `RESET parameter`: a default of the user's
    later sessions."""
    is_set = cursor.take().keyword == "SET"
    parameter = cursor.name()
    values: list[str] = []
    if is_set:
        if not cursor.accept("TO"):
            cursor.expect_sign("=")
        values = [one.value for one in cursor.listed(cursor.take)]
    cursor.end()
    if parameter == "search_path":
        if not is_set or values == ["default"]:
            return Written(f"ALTER ROLE {name} RESET search_path")
        shown = ", ".join(map(quote_name, values))
        return Written(f"ALTER ROLE {name} SET search_path TO {shown}")
    if parameter not in _HARMLESS:
        raise NotSupported(f"ALTER USER ... SET {parameter}")
    # That the user exists is all there is to check.
    return Written(f"ALTER ROLE {name} NOREPLICATION")


def drop_user(cursor: Cursor) -> Written:
    """After DROP USER."""
    exists = " IF EXISTS" if cursor.accept("IF", "EXISTS") else ""
    names = ", ".join(map(user, cursor.listed(cursor.name)))
    cursor.end()
    return Written(f"DROP ROLE{exists} {names}")


def create_group(cursor: Cursor) -> Written:
    """After CREATE GROUP: `name [[WITH] USER user [, ...]]`."""
    name = group(cursor.name())
    users: list[str] = []
    if cursor.accept("WITH", "USER") or cursor.accept("USER"):
        users = cursor.listed(cursor.name)
    cursor.end()
    after = [f"GRANT {name} TO {user(one)}" for one in users]
    return Written(f"CREATE ROLE {name}", after=after)


def alter_group(cursor: Cursor) -> Written:
    """After ALTER GROUP."""
    name = group(cursor.name())
    if cursor.accept("RENAME", "TO"):
        return Written(f"ALTER ROLE {name} RENAME TO {group(_last_name(cursor))}")
    if cursor.accept("ADD", "USER"):
        verb, direction = "GRANT", "TO"
    else:
        cursor.expect("DROP", "USER")
        verb, direction = "REVOKE", "FROM"
    users = ", ".join(map(user, cursor.listed(cursor.name)))
    cursor.end()
    return Written(f"{verb} {name} {direction} {users}")


def drop_group(cursor: Cursor) -> Written:
    """After DROP GROUP."""
    name = group(_last_name(cursor))
    return Written(f"DROP ROLE {name}")


def create_role(cursor: Cursor) -> Written:
    """After CREATE ROLE."""
    name = role(cursor.name())
    if cursor.accept("EXTERNALID"):
        cursor.take()
    cursor.end()
    return Written(f"CREATE ROLE {name}")


def alter_role(cursor: Cursor) -> Written:
    """After ALTER ROLE."""
    name = role(cursor.name())
    cursor.accept("WITH")
    if cursor.accept("RENAME", "TO"):
        return Written(f"ALTER ROLE {name} RENAME TO {role(_last_name(cursor))}")
    if cursor.keyword() in ("OWNER", "EXTERNALID"):
        raise NotSupported(f"ALTER ROLE ... {cursor.keyword()}")
    raise cursor.error()


def drop_role(cursor: Cursor) -> Written:
    """After DROP ROLE: RESTRICT, the default, refuses a role that is granted or has privileges;
    FORCE removes what ties it first."""
    plain = cursor.name()
    name = role(plain)
    force = cursor.accept("FORCE")
    if not force:
        cursor.accept("RESTRICT")
    cursor.end()
    if force:
        return Written(f"DROP ROLE {name}", before=[f"DROP OWNED BY {name}"])
    shown = quote_text(PREFIX_MARK + ROLE + plain)
    return Written(f"DROP ROLE {name}", before=[f"SELECT redshift.check_unused_role({shown})"])


def role_grant(cursor: Cursor, verb: str, *, admin_option: bool = False) -> Written:
    """After GRANT ROLE or REVOKE [ADMIN OPTION FOR] ROLE."""
    if (token := cursor.peek(1)) is not None and token.kind == "parameter":
        raise NotSupported(f"{verb} ROLE of a system-defined role")
    roles = cursor.listed(cursor.name)
    direction = "TO" if verb == "GRANT" else "FROM"
    cursor.expect(direction)
    grantees = cursor.listed(lambda: member(cursor))
    ending = ""
    if verb == "GRANT" and cursor.accept("WITH", "ADMIN", "OPTION"):
        ending = " WITH ADMIN OPTION"
    cursor.end()
    head = f"{verb} {'ADMIN OPTION FOR ' if admin_option else ''}"
    names = ", ".join(map(role, roles))
    return Written(f"{head}{names} {direction} {', '.join(grantees)}{ending}")


def member(cursor: Cursor) -> str:
    """`[GROUP | ROLE] name`, as PostgreSQL reads it."""
    following = cursor.peek(1)
    if following is not None and following.kind in ("word", "quoted"):
        if cursor.accept("GROUP"):
            return group(cursor.name())
        if cursor.accept("ROLE"):
            return role(cursor.name())
    return user(cursor.name())
