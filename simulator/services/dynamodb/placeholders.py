"""The placeholders of a request, and its expressions read with them.

Names (`#n`) and values (`:v`) that no expression uses are refused ("Using expressions in DynamoDB",
and its pages).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any

from simulator.services.dynamodb.grammar import Parser
from simulator.services.dynamodb.trees import Action, Condition, Path
from simulator.services.dynamodb.values import Value, checked, invalid


class Placeholders:
    """`ExpressionAttributeNames` and `ExpressionAttributeValues` of one request. `finish` refuses
    those that none of its expressions used."""

    def __init__(self, request: Mapping[str, Any]) -> None:
        self._names: Mapping[str, str] = request.get("ExpressionAttributeNames") or {}
        given: Mapping[str, Any] = request.get("ExpressionAttributeValues") or {}
        self._values = {name: checked(value) for name, value in given.items()}
        self._used: set[str] = set()
        self._has_any = False
        for given_as, names, sign in (("Names", self._names, "#"), ("Values", given, ":")):
            for name in names:
                if not re.fullmatch(sign + r"[A-Za-z0-9_-]+", name):
                    raise invalid(
                        f"ExpressionAttribute{given_as} contains invalid key: Syntax error; "
                        f'key: "{name}"'
                    )

    def name(self, placeholder: str, kind: str) -> str:
        """The attribute that `#n` stands for."""
        self._used.add(placeholder)
        if placeholder not in self._names:
            raise invalid(
                f"Invalid {kind}: An expression attribute name used in the document path is not "
                f"defined; attribute name: {placeholder}"
            )
        return self._names[placeholder]

    def value(self, placeholder: str, kind: str) -> Value:
        """The value that `:v` stands for."""
        self._used.add(placeholder)
        if placeholder not in self._values:
            raise invalid(
                f"Invalid {kind}: An expression attribute value used in expression is not defined; "
                f"attribute value: {placeholder}"
            )
        return self._values[placeholder]

    def condition(self, kind: str, text: str | None) -> Condition | None:
        """A condition, filter or key condition; None where there is no text."""
        return None if text is None else self._parsed(kind, text, Parser.whole_condition)

    def update(self, text: str | None) -> tuple[Action, ...]:
        """The actions of an update."""
        if text is None:
            return ()
        actions: tuple[Action, ...] = self._parsed("UpdateExpression", text, Parser.actions)
        return actions

    def projection(self, text: str | None) -> tuple[Path, ...]:
        """The paths of a projection."""
        if text is None:
            return ()
        paths: tuple[Path, ...] = self._parsed("ProjectionExpression", text, Parser.paths)
        return paths

    def finish(self) -> None:
        """Refuse what no expression used."""
        for given_as, names in (("Names", self._names), ("Values", self._values)):
            if names and not self._has_any:
                raise invalid(
                    f"ExpressionAttribute{given_as} can only be specified when using expressions"
                )
            unused = [name for name in names if name not in self._used]
            if unused:
                raise invalid(
                    f"Value provided in ExpressionAttribute{given_as} unused in expressions: "
                    f"keys: {{{', '.join(unused)}}}"
                )

    def _parsed(self, kind: str, text: str, read: Callable[[Parser], Any]) -> Any:
        self._has_any = True
        if not text.strip():
            raise invalid(f"Invalid {kind}: The expression can not be empty;")
        return read(Parser(kind, text, self))
