"""What AWS refuses in a definition, in AWS's words (recorded), with line and column."""

from __future__ import annotations

from collections.abc import Callable

from simulator.asl.errors import Diagnostic
from simulator.asl.positions import JSONSyntaxError, read_json


def validate(
    text: str,
    *,
    machine_type: str = "STANDARD",
    check_resource: Callable[[str], str | None] | None = None,
) -> tuple[Diagnostic, ...]:
    """Return every diagnostic of `text`."""
    try:
        read_json(text)
    except JSONSyntaxError as error:
        return (
            Diagnostic(
                "INVALID_JSON_DESCRIPTION",
                error.message,
                "/",
                error.position.line,
                error.position.column,
            ),
        )
    return ()
