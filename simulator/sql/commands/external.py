"""External schemas and tables: CREATE EXTERNAL SCHEMA, CREATE EXTERNAL TABLE, partitions.

A table is a view that says in its definition what it is about (`system.external_tables`); its rows
are read from the lake whenever a statement asks for them (`external_rows`). Source: "CREATE
EXTERNAL SCHEMA", "CREATE EXTERNAL TABLE", "ALTER TABLE" in Redshift's developer guide.
"""

from __future__ import annotations

import json
from typing import Any

from simulator.sql.commands.columns import bare_type, column_type
from simulator.sql.commands.written import Written
from simulator.sql.cursor import Cursor, qualified
from simulator.sql.errors import NotSupported, SqlError
from simulator.sql.lexer import quote_name, quote_text
from simulator.sql.loading.copy_command import authorization

# What each storage format is to Hive, as SVV_EXTERNAL_TABLES shows it.
_FORMATS = {
    "TEXTFILE": ("text", "org.apache.hadoop.mapred.TextInputFormat",
                 "org.apache.hadoop.hive.ql.io.HiveIgnoreKeyTextOutputFormat",
                 "org.apache.hadoop.hive.serde2.lazy.LazySimpleSerDe"),
    "PARQUET": ("parquet", "org.apache.hadoop.hive.ql.io.parquet.MapredParquetInputFormat",
                "org.apache.hadoop.hive.ql.io.parquet.MapredParquetOutputFormat",
                "org.apache.hadoop.hive.ql.io.parquet.serde.ParquetHiveSerDe"),
    "ORC": ("orc", "org.apache.hadoop.hive.ql.io.orc.OrcInputFormat",
            "org.apache.hadoop.hive.ql.io.orc.OrcOutputFormat",
            "org.apache.hadoop.hive.ql.io.orc.OrcSerde"),
}  # fmt: skip
_SERDES = {
    "org.apache.hadoop.hive.serde2.opencsvserde": "csv",
    "org.apache.hadoop.hive.serde2.lazy.lazysimpleserde": "text",
    "org.openx.data.jsonserde.jsonserde": "json",
    "org.apache.hive.hcatalog.data.jsonserde": "json",
    "org.apache.hadoop.hive.ql.io.parquet.serde.parquethiveserde": "parquet",
}


def create(cursor: Cursor) -> Written:
    """After CREATE, before EXTERNAL. Raises NotSupported for functions and models."""
    cursor.expect("EXTERNAL")
    if cursor.accept("SCHEMA"):
        return _schema(cursor)
    if cursor.accept("TABLE"):
        return _table(cursor)
    raise NotSupported(f"CREATE EXTERNAL {cursor.keyword()}")


def _schema(cursor: Cursor) -> Written:
    exists = " IF NOT EXISTS" if cursor.accept("IF", "NOT", "EXISTS") else ""
    name = quote_name(cursor.name())
    cursor.expect("FROM")
    if not cursor.accept("DATA", "CATALOG"):
        raise NotSupported(f"CREATE EXTERNAL SCHEMA ... FROM {cursor.keyword()}")
    database = ""
    while not cursor.done:
        if cursor.accept("DATABASE"):
            database = cursor.string()
        elif cursor.accept("REGION"):
            cursor.string()
        elif cursor.accept("CATALOG_ROLE"):
            if not cursor.accept("DEFAULT"):
                cursor.string()
        elif not authorization(cursor):
            cursor.expect("CREATE", "EXTERNAL", "DATABASE", "IF", "NOT", "EXISTS")
    if not database:
        raise cursor.error()
    mark = quote_text(f"redshift external: {database}")
    return Written(f"CREATE SCHEMA{exists} {name}", after=[f"COMMENT ON SCHEMA {name} IS {mark}"])


def _table(cursor: Cursor) -> Written:
    schema, bare = cursor.relation()
    name = qualified((schema, bare))
    token = cursor.peek()
    if token is None or token.value != "(":
        raise NotSupported("CREATE EXTERNAL TABLE ... AS")
    columns = _columns(cursor)
    spec: dict[str, Any] = {
        "kind": "TABLE", "location": "", "format": "", "delimiter": "\x01", "serde": {},
        "properties": {}, "columns": columns, "partitioned_by": [], "partitions": [],
    }  # fmt: skip
    while not cursor.done:
        _clause(cursor, spec)
    if not spec["location"]:
        raise cursor.error()
    _settle(spec)
    text = json.dumps(spec)
    fields = ", ".join(
        f"(x[{place}])::{kind} AS {quote_name(column)}"
        for place, (column, kind) in enumerate(spec["columns"], start=1)
    )
    rows = f"redshift.external_rows({quote_text(text)})"
    return Written(
        f"CREATE VIEW {name} AS SELECT {fields} FROM {rows} AS x",  # noqa: S608 - quoted names
        before=[f"SELECT redshift.check_external({quote_text(schema)})"],
        # Who may use the schema may read its tables.
        after=[f"GRANT SELECT ON {name} TO PUBLIC"],
        alone="CREATE EXTERNAL TABLE",
    )


def _columns(cursor: Cursor) -> list[tuple[str, str]]:
    cursor.expect_sign("(")
    found = cursor.listed(lambda: (cursor.name(), bare_type(column_type(cursor))))
    cursor.expect_sign(")")
    return found


