"""UNLOAD's grammar as data. Source: "UNLOAD" in Redshift's developer guide."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

from simulator.sql.cursor import Cursor
from simulator.sql.errors import NotSupported, SqlError
from simulator.sql.lexer import Token, tokenize
from simulator.sql.loading.copy_command import authorized_options, one_byte, set_format

_MEGABYTE = 1024 * 1024
DEFAULT_MAX_BYTES = int(6.2 * 1024 * _MEGABYTE)


@dataclass(frozen=True, slots=True)
class UnloadCommand:
    """What an UNLOAD asks for. `file_format` is text, csv, json, parquet or fixed."""

    query: str
    bucket: str
    prefix: str
    file_format: str = "text"
    delimiter: str = "|"
    compression: str = ""
    extension: str = ""
    partition_by: tuple[str, ...] = ()
    include: bool = False
    manifest: bool = False
    verbose: bool = False
    header: bool = False
    widths: tuple[int, ...] = ()
    add_quotes: bool = False
    escape: bool = False
    null_as: str = ""
    allow_overwrite: bool = False
    clean_path: bool = False
    parallel: bool = True
    max_bytes: int = DEFAULT_MAX_BYTES


_FLAGS = {
    "HEADER": "header", "ADDQUOTES": "add_quotes", "ESCAPE": "escape",
    "ALLOWOVERWRITE": "allow_overwrite", "CLEANPATH": "clean_path",
}  # fmt: skip
_COMPRESSIONS = {"GZIP": "gzip", "BZIP2": "bzip2", "ZSTD": "zstd"}
_REFUSED = ("ENCRYPTED", "KMS_KEY_ID", "MASTER_SYMMETRIC_KEY")
# "You can't use PARQUET with ...", "You can't use JSON with ..."
_EXCLUDED = {
    "parquet": ("delimiter", "widths", "add_quotes", "escape", "null_as", "header", "compression"),
    "json": ("delimiter", "header", "widths", "add_quotes", "escape", "null_as"),
    "csv": ("widths", "escape", "add_quotes"),
    "fixed": ("delimiter", "header"),
}


def parse_unload(cursor: Cursor) -> UnloadCommand:
    """After UNLOAD. Raises SqlError for what does not go together, NotSupported for encryption."""
    cursor.expect_sign("(")
    token = cursor.take()
    if token.kind not in ("string", "dollar"):
        raise cursor.error()
    cursor.expect_sign(")")
    cursor.expect("TO")
    url = cursor.string()
    if not url.startswith("s3://"):
        raise NotSupported(f"UNLOAD TO {url!r}", "only s3:// is simulated")
    bucket, _, prefix = url[len("s3://") :].partition("/")
    found = authorized_options(cursor, _option)
    _check(found, token.value)
    if found.get("file_format") == "csv":
        found.setdefault("delimiter", ",")
    if found.get("partition_by") and prefix and not prefix.endswith("/"):
        # PARTITION BY adds the slash of a folder by itself.
        prefix += "/"
    return UnloadCommand(token.value, bucket, prefix, **found)


def as_data(command: UnloadCommand) -> dict[str, Any]:
    """For a translation."""
    return asdict(command)


def from_data(data: dict[str, Any]) -> UnloadCommand:
    """From a translation."""
    lists = {name: tuple(data[name]) for name in ("partition_by", "widths")}
    return UnloadCommand(**{**data, **lists})


def _option(cursor: Cursor, found: dict[str, Any]) -> None:
    word = cursor.keyword()
    if word in _REFUSED:
        raise NotSupported(f"UNLOAD ... {word}")
    cursor.take()
    if word in _FLAGS:
        found[_FLAGS[word]] = True
    elif word in _COMPRESSIONS:
        found["compression"] = _COMPRESSIONS[word]
    elif word in _WITH_VALUES:
        _WITH_VALUES[word](cursor, found)
    else:
        cursor.at -= 1
        raise cursor.error()


def _format(cursor: Cursor, found: dict[str, Any]) -> None:
    cursor.accept("AS")
    word = cursor.keyword()
    if word not in ("CSV", "PARQUET", "JSON"):
        raise cursor.error()
    cursor.take()
    set_format(found, word.lower())


def _named_format(word: str) -> Any:
    def read(_cursor: Cursor, found: dict[str, Any]) -> None:
        set_format(found, word)

    return read


def _partition(cursor: Cursor, found: dict[str, Any]) -> None:
    cursor.expect("BY")
    found["partition_by"] = tuple(cursor.names_in_parentheses())
    if cursor.accept("INCLUDE"):
        found["include"] = True


def _manifest(cursor: Cursor, found: dict[str, Any]) -> None:
    found["manifest"] = True
    if cursor.accept("VERBOSE"):
        found["verbose"] = True


def _delimiter(cursor: Cursor, found: dict[str, Any]) -> None:
    found["delimiter"] = one_byte(cursor, "DELIMITER")


def _fixed(cursor: Cursor, found: dict[str, Any]) -> None:
    cursor.accept("AS")
    said = cursor.string()
    widths = [part.rpartition(":")[2].strip() for part in said.split(",")]
    if not all(one.isdigit() for one in widths):
        raise SqlError(f"ERROR: Invalid fixedwidth spec {said!r}", sqlstate="XX000")
    set_format(found, "fixed")
    found["widths"] = tuple(map(int, widths))


def _null(cursor: Cursor, found: dict[str, Any]) -> None:
    cursor.accept("AS")
    found["null_as"] = cursor.string()


def _parallel(cursor: Cursor, found: dict[str, Any]) -> None:
    if cursor.accept("OFF") or cursor.accept("FALSE"):
        found["parallel"] = False
    elif not (cursor.accept("ON") or cursor.accept("TRUE")):
        found["parallel"] = True


def _size(cursor: Cursor) -> float:
    cursor.accept("AS")
    token = cursor.take()
    if token.kind != "number":
        raise cursor.error()
    factor = 1024 if cursor.accept("GB") else 1
    if factor == 1:
        cursor.accept("MB")
    return float(token.value) * factor


def _max_file_size(cursor: Cursor, found: dict[str, Any]) -> None:
    size = _size(cursor)
    if not 5 <= size <= 6.2 * 1024:
        message = "ERROR: MAXFILESIZE must be between 5 MB and 6.2 GB"
        raise SqlError(message, sqlstate="22023")
    found["max_bytes"] = int(size * _MEGABYTE)


def _row_group_size(cursor: Cursor, _found: dict[str, Any]) -> None:
    if not 32 <= _size(cursor) <= 128:
        message = "ERROR: ROWGROUPSIZE must be between 32 MB and 128 MB"
        raise SqlError(message, sqlstate="22023")


def _extension(cursor: Cursor, found: dict[str, Any]) -> None:
    found["extension"] = cursor.string()


def _region(cursor: Cursor, _found: dict[str, Any]) -> None:
    cursor.accept("AS")
    cursor.string()


_WITH_VALUES = {
    "FORMAT": _format, "CSV": _named_format("csv"), "PARQUET": _named_format("parquet"),
    "JSON": _named_format("json"), "PARTITION": _partition, "MANIFEST": _manifest,
    "DELIMITER": _delimiter, "FIXEDWIDTH": _fixed, "NULL": _null, "PARALLEL": _parallel,
    "MAXFILESIZE": _max_file_size, "ROWGROUPSIZE": _row_group_size, "EXTENSION": _extension,
    "REGION": _region,
}  # fmt: skip


def _check(found: dict[str, Any], query: str) -> None:
    kind = found.get("file_format", "text")
    for name in _EXCLUDED.get(kind, ()):
        if name in found:
            shown = name.upper().replace("_", " ").replace("ADD QUOTES", "ADDQUOTES")
            message = f"ERROR: {kind.upper()} is not compatible with {shown}"
            raise SqlError(message, sqlstate="42601")
    if found.get("clean_path") and found.get("allow_overwrite"):
        message = "ERROR: CLEANPATH is not compatible with ALLOWOVERWRITE"
        raise SqlError(message, sqlstate="42601")
    if _has_outer_limit(tokenize(query)):
        # "The SELECT query can't use a LIMIT clause in the outer SELECT."
        raise SqlError("ERROR: Limit clause is not supported", sqlstate="0A000")


def _has_outer_limit(tokens: list[Token]) -> bool:
    depth = 0
    for at, token in enumerate(tokens):
        depth += {"(": 1, ")": -1}.get(token.value if token.kind == "operator" else "", 0)
        if depth == 0 and token.keyword == "LIMIT":
            return True
        if depth == 0 and token.keyword == "TOP" and tokens[at - 1].keyword == "SELECT":
            return True
    return False
