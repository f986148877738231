"""Task: a call that goes out through the TaskPort and comes back later, or too late."""

from __future__ import annotations

from simulator.asl import model
from simulator.asl.context import ContextObject
from simulator.asl.javatext import json_text
from simulator.asl.model import JSON
from simulator.asl.paths import compile_path
from simulator.asl.resources import read_resource
from simulator.engine.branch import Branch, too_large
from simulator.engine.contexts import place_of
from simulator.engine.dataflow import (
    NO_CONTEXT,
    Transform,
    compile_filter,
    compile_payload,
    compose,
    mentions_context,
)
from simulator.engine.ports import TaskRequest
from simulator.engine.sizes import path_growth, size_of, template_growth
from simulator.engine.states.call import Call
from simulator.engine.states.fork import ResultFields, field_error
from simulator.engine.step import HandledStep, Step


class TaskStep(HandledStep):
    """A Task. `service` is (resourceType, resource) of an integration, None for a function;
    `waits` says that a callback brings its result."""

    __slots__ = (
        "credentials",
        "heartbeat_path",
        "input",
        "needs_context",
        "parameters",
        "prefix",
        "result",
        "select",
        "service",
        "state",
        "timeout_path",
        "waits",
    )

    def __init__(self, state: model.Task) -> None:
        super().__init__("Task", state.name)
        self.state = state
        self.service = split_resource(state.resource)
        self.prefix = "Task" if self.service else "LambdaFunction"
        resource = read_resource(state.resource)
        self.waits = resource is not None and resource.pattern == ".waitForTaskToken"
        self.select = compile_filter(state.input_path)
        self.parameters = compile_payload(state.parameters, is_present=state.has_parameters)
        self.input = compose(self.select, self.parameters)
        self.timeout_path = _compile(state.timeout_seconds_path)
        self.heartbeat_path = _compile(state.heartbeat_seconds_path)
        self.credentials = compile_payload(
            state.credentials, is_present=state.credentials is not None
        )
        parameters = state.parameters if state.has_parameters else None
        self.needs_context = mentions_context(
            state.input_path,
            parameters,
            state.credentials,
            state.timeout_seconds_path,
            state.heartbeat_seconds_path,
        )
        growth = path_growth(state.input_path)
        self.grow(template_growth(parameters).after(growth) if state.has_parameters else growth)
        self.result = ResultFields(state)

    def begin(self, branch: Branch) -> None:
        execution = branch.execution
        context = branch.context(self) if self.needs_context else NO_CONTEXT
        token = None
        if self.waits:
            token = execution.callbacks.hand_out(place_of(branch))
            if self.needs_context:
                context["Task"] = {"Token": token}
        value = branch.value if self.select is None else self.select(branch.value, context)
        payload = value if self.parameters is None else self.parameters(value, context)
        may_be_large = branch.size * self.factor + self.constant > execution.max_bytes
        if may_be_large and size_of(payload) > execution.max_bytes:
            raise too_large(self.name)
        state = self.state
        timeout = self._seconds(self.timeout_path, "TimeoutSecondsPath", value, context)
        if timeout is None:
            timeout = state.timeout_seconds
        heartbeat = self._seconds(self.heartbeat_path, "HeartbeatSecondsPath", value, context)
        if heartbeat is None:
            heartbeat = state.heartbeat_seconds
        credentials = None if self.credentials is None else self.credentials(value, context)
        call = Call(branch, self, token)
        details = (payload, timeout, heartbeat, credentials)
        if self.service is None:
            branch.emit("LambdaFunctionScheduled", (state.resource, *details))
        else:
            branch.emit("TaskScheduled", (*self.service, execution.world.region, *details))
        call.limit(timeout, heartbeat)
        request = TaskRequest(
            state.resource,
            payload,
            self.name,
            execution.arn,
            branch.retry_count + 1,
            None if credentials is None else credentials["RoleArn"],
            token,
        )
        call.cancel = execution.tasks.start(request, call.hear)
        call.announce()

    def _seconds(
        self, path: Transform | None, field: str, value: JSON, context: ContextObject
    ) -> int | None:
        if path is None:
            return None
        found = path(value, context)
        if type(found) is not int or not 0 < found <= 99_999_999:
            raise field_error(
                f"The {field} parameter must refer to a positive integer, but was: "
                f"{json_text(found)}"
            )
        return found


def split_resource(resource: str) -> tuple[str, str] | None:
    """(resourceType, resource) as events show an integration; None for a function's own ARN.

    `arn:aws:states:::lambda:invoke` is ("lambda", "invoke"),
    `arn:aws:states:::aws-sdk:s3:getObject` is ("aws-sdk:s3", "getObject").
    """
    parts = resource.split(":")
    if len(parts) < 7 or parts[2] != "states" or parts[5] == "activity":
        return None
    rest = parts[5:]
    head = 2 if rest[0] == "aws-sdk" else 1
    return ":".join(rest[:head]), ":".join(rest[head:])


def compile_task(state: model.Task) -> Step:
    """Compile a Task."""
    return TaskStep(state)


def _compile(text: str | None) -> Transform | None:
    return None if text is None else compile_path(text)
