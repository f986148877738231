"""The parts of a PL/pgSQL procedure as frozen values; `line` counts its body's lines from 1."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

from simulator.sql.lexer import Token

Tokens: TypeAlias = tuple[Token, ...]


@dataclass(frozen=True, slots=True)
class Variable:
    """A declaration. `type` is Redshift's text of it; `cursor` the tokens of a bound cursor's
    query, `alias` the argument that it is another name of."""

    name: str
    type: str
    line: int
    constant: bool = False
    not_null: bool = False
    default: Tokens = ()
    cursor: Tokens = ()
    parameters: tuple[str, ...] = ()
    alias: str = ""


@dataclass(frozen=True, slots=True)
class Block:
    line: int
    label: str
    variables: tuple[Variable, ...]
    body: tuple[Statement, ...]
    handler: tuple[Statement, ...] | None = None
    # EXIT_HANDLER, the default, or CONTINUE_HANDLER of a NONATOMIC procedure
    continues: bool = False


@dataclass(frozen=True, slots=True)
class Assign:
    line: int
    target: Tokens
    value: Tokens


@dataclass(frozen=True, slots=True)
class If:
    """Conditions with what runs where one is the first to hold; an empty condition always does."""

    line: int
    branches: tuple[tuple[Tokens, tuple[Statement, ...]], ...]


@dataclass(frozen=True, slots=True)
class Case:
    """`search` empty: the searched form. `otherwise` None: no ELSE."""

    line: int
    search: Tokens
    branches: tuple[tuple[tuple[Tokens, ...], tuple[Statement, ...]], ...]
    otherwise: tuple[Statement, ...] | None


@dataclass(frozen=True, slots=True)
class Loop:
    """LOOP, or WHILE where there is a condition."""

    line: int
    label: str
    condition: Tokens
    body: tuple[Statement, ...]


@dataclass(frozen=True, slots=True)
class ForRange:
    line: int
    label: str
    variable: str
    reverse: bool
    first: Tokens
    last: Tokens
    step: Tokens
    body: tuple[Statement, ...]


@dataclass(frozen=True, slots=True)
class ForRows:
    """Over a query, or over one whose text `query` gives where `dynamic`."""

    line: int
    label: str
    targets: tuple[Tokens, ...]
    query: Tokens
    body: tuple[Statement, ...]
    dynamic: bool = False


@dataclass(frozen=True, slots=True)
class Leave:
    """EXIT or CONTINUE."""

    line: int
    word: str
    label: str
    condition: Tokens


@dataclass(frozen=True, slots=True)
class Return:
    line: int


@dataclass(frozen=True, slots=True)
class Raise:
    """`level` empty and no format: RAISE alone, which throws the caught error again."""

    line: int
    level: str
    format: str | None
    arguments: tuple[Tokens, ...]


@dataclass(frozen=True, slots=True)
class Sql:
    """A statement of SQL; `into` are the targets of its first row."""

    line: int
    tokens: Tokens
    into: tuple[Tokens, ...] = ()


@dataclass(frozen=True, slots=True)
class Execute:
    line: int
    text: Tokens
    into: tuple[Tokens, ...] = ()


@dataclass(frozen=True, slots=True)
class Open:
    """`query` of an unbound cursor, or the arguments of a bound one."""

    line: int
    cursor: str
    query: Tokens = ()
    dynamic: bool = False
    arguments: tuple[Tokens, ...] = ()


@dataclass(frozen=True, slots=True)
class Fetch:
    line: int
    cursor: str
    targets: tuple[Tokens, ...]


@dataclass(frozen=True, slots=True)
class Close:
    line: int
    cursor: str


@dataclass(frozen=True, slots=True)
class Diagnostics:
    line: int
    target: Tokens


@dataclass(frozen=True, slots=True)
class Null:
    line: int


Statement: TypeAlias = (
    Block | Assign | If | Case | Loop | ForRange | ForRows | Leave | Return | Raise | Sql
    | Execute | Open | Fetch | Close | Diagnostics | Null
)  # fmt: skip
