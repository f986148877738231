"""What a command becomes: the statements that PostgreSQL runs for it."""

from __future__ import annotations

from dataclasses import dataclass, field

from simulator.sql.lexer import quote_text


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


def loosen(relations: list[str]) -> list[str]:
    """SQL that frees what late-binding views hold of relations that are changed or dropped."""
    return [f"SELECT redshift.loosen({quote_text(one)})" for one in relations]
