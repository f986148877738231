"""CREATE TABLE, ALTER TABLE and DROP: a grammar of our own, since Redshift's attributes
(DISTKEY, SORTKEY, ENCODE, BACKUP, IDENTITY) are nobody else's.

Source: "CREATE TABLE", "CREATE TABLE AS", "ALTER TABLE" in Redshift's developer guide. Keys are
informational there: checked for sense, never enforced.
"""

# ruff: noqa: SIM905 - word lists read better as text
from __future__ import annotations

import hashlib
import json
import re
from dataclasses import dataclass, field
from typing import Any

from simulator.sql.cursor import Cursor, qualified
from simulator.sql.errors import NotSupported, SqlError
from simulator.sql.lexer import Token, quote_name, quote_text
from simulator.sql.queries.query import column_shapes, translate_expression, translate_query
from simulator.sql.types import postgres_type

ENCODINGS = frozenset(
    "RAW AZ64 BYTEDICT DELTA DELTA32K LZO MOSTLY8 MOSTLY16 MOSTLY32 RUNLENGTH TEXT255 TEXT32K"
    " ZSTD AUTO".split()
)
_TWO_WORDS = {
    ("DOUBLE", "PRECISION"), ("CHARACTER", "VARYING"), ("BINARY", "VARYING"),
}  # fmt: skip
_COLUMN_WORDS = frozenset(
    "DEFAULT IDENTITY GENERATED ENCODE DISTKEY SORTKEY NOT NULL UNIQUE PRIMARY REFERENCES COLLATE"
    " CONSTRAINT".split()
)


@dataclass(slots=True)
class Written:
    """PostgreSQL's statements for one of Redshift's: what runs first, itself, what follows."""

    sql: str
    before: list[str] = field(default_factory=list)
    after: list[str] = field(default_factory=list)
    tables: list[str] = field(default_factory=list)
    # Tables dropped or altered.
    changes: list[str] = field(default_factory=list)
    # What can't run inside a transaction block is named here; COMMIT where it commits itself.
    alone: str = ""
    ends: str = ""


@dataclass(slots=True)
class _Table:
    columns: list[str] = field(default_factory=list)
    parts: list[str] = field(default_factory=list)
    not_null: set[str] = field(default_factory=set)
    dist_keys: list[str] = field(default_factory=list)
    sort_keys: list[str] = field(default_factory=list)
    keys: list[str] = field(default_factory=list)
    dist_style: str = ""
    # Columns' encodings, and informational constraints by their names.
    encodings: dict[str, str] = field(default_factory=dict)
    constraints: dict[str, str] = field(default_factory=dict)
    before: list[str] = field(default_factory=list)
    like: bool = False
    interleaved: bool = False

    def kept(self) -> str:
        """What PostgreSQL has no place for, as JSON text; "" where nothing was said."""
        said: dict[str, Any] = {
            "distkey": next(iter(self.dist_keys), None),
            "diststyle": "KEY" if self.dist_keys else self.dist_style or None,
            "sortkeys": self.sort_keys,
            "encodings": self.encodings,
            "constraints": self.constraints,
            "interleaved": self.interleaved,
        }
        filled = {key: value for key, value in said.items() if value}
        return json.dumps(filled) if filled else ""


def create_table(cursor: Cursor, *, temporary: bool) -> Written:
    """After CREATE [TEMP] TABLE."""
    exists = " IF NOT EXISTS" if cursor.accept("IF", "NOT", "EXISTS") else ""
    relation = cursor.relation()
    temporary = temporary or relation[1].startswith("#")
    kind = "TEMP TABLE" if temporary else "TABLE"
    name = qualified(relation)
    token = cursor.peek()
    is_definition = token is not None and token.value == "(" and not _names_only(cursor)
    table = _Table()
    if is_definition:
        _definition(cursor, table, relation)
        _attributes(cursor, table)
        cursor.end()
        _check_keys(table)
        if kept := table.kept():
            # A check that always holds: `system.attributes` says why.
            table.parts.append(
                f"CONSTRAINT redshift_attributes CHECK (redshift.attributes({quote_text(kept)}))"
            )
        sql = f"CREATE {kind}{exists} {name} ({', '.join(table.parts)})"
        return Written(sql, before=table.before)
    names = cursor.names_in_parentheses() if token is not None and token.value == "(" else []
    _attributes(cursor, table)
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


def rest_of_query(cursor: Cursor) -> list[Token]:
    """The query that ends the statement, without parentheses around it."""
    rest = cursor.tokens[cursor.at :]
    cursor.at = len(cursor.tokens)
    while len(rest) > 1 and rest[0].value == "(" and rest[-1].value == ")" and _wraps(rest):
        rest = rest[1:-1]
    return rest


