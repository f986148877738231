"""SHOW of what is in a database: schemas, tables, columns, constraints, grants, routines.

Sources: "SHOW COLUMNS", "SHOW COLUMN GRANTS", "SHOW CONSTRAINTS", "SHOW DATABASES", "SHOW
FUNCTIONS", "SHOW GRANTS", "SHOW PARAMETERS", "SHOW PROCEDURES", "SHOW SCHEMAS", "SHOW TABLES",
"SHOW VIEW" in Redshift's developer guide. `system.listed` has what they list.
"""

from __future__ import annotations

from collections.abc import Callable

from simulator.sql.commands.roles import signature
from simulator.sql.cursor import Cursor, qualified
from simulator.sql.errors import NotSupported, SqlError
from simulator.sql.lexer import quote_name, quote_text
from simulator.sql.queries import databases
from simulator.sql.translation import Translation

# "The row_limit can be 0-10,000."
_MOST_ROWS = 10_000


def listed(query: str, *before: str) -> Translation:
    """The translation of a SHOW that is this query; what runs before it checks its names."""
    return Translation("SHOW", "sql", query, before=before, has_rows=True)


def _ending(cursor: Cursor, name: str) -> tuple[str, str]:
    """`[ LIKE 'filter_pattern' ] [ LIMIT row_limit ]` over the column of this name."""
    like = f" AND {name} LIKE {quote_text(cursor.string())}" if cursor.accept("LIKE") else ""
    return like, _limit(cursor)


def _limit(cursor: Cursor) -> str:
    limit = ""
    if cursor.accept("LIMIT"):
        count = cursor.integer()
        if not 0 <= count <= _MOST_ROWS:
            message = f"ERROR: LIMIT must be between 0 and {_MOST_ROWS}, got {count}"
            raise SqlError(message, sqlstate="22023")
        limit = f" LIMIT {count}"
    cursor.end()
    return limit


def _database(cursor: Cursor) -> None:
    name = cursor.name()
    if name == "awsdatacatalog":
        raise NotSupported("the AWS Glue Data Catalog")
    databases.note(name)


def _schema(cursor: Cursor) -> str:
    """`[database_name.]schema_name`"""
    if (token := cursor.peek(1)) is not None and token.value == ".":
        _database(cursor)
        cursor.expect_sign(".")
    return cursor.name()


def _in_schema(cursor: Cursor, view: str, columns: str, name: str) -> Translation:
    cursor.expect("FROM", "SCHEMA")
    schema = quote_text(_schema(cursor))
    like, limit = _ending(cursor, name)
    query = f"SELECT {columns} FROM redshift.{view} WHERE schema_name = {schema}{like}"  # noqa: S608 - quoted
    return listed(f"{query} ORDER BY {name}{limit}", f"SELECT redshift.check_schema({schema})")


def _databases(cursor: Cursor) -> Translation:
    if cursor.accept("FROM"):
        raise NotSupported("SHOW DATABASES FROM DATA CATALOG")
    like, limit = _ending(cursor, "database_name")
    query = f"SELECT * FROM redshift.show_databases WHERE true{like}"  # noqa: S608 - quoted
    return listed(f"{query} ORDER BY database_name{limit}")


def _schemas(cursor: Cursor) -> Translation:
    cursor.expect("FROM", "DATABASE")
    _database(cursor)
    like, limit = _ending(cursor, "schema_name")
    query = f"SELECT * FROM redshift.show_schemas WHERE true{like}"  # noqa: S608 - quoted
    return listed(f"{query} ORDER BY schema_name{limit}")


def _tables(cursor: Cursor) -> Translation:
    return _in_schema(cursor, "show_tables", "*", "table_name")


def _procedures(cursor: Cursor) -> Translation:
    return _in_schema(cursor, "show_procedures", "*", "procedure_name")


def _functions(cursor: Cursor) -> Translation:
    return _in_schema(cursor, "show_functions", "*", "function_name")


_COLUMNS = (
    "database_name, schema_name, table_name, column_name, ordinal_position, column_default,"
    " is_nullable, data_type, character_maximum_length, numeric_precision, numeric_scale, remarks,"
    ' sort_key_type, sort_key, dist_key, encoding, "collation"'
)


def _relation(cursor: Cursor) -> str:
    """SQL of a relation's number; fails where the user sees none of this name."""
    name = quote_text(qualified(cursor.relation()))
    return f"redshift.seen_relation({name})"


def _columns(cursor: Cursor) -> Translation:
    cursor.expect("FROM", "TABLE")
    relation = _relation(cursor)
    like, limit = _ending(cursor, "column_name")
    query = f"SELECT {_COLUMNS} FROM redshift.show_columns WHERE oid = {relation}{like}"  # noqa: S608 - quoted
    return listed(f"{query} ORDER BY ordinal_position{limit}", f"SELECT {relation}")


_PRIMARY = "database_name, schema_name, table_name, pk_name, column_name, key_seq"
_FOREIGN = (
    "pk_database_name, pk_schema_name, pk_table_name, pk_column_name, fk_database_name,"
    " fk_schema_name, fk_table_name, fk_column_name, key_seq, fk_name, pk_name, update_rule,"
    " delete_rule, deferrability"
)


def _constraints(cursor: Cursor) -> Translation:
    view, columns, order, key = "show_primary_keys", _PRIMARY, "key_seq", "oid"
    if not cursor.accept("PRIMARY", "KEYS"):
        cursor.expect("FOREIGN", "KEYS")
        view, columns, order = "show_foreign_keys", _FOREIGN, "fk_table_name, fk_name, key_seq"
        key = "target" if cursor.accept("EXPORTED") else "oid"
    cursor.expect("FROM", "TABLE")
    relation = _relation(cursor)
    limit = _limit(cursor)
    query = f"SELECT {columns} FROM redshift.{view} WHERE {key} = {relation}"  # noqa: S608 - quoted
    return listed(f"{query} ORDER BY {order}{limit}", f"SELECT {relation}")


