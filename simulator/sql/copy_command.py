"""COPY's grammar: `COPY table FROM 's3://...' IAM_ROLE ... options` as data.

Source: "COPY" and its parameter pages in Redshift's developer guide. An option that would change
what is loaded and is not simulated is refused by name.
"""

# ruff: noqa: SIM905 - word lists read better as text
from __future__ import annotations

from dataclasses import dataclass

from simulator.sql.cursor import Cursor
from simulator.sql.errors import NotSupported, SqlError


@dataclass(frozen=True, slots=True)
class CopyCommand:
    """What a COPY asks for. `null_as` None: the default, `\\N`."""

    schema: str
    table: str
    columns: tuple[str, ...]
    bucket: str
    prefix: str
    csv: bool = False
    delimiter: str = "|"
    quote: str = '"'
    gzip: bool = False
    ignore_header: int = 0
    null_as: str | None = None
    empty_as_null: bool = False
    blanks_as_null: bool = False
    truncate_columns: bool = False
    trim_blanks: bool = False
    fill_record: bool = False
    ignore_blank_lines: bool = False
    explicit_ids: bool = False
    remove_quotes: bool = False
    date_format: str = ""
    time_format: str = ""
    invalid_characters: str | None = None
    no_load: bool = False


# Words that take nothing and set a field.
_FLAGS = {
    "GZIP": "gzip", "EMPTYASNULL": "empty_as_null", "BLANKSASNULL": "blanks_as_null",
    "TRUNCATECOLUMNS": "truncate_columns", "TRIMBLANKS": "trim_blanks",
    "FILLRECORD": "fill_record", "IGNOREBLANKLINES": "ignore_blank_lines",
    "EXPLICIT_IDS": "explicit_ids",
}  # fmt: skip
_REFUSED = frozenset(
    "MANIFEST BZIP2 LZOP ZSTD JSON AVRO PARQUET ORC SHAPEFILE FIXEDWIDTH ESCAPE ENCRYPTED"
    " ACCEPTANYDATE ROUNDEC REMOVEQUOTES NOLOAD SSH READRATIO MASTER_SYMMETRIC_KEY CREDENTIALS"
    " ACCESS_KEY_ID SECRET_ACCESS_KEY SESSION_TOKEN".split()
)
_FORMATS_OF_DATES = frozenset({"auto", "YYYY-MM-DD"})
_FORMATS_OF_TIMES = frozenset({"auto", "YYYY-MM-DD HH:MI:SS", "YYYY-MM-DD HH24:MI:SS"})


def parse_copy(cursor: Cursor) -> CopyCommand:
    """After COPY."""
    schema, table = cursor.relation()
    token = cursor.peek()
    columns = cursor.names_in_parentheses() if token is not None and token.value == "(" else []
    cursor.expect("FROM")
    bucket, prefix = _source(cursor.string())
    found: dict[str, object] = {}
    authorized = False
    while not cursor.done:
        if cursor.accept("IAM_ROLE"):
            if not cursor.accept("DEFAULT") and not cursor.string().startswith("arn:"):
                raise SqlError(
                    "ERROR: Invalid credentials. Must be of the format: arn:aws:iam::..."
                )
            authorized = True
        else:
            _option(cursor, found)
    if not authorized:
        # Redshift's words for a COPY from S3 without authorization.
        message = "ERROR: CREDENTIALS argument is required but not specified"
        raise SqlError(message, sqlstate="XX000")
    if found.get("csv") and "delimiter" not in found:
        found["delimiter"] = ","
    return CopyCommand(schema, table, tuple(columns), bucket, prefix, **found)  # type: ignore[arg-type]


def _source(url: str) -> tuple[str, str]:
    if not url.startswith("s3://"):
        raise NotSupported(f"COPY FROM {url!r}", "only s3:// is simulated")
    bucket, _, prefix = url[len("s3://") :].partition("/")
    return bucket, prefix


def _option(cursor: Cursor, found: dict[str, object]) -> None:
    word = cursor.keyword()
    if word in _REFUSED:
        raise NotSupported(f"COPY ... {word}")
    if word in _FLAGS:
        cursor.take()
        found[_FLAGS[word]] = True
    elif word in _WITH_VALUES:
        cursor.take()
        _WITH_VALUES[word](cursor, found)
    else:
        raise cursor.error()


