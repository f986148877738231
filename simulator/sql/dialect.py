"""Redshift's SQL to PostgreSQL's, one statement at a time: which grammar reads what.

Whatever is not listed is refused by name. Only what the disk cache does not know comes here, so
that a run with known texts never loads sqlglot.
"""

# ruff: noqa: SIM905 - word lists read better as text
from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from simulator.sql import alter, roles, tables
from simulator.sql.copy_command import parse_copy
from simulator.sql.cursor import Cursor, qualified
from simulator.sql.errors import NotSupported, SqlError
from simulator.sql.lexer import Token, quote_name, quote_text, split_statements, syntax_error
from simulator.sql.query import refuse_system_relation, translate_query
from simulator.sql.tables import Written
from simulator.sql.translation import Translation

# What can be prepared, and so take parameters ("PREPARE"; MERGE is seen to work).
_PREPARED = frozenset({"SELECT", "INSERT", "UPDATE", "DELETE", "MERGE"})
_LATER_OBJECTS = frozenset(
    "EXTERNAL MATERIALIZED PROCEDURE FUNCTION GROUP ROLE DATABASE DATASHARE LIBRARY MODEL LIBRARY"
    " IDENTITY MASKING RLS".split()
)
# The first words of Redshift's other commands ("SQL commands" in its developer guide).
_LATER_STATEMENTS = frozenset(
    "ABORT ATTACH BEGIN CALL CANCEL CLOSE COMMIT DEALLOCATE DECLARE DESC DESCRIBE DETACH END"
    " EXECUTE EXPLAIN FETCH PREPARE REFRESH ROLLBACK SHOW START UNLOAD USE".split()
)
# Settings that change nothing here, or only what the simulator does not model.
_HARMLESS_SETTINGS = frozenset(
    "query_group statement_timeout wlm_query_slot_count enable_result_cache_for_session"
    " application_name analyze_threshold_percent client_encoding extra_float_digits"
    " describe_field_name_in_uppercase stored_proc_log_min_messages"
    " enable_numeric_rounding error_on_nondeterministic_update".split()
)


def translate(text: str) -> Translation:
    """The translation of one statement. Raises SqlError for what Redshift would refuse at
    parsing, NotSupported for what the simulator does not do."""
    statements = split_statements(text)
    if not statements:
        return Translation(kind="", action="none")
    if len(statements) > 1:
        # "This statement must be a single SQL statement" (ExecuteStatement); Redshift's words.
        message = "ERROR: cannot insert multiple commands into a prepared statement"
        raise SqlError(message, sqlstate="42601")
    tokens, parameters = _numbered(statements[0])
    cursor = Cursor(text, tokens)
    word = cursor.keyword() or cursor.tokens[0].value
    if word in ("SELECT", "WITH", "(", "INSERT", "UPDATE", "DELETE", "MERGE"):
        translation = _query(word, tokens)
    elif word in _STATEMENTS:
        cursor.take()
        translation = _STATEMENTS[word](cursor)
        if not cursor.done:
            raise cursor.error()
    elif word in _LATER_STATEMENTS:
        raise NotSupported(f"statement {word}")
    else:
        raise cursor.error()
    if parameters and translation.kind not in _PREPARED:
        place = next(token for token in tokens if token.kind == "parameter")
        raise syntax_error(text, place.start, place.value)
    return replace(translation, parameters=parameters)


def _numbered(tokens: list[Token]) -> tuple[list[Token], tuple[str, ...]]:
    """`:name` becomes `$n`, the same number for the same name."""
    numbers: dict[str, int] = {}
    replaced = []
    for token in tokens:
        if token.kind == "parameter":
            number = numbers.setdefault(token.value, len(numbers) + 1)
            replaced.append(replace(token, value=f"${number}"))
        else:
            replaced.append(token)
    return replaced, tuple(numbers)


def _query(word: str, tokens: list[Token]) -> Translation:
    if word == "DELETE" and len(tokens) > 1 and tokens[1].keyword != "FROM":
        # Redshift's FROM is optional there.
        tokens = [tokens[0], replace(tokens[0], value="from"), *tokens[1:]]
    query = translate_query(tokens)
    rows = word in ("SELECT", "WITH", "(")
    kind = "SELECT" if rows else word
    return Translation(
        kind, "sql", query.sql, tables=tuple(query.tables), writes=query.written, has_rows=rows
    )


def _from_written(kind: str, written: Written) -> Translation:
    return Translation(
        kind,
        "sql",
        written.sql,
        before=tuple(written.before),
        after=tuple(written.after),
        tables=tuple(written.tables),
        changes=tuple(written.changes),
    )


