"""Views, late-binding and materialized ones, and DROP.

A late-binding view keeps its query's text, and is bound when it is asked (`system.late_views`).
Source: "CREATE VIEW", "CREATE MATERIALIZED VIEW" in Redshift's developer guide.
"""

from __future__ import annotations

from simulator.sql.commands.attributes import table_attributes
from simulator.sql.commands.constraints import quote_key
from simulator.sql.commands.written import Written, loosen
from simulator.sql.cursor import Cursor, qualified, rest_of_query
from simulator.sql.errors import NotSupported, SqlError
from simulator.sql.lexer import quote_name, quote_text
from simulator.sql.queries.checks import refuse_system_relation
from simulator.sql.queries.query import translate_query

_LATE = ["WITH", "NO", "SCHEMA", "BINDING"]


def create_view(cursor: Cursor, *, replace: bool) -> Written:
    """After CREATE [OR REPLACE] VIEW."""
    name = qualified(cursor.relation())
    token = cursor.peek()
    names = cursor.names_in_parentheses() if token is not None and token.value == "(" else []
    cursor.expect("AS")
    if [one.keyword for one in cursor.tokens[-4:]] == _LATE:
        said = _whole(cursor)
        del cursor.tokens[-4:]
        return _late_view(cursor, name, names, said, replace=replace)
    rest = rest_of_query(cursor)
    query, tables, _ = translate_query(rest)
    said = cursor.text[rest[0].start : rest[-1].end]
    if names:
        listed = ", ".join(map(quote_key, names))
        said = f"SELECT * FROM ({said}) AS named ({listed})"  # noqa: S608 - shown, not run
    shown = f" ({', '.join(map(quote_name, names))})" if names else ""
    verb = "CREATE OR REPLACE VIEW" if replace else "CREATE VIEW"
    # "you can't create a regular view" over external tables ("CREATE VIEW").
    before = [f"SELECT redshift.check_no_external({quote_text(one)})" for one in tables]
    before += loosen([name]) if replace else []
    return Written(
        f"{verb} {name}{shown} AS {query}",
        before=before,
        after=[_kept_text(name, f"{said};")],
        tables=tables,
    )


def _whole(cursor: Cursor) -> str:
    """The statement as it is written."""
    return f"{cursor.text[cursor.tokens[0].start : cursor.tokens[-1].end]};"


def _kept_text(name: str, said: str) -> str:
    """SQL that keeps what SHOW VIEW shows (`system.listed`)."""
    return f'COMMENT ON RULE "_RETURN" ON {name} IS {quote_text(said)}'


def _late_view(cursor: Cursor, name: str, names: list[str], said: str, *, replace: bool) -> Written:
    query, tables, _ = translate_query(rest_of_query(cursor))
    if any("." not in one for one in tables):
        raise SqlError(
            "ERROR: All the relation names inside should be qualified when creating views with no"
            " schema binding.",
            sqlstate="42601",
        )
    if names:
        shown = ", ".join(map(quote_name, names))
        query = f"SELECT * FROM ({query}) AS named ({shown})"  # noqa: S608 - a translation
    flag = "true" if replace else "false"
    return Written(
        f"SELECT redshift.late_view({quote_text(name)}, {quote_text(query)}, {flag})",
        after=[_kept_text(name, said)],
    )


def create_materialized_view(cursor: Cursor) -> Written:
    """After CREATE MATERIALIZED VIEW."""
    name = qualified(cursor.relation())
    token = cursor.peek()
    names = cursor.names_in_parentheses() if token is not None and token.value == "(" else []
    table_attributes(cursor, until=("AUTO", "AS"))
    _auto_refresh(cursor)
    table_attributes(cursor, until=("AS",))
    cursor.expect("AS")
    said = _whole(cursor)
    query, tables, _ = translate_query(rest_of_query(cursor))
    shown = f" ({', '.join(map(quote_name, names))})" if names else ""
    return Written(
        f"CREATE MATERIALIZED VIEW {name}{shown} AS {query}",
        after=[_kept_text(name, said)],
        tables=tables,
    )


def _auto_refresh(cursor: Cursor) -> bool:
    if not cursor.accept("AUTO", "REFRESH"):
        return False
    if not (cursor.accept("YES") or cursor.accept("NO")):
        raise cursor.error()
    return True


def alter_materialized_view(cursor: Cursor) -> Written:
    """After ALTER MATERIALIZED VIEW: AUTO REFRESH, which here is never done by itself."""
    name = qualified(cursor.relation())
    if not _auto_refresh(cursor):
        raise NotSupported(f"ALTER MATERIALIZED VIEW ... {cursor.keyword()}")
    return Written(f"SELECT 1 FROM {name} LIMIT 0")  # noqa: S608 - quoted names


def refresh(cursor: Cursor) -> Written:
    """After REFRESH MATERIALIZED VIEW."""
    name = qualified(cursor.relation())
    if not cursor.accept("RESTRICT") and cursor.accept("CASCADE"):
        raise NotSupported("REFRESH MATERIALIZED VIEW ... CASCADE")
    return Written(f"REFRESH MATERIALIZED VIEW {name}", changes=[name])


def drop(cursor: Cursor, kind: str) -> Written:
    """After DROP TABLE, VIEW, MATERIALIZED VIEW or SCHEMA."""
    exists = " IF EXISTS" if cursor.accept("IF", "EXISTS") else ""
    relations: list[str] = []
    if kind == "SCHEMA":
        schemas = cursor.listed(cursor.name)
        for schema in schemas:
            refuse_system_relation(schema, "")
        names = ", ".join(map(quote_name, schemas))
    else:
        relations = [qualified(one) for one in cursor.listed(cursor.relation)]
        names = ", ".join(relations)
    if kind == "SCHEMA":
        cursor.accept("DROP", "EXTERNAL", "DATABASE")
    behaviour = " CASCADE" if cursor.accept("CASCADE") else ""
    if not behaviour:
        cursor.accept("RESTRICT")
    cursor.end()
    changes = relations if kind in ("TABLE", "MATERIALIZED VIEW") else []
    before = loosen(relations)
    if kind == "TABLE":
        # An external table is none of PostgreSQL's.
        must = "false" if exists else "true"
        before += [f"SELECT redshift.drop_table({quote_text(one)}, {must})" for one in relations]
        exists = " IF EXISTS"
    return Written(f"DROP {kind}{exists} {names}{behaviour}", before=before, changes=changes)
