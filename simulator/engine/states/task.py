"""Task: a call that goes out through the TaskPort and comes back later, or too late."""

from __future__ import annotations

from simulator.asl import jsonata, model
from simulator.asl.context import ContextObject
from simulator.asl.errors import QueryEvaluationError
from simulator.asl.javatext import json_text
from simulator.asl.model import JSON
from simulator.asl.resources import read_resource
from simulator.engine.branch import Branch, runtime_error, too_large
from simulator.engine.contexts import place_of
from simulator.engine.dataflow import (
    NO_CONTEXT,
    compile_fields,
    compile_filter,
    compose,
    mentions_context,
)
from simulator.engine.ports import TaskRequest
from simulator.engine.sizes import UNBOUNDED, path_growth, size_of, template_growth
from simulator.engine.states.call import Call, CallingStep
from simulator.engine.states.fork import field_error
from simulator.engine.states.numbers import Number
from simulator.engine.step import Step


class TaskStep(CallingStep):
    """A Task. `waits` says that a callback brings its result, as an activity's worker does."""

    __slots__ = (
        "credentials",
        "heartbeat",
        "input",
        "needs_context",
        "parameters",
        "select",
        "state",
        "timeout",
        "waits",
    )

    is_aborted_with_its_branch = True

    def __init__(self, state: model.Task) -> None:
        super().__init__(state)
        self.state = state
        resource = read_resource(state.resource)
        self.waits = resource is not None and resource.pattern == ".waitForTaskToken"
        self.select = compile_filter(state.input_path)
        is_jsonata = state.is_jsonata
        self.parameters = compile_fields(
            state.parameters,
            "Arguments",
            is_present=state.has_parameters,
            is_jsonata=is_jsonata,
        )
        self.input = compose(self.select, self.parameters)
        self.timeout = Number(state.timeout_seconds, state.timeout_seconds_path, "TimeoutSeconds")
        self.heartbeat = Number(
            state.heartbeat_seconds, state.heartbeat_seconds_path, "HeartbeatSeconds"
        )
        self.credentials = compile_fields(
            state.credentials,
            "Credentials",
            is_present=state.credentials is not None,
            is_jsonata=is_jsonata,
        )
        parameters = state.parameters if state.has_parameters else None
        self.needs_context = is_jsonata or mentions_context(
            state.input_path,
            parameters,
            state.credentials,
            state.timeout_seconds_path,
            state.heartbeat_seconds_path,
        )
        growth = path_growth(state.input_path)
        if is_jsonata:
            growth = UNBOUNDED
        elif state.has_parameters:
            growth = template_growth(parameters).after(growth)
        self.grow(growth)

    def begin(self, branch: Branch) -> None:
        execution = branch.execution
        if self.is_activity and not execution.tasks.has_activity(self.state.resource):
            # as AWS recorded it in test_activity_task_on_deleted
            raise runtime_error(f"The activity {self.state.resource} does not exist.")
        context = branch.context(self) if self.needs_context else NO_CONTEXT
        token = None
        if self.waits or self.is_activity:
            token = execution.callbacks.hand_out(place_of(branch.id, self))
        if self.waits and self.needs_context:
            context["Task"] = {"Token": token}
        value = branch.value if self.select is None else self.select(branch.value, context)
        payload = value if self.parameters is None else self.parameters(value, context)
        may_be_large = branch.size * self.factor + self.constant > execution.max_bytes
        if may_be_large and size_of(payload) > execution.max_bytes:
            raise too_large(self.name)
        state = self.state
        timeout = _seconds(self.timeout, value, context)
        heartbeat = _seconds(self.heartbeat, value, context)
        credentials = self._credentials(value, context)
        call = Call(branch, self, token)
        details = (payload, timeout, heartbeat, credentials)
        if self.service is None:
            branch.emit(f"{self.prefix}Scheduled", (state.resource, *details))
        else:
            branch.emit("TaskScheduled", (*self.service, execution.world.region, *details))
        if self.is_activity:
            call.limit_when_taken(timeout, heartbeat)
        else:
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
        if not self.is_activity:
            call.announce()

    def _credentials(self, value: JSON, context: ContextObject) -> JSON:
        """The field Credentials with what its paths and expressions give."""
        if self.credentials is None:
            return None
        found = self.credentials(value, context)
        state = self.state
        if state.is_jsonata:
            jsonata.expected(found, "object", text=state.credentials, field="Credentials")
        if type(found.get("RoleArn")) is not str:
            raise field_error("The value for the field 'RoleArn' must be a STRING")
        return found


def _seconds(number: Number, value: JSON, context: ContextObject) -> int | None:
    """TimeoutSeconds or HeartbeatSeconds; None where the state has none."""
    found = number.value(value, context)
    if found is None or (number.path is None and not number.is_expression):
        return None if found is None else int(found)
    if type(found) is int and 0 < found <= 99_999_999:
        return found
    field = number.place if number.path is None else f"{number.place}Path"
    cause = f"The {field} parameter must refer to a positive integer, but was: {json_text(found)}"
    if number.is_expression:
        raise QueryEvaluationError(cause, number.place)
    raise field_error(cause)


def compile_task(state: model.Task) -> Step:
    """Compile a Task."""
    return TaskStep(state)