_GRANTED = (
    "schema_name, object_name, object_type, privilege_type, identity_id, identity_name,"
    " identity_type, admin_option, privilege_scope, database_name, grantor_name"
)
_GRANTED_ON_DATABASE = (
    "database_name, privilege_type, identity_id, identity_name, identity_type, admin_option,"
    " privilege_scope, grantor_name"
)
_GRANTED_COLUMNS = (
    "database_name, schema_name, table_name, column_name, object_type, privilege_type,"
    " identity_id, identity_name, identity_type, admin_option, privilege_scope, grantor_name"
)


def _grants(cursor: Cursor) -> Translation:
    if cursor.accept("FOR"):
        return _grants_of(cursor)
    cursor.expect("ON")
    if cursor.accept("DATABASE"):
        _database(cursor)
        return _granted(cursor, "show_database_grants", _GRANTED_ON_DATABASE, "true")
    if cursor.accept("SCHEMA"):
        schema = quote_text(_schema(cursor))
        found = _granted(cursor, "show_schema_grants", _GRANTED, f"schema_name = {schema}")
        return listed(found.sql, f"SELECT redshift.check_schema({schema})")
    if cursor.keyword() in ("FUNCTION", "PROCEDURE"):
        kind = cursor.take().keyword
        routine = f"redshift.seen_routine({quote_text(signature(cursor))}, '{kind}')"
        return _granted(cursor, "show_routine_grants", _GRANTED, f"oid = {routine}")
    if cursor.keyword() == "TEMPLATE":
        raise NotSupported("SHOW GRANTS ON TEMPLATE")
    cursor.accept("TABLE")
    relation = _relation(cursor)
    return _granted(cursor, "show_table_grants", _GRANTED, f"oid = {relation}")


def _identity(cursor: Cursor) -> tuple[str, str]:
    """`{username | ROLE role_name}`: name and kind."""
    if cursor.keyword() == "ROLE" and cursor.peek(1) is not None:
        cursor.take()
        return cursor.name(), "role"
    return cursor.name(), "user"


def _granted(cursor: Cursor, view: str, columns: str, where: str) -> Translation:
    """What is granted on an object: `[FOR {username | ROLE role_name | PUBLIC}] [LIMIT n]`."""
    if cursor.accept("FOR"):
        if cursor.accept("PUBLIC"):
            where += " AND identity_type = 'public'"
        else:
            name, kind = _identity(cursor)
            where += f" AND identity_name = {quote_text(name)} AND identity_type = '{kind}'"
    limit = _limit(cursor)
    query = f"SELECT {columns} FROM redshift.{view} WHERE {where}"  # noqa: S608 - quoted
    return listed(f"{query} ORDER BY identity_type, identity_name, privilege_type{limit}")


def _grants_of(cursor: Cursor) -> Translation:
    name, kind = _identity(cursor)
    if cursor.accept("FROM", "DATABASE"):
        _database(cursor)
    limit = _limit(cursor)
    who = quote_text(name)
    where = f"identity_name = {who} AND identity_type = '{kind}'"
    order = f"schema_name NULLS FIRST, object_name NULLS FIRST, privilege_type{limit}"
    query = f"SELECT * FROM redshift.show_grants WHERE {where} ORDER BY {order}"  # noqa: S608 - quoted
    return listed(query, f"SELECT redshift.check_identity({who}, '{kind}')")


def _column_grants(cursor: Cursor) -> Translation:
    cursor.expect("GRANTS", "ON", "TABLE")
    where = f"oid = {_relation(cursor)}"
    if cursor.accept("LIKE"):
        where += f" AND column_name LIKE {quote_text(cursor.string())}"
    return _granted(cursor, "show_column_grants", _GRANTED_COLUMNS, where)


def _parameters(cursor: Cursor) -> Translation:
    cursor.expect("OF")
    is_function = cursor.accept("FUNCTION")
    if not is_function:
        cursor.expect("PROCEDURE")
    start = cursor.at
    relation = cursor.relation()
    cursor.at = start
    called = signature(cursor)
    if is_function:
        source = f"redshift.show_function_parameters({quote_text(called)})"
    else:
        kinds = called.partition("(")[2][:-1].replace(", ", ",")
        names = ", ".join(map(quote_text, (*relation, kinds)))
        source = f"redshift.show_procedure_parameters({names})"
    like, limit = _ending(cursor, "parameter_name")
    query = f"SELECT * FROM {source} WHERE true{like}"  # noqa: S608 - quoted
    return listed(f"{query} ORDER BY ordinal_position{limit}")


def _view(cursor: Cursor) -> Translation:
    name = quote_text(qualified(cursor.relation()))
    cursor.end()
    shown = quote_name("Show View DDL statement")
    return listed(f"SELECT redshift.show_view({name}) AS {shown}")


LISTS: dict[str, Callable[[Cursor], Translation]] = {
    "DATABASES": _databases, "SCHEMAS": _schemas, "TABLES": _tables, "COLUMNS": _columns,
    "COLUMN": _column_grants, "CONSTRAINTS": _constraints, "GRANTS": _grants,
    "PROCEDURES": _procedures, "FUNCTIONS": _functions, "PARAMETERS": _parameters, "VIEW": _view,
}  # fmt: skip
