"""What a procedure at work asks of its transaction, and what it shares with those it calls."""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import dataclass, field
from typing import Any, TypeAlias

from simulator.sql.outcome import Outcome


@dataclass(frozen=True, slots=True)
class Argument:
    """`mode` is IN, OUT or INOUT; `type` Redshift's text of it."""

    name: str
    mode: str
    type: str


@dataclass(frozen=True, slots=True)
class Routine:
    """A stored procedure. `owner` is whose rights it has, empty: its caller's."""

    name: str
    arguments: tuple[Argument, ...]
    body: str
    nonatomic: bool = False
    owner: str = ""
    has_settings: bool = False


@dataclass(frozen=True, slots=True)
class Ask:
    """Run a statement; answered by its Outcome, and by the number of transactions ended so far."""

    text: str
    parameters: dict[str, str]


@dataclass(frozen=True, slots=True)
class End:
    """End the transaction and begin another. `explicit`: the procedure says so itself."""

    verb: str
    explicit: bool = True


@dataclass(frozen=True, slots=True)
class Find:
    """The procedure of a name that takes such arguments."""

    schema: str
    name: str
    types: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Become:
    """Go on with another user's rights; empty: with those of before."""

    user: str


@dataclass(frozen=True, slots=True)
class Say:
    """A message to the client."""

    level: str
    text: str


Request: TypeAlias = Ask | End | Find | Become | Say
Work: TypeAlias = Generator[Request, Any, None]


@dataclass(slots=True)
class Rows:
    """A cursor's rows; `epoch` tells in which transaction it was opened."""

    outcome: Outcome
    epoch: int
    at: int = 0


@dataclass(slots=True)
class Shared:
    """What a call shares with those that it makes: cursors by name, transactions ended, steps."""

    cursors: dict[str, Rows] = field(default_factory=dict)
    epoch: int = 0
    steps: int = 0
    depth: int = 0
    portals: int = 0