def _clause(cursor: Cursor, spec: dict[str, Any]) -> None:
    if cursor.accept("PARTITIONED", "BY"):
        keys = _columns(cursor)
        spec["partitioned_by"] = [column for column, _ in keys]
        spec["columns"] = [*spec["columns"], *keys]
    elif cursor.accept("ROW", "FORMAT", "DELIMITED"):
        _delimited(cursor, spec)
    elif cursor.accept("ROW", "FORMAT", "SERDE"):
        spec["serialization_lib"] = cursor.string()
        if cursor.accept("WITH", "SERDEPROPERTIES"):
            spec["serde"] = _properties(cursor)
    elif cursor.accept("STORED", "AS"):
        _stored(cursor, spec)
    elif cursor.accept("LOCATION"):
        spec["location"] = _location(cursor)
    elif cursor.accept("TABLE", "PROPERTIES"):
        spec["properties"] = _properties(cursor)
    elif cursor.keyword() == "AS":
        raise NotSupported("CREATE EXTERNAL TABLE ... AS")
    else:
        raise cursor.error()


def _delimited(cursor: Cursor, spec: dict[str, Any]) -> None:
    while True:
        if cursor.accept("FIELDS", "TERMINATED", "BY"):
            value = cursor.string()
            octal = value.startswith("\\") and value[1:].isdigit()
            spec["delimiter"] = chr(int(value[1:], 8)) if octal else {"\\t": "\t"}.get(value, value)
        elif cursor.accept("LINES", "TERMINATED", "BY"):
            if cursor.string() not in ("\n", "\\n"):
                raise NotSupported("LINES TERMINATED BY anything but \\n")
        else:
            return


def _properties(cursor: Cursor) -> dict[str, str]:
    cursor.expect_sign("(")

    def pair() -> tuple[str, str]:
        key = cursor.string()
        cursor.expect_sign("=")
        return key, cursor.string()

    found = dict(cursor.listed(pair))
    cursor.expect_sign(")")
    return found


def _stored(cursor: Cursor, spec: dict[str, Any]) -> None:
    if cursor.accept("INPUTFORMAT"):
        spec["input_format"] = cursor.string()
        cursor.expect("OUTPUTFORMAT")
        spec["output_format"] = cursor.string()
        return
    word = cursor.name().upper()
    if word not in _FORMATS:
        raise NotSupported(f"STORED AS {word}")
    spec["format"] = word


def _settle(spec: dict[str, Any]) -> None:
    """The format, from STORED AS or from the SerDe."""
    lib = str(spec.get("serialization_lib", ""))
    stored = str(spec["format"]) or "TEXTFILE"
    kind, input_format, output_format, default_lib = _FORMATS[stored]
    if lib:
        if lib.lower() not in _SERDES:
            raise NotSupported(f"ROW FORMAT SERDE {lib!r}")
        kind = _SERDES[lib.lower()]
    spec["format"] = kind
    spec.setdefault("input_format", input_format)
    spec.setdefault("output_format", output_format)
    spec["serialization_lib"] = lib or default_lib


def _location(cursor: Cursor) -> str:
    location = cursor.string()
    if not location.startswith("s3://"):
        message = f"ERROR: Invalid S3 location {location!r}"
        raise SqlError(message, sqlstate="XX000")
    return location


def alter_external(cursor: Cursor, relation: tuple[str, str]) -> Written | None:
    """After ALTER TABLE and the name: what only external tables have; None where it is none."""
    changes: list[dict[str, Any]] = []
    words = [cursor.keyword(ahead) for ahead in range(5)]
    if words[0] == "ADD" and (words[1] == "PARTITION" or words[4] == "PARTITION"):
        cursor.take()
        missing = cursor.accept("IF", "NOT", "EXISTS")
        while cursor.accept("PARTITION"):
            change: dict[str, Any] = {"op": "add", "if_not_exists": missing}
            change |= {"values": _partition(cursor)}
            cursor.expect("LOCATION")
            changes.append({**change, "location": _location(cursor)})
    elif words[:2] == ["DROP", "PARTITION"]:
        cursor.expect("DROP", "PARTITION")
        changes.append({"op": "drop", "values": _partition(cursor)})
    elif words[0] == "PARTITION":
        cursor.take()
        values = _partition(cursor)
        cursor.expect("SET", "LOCATION")
        changes.append({"op": "move", "values": values, "location": _location(cursor)})
    elif words[:2] == ["SET", "LOCATION"]:
        cursor.expect("SET", "LOCATION")
        changes.append({"op": "set", "location": _location(cursor)})
    elif words[:3] == ["SET", "TABLE", "PROPERTIES"]:
        cursor.expect("SET", "TABLE", "PROPERTIES")
        changes.append({"op": "set", "properties": _properties(cursor)})
    else:
        return None
    cursor.end()
    name = quote_text(qualified(relation))
    said = quote_text(json.dumps(changes))
    return Written(f"SELECT redshift.change_external({name}, {said})", alone="ALTER EXTERNAL TABLE")


def _partition(cursor: Cursor) -> dict[str, str]:
    """`(key = value [, ...])`."""
    cursor.expect_sign("(")

    def pair() -> tuple[str, str]:
        key = cursor.name()
        cursor.expect_sign("=")
        token = cursor.take()
        if token.kind not in ("string", "number"):
            raise cursor.error()
        return key, token.value

    found = dict(cursor.listed(pair))
    cursor.expect_sign(")")
    return found
