"""Redshift's commands that are no queries, each by its first words: which grammar reads what.

Whatever is not listed is refused by name.
"""

# ruff: noqa: SIM905 - word lists read better as text
from __future__ import annotations

from collections.abc import Callable, Mapping

from simulator.sql import settings
from simulator.sql.commands import (
    alter,
    external,
    prepared,
    roles,
    routines,
    showing,
    tables,
    users,
    views,
)
from simulator.sql.commands.analyzing import analyze_compression
from simulator.sql.commands.database import create_database, drop_database
from simulator.sql.commands.written import Written
from simulator.sql.cursor import Cursor, qualified
from simulator.sql.errors import NotSupported, SqlError
from simulator.sql.lexer import quote_name, quote_text, tokenize
from simulator.sql.loading.copy_command import parse_copy
from simulator.sql.loading.unload_command import as_data, parse_unload
from simulator.sql.queries import databases
from simulator.sql.queries.checks import refuse_system_relation
from simulator.sql.queries.query import translate_query
from simulator.sql.translation import Translation

_LATER_OBJECTS = frozenset(
    "EXTERNAL DATABASE DATASHARE LIBRARY MODEL LIBRARY IDENTITY MASKING RLS".split()
)
# The first words of Redshift's other commands ("SQL commands" in its developer guide).
LATER = frozenset("ATTACH CANCEL DESC DESCRIBE DETACH USE".split())


def _from_written(kind: str, written: Written) -> Translation:
    return Translation(
        kind,
        "sql",
        written.sql,
        before=tuple(written.before),
        after=tuple(written.after),
        tables=tuple(written.tables),
        changes=tuple(written.changes),
        alone=written.alone,
        ends=written.ends,
    )


def _by_kind(cursor: Cursor, kinds: Mapping[str, Callable[[Cursor], Written]]) -> Written | None:
    """What the grammar of the object's kind writes; None where there is none."""
    read = kinds.get(cursor.keyword())
    if read is None:
        return None
    cursor.take()
    return read(cursor)


_CREATED = {"USER": users.create_user, "GROUP": users.create_group, "ROLE": users.create_role}
_ALTERED = {"USER": users.alter_user, "GROUP": users.alter_group, "ROLE": users.alter_role}
_DROPPED = {"USER": users.drop_user, "GROUP": users.drop_group, "ROLE": users.drop_role}


def _create(cursor: Cursor) -> Translation:
    cursor.accept("LOCAL")
    temporary = cursor.accept("TEMP") or cursor.accept("TEMPORARY")
    if cursor.accept("TABLE"):
        return _from_written("CREATE", tables.create_table(cursor, temporary=temporary))
    replace = cursor.accept("OR", "REPLACE", "PROCEDURE")
    if replace or cursor.accept("PROCEDURE"):
        return _from_written("CREATE", routines.create_procedure(cursor, replace=replace))
    replace = cursor.accept("OR", "REPLACE", "FUNCTION")
    if replace or cursor.accept("FUNCTION"):
        return _from_written("CREATE", routines.create_function(cursor, replace=replace))
    if cursor.accept("MATERIALIZED", "VIEW"):
        return _from_written("CREATE", views.create_materialized_view(cursor))
    if cursor.keyword() == "EXTERNAL":
        return _from_written("CREATE", external.create(cursor))
    replace = cursor.accept("OR", "REPLACE", "VIEW")
    if replace or cursor.accept("VIEW"):
        return _from_written("CREATE", views.create_view(cursor, replace=replace))
    if cursor.accept("DATABASE"):
        return create_database(cursor)
    if cursor.keyword() == "SCHEMA":
        cursor.take()
        return _from_written("CREATE", roles.create_schema(cursor))
    if written := _by_kind(cursor, _CREATED):
        return _from_written("CREATE", written)
    raise _unknown_object("CREATE", cursor)


def _unknown_object(verb: str, cursor: Cursor) -> SqlError:
    words = [cursor.keyword(ahead) for ahead in range(3)]
    if words[:2] == ["OR", "REPLACE"]:
        words = words[2:]
    if words and words[0] in _LATER_OBJECTS:
        return NotSupported(f"{verb} {words[0]}")
    if words and words[0] in (
        "INDEX",
        "SEQUENCE",
        "TRIGGER",
        "TYPE",
        "DOMAIN",
        "EXTENSION",
        "RULE",
    ):
        return SqlError(f"ERROR: {verb} {words[0]} is not supported", sqlstate="0A000")
    return cursor.error()


def _drop(cursor: Cursor) -> Translation:
    for kind in ("TABLE", "VIEW", "SCHEMA", "MATERIALIZED VIEW"):
        if cursor.accept(*kind.split()):
            return _from_written("DROP", views.drop(cursor, kind))
    for kind in ("PROCEDURE", "FUNCTION"):
        if cursor.accept(kind):
            return _from_written("DROP", routines.drop_routine(cursor, kind))
    if cursor.accept("DATABASE"):
        return drop_database(cursor)
    if written := _by_kind(cursor, _DROPPED):
        return _from_written("DROP", written)
    raise _unknown_object("DROP", cursor)


