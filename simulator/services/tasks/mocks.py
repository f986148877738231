"""Tasks that a project answers itself, since what they call is not simulated: `[mock.STATE]`."""

from __future__ import annotations

import copy
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import TypeAlias

from simulator.engine.ports import TaskFailure, TaskOutcome, TaskRequest, TaskSuccess, World
from simulator.services.tasks.reach import Done

# by state: after how many milliseconds a call comes to what, in turn; the last one repeats
Answers: TypeAlias = Mapping[str, Sequence[tuple[int, TaskSuccess | TaskFailure]]]


class Mocks:
    """Answers a state's calls, anew in each execution. Each is written to the trace, so that the
    report says what was not run."""

    def __init__(self, world: World, answers: Answers) -> None:
        self._world = world
        self._answers = answers
        self._calls: Counter[tuple[str, str]] = Counter()

    def __contains__(self, state_name: str) -> bool:
        return state_name in self._answers

    def start(self, request: TaskRequest, done: Done) -> None:
        """Answer a call, no sooner than a call of AWS's API would be."""
        answers, name = self._answers[request.state_name], request.state_name
        place = (request.execution_arn, name)
        after_ms, outcome = answers[min(self._calls[place], len(answers) - 1)]
        self._calls[place] += 1
        world = self._world
        data = {"execution": request.execution_arn}
        world.trace.add(world.scheduler.now_ms, "Mocked", name, data)
        after_ms = max(world.timing.api_call_ms, after_ms)
        world.scheduler.after(after_ms, lambda: done(_answer(request, outcome)))


def _answer(request: TaskRequest, outcome: TaskSuccess | TaskFailure) -> TaskOutcome:
    if isinstance(outcome, TaskFailure):
        return outcome
    if request.task_token is not None:
        return TaskFailure(
            "Simulator.NotModelled",
            f"[mock.{request.state_name}]: a callback's result cannot be mocked, only a failure",
        )
    return TaskSuccess(copy.deepcopy(outcome.output))