def _format(cursor: Cursor, found: dict[str, object]) -> None:
    cursor.accept("AS")
    word = cursor.name().upper()
    if word == "CSV":
        found["csv"] = True
    elif word == "DELIMITER":
        _delimiter(cursor, found)
    else:
        raise NotSupported(f"COPY ... FORMAT {word}")


def _csv(_cursor: Cursor, found: dict[str, object]) -> None:
    found["csv"] = True


def _one_byte(cursor: Cursor, what: str) -> str:
    cursor.accept("AS")
    value = cursor.string()
    if value.startswith("\\") and len(value) > 1:
        value = chr(int(value[1:], 8)) if value[1:].isdigit() else {"\\t": "\t"}.get(value, value)
    if len(value.encode()) != 1:
        raise NotSupported(f"COPY ... {what} {value!r}", "one single-byte character is simulated")
    return value


def _delimiter(cursor: Cursor, found: dict[str, object]) -> None:
    found["delimiter"] = _one_byte(cursor, "DELIMITER")


def _quote(cursor: Cursor, found: dict[str, object]) -> None:
    found["quote"] = _one_byte(cursor, "QUOTE")


def _ignore_header(cursor: Cursor, found: dict[str, object]) -> None:
    cursor.accept("AS")
    found["ignore_header"] = cursor.integer()


def _null(cursor: Cursor, found: dict[str, object]) -> None:
    cursor.expect("AS")
    value = cursor.string()
    if value in ("\\0", "\\000", "\x00"):
        raise NotSupported("COPY ... NULL AS '\\0'")
    found["null_as"] = value


def _date_format(cursor: Cursor, found: dict[str, object]) -> None:
    cursor.accept("AS")
    value = cursor.string()
    if value not in _FORMATS_OF_DATES:
        raise NotSupported(f"COPY ... DATEFORMAT {value!r}")
    found["date_format"] = value


def _time_format(cursor: Cursor, found: dict[str, object]) -> None:
    cursor.accept("AS")
    value = cursor.string()
    if value not in _FORMATS_OF_TIMES:
        raise NotSupported(f"COPY ... TIMEFORMAT {value!r}")
    found["time_format"] = value


def _invalid_characters(cursor: Cursor, found: dict[str, object]) -> None:
    cursor.accept("AS")
    token = cursor.peek()
    found["invalid_characters"] = cursor.string() if token and token.kind == "string" else "?"


def _max_error(cursor: Cursor, _found: dict[str, object]) -> None:
    cursor.accept("AS")
    if cursor.integer() != 0:
        raise NotSupported("COPY ... MAXERROR over 0")


def _encoding(cursor: Cursor, _found: dict[str, object]) -> None:
    cursor.accept("AS")
    word = cursor.name().upper()
    if word != "UTF8":
        raise NotSupported(f"COPY ... ENCODING {word}")


def _region(cursor: Cursor, _found: dict[str, object]) -> None:
    cursor.accept("AS")
    cursor.string()


def _switch(cursor: Cursor, _found: dict[str, object]) -> None:
    """COMPUPDATE and STATUPDATE: encodings and statistics, which nothing here depends on."""
    if cursor.keyword() in ("ON", "OFF", "TRUE", "FALSE", "PRESET"):
        cursor.take()


def _comprows(cursor: Cursor, _found: dict[str, object]) -> None:
    cursor.integer()


_WITH_VALUES = {
    "FORMAT": _format, "CSV": _csv, "DELIMITER": _delimiter, "QUOTE": _quote,
    "IGNOREHEADER": _ignore_header, "NULL": _null, "DATEFORMAT": _date_format,
    "TIMEFORMAT": _time_format, "ACCEPTINVCHARS": _invalid_characters, "MAXERROR": _max_error,
    "ENCODING": _encoding, "REGION": _region, "COMPUPDATE": _switch, "STATUPDATE": _switch,
    "COMPROWS": _comprows,
}  # fmt: skip
