"""Who looks at a simulation after each of its actions: observers, promises, and at last the
operator, who may change it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from simulator.engine.ports import World

if TYPE_CHECKING:
    from simulator.faults.operator import Moves, Operator
    from simulator.faults.promises import Broken, Promise, Tables, Watch


class Onlookers:
    """The onlookers of one simulation. Without any, an action costs nothing more."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._observers: list[Callable[[], None]] = []
        self._watch: Watch | None = None
        self._operator: Operator | None = None

    def add(self, look: Callable[[], None]) -> None:
        """Have `look` called after every action of the scheduler, and after each state."""
        self._observers.append(look)
        self._world.scheduler.after_action = self.look

    def watch(
        self,
        promises: Sequence[Promise],
        *,
        tables: Callable[[], Tables] | None,
        lake: Mapping[str, Path],
        settings: Mapping[str, Any],
    ) -> None:
        """Check these promises from now on."""
        from simulator.faults.promises import Watch
        from simulator.sql.errors import LockUnavailable

        self._watch = Watch(
            promises,
            self._world,
            tables=tables,
            lake=lake,
            settings=settings,
            not_now=(LockUnavailable,),
        )
        self.add(self._watch.look)

    def operate(self, moves: Moves) -> None:
        """Let an operator make these moves, where the source of choice wants one."""
        from simulator.faults.operator import Operator

        self._operator = Operator(self._world, moves)
        self._world.scheduler.after_action = self.look

    def look(self) -> None:
        """Look at what there is."""
        for look in self._observers:
            look()
        # last: who looks on sees what was, before the operator changes it
        if self._operator is not None:
            self._operator.look()

    def finish(self) -> None:
        """Nothing is left to happen."""
        if self._watch is not None:
            self._watch.finish()

    @property
    def broken(self) -> Sequence[Broken]:
        """The promises that did not hold so far, each where it broke first."""
        return self._watch.broken if self._watch is not None else ()

    @contextmanager
    def away(self) -> Iterator[None]:
        """Nobody looks for a while: what happens then is nothing of the run."""
        scheduler = self._world.scheduler
        looking, scheduler.after_action = scheduler.after_action, None
        try:
            yield
        finally:
            scheduler.after_action = looking
