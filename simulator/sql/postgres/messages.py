"""What goes to PostgreSQL around a statement: the transaction's beginning, values, results."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, timedelta
from functools import lru_cache

import psycopg

from simulator.sql.errors import NotSupported, SqlError
from simulator.sql.lexer import quote_name, quote_text, syntax_error, tokenize
from simulator.sql.postgres.wording import sql_error
from simulator.sql.translation import Translation

_BYTES_PER_ROW = 100
_EPOCH = date(1970, 1, 1)
_LOWEST_LEVEL = re.compile(r"stored_proc_log_min_messages\s*(?:=|to)\s*'?(\w+)", re.IGNORECASE)
_QUOTED = re.compile(r"'((?:[^']|'')*)'")
_UNDEFINED = re.compile(r'ERROR: column "([^"]+)" does not exist')


def rows_read(translation: Translation) -> list[str]:
    """The query that says how many rows a scan of the named tables reads: their size at 100 bytes a
    row. What was scanned in truth depends on PostgreSQL's plan, which is no part of the model."""
    if not translation.tables or translation.kind == "EXPLAIN":
        return []
    names = map(quote_text, translation.tables)
    return ["SELECT " + ", ".join(f"pg_relation_size(to_regclass({name}))" for name in names)]


def rows_counted(sizes: Sequence[int | None]) -> int:
    """The rows that `rows_read` tells of by its answer, which has None for what is no table."""
    return sum(size or 0 for size in sizes) // _BYTES_PER_ROW


def undefined_column(error: psycopg.Error, translation: Translation, prefix: str) -> SqlError:
    """Redshift lets a SELECT use the alias of a column before it; PostgreSQL has never heard."""
    told = sql_error(error, prefix)
    match = _UNDEFINED.match(told.message)
    if match and match[1] in ("$path", "$size", "$spectrum_oid"):
        return NotSupported(f'the pseudocolumn "{match[1]}" of external tables')
    alias = f' AS "{match[1]}"' if match else ""
    # `SELECT (x)` has the alias x for itself.
    if match and alias in translation.sql.replace(f'("{match[1]}"){alias}', ""):
        return NotSupported(f'a reference to the alias "{match[1]}" in its own SELECT')
    if match:
        # The grammar is not read for statements that go well.
        from simulator.sql.queries.origins import relation_without

        message = told.message + relation_without(match[1], translation.sql)
        told = SqlError(message, sqlstate=told.sqlstate, detail=told.detail)
    return told


def begin_text(prefix: str, database: str, user: str, now_ms: int, path: str = "") -> str:
    """`path` is the user's own default of the search path, empty: Redshift's."""
    # SET takes no snapshot, so the first statement does, as on Redshift.
    settings = {
        "asl.started": timestamp_text(now_ms),
        "asl.db_user": user,
        "asl.speaker": user,
        "asl.db_name": database,
    }
    shown = "".join(f"SET LOCAL {name} = {quote_text(value)};" for name, value in settings.items())
    return (
        "BEGIN ISOLATION LEVEL REPEATABLE READ;"
        f"{authorization_text(prefix, user)}"
        f"SET LOCAL search_path TO {search_path(user, path)};{shown}"
    )


def search_path(user: str, path: str = "") -> str:
    """A search path with the user's name in it; "$user, public" where none is given."""
    return (path or '"$user", public').replace('"$user"', quote_name(user))


def path_settings(settings: str) -> str:
    """Those of these SETs that say where names are looked up."""
    found = [one for one in settings.split(";") if one.startswith("SET LOCAL search_path ")]
    return "".join(f"{one};" for one in found)


def lowest_level(settings: Iterable[str]) -> str:
    """The level from which on messages are logged, by the last of these SETs that says so; LOG is
    the default ("stored_proc_log_min_messages")."""
    level = "LOG"
    for one in settings:
        if match := _LOWEST_LEVEL.search(one):
            level = match[1].upper()
    return level


def names_are_exact(settings: str) -> bool:
    """Whether the last SET among a session's settings lets quoted names keep their case."""
    _, found, rest = settings.rpartition("asl.set_enable_case_sensitive_identifier = ")
    return bool(found) and rest.startswith("'on'")


def query_group(settings: str) -> str:
    """What the last SET among these says of the group of queries; "default" where none does
    ("STL_QUERY")."""
    _, found, rest = settings.rpartition("asl.set_query_group = ")
    match = _QUOTED.match(rest) if found else None
    label = match[1].replace("''", "'") if match else "unset"
    return "default" if label == "unset" else label


def authorization_text(prefix: str, user: str) -> str:
    return f"SET LOCAL SESSION AUTHORIZATION {quote_name(prefix + user)};"


def timestamp_text(now_ms: int) -> str:
    day, within_ms = divmod(now_ms, 86_400_000)
    seconds, milliseconds = divmod(within_ms, 1000)
    hour, rest = divmod(seconds, 3600)
    minute, second = divmod(rest, 60)
    return f"{_date_text(day)} {hour:02d}:{minute:02d}:{second:02d}.{milliseconds:03d}000"


@lru_cache(maxsize=64)
def _date_text(day: int) -> str:
    return (_EPOCH + timedelta(days=day)).isoformat()


def parameter_values(
    sql: str, translation: Translation, parameters: Mapping[str, str]
) -> list[str]:
    """The values of `:name` parameters, in order; what has none is a syntax error on AWS too."""
    for name in translation.parameters:
        if name not in parameters:
            place = next(t for t in tokenize(sql) if t.kind == "parameter" and t.value == name)
            raise syntax_error(sql, place.start, ":")
    values = [parameters[name] for name in translation.parameters]
    if any("\x00" in value for value in values):
        message = 'ERROR: invalid byte sequence for encoding "UTF8": 0x00'
        raise SqlError(message, sqlstate="22021")
    return values
