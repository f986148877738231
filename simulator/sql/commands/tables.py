"""CREATE TABLE: a grammar of our own, since what Redshift says of a table is nobody else's.

Source: "CREATE TABLE", "CREATE TABLE AS" in Redshift's developer guide.
"""

from __future__ import annotations

from simulator.sql.commands.attributes import Table, attributes, check_keys, set_attributes
from simulator.sql.commands.columns import (
    COLUMN_WORDS,
    bare_type,
    byte_check,
    check_encoding,
    column_type,
    default,
    encoding,
    identity,
    refuse_unsupported,
)
from simulator.sql.commands.constraints import Constraint, constraint, references
from simulator.sql.commands.written import Written
from simulator.sql.cursor import Cursor, qualified, rest_of_query
from simulator.sql.errors import NotSupported, SqlError
from simulator.sql.lexer import quote_name, quote_text
from simulator.sql.queries.query import column_shapes, translate_query


def create_table(cursor: Cursor, *, temporary: bool) -> Written:
    """After CREATE [TEMP] TABLE."""
    exists = " IF NOT EXISTS" if cursor.accept("IF", "NOT", "EXISTS") else ""
    relation = cursor.relation()
    temporary = temporary or relation[1].startswith("#")
    kind = "TEMP TABLE" if temporary else "TABLE"
    name = qualified(relation)
    token = cursor.peek()
    is_definition = token is not None and token.value == "(" and not _names_only(cursor)
    table = Table()
    if is_definition:
        _definition(cursor, table, relation)
        attributes(cursor, table)
        cursor.end()
        check_keys(table)
        if kept := table.kept():
            # A check that always holds: `system.attributes` says why.
            table.parts.append(
                f"CONSTRAINT redshift_attributes CHECK (redshift.attributes({quote_text(kept)}))"
            )
        sql = f"CREATE {kind}{exists} {name} ({', '.join(table.parts)})"
        return Written(sql, before=table.before)
    names = cursor.names_in_parentheses() if token is not None and token.value == "(" else []
    attributes(cursor, table)
    cursor.expect("AS")
    rest = rest_of_query(cursor)
    query, tables, _ = translate_query(rest)
    shown = f" ({', '.join(map(quote_name, names))})" if names else ""
    sql = f"CREATE {kind}{exists} {name}{shown} AS {query}"
    after = [_settled(name, column_shapes(rest), names), _seal(name)]
    after += [_has_column(name, key) for key in (*table.dist_keys, *table.sort_keys)]
    if kept := table.kept():
        after.append(set_attributes(name, kept))
    return Written(sql, after=after, tables=tables)


def _names_only(cursor: Cursor) -> bool:
    """Whether `(a, b)` is a list of names, as in CREATE TABLE t (a, b) AS."""
    ahead = 1
    while (token := cursor.peek(ahead)) is not None and token.kind in ("word", "quoted"):
        following = cursor.peek(ahead + 1)
        if following is None or following.value not in (",", ")"):
            return False
        if following.value == ")":
            return True
        ahead += 2
    return False


def _settled(name: str, shapes: list[tuple[str, str, str]], names: list[str]) -> str:
    """SQL that gives each computed column of a new table the size that its type has on Redshift."""
    if names and len(names) == len(shapes):
        shapes = [(given, *one[1:]) for given, one in zip(names, shapes, strict=True)]
    columns = ", ".join(quote_text(one) for one, _, _ in shapes)
    sizes, scales = (", ".join(one[place] for one in shapes) for place in (1, 2))
    return (
        f"SELECT redshift.settle({quote_text(name)}::regclass, ARRAY[{columns}]::text[],"
        f" ARRAY[{sizes}]::integer[], ARRAY[{scales}]::integer[])"
    )


def _seal(name: str) -> str:
    return f"SELECT redshift.seal({quote_text(name)}::regclass)"


def _has_column(name: str, column: str) -> str:
    return f"SELECT {quote_name(column)} FROM {name} LIMIT 0"  # noqa: S608 - quoted names


