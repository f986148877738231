"""The operator: asked after every event whether to step in, such as to stop an execution.

What can be done is handed in by whoever built the simulation, and so is how: a mapping from a
move's name to what performs it. Nothing here knows a service.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, TypeAlias

from simulator.engine.ports import World
from simulator.engine.trace import BranchId, Entry

# The moves that are possible now, by name; asked with the ARN of the execution that the last entry
# belongs to, or None.
Moves: TypeAlias = Callable[[str | None], Mapping[str, Callable[[], None]]]

# One event can be followed by several moves (a stop, and at once a new start), not by ever more.
MAX_MOVES = 20


class Operator:
    """Reads the trace as it grows; asks `World.pick` at "after <kind> <label>" of its last entry
    and performs the answer."""

    def __init__(self, world: World, moves: Moves) -> None:
        self._world = world
        self._moves = moves
        self._labels = Labels()
        self._read = 0

    def look(self) -> None:
        """Ask, if there is anything new; and again after each move. Called after every action.

        Raises `RuntimeError` where a source of choice never comes to rest.
        """
        for _ in range(MAX_MOVES):
            entry = self._last_new_entry()
            if entry is None:
                return
            _, kind, subject, _ = entry
            arn = subject.execution_arn if isinstance(subject, BranchId) else None
            moves = self._moves(arn)
            place = f"after {kind} {self._labels.of(entry)}"
            outcome = self._world.pick("operator", place, ("none", *moves))
            if outcome == "none":
                return
            moves[outcome]()
        raise RuntimeError(f"operator: expected at most {MAX_MOVES} moves at one moment, got more")

    def _last_new_entry(self) -> Entry | None:
        entries = self._world.trace.entries
        last = None
        for entry in entries[self._read :]:
            self._labels.follow(entry)
            # what was chosen is no event: what it led to is
            if entry[1] != "Choice":
                last = entry
        self._read = len(entries)
        return last


class Labels:
    """Names what trace entries are about: "<execution>/<state>", or a statement's name."""

    def __init__(self) -> None:
        self._states: dict[BranchId, str] = {}
        self._statements: dict[str, str] = {}

    def follow(self, entry: Entry) -> None:
        """Learn from an entry what later ones need; each is to be shown once, in order."""
        _, kind, subject, data = entry
        if kind.endswith("StateEntered"):
            self._states[subject] = data[0]
        elif kind == "StatementStatus":
            # sub-statements tell no name
            self._statements.setdefault(subject, data.get("name", "statement"))

    def of(self, entry: Entry) -> str:
        """The label of an entry that was followed."""
        _, kind, subject, data = entry
        if isinstance(subject, BranchId):
            return self._place(kind, subject)
        if kind == "StatementStatus":
            name = self._statements[subject]
            if "sub_id" in data:
                return f"{name}:{data['sub_id'].rpartition(':')[2]} {data['sub_status']}"
            return f"{name} {data['status']}"
        if kind == "Commit":
            return self._statements.get(data.get("statement"), str(subject))
        if kind == "ClusterStatus":
            return f"{subject} {data}"
        return str(subject)

    def _place(self, kind: str, subject: BranchId) -> str:
        name = subject.execution_arn.split(":")[7]
        state: Any = None if kind.startswith("Execution") else self._states.get(subject)
        return name if state is None else f"{name}/{state}"