def _alter(cursor: Cursor) -> Translation:
    if cursor.accept("TABLE"):
        return _from_written("ALTER", alter.alter_table(cursor))
    if cursor.accept("MATERIALIZED", "VIEW"):
        return _from_written("ALTER", views.alter_materialized_view(cursor))
    if cursor.accept("SCHEMA"):
        return _from_written("ALTER", alter.alter_schema(cursor))
    if cursor.accept("DEFAULT", "PRIVILEGES"):
        return _from_written("ALTER", roles.default_privileges(cursor))
    for kind in ("PROCEDURE", "FUNCTION"):
        if cursor.accept(kind):
            return _from_written("ALTER", routines.alter_routine(cursor, kind))
    if written := _by_kind(cursor, _ALTERED):
        return _from_written("ALTER", written)
    raise _unknown_object("ALTER", cursor)


def _grant(cursor: Cursor) -> Translation:
    return _from_written("GRANT", roles.grant(cursor, "GRANT"))


def _revoke(cursor: Cursor) -> Translation:
    return _from_written("REVOKE", roles.grant(cursor, "REVOKE"))


def _comment(cursor: Cursor) -> Translation:
    cursor.expect("ON")
    kind = cursor.name().upper()
    if kind in ("TABLE", "VIEW"):
        target = qualified(cursor.relation())
    elif kind == "COLUMN":
        names = [cursor.name()]
        while cursor.accept_sign("."):
            names.append(cursor.name())
        if len(names) == 4:
            databases.note(names.pop(0))
        target = ".".join(map(quote_name, names))
    elif kind == "SCHEMA":
        target = quote_name(cursor.name())
    elif kind in ("CONSTRAINT", "DATABASE"):
        # Nothing shows such a comment: that there is what it is about is all there is to check.
        named = quote_text(cursor.name())
        check = f"check_database({named})"
        if kind == "CONSTRAINT":
            cursor.expect("ON")
            relation = quote_text(qualified(cursor.relation()))
            check = f"check_constraint({relation}::regclass, {named})"
        cursor.expect("IS")
        if not cursor.accept("NULL"):
            cursor.string()
        return Translation("COMMENT", "sql", f"SELECT redshift.{check}")
    else:
        raise NotSupported(f"COMMENT ON {kind}")
    cursor.expect("IS")
    comment = "NULL" if cursor.accept("NULL") else quote_text(cursor.string())
    return Translation("COMMENT", "sql", f"COMMENT ON {kind} {target} IS {comment}")


def _maintenance(cursor: Cursor, kind: str, words: frozenset[str]) -> Translation:
    """ANALYZE and VACUUM change no row: that their table exists is all there is to check."""
    while cursor.keyword() in words:
        cursor.take()
    if cursor.done:
        return Translation(kind, "none" if kind == "ANALYZE" else "vacuum")
    relation = cursor.relation()
    refuse_system_relation(*relation)
    token = cursor.peek()
    columns = cursor.names_in_parentheses() if token is not None and token.value == "(" else []
    if cursor.accept("PREDICATE", "COLUMNS") or cursor.accept("ALL", "COLUMNS"):
        pass
    if cursor.accept("TO"):
        cursor.integer()
        cursor.expect("PERCENT")
    cursor.accept("BOOST")
    shown = ", ".join(map(quote_name, columns)) or "1"
    action = "sql" if kind == "ANALYZE" else "vacuum"
    return Translation(kind, action, f"SELECT {shown} FROM {qualified(relation)} LIMIT 0")  # noqa: S608 - quoted names


def _analyze(cursor: Cursor) -> Translation:
    if cursor.accept("COMPRESSION"):
        return analyze_compression(cursor)
    return _maintenance(cursor, "ANALYZE", frozenset({"VERBOSE"}))


def _vacuum(cursor: Cursor) -> Translation:
    return _maintenance(
        cursor, "VACUUM", frozenset("FULL SORT DELETE ONLY REINDEX RECLUSTER".split())
    )


def _copy(cursor: Cursor) -> Translation:
    command = parse_copy(cursor)
    refuse_system_relation(command.schema, command.table)
    return Translation("COPY", "copy", copy=command)


def _unload(cursor: Cursor) -> Translation:
    command = parse_unload(cursor)
    query = command.query.strip().rstrip(";")
    inner = translate_query([one for one in tokenize(query) if one.value != ";"])
    return Translation(
        "UNLOAD",
        "unload",
        inner.sql,
        tables=tuple(inner.tables),
        has_rows=True,
        command=as_data(command),
    )