def _create(cursor: Cursor) -> Translation:
    cursor.accept("LOCAL")
    temporary = cursor.accept("TEMP") or cursor.accept("TEMPORARY")
    if cursor.accept("TABLE"):
        return _from_written("CREATE", tables.create_table(cursor, temporary=temporary))
    if cursor.accept("OR", "REPLACE", "VIEW"):
        return _from_written("CREATE", tables.create_view(cursor, replace=True))
    if cursor.accept("VIEW"):
        return _from_written("CREATE", tables.create_view(cursor, replace=False))
    if cursor.keyword() == "SCHEMA":
        cursor.take()
        return _from_written("CREATE", roles.create_schema(cursor))
    if cursor.accept("USER"):
        return _from_written("CREATE", roles.create_user(cursor))
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
    for kind in ("TABLE", "VIEW", "SCHEMA"):
        if cursor.accept(kind):
            return _from_written("DROP", tables.drop(cursor, kind))
    if cursor.accept("USER"):
        return _from_written("DROP", roles.drop_user(cursor))
    raise _unknown_object("DROP", cursor)


def _alter(cursor: Cursor) -> Translation:
    if cursor.accept("TABLE"):
        return _from_written("ALTER", alter.alter_table(cursor))
    if cursor.accept("SCHEMA"):
        return _from_written("ALTER", alter.alter_schema(cursor))
    if cursor.accept("DEFAULT", "PRIVILEGES"):
        return _from_written("ALTER", roles.default_privileges(cursor))
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
        target = ".".join(map(quote_name, names))
    elif kind == "SCHEMA":
        target = quote_name(cursor.name())
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
    if cursor.keyword() == "COMPRESSION":
        raise NotSupported("ANALYZE COMPRESSION")
    return _maintenance(cursor, "ANALYZE", frozenset({"VERBOSE"}))


def _vacuum(cursor: Cursor) -> Translation:
    return _maintenance(
        cursor, "VACUUM", frozenset("FULL SORT DELETE ONLY REINDEX RECLUSTER".split())
    )


def _set(cursor: Cursor) -> Translation:
    if cursor.keyword() in ("SESSION", "LOCAL", "TRANSACTION"):
        raise NotSupported(f"SET {cursor.keyword()}")
    name = cursor.name()
    if not cursor.accept("TO"):
        cursor.expect_sign("=")
    values = cursor.listed(cursor.take)
    if name == "search_path":
        for value in values:
            refuse_system_relation(value.value, "")
        shown = ", ".join(quote_name(value.value) for value in values)
        return Translation("SET", "sql", f"SET LOCAL search_path TO {shown}")
    if name in ("timezone", "datestyle", "enable_case_sensitive_identifier"):
        allowed = {"timezone": {"utc"}, "datestyle": {"iso"}}.get(name, {"false", "off"})
        if not {value.value.lower() for value in values} <= allowed:
            raise NotSupported(f"SET {name} TO {values[0].value}")
    elif name not in _HARMLESS_SETTINGS:
        raise NotSupported(f"SET {name}")
    return Translation("SET", "none")


def _reset(cursor: Cursor) -> Translation:
    name = cursor.name()
    if name not in _HARMLESS_SETTINGS:
        raise NotSupported(f"RESET {name}")
    return Translation("RESET", "none")


def _copy(cursor: Cursor) -> Translation:
    command = parse_copy(cursor)
    refuse_system_relation(command.schema, command.table)
    return Translation("COPY", "copy", copy=command)


def _lock(cursor: Cursor) -> Translation:
    """ "The LOCK command obtains a table-level lock in ACCESS EXCLUSIVE mode" ("LOCK")."""
    cursor.accept("TABLE")
    relations = cursor.listed(cursor.relation)
    for relation in relations:
        refuse_system_relation(*relation)
    names = tuple(qualified(relation) for relation in relations)
    sql = f"LOCK TABLE {', '.join(names)} IN ACCESS EXCLUSIVE MODE NOWAIT"
    return Translation("LOCK", "sql", sql, changes=names)


def _truncate(_cursor: Cursor) -> Translation:
    raise NotSupported("TRUNCATE", "it commits its transaction on Redshift; use DELETE FROM")


_STATEMENTS: dict[str, Callable[[Cursor], Translation]] = {
    "CREATE": _create, "DROP": _drop, "ALTER": _alter, "GRANT": _grant, "REVOKE": _revoke,
    "COMMENT": _comment, "ANALYZE": _analyze, "ANALYSE": _analyze, "VACUUM": _vacuum,
    "SET": _set, "RESET": _reset, "COPY": _copy, "LOCK": _lock, "TRUNCATE": _truncate,
}  # fmt: skip
