"""COPY's grammar: `COPY table FROM 's3://...' IAM_ROLE ... options` as data.

Source: "COPY" and its parameter pages in Redshift's developer guide. An option that would change
what is loaded and is not simulated is refused by name.
"""

# ruff: noqa: SIM905 - word lists read better as text
from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from simulator.sql.cursor import Cursor
from simulator.sql.errors import NotSupported, SqlError


@dataclass(frozen=True, slots=True)
class CopyCommand:
    """What a COPY asks for. `null_as` None: the default, `\\N`. `file_format` is text, csv, json,
    parquet, orc or fixed; `widths` are those of fixed columns, `paths` JSON's option."""

    schema: str
    table: str
    columns: tuple[str, ...]
    bucket: str
    prefix: str
    file_format: str = "text"
    delimiter: str = "|"
    quote: str = '"'
    compression: str = ""
    manifest: bool = False
    paths: str = ""
    widths: tuple[int, ...] = ()
    encoding: str = "utf-8"
    escape: bool = False
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
    round_decimals: bool = False
    accept_any_date: bool = False
    date_format: str = ""
    time_format: str = ""
    invalid_characters: str | None = None
    max_error: int = 0
    no_load: bool = False

    @property
    def csv(self) -> bool:
        return self.file_format == "csv"

    @property
    def is_columnar(self) -> bool:
        return self.file_format in ("parquet", "orc")


# Words that take nothing and set a field.
_FLAGS = {
    "EMPTYASNULL": "empty_as_null", "BLANKSASNULL": "blanks_as_null",
    "TRUNCATECOLUMNS": "truncate_columns", "TRIMBLANKS": "trim_blanks",
    "FILLRECORD": "fill_record", "IGNOREBLANKLINES": "ignore_blank_lines",
    "EXPLICIT_IDS": "explicit_ids", "MANIFEST": "manifest", "ESCAPE": "escape",
    "ROUNDEC": "round_decimals", "ACCEPTANYDATE": "accept_any_date", "NOLOAD": "no_load",
    "REMOVEQUOTES": "remove_quotes",
}  # fmt: skip
_COMPRESSIONS = {"GZIP": "gzip", "BZIP2": "bzip2", "ZSTD": "zstd"}
_REFUSED = frozenset(
    "LZOP AVRO SHAPEFILE ENCRYPTED SSH READRATIO MASTER_SYMMETRIC_KEY SNAPSHOT".split()
)
_KEYS = frozenset("ACCESS_KEY_ID SECRET_ACCESS_KEY SESSION_TOKEN".split())
# "COPY from columnar data formats": the parameters that such a COPY takes.
_COLUMNAR = frozenset(("columns", "file_format", "manifest", "fill_record", "compression"))
MAX_ERROR = 100_000
_OCTAL = re.compile(r"\\?([0-7]{1,3})")


def parse_copy(cursor: Cursor) -> CopyCommand:
    """After COPY."""
    schema, table = cursor.relation()
    token = cursor.peek()
    columns = cursor.names_in_parentheses() if token is not None and token.value == "(" else []
    cursor.expect("FROM")
    bucket, prefix = _source(cursor.string())
    found = authorized_options(cursor, _option)
    _check(found)
    if found.get("file_format") == "csv" and "delimiter" not in found:
        found["delimiter"] = ","
    return CopyCommand(schema, table, tuple(columns), bucket, prefix, **found)


def authorized_options(
    cursor: Cursor, option: Callable[[Cursor, dict[str, Any]], None]
) -> dict[str, Any]:
    """What stands to the statement's end: options, each read by `option`, and an authorization
    among them. Raises SqlError, in Redshift's words, where none authorizes."""
    found: dict[str, Any] = {}
    authorized = False
    while not cursor.done:
        if authorization(cursor):
            authorized = True
        else:
            option(cursor, found)
    if not authorized:
        message = "ERROR: CREDENTIALS argument is required but not specified"
        raise SqlError(message, sqlstate="XX000")
    return found


