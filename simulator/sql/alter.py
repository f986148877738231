"""ALTER TABLE and ALTER SCHEMA, after "ALTER TABLE" in Redshift's developer guide."""

from __future__ import annotations

from simulator.sql.cursor import Cursor, qualified
from simulator.sql.errors import NotSupported, SqlError
from simulator.sql.lexer import quote_name
from simulator.sql.query import translate_expression
from simulator.sql.tables import Written, byte_check, column_type, encoding, sort_key
from simulator.sql.users import user


def alter_table(cursor: Cursor) -> Written:
    """After ALTER TABLE."""
    name = qualified(cursor.relation())
    written = _altered(cursor, name)
    written.changes.append(name)
    return written


def _altered(cursor: Cursor, name: str) -> Written:
    head = f"ALTER TABLE {name}"
    if cursor.accept("ADD"):
        return _add(cursor, name)
    if cursor.accept("DROP"):
        return _drop(cursor, head)
    if cursor.accept("RENAME"):
        return _rename(cursor, head)
    if cursor.accept("OWNER", "TO"):
        owner = user(cursor.name())
        cursor.end()
        return Written(f"{head} OWNER TO {owner}")
    if cursor.accept("ALTER"):
        return _alter(cursor, name)
    raise NotSupported(f"ALTER TABLE ... {cursor.keyword()}")


def _add(cursor: Cursor, name: str) -> Written:
    if cursor.keyword() in ("CONSTRAINT", "PRIMARY", "UNIQUE", "FOREIGN"):
        return _add_constraint(cursor, name)
    cursor.accept("COLUMN")
    column = cursor.name()
    kind = column_type(cursor)
    written = [f"ALTER TABLE {name} ADD COLUMN {quote_name(column)} {kind}"]
    while not cursor.done:
        if cursor.accept("DEFAULT"):
            tokens = cursor.balanced(until=lambda: cursor.keyword() in ("ENCODE", "NOT", "NULL"))
            written.append(f"DEFAULT {translate_expression(tokens)}")
        elif cursor.accept("ENCODE"):
            encoding(cursor)
        elif cursor.accept("NOT", "NULL"):
            written.append("NOT NULL")
        else:
            cursor.expect("NULL")
    if "NOT NULL" in written and not any(part.startswith("DEFAULT") for part in written):
        # Redshift refuses it for an empty table too.
        message = (
            "ERROR: ALTER TABLE ADD COLUMN defined as NOT NULL must have a non-null default"
            " expression"
        )
        raise SqlError(message, sqlstate="0A000")
    return Written(" ".join([*written, *byte_check(column, kind)]))


def _add_constraint(cursor: Cursor, name: str) -> Written:
    if cursor.accept("CONSTRAINT"):
        cursor.name()
    if not (cursor.accept("PRIMARY", "KEY") or cursor.accept("UNIQUE")):
        raise NotSupported("ALTER TABLE ... ADD FOREIGN KEY")
    columns = ", ".join(map(quote_name, cursor.names_in_parentheses()))
    cursor.end()
    # Informational: only that the columns exist is checked.
    return Written(f"SELECT {columns} FROM {name} LIMIT 0")  # noqa: S608 - quoted names


def _drop(cursor: Cursor, head: str) -> Written:
    if cursor.keyword() == "CONSTRAINT":
        raise NotSupported("ALTER TABLE ... DROP CONSTRAINT")
    cursor.accept("COLUMN")
    column = quote_name(cursor.name())
    behaviour = " CASCADE" if cursor.accept("CASCADE") else ""
    if not behaviour:
        cursor.accept("RESTRICT")
    cursor.end()
    return Written(f"{head} DROP COLUMN {column}{behaviour}")


def _rename(cursor: Cursor, head: str) -> Written:
    if cursor.accept("TO"):
        target = quote_name(cursor.name())
        cursor.end()
        return Written(f"{head} RENAME TO {target}")
    cursor.expect("COLUMN")
    column = quote_name(cursor.name())
    cursor.expect("TO")
    target = quote_name(cursor.name())
    cursor.end()
    return Written(f"{head} RENAME COLUMN {column} TO {target}")


def _alter(cursor: Cursor, name: str) -> Written:
    """Distribution, sort keys and encodings: checked, then nothing to do."""
    if cursor.accept("DISTSTYLE"):
        cursor.name()
        columns = [cursor.name()] if cursor.accept("DISTKEY") else []
    elif cursor.accept("DISTKEY"):
        columns = [cursor.name()]
    elif cursor.keyword() in ("SORTKEY", "COMPOUND"):
        columns = []
        sort_key(cursor, columns)
    elif cursor.accept("ENCODE", "AUTO"):
        columns = []
    elif cursor.accept("COLUMN"):
        columns = [cursor.name()]
        if not cursor.accept("ENCODE"):
            raise NotSupported("ALTER TABLE ... ALTER COLUMN ... TYPE")
        encoding(cursor)
    else:
        raise NotSupported(f"ALTER TABLE ... ALTER {cursor.keyword()}")
    cursor.end()
    shown = ", ".join(map(quote_name, columns)) or "1"
    return Written(f"SELECT {shown} FROM {name} LIMIT 0")  # noqa: S608 - quoted names


def alter_schema(cursor: Cursor) -> Written:
    """After ALTER SCHEMA."""
    name = quote_name(cursor.name())
    if cursor.accept("RENAME", "TO"):
        written = f"ALTER SCHEMA {name} RENAME TO {quote_name(cursor.name())}"
    elif cursor.accept("OWNER", "TO"):
        written = f"ALTER SCHEMA {name} OWNER TO {user(cursor.name())}"
    else:
        raise NotSupported(f"ALTER SCHEMA ... {cursor.keyword()}")
    cursor.end()
    return Written(written)
