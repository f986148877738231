"""What a Redshift statement becomes: PostgreSQL's text and what runs around it, as plain data."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

from simulator.sql.errors import SqlError
from simulator.sql.lexer import quote_text
from simulator.sql.loading.copy_command import CopyCommand

# Marks in a translation's text, which no statement can hold: PostgreSQL knows no NUL.
PREFIX_MARK = "\x00"
# What stands before the name of a group, and of a role, among PostgreSQL's roles.
GROUP = "group!"
ROLE = "role!"
# The command of a SET whose setting ends with its transaction.
LOCAL = {"local": True}
_PARAMETER = re.compile("\x00([0-9]+)\x00")


def parameter_mark(number: int) -> str:
    """Where the value of parameter `number` (from 1) goes."""
    return f"\x00{number}\x00"


@dataclass(frozen=True, slots=True)
class Translation:
    """`action` is "sql" (run it), "copy" (load files), "call" (a procedure), "cursor", "unload",
    "vacuum" or "none".

    `sql` has marks for the values of `parameters` and for the simulation's own prefix; `filled`
    replaces them. `before` and `after` run around it in the same savepoint; `tables` are those
    it names, `writes` those of them whose rows it changes, `changes` the tables that it drops or
    alters.
    """

    kind: str
    action: str
    sql: str = ""
    before: tuple[str, ...] = ()
    after: tuple[str, ...] = ()
    tables: tuple[str, ...] = ()
    writes: tuple[str, ...] = ()
    changes: tuple[str, ...] = ()
    # COMMIT or ROLLBACK where it ends its transaction; what an action of ours reads, as plain data.
    ends: str = ""
    # Settings that the session keeps once it has run.
    kept: str = ""
    # What can't run inside a transaction block, by the name that its error has.
    alone: str = ""
    command: dict[str, Any] | None = None
    parameters: tuple[str, ...] = ()
    copy: CopyCommand | None = None
    has_rows: bool = False
    # The databases that its three-part names begin with.
    databases: tuple[str, ...] = ()
    # The tables of other databases that it reads (`queries.databases`).
    foreign: tuple[str, ...] = ()


def filled(text: str, *, prefix: str, values: Sequence[str]) -> str:
    """A text with a simulation's prefix and the parameters' values in it.

    A value is an untyped literal, which takes the type of its place as a parameter does. Raises
    SqlError for a parameter that has none.
    """
    if PREFIX_MARK not in text:
        return text

    def shown(match: re.Match[str]) -> str:
        number = int(match[1])
        if number > len(values):
            raise SqlError(f"ERROR: there is no parameter ${number}", sqlstate="42P02")
        return quote_text(values[number - 1])

    return _PARAMETER.sub(shown, text).replace(PREFIX_MARK, prefix)


def to_json(translation: Translation) -> dict[str, Any]:
    """For the disk cache."""
    return asdict(translation)


def from_json(value: dict[str, Any]) -> Translation:
    """From the disk cache; whatever does not fit raises TypeError or KeyError."""
    copy = value["copy"]
    fields: dict[str, Any] = {k: tuple(v) if isinstance(v, list) else v for k, v in value.items()}
    if copy is not None:
        lists = {"columns": tuple(copy["columns"]), "widths": tuple(copy["widths"])}
        fields["copy"] = CopyCommand(**{**copy, **lists})
    return Translation(**fields)