def _refresh(cursor: Cursor) -> Translation:
    cursor.expect("MATERIALIZED", "VIEW")
    return _from_written("REFRESH", views.refresh(cursor))


def _lock(cursor: Cursor) -> Translation:
    """ "The LOCK command obtains a table-level lock in ACCESS EXCLUSIVE mode" ("LOCK")."""
    cursor.accept("TABLE")
    relations = cursor.listed(cursor.relation)
    for relation in relations:
        refuse_system_relation(*relation)
    names = tuple(qualified(relation) for relation in relations)
    sql = f"LOCK TABLE {', '.join(names)} IN ACCESS EXCLUSIVE MODE NOWAIT"
    return Translation("LOCK", "sql", sql, changes=names)


def _truncate(cursor: Cursor) -> Translation:
    """ "TRUNCATE commits the transaction in which it is run" ("TRUNCATE")."""
    cursor.accept("TABLE")
    relation = cursor.relation()
    refuse_system_relation(*relation)
    cursor.end()
    name = qualified(relation)
    return Translation("TRUNCATE", "sql", f"TRUNCATE {name}", changes=(name,), ends="COMMIT")


def _begin(cursor: Cursor) -> Translation:
    """BEGIN and START TRANSACTION. The isolation level is the warehouse's ("BEGIN")."""
    if not cursor.accept("TRANSACTION"):
        cursor.accept("WORK")
    while not cursor.done:
        if cursor.accept("ISOLATION", "LEVEL"):
            if not cursor.accept("SERIALIZABLE") and not cursor.accept("REPEATABLE", "READ"):
                cursor.expect("READ")
                if not cursor.accept("COMMITTED"):
                    cursor.expect("UNCOMMITTED")
        else:
            cursor.expect("READ")
            if cursor.accept("ONLY"):
                raise NotSupported("BEGIN READ ONLY")
            cursor.expect("WRITE")
        cursor.accept_sign(",")
    return Translation("BEGIN", "none")


def _start(cursor: Cursor) -> Translation:
    if cursor.keyword() != "TRANSACTION":
        raise cursor.error()
    return _begin(cursor)


def _ending(verb: str) -> Callable[[Cursor], Translation]:
    """COMMIT or ROLLBACK, at the statement's end."""

    def read(cursor: Cursor) -> Translation:
        if not cursor.accept("TRANSACTION"):
            cursor.accept("WORK")
        return Translation(verb, "none", ends=verb)

    return read


def _declare(cursor: Cursor) -> Translation:
    """ "DECLARE cursor_name CURSOR FOR query"."""
    name = cursor.name()
    cursor.expect("CURSOR", "FOR")
    rest = cursor.balanced(until=lambda: False)
    if not rest:
        raise cursor.error()
    query = cursor.text[rest[0].start : rest[-1].end]
    command = {"name": name, "query": query}
    return Translation("DECLARE", "cursor", command=command)


def _fetch(cursor: Cursor) -> Translation:
    """ "FETCH [ NEXT | ALL | {FORWARD [ count | ALL ] } ] FROM cursor"."""
    count: int | None = 1
    if cursor.accept("ALL"):
        count = None
    elif cursor.accept("FORWARD"):
        if cursor.accept("ALL"):
            count = None
        elif cursor.keyword() != "FROM":
            count = cursor.integer()
    else:
        cursor.accept("NEXT")
    if not cursor.accept("FROM"):
        cursor.expect("IN")
    return Translation("FETCH", "cursor", command={"name": _portal(cursor), "count": count})


def _close(cursor: Cursor) -> Translation:
    return Translation("CLOSE", "cursor", command={"name": _portal(cursor)})


def _portal(cursor: Cursor) -> str:
    """A cursor's name; that of a procedure's own may have blanks in it, and is quoted then."""
    return cursor.name()


COMMANDS: dict[str, Callable[[Cursor], Translation]] = {
    "CREATE": _create, "DROP": _drop, "ALTER": _alter, "GRANT": _grant, "REVOKE": _revoke,
    "COMMENT": _comment, "ANALYZE": _analyze, "ANALYSE": _analyze, "VACUUM": _vacuum,
    "SET": settings.parse, "RESET": settings.reset, "COPY": _copy, "UNLOAD": _unload,
    "LOCK": _lock, "TRUNCATE": _truncate, "REFRESH": _refresh,
    "BEGIN": _begin, "START": _start, "COMMIT": _ending("COMMIT"), "END": _ending("COMMIT"),
    "ROLLBACK": _ending("ROLLBACK"), "ABORT": _ending("ROLLBACK"), "CALL": routines.parse_call,
    "PREPARE": prepared.prepare, "EXECUTE": prepared.execute,
    "DEALLOCATE": prepared.deallocate, "SHOW": showing.show,
    "DECLARE": _declare, "FETCH": _fetch, "CLOSE": _close,
}  # fmt: skip
