"""Whose rights and which search path a transaction's statements have: the user's own, those that
SET SESSION AUTHORIZATION gave, or those of the procedures at work."""

from __future__ import annotations

from dataclasses import dataclass, field

from simulator.sql.lexer import quote_name, quote_text
from simulator.sql.postgres.messages import lowest_level, path_settings, search_path
from simulator.sql.procedures.requests import Routine
from simulator.sql.translations import translate


@dataclass(slots=True)
class Acting:
    """`text` is SQL before each statement, empty while it is simply the user's. `path` is the
    user's own default of the search path; `settings` in the methods are the SETs made so far."""

    prefix: str
    user: str
    path: str
    # who SET SESSION AUTHORIZATION makes of the user
    speaker: str = ""
    text: str = ""
    # the procedures at work, the innermost last
    entered: list[Routine] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.speaker = self.speaker or self.user

    def enter(self, routine: Routine, settings: str) -> None:
        """Statements that follow are a procedure's, with its owner's rights and its settings."""
        self.entered.append(routine)
        if routine.owner or routine.settings:
            self._write(settings)

    def leave(self, settings: str) -> None:
        """The procedure that was entered last is over."""
        routine = self.entered.pop()
        if routine.owner or routine.settings:
            self._write(settings)

    def speak_as(self, name: str, settings: str) -> None:
        """Statements that follow are another user's; empty: the user's own again."""
        self.speaker = name or self.user
        self._write(settings)

    def _write(self, settings: str) -> None:
        owners = [one.owner for one in self.entered if one.owner]
        name = owners[-1] if owners else self.prefix + self.speaker
        paths = path_settings(settings)
        for routine in self.entered:
            paths += "".join(f"{translate('SET ' + one).sql};" for one in routine.settings)
        self.text = (
            f"SET LOCAL SESSION AUTHORIZATION {quote_name(name)};"
            f"SET LOCAL asl.db_user = {quote_text(name.removeprefix(self.prefix))};"
            f"SET LOCAL asl.speaker = {quote_text(self.speaker)};"
            f"SET LOCAL search_path TO {search_path(self.speaker, self.path)};{paths}"
        )

    def lowest_level(self, settings: str) -> str:
        """The level from which on a procedure's messages are logged."""
        own = [one for routine in self.entered for one in routine.settings]
        return lowest_level([*settings.split(";"), *own])
