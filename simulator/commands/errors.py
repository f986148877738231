"""What a command can refuse."""

from __future__ import annotations


class UsageError(Exception):
    """`where: what was expected, got ...`; the command ends with exit code 2."""

    def __init__(self, where: str, message: str, hint: str | None = None) -> None:
        super().__init__(f"{where}: {message}" + (f"\n  hint: {hint}" if hint else ""))


class DefinitionRefused(Exception):
    """A definition that AWS would refuse; the text has a line for each finding, with its place."""
