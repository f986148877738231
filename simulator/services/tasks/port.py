"""The engine's `TaskPort` over the services of one simulation."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from simulator.asl.resources import read_resource, split_resource
from simulator.engine.ports import (
    Cancel,
    Items,
    ItemsRequest,
    ResultsRequest,
    TaskFailure,
    TaskRequest,
    World,
    Written,
)
from simulator.services.api import Service
from simulator.services.tasks import functions, items, jobs, optimized, results, sdk
from simulator.services.tasks.mocks import Answers, Mocks
from simulator.services.tasks.reach import Done, Reach

if TYPE_CHECKING:
    from simulator.services.stepfunctions.activities import Activities

_SDK = "aws-sdk:"


class Tasks:
    """Starts what Task states and distributed Maps ask for. `role_of` gives the role of the state
    machine that an execution belongs to; `mocks` are the project's own answers, by state."""

    def __init__(
        self,
        world: World,
        services: Mapping[str, Service],
        role_of: Callable[[str], str | None] = lambda _: None,
        mocks: Answers | None = None,
    ) -> None:
        self._reach = Reach(world, services, role_of)
        self._mocks = Mocks(world, mocks or {})

    def check(self, resource: str, state_name: str) -> str | None:
        """Why no state machine can be created with this resource in this state; None if it can."""
        if state_name in self._mocks:
            return None
        if functions.is_function(resource):
            return None
        parts = split_resource(resource)
        read = read_resource(resource)
        if read is not None and read.kind == "activity":
            return None
        if parts is None or read is None:
            return f"{resource}: this integration is not simulated"
        kind, action = parts[0], parts[1].removesuffix(read.pattern)
        if read.pattern in jobs.PATTERNS:
            if (kind, action) == ("states", "startExecution"):
                return None
            return f"{resource}: this job ({read.pattern}) is not simulated"
        if (kind, action) == ("lambda", "invoke"):
            return None
        if kind == "s3" and action in ("getObject", "listObjectsV2", "putObject"):
            # what ItemReader and ResultWriter name; no Task has it
            return None
        if kind.startswith(_SDK):
            return sdk.check(self._reach, resource, kind.removeprefix(_SDK), action)
        return optimized.check(self._reach, resource, kind, action)

    def start(self, request: TaskRequest, done: Done) -> Cancel | None:
        """Begin a Task's call; `done` hears the outcome, later in virtual time."""
        if request.state_name in self._mocks:
            self._mocks.start(request, done)
            return None
        if functions.is_function(request.resource):
            functions.start_function(self._reach, request, done)
            return None
        problem = self.check(request.resource, request.state_name)
        parts, read = split_resource(request.resource), read_resource(request.resource)
        if read is not None and read.kind == "activity":
            return self._activities.schedule(request, done)
        if problem is not None or parts is None or read is None or parts[0] == "s3":
            missing = problem or f"{request.resource}: this integration is not simulated"
            self._reach.fail_later(done, TaskFailure("Simulator.NotModelled", missing))
            return None
        kind, action = parts[0], parts[1].removesuffix(read.pattern)
        if read.pattern in jobs.PATTERNS:
            return jobs.start(self._reach, request, read.pattern, done)
        if kind == "lambda":
            functions.start_invoke(self._reach, request, done)
        elif kind.startswith(_SDK):
            sdk.start(self._reach, request, kind.removeprefix(_SDK), action, done)
        else:
            optimized.start(self._reach, request, kind, action, done)
        return None

    def has_activity(self, arn: str) -> bool:
        """Whether there is an activity of this ARN."""
        return arn in self._activities.by_arn

    @property
    def _activities(self) -> Activities:
        stepfunctions: Any = self._reach.services["stepfunctions"]
        activities: Activities = stepfunctions.activities
        return activities

    def read_items(
        self, request: ItemsRequest, done: Callable[[Items | TaskFailure], None]
    ) -> None:
        """Read what an ItemReader names."""
        items.read(self._reach, request, done)

    def write_results(
        self, request: ResultsRequest, done: Callable[[Written | TaskFailure], None]
    ) -> None:
        """Write where a ResultWriter says."""
        results.write(self._reach, request, done)
