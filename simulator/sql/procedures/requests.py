"""What a procedure at work asks of its transaction, and what it shares with those it calls."""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import dataclass, field
from typing import Any, TypeAlias, TypeVar

from simulator.sql.errors import SqlError
from simulator.sql.outcome import Outcome

# What the first line of a procedure's text in the catalogue begins with; JSON follows.
HEADER = "-- redshift "


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
    # `name = value`, as written: set while it runs
    settings: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Ask:
    """Run a statement; answered by its Outcome. `logged`: it is one of the procedure's own, no
    expression's."""

    text: str
    parameters: dict[str, str]
    logged: bool = False


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
class Enter:
    """A procedure begins: with its owner's rights (empty: nobody else's) and its settings. `call`
    is its CALL as the log has it, empty for the client's own."""

    routine: Routine
    call: str


@dataclass(frozen=True, slots=True)
class Exit:
    """It ended; `failed`: by an error."""

    failed: bool = False


@dataclass(frozen=True, slots=True)
class Say:
    """A message to the client; `line` counts the body's lines from 1."""

    level: str
    text: str
    line: int


Request: TypeAlias = Ask | End | Find | Enter | Exit | Say
Answer = TypeVar("Answer")
# What asks, and gives its result at the end.
Asking: TypeAlias = Generator[Request, Any, Answer]
Work: TypeAlias = Asking[None]


@dataclass(slots=True)
class Rows:
    """A cursor's rows; `epoch` tells in which transaction it was opened."""

    name: str
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
    # of each FOR over rows that runs, the transaction in which it began
    loops: list[int] = field(default_factory=list)

    def check_no_cursor(self) -> None:
        """Makes sure that there is room for another cursor.

        "The maximum number of explicit and implicit cursors that you can open concurrently in a
        user session is one" ("Stored procedure limitations"). The words are ours.
        """
        if self.cursors or self.epoch in self.loops:
            message = "ERROR: only one cursor at a time can be open per session"
            raise SqlError(message, sqlstate="0A000", detail="Nested cursors are not supported.")

    def unnamed_portal(self) -> str:
        """A name for a cursor that was given none."""
        self.portals += 1
        return f"<unnamed portal {self.portals}>"

    def keep(self, name: str, outcome: Outcome) -> None:
        """Opens a cursor of this name on its rows."""
        self.cursors[name] = Rows(name, outcome, self.epoch)

    def cursor(self, name: str) -> Rows:
        """The open cursor of this name. Raises SqlError where there is none."""
        rows = self.cursors.get(name)
        if rows is None:
            raise _no_cursor(name)
        self.check_open(rows)
        return rows

    def check_open(self, rows: Rows) -> None:
        """ "Any cursor that is open (explicitly or implicitly) is closed automatically when a
        COMMIT, ROLLBACK, or TRUNCATE statement is processed"."""
        if rows.epoch != self.epoch:
            raise _no_cursor(rows.name)

    def end_transaction(self) -> None:
        """Its cursors end with it."""
        self.epoch += 1
        self.cursors.clear()


def _no_cursor(name: str) -> SqlError:
    return SqlError(f'ERROR: cursor "{name}" does not exist', sqlstate="34000")
