"""Promises: what must hold whatever goes wrong, as plain functions, checked while it happens.

    @promise
    def a_load_ends(happened: Happened) -> str | None:
        \"\"\"Every execution ends within an hour.\"\"\"
        late = [e.name for e in happened.executions.values() if e.seconds(happened.now_ms) > 3600]
        return f"still running: {late}" if late else None

A function asks by its parameters' names for what it looks at: `happened` (what the trace shows so
far), `tables` (committed tables, read-only), `lake` (bucket -> folder), `settings` (the values put
into the definition). It returns None while it holds, else the evidence; a failed `assert` counts as
well. Its docstring's first line is the promise.

A promise on the trace alone is checked after every event, one that reads `tables` after every
commit and at every execution's end, and both once nothing is left to do; `@promise(at="end")` only
then.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Literal, Protocol, TypeAlias, TypeVar, overload

from simulator.engine.ports import World
from simulator.faults.happened import Happened

Check: TypeAlias = Callable[..., str | None]
Moment: TypeAlias = Literal["event", "commit", "end"]
F = TypeVar("F", bound=Check)

PARAMETERS = ("happened", "tables", "lake", "settings")
MARK = "_simulator_promise"


class PromiseError(Exception):
    """A promise that can't be checked: `where: expected, got`."""


class Tables(Protocol):
    """The committed tables, as the warehouse's superuser reads them, outside of virtual time."""

    def query(self, sql: str) -> list[tuple[Any, ...]]:
        """The rows of one SELECT."""
        ...

    def rows(self, table: str) -> list[tuple[Any, ...]] | None:
        """All rows of a table, in no order; None where there is no such table."""
        ...


@dataclass(frozen=True, slots=True)
class Promise:
    """A function to check. `moment` says when, `needs` with what."""

    name: str
    sentence: str
    check: Check
    moment: Moment
    needs: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Broken:
    """A promise that did not hold: at which virtual moment, after which entry of the trace."""

    promise: str
    sentence: str
    at_ms: int
    entry: int
    evidence: str


@overload
def promise(check: F) -> F: ...
@overload
def promise(*, at: Literal["event", "end"] = "event") -> Callable[[F], F]: ...


def promise(check: Any = None, *, at: Literal["event", "end"] = "event") -> Any:
    """Mark a function as a promise. Raises PromiseError for parameters that nothing fills."""

    def mark(function: F) -> F:
        needs = tuple(inspect.signature(function).parameters)
        if unknown := [name for name in needs if name not in PARAMETERS]:
            raise PromiseError(
                f"promise {function.__name__}: expected parameters of {list(PARAMETERS)}, "
                f"got {unknown}"
            )
        sentence = (inspect.getdoc(function) or "").partition("\n")[0]
        if not sentence:
            raise PromiseError(
                f"promise {function.__name__}: expected a docstring that says it, got none"
            )
        moment: Moment = "end" if at == "end" else "commit" if "tables" in needs else "event"
        setattr(function, MARK, Promise(function.__name__, sentence, function, moment, needs))
        return function

    return mark if check is None else mark(check)


def promises_of(names: Mapping[str, Any]) -> tuple[Promise, ...]:
    """The promises among a module's names, in the order in which they are written."""
    found = (getattr(value, MARK, None) for value in names.values())
    return tuple(dict.fromkeys(one for one in found if isinstance(one, Promise)))


class Watch:
    """Checks promises while a simulation runs. The first breach of each is kept in `broken`."""

    def __init__(
        self,
        promises: Iterable[Promise],
        world: World,
        *,
        tables: Callable[[], Tables] | None = None,
        lake: Mapping[str, Any] | None = None,
        settings: Mapping[str, Any] | None = None,
        not_now: tuple[type[Exception], ...] = (),
    ) -> None:
        """`tables()` gives a view as of now. An error of `not_now` puts a check off to the next
        commit: somebody changes the table that it would read."""
        self.broken: list[Broken] = []
        self._world = world
        self.happened = Happened()
        given = {"happened": self.happened, "lake": lake or {}, "settings": settings or {}}
        # those not broken yet, each with what it is given but for tables
        self._left: dict[Moment, list[tuple[Promise, dict[str, Any]]]] = {
            "event": [], "commit": [], "end": [],
        }  # fmt: skip
        for one in promises:
            known = {name: given[name] for name in one.needs if name != "tables"}
            self._left[one.moment].append((one, known))
        self._tables = tables
        self._not_now = not_now
        self._data_due = False

    def look(self) -> None:
        """Check what is due after the entries that came since the last look."""
        entries = self._world.trace.entries
        if len(entries) == self.happened.seen:
            return
        self.happened.take(entries, self._world.scheduler.now_ms)
        if self.happened.of_kind(*DATA_MOMENTS):
            self._data_due = True
        self._check("event")
        if self._data_due:
            self._data_due = not self._check("commit")

    def finish(self) -> None:
        """Check everything once more: nothing is left to do."""
        self.happened.take(self._world.trace.entries, self._world.scheduler.now_ms)
        self.happened.is_over = True
        for moment in ("event", "commit", "end"):
            self._check(moment)
        self.happened.is_over = False

    def _check(self, moment: Moment) -> bool:
        """Whether every promise of this moment could be checked."""
        left = self._left[moment]
        if not left:
            return True
        # none that is checked at every event reads tables
        reading = [] if moment == "event" else [one for one, _ in left if "tables" in one.needs]
        tables: dict[str, Any] = {}
        if reading:
            if self._tables is None:
                names = [one.name for one in reading]
                raise PromiseError(f"promises {names}: expected a [warehouse] to read, got none")
            tables = {"tables": self._tables()}
        could = True
        for both in tuple(left):
            one, known = both
            try:
                evidence = one.check(**known, **(tables if one in reading else {}))
            except AssertionError as error:
                evidence = str(error) or "its assertion failed"
            except self._not_now:
                could = False
                continue
            except Exception as error:
                raise PromiseError(
                    f"promise {one.name}: expected it to look, got {type(error).__name__}: {error}"
                ) from error
            if evidence is not None:
                # what is broken stays broken: it is told once, where it broke
                left.remove(both)
                self.broken.append(self._broken(one, evidence))
        return could

    def _broken(self, one: Promise, evidence: str) -> Broken:
        if not isinstance(evidence, str):
            raise PromiseError(
                f"promise {one.name}: expected None or the evidence as text, got {evidence!r}"
            )
        entry = len(self._world.trace.entries) - 1
        return Broken(one.name, one.sentence, self._world.scheduler.now_ms, entry, evidence)


DATA_MOMENTS = frozenset(
    {"Commit", "ExecutionSucceeded", "ExecutionFailed", "ExecutionAborted", "ExecutionTimedOut"}
)

__all__ = [
    "Broken",
    "Happened",
    "Promise",
    "PromiseError",
    "Tables",
    "Watch",
    "promise",
    "promises_of",
]
