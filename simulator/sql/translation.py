"""What a Redshift statement becomes: PostgreSQL's text and what runs around it, as plain data."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

from simulator.sql.copy_command import CopyCommand


@dataclass(frozen=True, slots=True)
class Translation:
    """`action` is "sql" (run it), "copy" (load files), "set" (a setting), "vacuum" or "none".

    `sql` has `$1`, `$2`, ... for `parameters`, and roles.PREFIX where a simulation's own prefix
    goes. `before` and `after` run around it in the same savepoint; `tables` are those it names.
    """

    kind: str
    action: str
    sql: str = ""
    before: tuple[str, ...] = ()
    after: tuple[str, ...] = ()
    tables: tuple[str, ...] = ()
    parameters: tuple[str, ...] = ()
    copy: CopyCommand | None = None
    has_rows: bool = False


def to_json(translation: Translation) -> dict[str, Any]:
    """For the disk cache."""
    return asdict(translation)


def from_json(value: dict[str, Any]) -> Translation:
    """From the disk cache; whatever does not fit raises TypeError or KeyError."""
    copy = value["copy"]
    fields: dict[str, Any] = {k: tuple(v) if isinstance(v, list) else v for k, v in value.items()}
    if copy is not None:
        fields["copy"] = CopyCommand(**{**copy, "columns": tuple(copy["columns"])})
    return Translation(**fields)
