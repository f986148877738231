"""ALTER TABLE and ALTER SCHEMA, after "ALTER TABLE", "ALTER TABLE APPEND" and "ALTER SCHEMA" in
Redshift's developer guide."""

from __future__ import annotations

import json
from typing import Any

from simulator.sql.commands.attributes import set_attributes, sort_key
from simulator.sql.commands.columns import (
    bare_type,
    byte_check,
    check_encoding,
    column_type,
    encoding,
)
from simulator.sql.commands.constraints import constraint
from simulator.sql.commands.external import alter_external
from simulator.sql.commands.roles import quota
from simulator.sql.commands.users import user
from simulator.sql.commands.written import Written, loosen
from simulator.sql.cursor import Cursor, qualified
from simulator.sql.errors import NotSupported, SqlError
from simulator.sql.lexer import quote_name, quote_text
from simulator.sql.queries.query import translate_expression


def alter_table(cursor: Cursor) -> Written:
    """After ALTER TABLE."""
    relation = cursor.relation()
    if cursor.accept("APPEND", "FROM"):
        return _append(cursor, qualified(relation))
    external = alter_external(cursor, relation)
    if external is not None:
        return external
    name = qualified(relation)
    written = _altered(cursor, name, relation[1])
    written.changes.append(name)
    written.before = [*loosen([name]), *written.before]
    return written


def _altered(cursor: Cursor, name: str, bare: str) -> Written:
    head = f"ALTER TABLE {name}"
    if cursor.accept("ADD"):
        return _add(cursor, name, bare)
    if cursor.accept("DROP"):
        return _drop(cursor, head, name)
    if cursor.accept("RENAME"):
        return _rename(cursor, head, name)
    if cursor.accept("OWNER", "TO"):
        owner = user(cursor.name())
        cursor.end()
        return Written(f"{head} OWNER TO {owner}")
    if cursor.keyword() == "ALTER":
        return _alter(cursor, name)
    if cursor.keyword() in ("ROW", "SET"):
        raise NotSupported(f"ALTER TABLE ... {cursor.keyword()} {cursor.keyword(1)}")
    raise cursor.error()


def _add(cursor: Cursor, name: str, bare: str) -> Written:
    if cursor.keyword() in ("CONSTRAINT", "PRIMARY", "UNIQUE", "FOREIGN"):
        return _add_constraint(cursor, name, bare)
    cursor.accept("COLUMN")
    column = cursor.identifier()
    kind = column_type(cursor)
    written = [f"ALTER TABLE {name} ADD COLUMN {quote_name(column)} {bare_type(kind)}"]
    after = []
    while not cursor.done:
        if cursor.accept("DEFAULT"):
            written.append(f"DEFAULT {_default(cursor)}")
        elif cursor.accept("ENCODE"):
            kept = {"encodings": {column: encoding(cursor)}}
            check_encoding(column, kind, kept["encodings"][column])
            after = [set_attributes(name, json.dumps(kept))]
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
    return Written(" ".join([*written, *byte_check(column, kind)]), after=after)


def _default(cursor: Cursor) -> str:
    if cursor.accept("NULL"):
        return "NULL"
    tokens = cursor.balanced(until=lambda: cursor.keyword() in ("ENCODE", "NOT", "NULL"))
    return translate_expression(tokens)


def _add_constraint(cursor: Cursor, name: str, bare: str) -> Written:
    """Informational: only that tables and columns exist is checked."""
    key = constraint(cursor, bare)
    cursor.end()
    shown = ", ".join(map(quote_name, key.columns))
    before = [f"SELECT {shown} FROM {name} LIMIT 0"]  # noqa: S608 - quoted names
    if key.kind == "PRIMARY KEY":
        # "You can't add a primary-key constraint to a nullable column".
        before.extend(
            f"SELECT redshift.check_not_null({quote_text(name)}::regclass, {quote_text(one)})"
            for one in key.columns
        )
    if key.references is not None:
        before.append(key.references.check)
    add = f"SELECT redshift.add_constraint({quote_text(name)}::regclass"
    return Written(f"{add}, {quote_text(key.name)}, {quote_text(key.text)})", before=before)


def _drop(cursor: Cursor, head: str, name: str) -> Written:
    if cursor.accept("CONSTRAINT"):
        constraint = quote_text(cursor.name())
        _behaviour(cursor)
        return Written(
            f"SELECT redshift.drop_constraint({quote_text(name)}::regclass, {constraint})"
        )
    cursor.accept("COLUMN")
    column = cursor.name()
    behaviour = _behaviour(cursor)
    return Written(
        f"{head} DROP COLUMN {quote_name(column)}{behaviour}",
        before=[
            f"SELECT redshift.check_no_key({quote_text(name)}::regclass, {quote_text(column)})"
        ],
    )


def _behaviour(cursor: Cursor) -> str:
    behaviour = " CASCADE" if cursor.accept("CASCADE") else ""
    if not behaviour:
        cursor.accept("RESTRICT")
    cursor.end()
    return behaviour


