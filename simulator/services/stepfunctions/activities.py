"""Activities: work that workers of one's own ask for, by GetActivityTask.

A task waits, first in, first out, until a worker takes it; what becomes of it then the worker says
by the task's token. API reference, "GetActivityTask": "The maximum time the service holds on to the
request before responding is 60 seconds"; a worker that got nothing is answered without a token.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from simulator.engine.ports import (
    Cancel,
    Pending,
    TaskOutcome,
    TaskRequest,
    TaskTaken,
    World,
)
from simulator.engine.quotas import Quotas
from simulator.engine.sizes import compact_json
from simulator.services.api import Caller, ServiceError
from simulator.services.stepfunctions import names

Request = dict[str, Any]

_POLL_MS = 60_000
# Developer guide, "Service quotas": "Maximum number of registered activities", "Maximum number of
# activity pollers per Amazon Resource Name (ARN)"
_MOST, _MOST_POLLERS = 10_000, 1_000
_DEFAULT_ENCRYPTION = {"type": "AWS_OWNED_KEY"}


@dataclass(slots=True)
class Activity:
    """An activity."""

    arn: str
    name: str
    created_ms: int
    encryption: Request
    tags: dict[str, str]


@dataclass(frozen=True, slots=True)
class _Waiting:
    """A task that no worker has taken yet."""

    token: str
    input_text: str
    taken: Callable[[TaskTaken], None]


@dataclass(frozen=True, slots=True)
class _Poll:
    """A worker that waits for a task."""

    worker: str | None
    pending: Pending


@dataclass(slots=True)
class _Line:
    """Who waits for whom at one ARN."""

    tasks: deque[_Waiting] = field(default_factory=deque)
    polls: deque[_Poll] = field(default_factory=deque)


class Activities:
    """The activities of an account. Tasks of one that is deleted wait on: none can be started
    while it is not there."""

    def __init__(self, world: World, quotas: Quotas) -> None:
        self._world = world
        self._quotas = quotas
        self.by_arn: dict[str, Activity] = {}
        self._lines: dict[str, _Line] = {}

    # -- what the API asks for ----------------------------------------------------------------

    def create_activity(self, request: Request, _caller: Caller) -> Request:
        """Create an activity; one of the same name is answered with what is there ("CreateActivity
        is an idempotent API": name and encryption decide, tags don't)."""
        name = request["name"]
        names.check_name(name, limit=self._quotas.name_characters)
        arn = f"arn:aws:states:{self._world.region}:{self._world.account_id}:activity:{name}"
        encryption = request.get("encryptionConfiguration") or _DEFAULT_ENCRYPTION
        activity = self.by_arn.get(arn)
        if activity is None:
            if len(self.by_arn) >= _MOST:
                reason = f"The maximum number of activities ({_MOST}) has been reached"
                raise ServiceError("ActivityLimitExceeded", reason)
            tags = names.tags_of(request.get("tags") or ())
            now_ms = self._world.scheduler.now_ms
            activity = self.by_arn[arn] = Activity(arn, name, now_ms, encryption, tags)
        elif activity.encryption != encryption:
            raise ServiceError("ActivityAlreadyExists", f"Activity Already Exists: '{arn}'")
        return {"activityArn": arn, "creationDate": names.moment(activity.created_ms)}

    def describe_activity(self, request: Request, _caller: Caller) -> Request:
        """Show an activity."""
        activity = self._find(request)
        return {**_listed(activity), "encryptionConfiguration": activity.encryption}

    def list_activities(self, request: Request, _caller: Caller) -> Request:
        """List the activities."""
        shown = [_listed(activity) for activity in self.by_arn.values()]
        part, following = names.page(shown, request, default=100, largest=1000)
        return {"activities": part, **following}

    def delete_activity(self, request: Request, _caller: Caller) -> Request:
        """Delete an activity; one that isn't there is no error."""
        self.by_arn.pop(names.parse_arn(request["activityArn"], "activity").text, None)
        return {}

    def tag_resource(self, request: Request, _caller: Caller) -> Request:
        """Add or change tags."""
        tags = names.tags_of(request["tags"])
        self._tagged(request).tags.update(tags)
        return {}

    def untag_resource(self, request: Request, _caller: Caller) -> Request:
        """Remove tags."""
        tags = self._tagged(request).tags
        for key in request["tagKeys"]:
            tags.pop(key, None)
        return {}

    def list_tags_for_resource(self, request: Request, _caller: Caller) -> Request:
        """Show the tags."""
        tags = self._tagged(request).tags
        return {"tags": [{"key": key, "value": value} for key, value in tags.items()]}

    def get_activity_task(self, request: Request, _caller: Caller) -> Request | Pending:
        """A task for a worker, as soon as one is there."""
        line = self._line(self._find(request).arn)
        poll = _Poll(request.get("workerName"), Pending())
        if line.tasks:
            return _take(line.tasks.popleft(), poll)
        if len(line.polls) >= _MOST_POLLERS:
            reason = f"The maximum number of workers that poll ({_MOST_POLLERS}) has been reached"
            raise ServiceError("ActivityWorkerLimitExceeded", reason)

        def give_up() -> None:
            if not poll.pending.is_settled:
                line.polls.remove(poll)
                poll.pending.settle({})

        line.polls.append(poll)
        timer = self._world.limit(self._world.scheduler.now_ms + _POLL_MS, give_up)
        poll.pending.when_settled(lambda _: timer.cancel())
        return poll.pending

    # -- what Task states ask for -------------------------------------------------------------

    def schedule(self, request: TaskRequest, done: Callable[[TaskOutcome], None]) -> Cancel:
        """Offer a task to the workers; what takes it back is returned. `done` hears who took it."""
        assert request.task_token is not None
        line = self._line(request.resource)
        task = _Waiting(request.task_token, compact_json(request.parameters), done)
        line.tasks.append(task)

        def hand_over() -> None:
            while line.tasks and line.polls:
                poll = line.polls.popleft()
                poll.pending.settle(_take(line.tasks.popleft(), poll))

        def take_back() -> None:
            if task in line.tasks:
                line.tasks.remove(task)

        self._world.scheduler.after(0, hand_over)
        return take_back

    def _line(self, arn: str) -> _Line:
        return self._lines.setdefault(arn, _Line())

    def _find(self, request: Request) -> Activity:
        arn = names.parse_arn(request["activityArn"], "activity").text
        found = self.by_arn.get(arn)
        if found is None:
            raise ServiceError("ActivityDoesNotExist", f"Activity Does Not Exist: '{arn}'")
        return found

    def _tagged(self, request: Request) -> Activity:
        arn = request["resourceArn"]
        found = self.by_arn.get(arn)
        if found is None:
            raise ServiceError("ResourceNotFound", f"Resource not found: '{arn}'")
        return found


def _take(task: _Waiting, poll: _Poll) -> Request:
    task.taken(TaskTaken(poll.worker))
    return {"taskToken": task.token, "input": task.input_text}


def _listed(activity: Activity) -> Request:
    return {
        "activityArn": activity.arn,
        "name": activity.name,
        "creationDate": names.moment(activity.created_ms),
    }
