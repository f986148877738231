"""PostgreSQL's errors in Redshift's words, and a simulation's own names in its users' words."""

from __future__ import annotations

import re

import psycopg

from simulator.sql.errors import SqlError

_BYTES = re.compile(r"redshift_bytes_([vcb])_(\d+)_")
# PostgreSQL's relations by their kinds; Redshift's messages say "relation" of any.
_RELATION = re.compile(
    r"\b(permission denied for|must be owner of) (?:table|view|materialized view|sequence)\b"
)
_ROLE_KINDS = {"": "user", "group!": "group", "role!": "role"}
# What PostgreSQL says, in the words of the version that Redshift comes from, or of MERGE's page.
_WORDS = {
    "permission denied to create role": "must be superuser to create users",
    "permission denied to alter role": "must be superuser to alter users",
    "permission denied to drop role": "must be superuser to drop users",
    "MERGE command cannot affect row a second time": (
        "Found multiple matches to update the same tuple"
    ),
}
_WORDS_OF_STATES = {
    # So shown by the compute nodes, as in awslabs/amazon-redshift-utils, pull request 123.
    "22012": "Divide by zero",
    "428C9": "cannot set an identity column to a value",
}
_MISSING = re.compile(r'ERROR: relation "([^"]+)\.[^".]+" does not exist$')
_KINDS = {"v": "character varying", "c": "character", "b": "varbyte"}


def sql_error(error: psycopg.Error, prefix: str, *, context: str | None = None) -> SqlError:
    """The SqlError for what PostgreSQL said; `prefix` is the simulation's, taken out of names, and
    `context` stands for PostgreSQL's own, where given."""
    sqlstate = error.sqlstate or "XX000"
    said = error.diag.message_primary or str(error).strip()
    detail = error.diag.message_detail or ""
    special = _special(error, sqlstate)
    message = f"ERROR: {_in_users_words(special or said, prefix)}"
    if sqlstate == "23514" and special:
        sqlstate = "22001"
    shown = f"{said} {detail}".strip().replace(prefix, "")
    context = (error.diag.context or "") if context is None else context
    context = context.split("\n", 1)[0].replace(prefix, "")
    return SqlError(message, sqlstate=sqlstate, detail=f"{shown} ({context})" if context else shown)


def schema_of(message: str) -> str:
    """The schema of the relation that this message says is not there; "" where it names none."""
    match = _MISSING.match(message)
    return match[1] if match else ""


def _in_users_words(said: str, prefix: str) -> str:
    """A message without the simulation's prefix, and with user, group or role for PostgreSQL's
    "role"."""
    said = _WORDS.get(said, _RELATION.sub(r"\1 relation", said))
    return re.sub(
        rf'(?:\brole )?"{re.escape(prefix)}(group!|role!|)(?=[^"]*")',
        lambda match: '"' if match[0][0] == '"' else f'{_ROLE_KINDS[match[1]]} "',
        said,
    ).replace(prefix, "")


def _special(error: psycopg.Error, sqlstate: str) -> str:
    """Redshift's words, where they are known to differ."""
    said = error.diag.message_primary or ""
    if sqlstate in _WORDS_OF_STATES:
        return _WORDS_OF_STATES[sqlstate]
    if sqlstate == "23514":
        match = _BYTES.match(error.diag.constraint_name or "")
        return _too_long(f"{_KINDS[match[1]]}({match[2]})") if match else ""
    if sqlstate == "22001" and said.startswith("value too long for type "):
        return _too_long(said.removeprefix("value too long for type "))
    if sqlstate == "22003" and said == "numeric field overflow":
        return _computed("Numeric data overflow (result precision)", 1058, said)
    if sqlstate == "22032":
        return _computed(said, 8001, error.diag.message_detail or said)
    if sqlstate == "22P02":
        return _INTEGERS.sub("invalid input syntax for integer", said)
    if sqlstate == "23502":
        return f"Cannot insert a NULL value into column {error.diag.column_name}"
    if sqlstate == "42803" and said.startswith("aggregate functions are not allowed in "):
        clause = said.removeprefix("aggregate functions are not allowed in ")
        return f"aggregates not allowed in {clause} clause"
    if sqlstate == "42883":
        # Functions of the overlay, and what is none of Redshift's (`calls`).
        return re.sub(r"^function (?:redshift|public)\.", "function ", said)
    return ""


_INTEGERS = re.compile("^invalid input syntax for type (?:smallint|integer|bigint)")


def _too_long(kind: str) -> str:
    return _computed("Value too long for character type", 8001, f"value too long for type {kind}")


def _computed(what: str, code: int, context: str) -> str:
    """An error of the compute nodes, whose detail follows the message in DescribeStatement."""
    return (
        f"{what}\n  Detail: \n  -----------------------------------------------\n"
        f"  error:  {what}\n  code:      {code}\n  context:   {context}\n"
        "  -----------------------------------------------"
    )


def load_failed(table: str, cause: SqlError) -> SqlError:
    """What COPY says of data that it can't load; the cause is stl_load_errors' matter."""
    return SqlError(
        f"ERROR: Load into table '{table}' failed.  Check 'stl_load_errors' system table for"
        " details.",
        sqlstate="XX000",
        detail=cause.detail or cause.message,
    )