def _check(found: dict[str, object]) -> None:
    """Which parameters exclude each other, by the pages of COPY's parameters."""
    kind = found.get("file_format", "text")
    if kind in ("parquet", "orc"):
        for name in found:
            if name not in _COLUMNAR:
                shown = name.upper().replace("_", "")
                message = (
                    f"ERROR: {shown} argument is not supported for {str(kind).upper()} based COPY"
                )
                raise SqlError(message, sqlstate="0A000")
    excluded = {
        "csv": ("escape", "remove_quotes"),
        "fixed": ("delimiter", "escape", "remove_quotes"),
        "json": ("delimiter", "escape", "remove_quotes", "fill_record"),
    }
    for name in excluded.get(str(kind), ()):
        if name in found:
            shown = name.upper().replace("_", "")
            message = f"ERROR: {str(kind).upper()} is not compatible with {shown}"
            raise SqlError(message, sqlstate="42601")
    if kind == "csv" and len(str(found.get("delimiter", ","))) > 1:
        raise NotSupported("COPY ... CSV with a delimiter of several characters")
    if "quote" in found and kind != "csv":
        raise SqlError("ERROR: QUOTE is only supported with CSV", sqlstate="42601")


def authorization(cursor: Cursor) -> bool:
    """Passes what says by whose rights S3 is read or written; False where none comes next."""
    if cursor.accept("IAM_ROLE"):
        if not cursor.accept("DEFAULT"):
            said = cursor.string()
            if said != "default" and not said.startswith("arn:"):
                message = "ERROR: Invalid credentials. Must be of the format: arn:aws:iam::..."
                raise SqlError(message)
        return True
    if cursor.accept("CREDENTIALS") or (
        cursor.keyword() == "WITH" and cursor.accept("WITH", "CREDENTIALS")
    ):
        cursor.accept("AS")
        if not cursor.string().startswith(("aws_iam_role=", "aws_access_key_id=")):
            raise SqlError(
                "ERROR: Invalid credentials. Must be of the format: credentials"
                " 'aws_iam_role=...' or 'aws_access_key_id=...;aws_secret_access_key=...'"
            )
        return True
    if cursor.keyword() in _KEYS:
        cursor.take()
        cursor.accept("AS")
        cursor.string()
        return True
    return False


def _source(url: str) -> tuple[str, str]:
    if not url.startswith("s3://"):
        raise NotSupported(f"COPY FROM {url!r}", "only s3:// is simulated")
    bucket, _, prefix = url[len("s3://") :].partition("/")
    return bucket, prefix


def _option(cursor: Cursor, found: dict[str, object]) -> None:
    word = cursor.keyword()
    if word in _REFUSED:
        raise NotSupported(f"COPY ... {word}")
    if word in _COMPRESSIONS:
        cursor.take()
        found["compression"] = _COMPRESSIONS[word]
    elif word in _FLAGS:
        cursor.take()
        found[_FLAGS[word]] = True
    elif word in _WITH_VALUES:
        cursor.take()
        _WITH_VALUES[word](cursor, found)
    else:
        raise cursor.error()


def _format(cursor: Cursor, found: dict[str, object]) -> None:
    cursor.accept("AS")
    word = cursor.keyword()
    if word not in _FORMATS:
        raise NotSupported(f"COPY ... FORMAT {word}")
    cursor.take()
    _FORMATS[word](cursor, found)


def set_format(found: dict[str, Any], kind: str) -> None:
    """The one format of a COPY or UNLOAD. Raises SqlError where another one is given already."""
    before = found.setdefault("file_format", kind)
    if before != kind:
        names = [{"fixed": "FIXEDWIDTH"}.get(one, one.upper()) for one in (before, kind)]
        message = f"ERROR: {names[0]} is not compatible with {names[1]}"
        raise SqlError(message, sqlstate="42601")


def _csv(_cursor: Cursor, found: dict[str, object]) -> None:
    set_format(found, "csv")


def _parquet(_cursor: Cursor, found: dict[str, object]) -> None:
    set_format(found, "parquet")


def _orc(_cursor: Cursor, found: dict[str, object]) -> None:
    set_format(found, "orc")


def _json(cursor: Cursor, found: dict[str, object]) -> None:
    """ "JSON [AS] ['json_option']": auto, auto ignorecase, noshred or a JSONPaths file."""
    cursor.accept("AS")
    token = cursor.peek()
    option = cursor.string() if token is not None and token.kind == "string" else "auto"
    if option not in ("auto", "auto ignorecase", "noshred") and not option.startswith("s3://"):
        message = f"ERROR: Invalid JSONPath format: {option!r} is neither auto nor an S3 path"
        raise SqlError(message, sqlstate="XX000")
    set_format(found, "json")
    found["paths"] = option


