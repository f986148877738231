"""DynamoDB's expressions as frozen trees; what a tree does with an item is in `conditions` and
`updates`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

from simulator.services.dynamodb.values import Value

Path: TypeAlias = tuple[str | int, ...]


@dataclass(frozen=True, slots=True)
class Attribute:
    """What stands at a path of the item."""

    path: Path


@dataclass(frozen=True, slots=True)
class Literal:
    """A value that the request brings; `name` is its placeholder."""

    value: Value
    name: str


@dataclass(frozen=True, slots=True)
class Size:
    """`size(path)`."""

    path: Path


@dataclass(frozen=True, slots=True)
class IfNotExists:
    """`if_not_exists(path, otherwise)`."""

    path: Path
    otherwise: Operand


@dataclass(frozen=True, slots=True)
class ListAppend:
    """`list_append(first, second)`."""

    first: Operand
    second: Operand


@dataclass(frozen=True, slots=True)
class Sum:
    """`left + right`, or `left - right`."""

    left: Operand
    right: Operand
    is_minus: bool


Operand: TypeAlias = Attribute | Literal | Size | IfNotExists | ListAppend | Sum


@dataclass(frozen=True, slots=True)
class Comparison:
    """`left = right` and the like."""

    operator: str
    left: Operand
    right: Operand


@dataclass(frozen=True, slots=True)
class Between:
    """`operand BETWEEN low AND high`."""

    operand: Operand
    low: Operand
    high: Operand


@dataclass(frozen=True, slots=True)
class In:
    """`operand IN (choices)`."""

    operand: Operand
    choices: tuple[Operand, ...]


@dataclass(frozen=True, slots=True)
class Function:
    """`attribute_exists(path)` and the like."""

    name: str
    arguments: tuple[Operand, ...]


@dataclass(frozen=True, slots=True)
class Not:
    """`NOT condition`."""

    condition: Condition


@dataclass(frozen=True, slots=True)
class Both:
    """`left AND right`, or `left OR right`."""

    word: str
    left: Condition
    right: Condition


Condition: TypeAlias = Comparison | Between | In | Function | Not | Both


@dataclass(frozen=True, slots=True)
class Action:
    """One action of an update: SET, REMOVE, ADD or DELETE at a path."""

    clause: str
    path: Path
    operand: Operand | None = None
