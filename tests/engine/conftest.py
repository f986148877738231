"""A world with the engine in it, and a TaskPort whose outcomes a test writes down."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import pytest

from simulator.asl.parser import parse
from simulator.engine import history
from simulator.engine.compiler import compile_definition
from simulator.engine.execution import Execution
from simulator.engine.identity import Identity
from simulator.engine.ports import TaskFailure, TaskOutcome, TaskRequest, TaskSuccess, World
from simulator.engine.quotas import Quotas
from simulator.engine.scheduler import Scheduler
from simulator.engine.timing import Timing
from simulator.engine.trace import Trace

START_MS = 1_704_794_400_000
ROLE = "arn:aws:iam::123456789012:role/machine"


class ScriptedTasks:
    """Answers each state's calls in turn: an outcome, or (milliseconds, outcome). The last one
    repeats; without a script a call answers with its parameters after 10 ms."""

    def __init__(self, world: World, script: dict[str, list[Any]]) -> None:
        self._world = world
        self._script = {name: list(outcomes) for name, outcomes in script.items()}
        self.requests: list[TaskRequest] = []
        self.started_ms: list[int] = []

    def check(self, resource: str, state_name: str) -> str | None:
        return None

    def start(self, request: TaskRequest, done: Callable[[TaskOutcome], None]) -> None:
        self.requests.append(request)
        self.started_ms.append(self._world.scheduler.now_ms)
        left = self._script.get(request.state_name, [TaskSuccess(request.parameters)])
        outcome = left.pop(0) if len(left) > 1 else left[0]
        delay_ms, outcome = outcome if isinstance(outcome, tuple) else (10, outcome)
        self._world.scheduler.after(delay_ms, lambda: done(outcome))


@dataclass
class Run:
    """A finished (or stuck) execution and what surrounds it."""

    execution: Execution
    tasks: ScriptedTasks
    world: World

    @property
    def history(self) -> list[dict[str, Any]]:
        return history.events(self.world.trace, self.execution.arn)

    @property
    def types(self) -> list[str]:
        return [event["type"] for event in self.history]

    @property
    def links(self) -> list[tuple[int, int, str]]:
        return [(e["id"], e["previousEventId"], e["type"]) for e in self.history]

    @property
    def elapsed_ms(self) -> int:
        assert self.execution.stop_ms is not None
        return self.execution.stop_ms - self.execution.start_ms


@dataclass
class Lab:
    """Starts definitions; every knob of the engine is an argument."""

    seed: int = 0
    timing: Timing = field(default_factory=Timing)
    quotas: Quotas = field(default_factory=Quotas)

    def start(
        self,
        states: dict[str, Any],
        input_value: Any = None,
        *,
        tasks: dict[str, list[Any]] | None = None,
        is_express: bool = False,
        **top: Any,
    ) -> Run:
        definition = {"StartAt": next(iter(states)), "States": states, **top}
        world = World(
            Scheduler(START_MS),
            Trace(),
            Identity(self.seed),
            self.timing,
            "123456789012",
            "us-east-1",
        )
        port = ScriptedTasks(world, tasks or {})
        execution = Execution(
            compile_definition(parse(json.dumps(definition))),
            world=world,
            tasks=port,
            quotas=self.quotas,
            arn="arn:aws:states:us-east-1:123456789012:execution:machine:run",
            name="run",
            state_machine_arn="arn:aws:states:us-east-1:123456789012:stateMachine:machine",
            role_arn=ROLE,
            input_text=json.dumps({} if input_value is None else input_value),
            is_express=is_express,
        )
        return Run(execution, port, world)

    def run(self, states: dict[str, Any], input_value: Any = None, **options: Any) -> Run:
        run = self.start(states, input_value, **options)
        run.world.scheduler.run()
        return run


@pytest.fixture
def lab() -> Lab:
    return Lab()


@pytest.fixture
def lab_with() -> type[Lab]:
    """To choose seed, timing or quotas."""
    return Lab


@pytest.fixture
def fails() -> Callable[..., TaskFailure]:
    """A task's failure: `fails("Error", "cause")`."""
    return lambda error="Boom", cause="it broke", event=None: TaskFailure(error, cause, event)