def _fixed(cursor: Cursor, found: dict[str, object]) -> None:
    """ "'colLabel1:colWidth1,colLabel:colWidth2, ...'"."""
    cursor.accept("AS")
    said = cursor.string()
    widths = [part.rpartition(":")[2].strip() for part in said.split(",")]
    if not all(one.isdigit() and int(one) > 0 for one in widths):
        raise SqlError(f"ERROR: Invalid fixedwidth spec {said!r}", sqlstate="XX000")
    set_format(found, "fixed")
    found["widths"] = tuple(map(int, widths))


def one_byte(cursor: Cursor, what: str) -> str:
    """A character of one byte, which `\\t` or an octal number may stand for."""
    value = _characters(cursor)
    if len(value.encode()) != 1:
        raise NotSupported(f"COPY ... {what} {value!r}", "one single-byte character is simulated")
    return value


def _characters(cursor: Cursor) -> str:
    cursor.accept("AS")
    value = cursor.string()
    if (match := _OCTAL.fullmatch(value)) and len(value) > 1:
        value = chr(int(match[1], 8))
    return value.replace("\\t", "\t")


def _delimiter(cursor: Cursor, found: dict[str, object]) -> None:
    """ "a pipe character ( | ), a comma ( , ), a tab ( \\t ), or multiple characters such as |~|"
    ("Data format parameters")."""
    value = _characters(cursor)
    if not value:
        raise SqlError("ERROR: COPY delimiter must not be empty", sqlstate="42601")
    found["delimiter"] = value


def _quote(cursor: Cursor, found: dict[str, object]) -> None:
    found["quote"] = one_byte(cursor, "QUOTE")


def _ignore_header(cursor: Cursor, found: dict[str, object]) -> None:
    cursor.accept("AS")
    found["ignore_header"] = cursor.integer()


def _null(cursor: Cursor, found: dict[str, object]) -> None:
    cursor.expect("AS")
    value = cursor.string()
    found["null_as"] = "\x00" if value in ("\\0", "\\000") else value


def _date_format(cursor: Cursor, found: dict[str, object]) -> None:
    cursor.accept("AS")
    found["date_format"] = cursor.string()


def _time_format(cursor: Cursor, found: dict[str, object]) -> None:
    cursor.accept("AS")
    found["time_format"] = cursor.string()


def _invalid_characters(cursor: Cursor, found: dict[str, object]) -> None:
    cursor.accept("AS")
    token = cursor.peek()
    found["invalid_characters"] = cursor.string() if token and token.kind == "string" else "?"


def _max_error(cursor: Cursor, found: dict[str, object]) -> None:
    cursor.accept("AS")
    count = cursor.integer()
    if not 0 <= count <= MAX_ERROR:
        message = f"ERROR: MAXERROR must be between 0 and {MAX_ERROR}, got {count}"
        raise SqlError(message, sqlstate="22023")
    found["max_error"] = count


_ENCODINGS = {"UTF8": "utf-8", "UTF16": "utf-16", "UTF16LE": "utf-16-le", "UTF16BE": "utf-16-be"}


def _encoding(cursor: Cursor, found: dict[str, object]) -> None:
    cursor.accept("AS")
    word = cursor.name().upper()
    if word not in _ENCODINGS:
        raise NotSupported(f"COPY ... ENCODING {word}")
    found["encoding"] = _ENCODINGS[word]


def _region(cursor: Cursor, _found: dict[str, object]) -> None:
    cursor.accept("AS")
    cursor.string()


def _switch(cursor: Cursor, _found: dict[str, object]) -> None:
    """COMPUPDATE and STATUPDATE: encodings and statistics, which nothing here depends on."""
    if cursor.keyword() in ("ON", "OFF", "TRUE", "FALSE", "PRESET"):
        cursor.take()


def _comprows(cursor: Cursor, _found: dict[str, object]) -> None:
    cursor.integer()


_FORMATS = {
    "CSV": _csv, "DELIMITER": _delimiter, "JSON": _json, "PARQUET": _parquet, "ORC": _orc,
    "FIXEDWIDTH": _fixed,
}  # fmt: skip
_WITH_VALUES = {
    **_FORMATS, "FORMAT": _format, "QUOTE": _quote,
    "IGNOREHEADER": _ignore_header, "NULL": _null, "DATEFORMAT": _date_format,
    "TIMEFORMAT": _time_format, "ACCEPTINVCHARS": _invalid_characters, "MAXERROR": _max_error,
    "ENCODING": _encoding, "REGION": _region, "COMPUPDATE": _switch, "STATUPDATE": _switch,
    "COMPROWS": _comprows,
}  # fmt: skip
