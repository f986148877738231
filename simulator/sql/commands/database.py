"""CREATE DATABASE and DROP DATABASE.

Sources: the commands' pages in Redshift's developer guide. Neither runs inside a transaction; the
warehouse makes or drops the database when the statement has ended.
"""

from __future__ import annotations

from simulator.sql.cursor import Cursor
from simulator.sql.errors import NotSupported
from simulator.sql.lexer import quote_text
from simulator.sql.translation import Translation


def create_database(cursor: Cursor) -> Translation:
    """After CREATE DATABASE. Raises NotSupported for one of a datashare, and for a collation."""
    name = cursor.identifier()
    owner, isolation = "", ""
    cursor.accept("WITH")
    while not cursor.done:
        if cursor.accept("OWNER"):
            cursor.accept_sign("=")
            owner = cursor.name()
        elif cursor.accept("CONNECTION", "LIMIT"):
            if not cursor.accept("UNLIMITED"):
                cursor.integer()
        elif cursor.accept("COLLATE"):
            if not (cursor.accept("CASE_SENSITIVE") or cursor.accept("CS")):
                raise NotSupported("CREATE DATABASE ... COLLATE CASE_INSENSITIVE")
        elif cursor.accept("ISOLATION", "LEVEL"):
            isolation = cursor.keyword()
            if isolation not in ("SERIALIZABLE", "SNAPSHOT"):
                raise cursor.error()
            cursor.take()
        elif cursor.keyword() == "FROM":
            raise NotSupported("CREATE DATABASE ... FROM")
        else:
            raise cursor.error()
    return Translation(
        "CREATE",
        "database",
        f"SELECT redshift.check_new_database({quote_text(name)}, {quote_text(owner)})",
        alone="CREATE DATABASE",
        command={"verb": "CREATE", "name": name, "owner": owner, "isolation": isolation},
    )


def drop_database(cursor: Cursor) -> Translation:
    """After DROP DATABASE."""
    name = cursor.name()
    if cursor.accept("FORCE"):
        raise NotSupported("DROP DATABASE ... FORCE")
    cursor.end()
    return Translation(
        "DROP",
        "database",
        f"SELECT redshift.check_old_database({quote_text(name)})",
        alone="DROP DATABASE",
        command={"verb": "DROP", "name": name},
    )
