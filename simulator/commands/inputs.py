"""The execution's input from the command line: `--input` and `--set`."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from simulator.asl.positions import load_strict
from simulator.commands.errors import UsageError


def execution_input(given: str | None, settings: Sequence[str], default: Any) -> Any:
    """The project's input, or the one given, with single members set. Raises `UsageError`."""
    value = default if given is None else _given(given)
    for setting in settings:
        value = _with_member(value, setting)
    return value


def _given(text: str) -> Any:
    source = "--input"
    if text.startswith("@"):
        source = f"--input {text}"
        try:
            text = Path(text[1:]).read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError) as error:
            raise UsageError(source, f"expected a readable file, got {error}") from None
    try:
        return load_strict(text)
    except (ValueError, RecursionError) as error:
        hint = "quote it for the shell: --input '{\"key\": 1}', or name a file: --input @file.json"
        raise UsageError(source, f"expected JSON, got {text[:60]!r} ({error})", hint) from None


def _with_member(value: Any, setting: str) -> Any:
    name, equals, text = setting.partition("=")
    if not equals or not all(name.split(".")):
        raise UsageError("--set", f"expected NAME=VALUE, got {setting!r}")
    try:
        member = load_strict(text)
    except (ValueError, RecursionError):
        member = text
    return _set(value, name.split("."), member, name)


def _set(value: Any, names: Sequence[str], member: Any, whole: str) -> Any:
    """A copy of `value` with a member set, however deep; missing objects are made."""
    if not names:
        return member
    if value is None:
        value = {}
    if not isinstance(value, dict):
        raise UsageError(
            f"--set {whole}", f"expected an object to set {names[0]!r} in, got {value!r}"
        )
    return {**value, names[0]: _set(value.get(names[0]), names[1:], member, whole)}