def _rename(cursor: Cursor, head: str, name: str) -> Written:
    if cursor.accept("TO"):
        target = quote_name(cursor.identifier())
        cursor.end()
        return Written(f"{head} RENAME TO {target}")
    cursor.expect("COLUMN")
    column = cursor.name()
    cursor.expect("TO")
    target = cursor.identifier()
    cursor.end()
    keys = f"SELECT redshift.rename_key({quote_text(name)}::regclass"
    return Written(
        f"{head} RENAME COLUMN {quote_name(column)} TO {quote_name(target)}",
        after=[f"{keys}, {quote_text(column)}, {quote_text(target)})"],
    )


def _alter(cursor: Cursor, name: str) -> Written:
    """`ALTER ... [, ALTER ...]`: distribution, sort keys and encodings, or one column's type."""
    columns: list[str] = []
    kept: dict[str, Any] = {}
    while True:
        cursor.expect("ALTER")
        if cursor.keyword() == "COLUMN" and cursor.keyword(2) == "TYPE":
            return _alter_type(cursor, name)
        _alter_one(cursor, columns, kept)
        if not cursor.accept_sign(","):
            break
    cursor.end()
    shown = ", ".join(map(quote_name, columns)) or "1"
    exists = f"SELECT {shown} FROM {name} LIMIT 0"  # noqa: S608 - quoted names
    changed = quote_text(json.dumps(kept))
    check = f"SELECT redshift.check_attributes({quote_text(name)}::regclass, {changed})"
    return Written(set_attributes(name, json.dumps(kept)), before=[exists, check])


def _alter_one(cursor: Cursor, columns: list[str], kept: dict[str, Any]) -> None:
    if cursor.accept("DISTSTYLE"):
        style = cursor.name().upper()
        if style not in ("ALL", "EVEN", "AUTO", "KEY"):
            raise cursor.error()
        kept["diststyle"], kept["distkey"] = style, None
        if style == "KEY":
            cursor.expect("DISTKEY")
            columns.append(cursor.name())
            kept["distkey"] = columns[-1]
    elif cursor.accept("DISTKEY"):
        columns.append(cursor.name())
        kept["diststyle"], kept["distkey"] = "KEY", columns[-1]
    elif cursor.accept("SORTKEY", "NONE"):
        kept["sortkeys"], kept["interleaved"] = [], False
    elif cursor.accept("SORTKEY", "AUTO"):
        # "Amazon Redshift preserves the existing sort key of the table".
        pass
    elif cursor.keyword() in ("SORTKEY", "COMPOUND"):
        keys: list[str] = []
        sort_key(cursor, keys)
        columns.extend(keys)
        kept["sortkeys"], kept["interleaved"] = keys, False
    elif cursor.accept("ENCODE", "AUTO"):
        pass
    else:
        cursor.expect("COLUMN")
        columns.append(cursor.name())
        cursor.expect("ENCODE")
        encodings = kept.setdefault("encodings", {})
        if columns[-1] in encodings:
            message = f'ERROR: column "{columns[-1]}" is altered more than once'
            raise SqlError(message, sqlstate="42601")
        encodings[columns[-1]] = encoding(cursor)


def _alter_type(cursor: Cursor, name: str) -> Written:
    """ "You can only alter the size of a column defined as a VARCHAR data type"."""
    cursor.expect("COLUMN")
    column = cursor.name()
    cursor.expect("TYPE")
    kind = column_type(cursor)
    cursor.end()
    if not kind.startswith("varchar("):
        message = f'ERROR: cannot alter column "{column}", only VARCHAR columns may be resized'
        raise SqlError(message, sqlstate="0A000")
    length = kind[len("varchar(") : -1]
    resize = f"SELECT redshift.resize({quote_text(name)}::regclass, {quote_text(column)}, {length})"
    # "ALTER TABLE ALTER COLUMN ... can't be run within a transaction block".
    return Written(resize, alone="ALTER TABLE ALTER COLUMN")


def _append(cursor: Cursor, name: str) -> Written:
    """ "ALTER TABLE APPEND ... moves the data"; it "automatically commits immediately"."""
    source = qualified(cursor.relation())
    mode = ""
    if cursor.accept("IGNOREEXTRA"):
        mode = "IGNOREEXTRA"
    elif cursor.accept("FILLTARGET"):
        mode = "FILLTARGET"
    cursor.end()
    names = f"{quote_text(name)}::regclass, {quote_text(source)}::regclass"
    return Written(
        f"SELECT redshift.append({names}, {quote_text(mode)})",
        changes=[name, source],
        alone="ALTER TABLE APPEND",
        ends="COMMIT",
    )


def alter_schema(cursor: Cursor) -> Written:
    """After ALTER SCHEMA."""
    name = quote_name(cursor.name())
    if cursor.accept("RENAME", "TO"):
        written = f"ALTER SCHEMA {name} RENAME TO {quote_name(cursor.name())}"
    elif cursor.accept("OWNER", "TO"):
        written = f"ALTER SCHEMA {name} OWNER TO {user(cursor.name())}"
    else:
        quota(cursor)
        # That the schema exists is all there is to check.
        written = f"SELECT {quote_text(name)}::regnamespace"
    cursor.end()
    return Written(written)