def _definition(cursor: Cursor, table: Table, relation: tuple[str, str]) -> None:
    cursor.expect_sign("(")
    while True:
        if cursor.keyword() == "LIKE":
            _like(cursor, table)
        elif cursor.keyword() in ("CONSTRAINT", "PRIMARY", "UNIQUE", "FOREIGN", "CHECK"):
            _constrain(table, relation, constraint(cursor, relation[1]))
        else:
            _column(cursor, table, relation)
        if not cursor.accept_sign(","):
            break
    cursor.expect_sign(")")
    for index, part in enumerate(table.parts):
        column = table.columns[index] if index < len(table.columns) else ""
        if column in table.not_null and " NOT NULL" not in part:
            table.parts[index] = part + " NOT NULL"


def _like(cursor: Cursor, table: Table) -> None:
    cursor.expect("LIKE")
    parent = qualified(cursor.relation())
    defaults = ""
    if cursor.accept("INCLUDING", "DEFAULTS"):
        defaults = " INCLUDING DEFAULTS"
    else:
        cursor.accept("EXCLUDING", "DEFAULTS")
    # Keeps NOT NULL and the byte checks; identity is not inherited.
    table.parts.append(f"LIKE {parent} INCLUDING CONSTRAINTS{defaults}")
    table.columns.append("")
    table.like = True


def _column(cursor: Cursor, table: Table, relation: tuple[str, str]) -> None:
    name = cursor.identifier()
    if name in table.columns:
        message = f'ERROR: column "{name}" specified more than once'
        raise SqlError(message, sqlstate="42701")
    refuse_unsupported(cursor, relation[1], name)
    kind = column_type(cursor)
    table.columns.append(name)
    table.kinds[name] = kind
    written = [quote_name(name), bare_type(kind)]
    while cursor.keyword() in COLUMN_WORDS:
        written.extend(_column_attribute(cursor, table, relation, name, kind))
    written.extend(byte_check(name, kind))
    table.parts.append(" ".join(written))


def _column_attribute(
    cursor: Cursor, table: Table, relation: tuple[str, str], name: str, kind: str
) -> list[str]:
    if cursor.accept("DEFAULT"):
        return ["DEFAULT", default(cursor)]
    if cursor.accept("IDENTITY"):
        return [identity(cursor, kind, "ALWAYS")]
    if cursor.accept("GENERATED", "BY", "DEFAULT", "AS", "IDENTITY"):
        return [identity(cursor, kind, "BY DEFAULT")]
    if cursor.accept("NOT", "NULL"):
        return ["NOT NULL"]
    _silent_attribute(cursor, table, relation, name, kind)
    return []


def _silent_attribute(
    cursor: Cursor, table: Table, relation: tuple[str, str], name: str, kind: str
) -> None:
    """What is checked and leaves no trace in PostgreSQL."""
    if cursor.accept("ENCODE"):
        table.encodings[name] = encoding(cursor)
        check_encoding(name, kind, table.encodings[name])
    elif cursor.accept("DISTKEY"):
        table.dist_keys.append(name)
    elif cursor.accept("SORTKEY"):
        table.sort_keys.append(name)
    elif cursor.accept("PRIMARY", "KEY"):
        _constrain(table, relation, Constraint(f"{relation[1]}_pkey", "PRIMARY KEY", [name]))
    elif cursor.accept("REFERENCES"):
        key = f"{relation[1]}_{name}_fkey"
        _constrain(table, relation, Constraint(key, "FOREIGN KEY", [name], references(cursor)))
    elif cursor.accept("UNIQUE"):
        _constrain(table, relation, Constraint(f"{relation[1]}_{name}_key", "UNIQUE", [name]))
    elif cursor.accept("COLLATE"):
        if not cursor.accept("CASE_SENSITIVE"):
            raise NotSupported("COLLATE CASE_INSENSITIVE")
    elif not cursor.accept("NULL"):
        raise cursor.error()


def _constrain(table: Table, relation: tuple[str, str], key: Constraint) -> None:
    if key.kind == "PRIMARY KEY":
        if any(one.startswith("PRIMARY KEY") for one in table.constraints.values()):
            message = f'ERROR: multiple primary keys for table "{relation[1]}" are not allowed'
            raise SqlError(message, sqlstate="42P16")
        table.not_null.update(key.columns)
    if key.references is not None and key.references.target != relation:
        table.before.append(key.references.check)
    table.keys.extend(key.columns)
    table.constraints[key.name] = key.text