def _wraps(tokens: list[Token]) -> bool:
    depth = 0
    for index, token in enumerate(tokens):
        if token.kind == "operator":
            depth += {"(": 1, ")": -1}.get(token.value, 0)
        if depth == 0:
            return index == len(tokens) - 1
    return False


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


def set_attributes(name: str, kept: str) -> str:
    """SQL that changes what is kept of a table's attributes."""
    return f"SELECT redshift.set_attributes({quote_text(name)}::regclass, {quote_text(kept)})"


def _has_column(name: str, column: str) -> str:
    return f"SELECT {quote_name(column)} FROM {name} LIMIT 0"  # noqa: S608 - quoted names


def _definition(cursor: Cursor, table: _Table, relation: tuple[str, str]) -> None:
    cursor.expect_sign("(")
    while True:
        if cursor.keyword() == "LIKE":
            _like(cursor, table)
        elif cursor.keyword() in ("CONSTRAINT", "PRIMARY", "UNIQUE", "FOREIGN", "CHECK"):
            _table_constraint(cursor, table, relation)
        else:
            _column(cursor, table, relation)
        if not cursor.accept_sign(","):
            break
    cursor.expect_sign(")")
    for index, part in enumerate(table.parts):
        column = table.columns[index] if index < len(table.columns) else ""
        if column in table.not_null and " NOT NULL" not in part:
            table.parts[index] = part + " NOT NULL"


def _like(cursor: Cursor, table: _Table) -> None:
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


def _column(cursor: Cursor, table: _Table, relation: tuple[str, str]) -> None:
    name = cursor.identifier()
    if name in table.columns:
        message = f'ERROR: column "{name}" specified more than once'
        raise SqlError(message, sqlstate="42701")
    kind = column_type(cursor)
    table.columns.append(name)
    written = [quote_name(name), kind]
    while cursor.keyword() in _COLUMN_WORDS:
        written.extend(_column_attribute(cursor, table, relation, name, kind))
    written.extend(byte_check(name, kind))
    table.parts.append(" ".join(written))


def byte_check(name: str, kind: str) -> list[str]:
    """VARCHAR(n) and CHAR(n) hold n bytes, PostgreSQL counts characters. The constraint's name
    says the limit, for the error's wording."""
    base, _, length = kind.partition("(")
    if base not in ("varchar", "char") or not length:
        return []
    limit = length[:-1]
    digest = hashlib.sha256(name.encode()).hexdigest()[:8]
    constraint = quote_name(f"redshift_bytes_{base[0]}_{limit}_{digest}")
    return [f"CONSTRAINT {constraint} CHECK (octet_length({quote_name(name)}) <= {limit})"]


def column_type(cursor: Cursor) -> str:
    """A column's type in PostgreSQL's spelling."""
    word = cursor.name().upper()
    if (word, cursor.keyword()) in _TWO_WORDS:
        word = f"{word} {cursor.name().upper()}"
    arguments: tuple[str, ...] = ()
    if cursor.accept_sign("("):
        arguments = tuple(cursor.listed(lambda: cursor.take().value))
        cursor.expect_sign(")")
    if word == "INTERVAL":
        # "INTERVAL year_to_month_qualifier | day_to_second_qualifier": a column needs one.
        fields = [cursor.name().upper()]
        if cursor.accept("TO"):
            fields.append(cursor.name().upper())
        word = f"INTERVAL {' TO '.join(fields)}"
        if fields[-1] == "SECOND" and cursor.accept_sign("("):
            word = f"{word}({cursor.integer()})"
            cursor.expect_sign(")")
    for zone in ("WITH", "WITHOUT"):
        if word in ("TIMESTAMP", "TIME") and cursor.accept(zone, "TIME", "ZONE"):
            word = f"{word} {zone} TIME ZONE"
    return postgres_type(word, arguments, in_table=True)


def _column_attribute(
    cursor: Cursor, table: _Table, relation: tuple[str, str], name: str, kind: str
) -> list[str]:
    if cursor.accept("DEFAULT"):
        return ["DEFAULT", _default(cursor)]
    if cursor.accept("IDENTITY"):
        return [_identity(cursor, kind, "ALWAYS")]
    if cursor.accept("GENERATED", "BY", "DEFAULT", "AS", "IDENTITY"):
        return [_identity(cursor, kind, "BY DEFAULT")]
    if cursor.accept("NOT", "NULL"):
        return ["NOT NULL"]
    _silent_attribute(cursor, table, relation, name, kind)
    return []


def _silent_attribute(
    cursor: Cursor, table: _Table, relation: tuple[str, str], name: str, kind: str
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
        _check_one_primary_key(table, relation)
        table.not_null.add(name)
        table.constraints[f"{relation[1]}_pkey"] = f"PRIMARY KEY ({quote_key(name)})"
    elif cursor.accept("REFERENCES"):
        target = _references(cursor, table, relation)
        table.constraints[f"{relation[1]}_{name}_fkey"] = (
            f"FOREIGN KEY ({quote_key(name)}) {target}"
        )
    elif cursor.accept("UNIQUE"):
        table.constraints[f"{relation[1]}_{name}_key"] = f"UNIQUE ({quote_key(name)})"
    elif cursor.accept("COLLATE"):
        if not cursor.accept("CASE_SENSITIVE"):
            raise NotSupported("COLLATE CASE_INSENSITIVE")
    elif not cursor.accept("NULL"):
        raise cursor.error()


def _default(cursor: Cursor) -> str:
    def stops() -> bool:
        token = cursor.peek()
        return cursor.keyword() in _COLUMN_WORDS - {"NULL"} or (
            token is not None and token.value == ","
        )

    return translate_expression(cursor.balanced(until=stops))


def _identity(cursor: Cursor, kind: str, when: str) -> str:
    bounds = {"integer": 2**31 - 1, "bigint": 2**63 - 1}
    if kind not in bounds:
        message = "ERROR: identity column must be of type INT or BIGINT"
        raise SqlError(message, sqlstate="42804")
    seed, step = 1, 1
    # The parentheses are optional ("INSERT examples").
    if cursor.accept_sign("("):
        seed = cursor.integer()
        cursor.expect_sign(",")
        step = cursor.integer()
        cursor.expect_sign(")")
    limit = bounds[kind]
    return (
        f"GENERATED {when} AS IDENTITY (START WITH {seed} INCREMENT BY {step}"
        f" MINVALUE {-limit - 1} MAXVALUE {limit})"
    )


# Types that an encoding does not take ("Compression encodings", the table of encodings).
_FLOATS = frozenset({"real", "double precision"})
_STRINGS = frozenset({"varchar", "char"})
_UNTYPED = frozenset({"boolean", "super", *_FLOATS})
_MOMENTS = frozenset({"date", "timestamp", "timestamptz"})
_UNENCODED = {
    "az64": _UNTYPED | _STRINGS,
    "bytedict": frozenset({"boolean", "super"}),
    "delta": _UNTYPED | _STRINGS,
    "delta32k": _UNTYPED | _STRINGS | {"smallint"},
    "lzo": frozenset({"boolean", *_FLOATS}),
    "mostly8": _UNTYPED | _STRINGS | _MOMENTS,
    "mostly16": _UNTYPED | _STRINGS | _MOMENTS | {"smallint"},
    "mostly32": _UNTYPED | _STRINGS | _MOMENTS | {"smallint", "integer"},
    "runlength": frozenset({"super"}),
    "text255": _UNTYPED | _MOMENTS | {"char", "smallint", "integer", "bigint", "numeric"},
    "text32k": _UNTYPED | _MOMENTS | {"char", "smallint", "integer", "bigint", "numeric"},
}


def check_encoding(name: str, kind: str, said: str) -> None:
    """Whether a column of this type takes the encoding. Raises SqlError."""
    if kind.partition("(")[0] in _UNENCODED.get(said, ()):
        message = f'ERROR: invalid encoding type specified for column "{name}"'
        raise SqlError(message, sqlstate="0A000")


def encoding(cursor: Cursor) -> str:
    """The word after ENCODE, in lower case."""
    word = cursor.name()
    if word.upper() not in ENCODINGS:
        raise SqlError(f'ERROR: invalid encoding type "{word}"', sqlstate="42601")
    return word.lower()


def quote_key(name: str) -> str:
    """A column's name as a definition shows it: quoted where it has to be."""
    return name if re.fullmatch(r"[a-z_][a-z0-9_$]*", name) else quote_name(name)


def _references(cursor: Cursor, table: _Table, relation: tuple[str, str]) -> str:
    """The clause, as SHOW TABLE has it."""
    start = cursor.at
    is_own = cursor.relation() == relation
    cursor.at = start
    clause, check = references(cursor)
    if not is_own:
        table.before.append(check)
    return clause


def references(cursor: Cursor) -> tuple[str, str]:
    """After REFERENCES: the clause, and SQL that fails where the referenced table or columns do not
    exist."""
    target = cursor.relation()
    token = cursor.peek()
    columns = cursor.names_in_parentheses() if token is not None and token.value == "(" else []
    shown = ", ".join(map(quote_name, columns)) or "1"
    named = ".".join(quote_key(part) for part in target if part)
    clause = f"REFERENCES {named}" + (f"({', '.join(map(quote_key, columns))})" if columns else "")
    return clause, f"SELECT {shown} FROM {qualified(target)} LIMIT 0"  # noqa: S608 - quoted names


def _table_constraint(cursor: Cursor, table: _Table, relation: tuple[str, str]) -> None:
    name = cursor.name() if cursor.accept("CONSTRAINT") else ""
    if cursor.accept("PRIMARY", "KEY"):
        _check_one_primary_key(table, relation)
        columns = cursor.names_in_parentheses()
        table.not_null.update(columns)
        kind, made = "PRIMARY KEY {}", f"{relation[1]}_pkey"
    elif cursor.accept("UNIQUE"):
        columns = cursor.names_in_parentheses()
        kind, made = "UNIQUE {}", f"{relation[1]}_{columns[0]}_key"
    elif cursor.accept("FOREIGN", "KEY"):
        columns = cursor.names_in_parentheses()
        cursor.expect("REFERENCES")
        clause = _references(cursor, table, relation)
        kind, made = "FOREIGN KEY {} " + clause, f"{relation[1]}_{columns[0]}_fkey"
    elif cursor.keyword() == "CHECK":
        raise SqlError("ERROR: CHECK constraints are not supported", sqlstate="0A000")
    else:
        raise cursor.error()
    table.keys.extend(columns)
    shown = f"({', '.join(map(quote_key, columns))})"
    table.constraints[name or made] = kind.replace("{}", shown, 1)


def _check_one_primary_key(table: _Table, relation: tuple[str, str]) -> None:
    if any(one.startswith("PRIMARY KEY") for one in table.constraints.values()):
        message = f'ERROR: multiple primary keys for table "{relation[1]}" are not allowed'
        raise SqlError(message, sqlstate="42P16")


def _attributes(cursor: Cursor, table: _Table) -> None:
    while not cursor.done and cursor.keyword() != "AS":
        _attribute(cursor, table)


def _attribute(cursor: Cursor, table: _Table) -> None:
    if cursor.accept("BACKUP"):
        if not (cursor.accept("YES") or cursor.accept("NO")):
            raise cursor.error()
    elif cursor.accept("DISTSTYLE"):
        table.dist_style = cursor.keyword()
        if table.dist_style not in ("AUTO", "EVEN", "KEY", "ALL"):
            raise cursor.error()
        cursor.take()
    elif cursor.accept("DISTKEY"):
        table.dist_keys.extend(cursor.names_in_parentheses())
    elif cursor.keyword() in ("SORTKEY", "COMPOUND", "INTERLEAVED"):
        table.interleaved = sort_key(cursor, table.sort_keys)
    elif cursor.accept("ENCODE", "AUTO"):
        pass
    else:
        raise cursor.error()


def sort_key(cursor: Cursor, columns: list[str]) -> bool:
    """`[COMPOUND | INTERLEAVED] SORTKEY (...)` or `SORTKEY AUTO`; whether it is interleaved."""
    interleaved = not cursor.accept("COMPOUND") and cursor.accept("INTERLEAVED")
    cursor.expect("SORTKEY")
    if cursor.accept("AUTO"):
        return False
    token = cursor.peek()
    if token is not None and token.value == "(":
        columns.extend(cursor.names_in_parentheses())
    else:
        columns.append(cursor.name())
    return interleaved


def _check_keys(table: _Table) -> None:
    if len(table.dist_keys) > 1:
        raise SqlError("ERROR: cannot specify more than one distkey", sqlstate="42601")
    if table.dist_keys and table.dist_style in ("EVEN", "ALL"):
        message = f"ERROR: Cannot specify DISTKEY column with DISTSTYLE {table.dist_style}"
        raise SqlError(message, sqlstate="42601")
    if table.like:
        if table.dist_keys or table.sort_keys or table.dist_style:
            # "you can't explicitly set them in the CREATE TABLE ... LIKE statement"
            message = "ERROR: DISTKEY, DISTSTYLE and SORTKEY can't be specified with LIKE"
            raise SqlError(message, sqlstate="42601")
        return
    for column in (*table.dist_keys, *table.sort_keys, *table.keys):
        if column not in table.columns:
            message = f'ERROR: column "{column}" named in key does not exist'
            raise SqlError(message, sqlstate="42703")


def table_attributes(cursor: Cursor, *, until: tuple[str, ...]) -> None:
    """Attributes of a materialized view: those of a table, checked and no more."""
    table = _Table()
    while not cursor.done and cursor.keyword() not in until:
        _attribute(cursor, table)


def loosen(relations: list[str]) -> list[str]:
    """SQL that frees what late-binding views hold of relations that are changed or dropped."""
    return [f"SELECT redshift.loosen({quote_text(one)})" for one in relations]
