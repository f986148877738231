"""The details of history events: what AWS shows of each kind, from what the engine wrote."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, TypeAlias

from simulator.asl.model import JSON
from simulator.engine.sizes import compact_json

Event: TypeAlias = dict[str, Any]


class Texts:
    """JSON texts of values. The same object is shown many times in a row, so the last few are
    kept; the input keeps the text that it came as, as on AWS."""

    def __init__(self) -> None:
        self._kept: dict[int, tuple[JSON, str]] = {}

    def keep(self, value: JSON, text: str) -> None:
        """Remember a text. Only objects have an identity that tells them from equal ones."""
        if isinstance(value, dict | list):
            if len(self._kept) > 64:
                self._kept.pop(next(iter(self._kept)))
            # the value is held, so its id stays its own
            self._kept[id(value)] = (value, text)

    def of(self, value: JSON) -> str:
        """The text of a value."""
        kept = self._kept.get(id(value))
        if kept is not None:
            return kept[1]
        text = compact_json(value)
        self.keep(value, text)
        return text


def _error(error: str | None, cause: str | None) -> Event:
    details = {}
    if error is not None:
        details["error"] = error
    if cause is not None:
        details["cause"] = cause
    return details


def _execution_started(data: Any, texts: Texts) -> Event:
    value, text, role_arn = data
    texts.keep(value, text)
    return {"input": text, "inputDetails": {"truncated": False}, "roleArn": role_arn}


def _output(data: Any, texts: Texts) -> Event:
    return {"output": texts.of(data), "outputDetails": {"truncated": False}}


def _optional(
    timeout: int | None, heartbeat: int | None, credentials: JSON
) -> Iterator[tuple[str, Any]]:
    if timeout is not None:
        yield "timeoutInSeconds", timeout
    if heartbeat is not None:
        yield "heartbeatInSeconds", heartbeat
    if credentials is not None:
        yield "taskCredentials", {"roleArn": credentials["RoleArn"]}


def _function_scheduled(data: Any, texts: Texts) -> Event:
    resource, value, timeout, _heartbeat, credentials = data
    # AWS shows no heartbeat for a function
    return {
        "resource": resource,
        "input": texts.of(value),
        "inputDetails": {"truncated": False},
        **dict(_optional(timeout, None, credentials)),
    }


def _activity_scheduled(data: Any, texts: Texts) -> Event:
    resource, value, timeout, heartbeat, _credentials = data
    return {
        "resource": resource,
        "input": texts.of(value),
        "inputDetails": {"truncated": False},
        **dict(_optional(timeout, heartbeat, None)),
    }


def _task_scheduled(data: Any, texts: Texts) -> Event:
    kind, resource, region, parameters, timeout, heartbeat, credentials = data
    return {
        "resourceType": kind,
        "resource": resource,
        "region": region,
        "parameters": texts.of(parameters),
        **dict(_optional(timeout, heartbeat, credentials)),
    }


def _task_succeeded(data: Any, texts: Texts) -> Event:
    kind, resource, output = data
    return {"resourceType": kind, "resource": resource, **_output(output, texts)}


def _evaluation_failed(data: Any, _texts: Texts) -> Event:
    error, cause, location, state, _follows_entry = data
    placed = {"location": location} if location else {}
    return {**_error(error, cause), **placed, "state": state}


def _iteration(data: Any, _texts: Texts) -> Event:
    return {"name": data[0], "index": data[1]}


_DETAILS: dict[str, Any] = {
    "ExecutionStarted": _execution_started,
    "ExecutionSucceeded": _output,
    "ExecutionRedriven": lambda data, _texts: {"redriveCount": data},
    "MapStateStarted": lambda data, _texts: {"length": data[1]},
    "EvaluationFailed": _evaluation_failed,
    "MapRunStarted": lambda data, _texts: {"mapRunArn": data},
    "MapRunRedriven": lambda data, _texts: {"mapRunArn": data[0], "redriveCount": data[1]},
    "MapIterationStarted": _iteration,
    "MapIterationSucceeded": _iteration,
    "MapIterationFailed": _iteration,
    "MapIterationAborted": _iteration,
    "ActivityScheduled": _activity_scheduled,
    "ActivityStarted": lambda data, _texts: {} if data is None else {"workerName": data},
    "ActivitySucceeded": lambda data, texts: _output(data[0], texts),
    "LambdaFunctionScheduled": _function_scheduled,
    "LambdaFunctionSucceeded": lambda data, texts: _output(data[0], texts),
    "TaskScheduled": _task_scheduled,
    "TaskStarted": lambda data, _texts: {"resourceType": data[0], "resource": data[1]},
    "TaskSubmitted": _task_succeeded,
    "TaskSucceeded": _task_succeeded,
}

# events that have a type and nothing else
_BARE = frozenset(
    {
        "LambdaFunctionStarted",
        "ParallelStateStarted",
        "ParallelStateSucceeded",
        "ParallelStateFailed",
        "MapStateSucceeded",
        "MapStateFailed",
        "MapRunSucceeded",
        "MapRunAborted",
        *(
            f"{kind}StateAborted"
            for kind in ("Pass", "Task", "Choice", "Wait", "Succeed", "Fail", "Parallel", "Map")
        ),
    }
)


def details_of(kind: str, data: Any, texts: Texts) -> Event | None:
    """The details' member of an event; None for a kind that has a type and nothing else."""
    shape: Callable[[Any, Texts], Event] | None = _DETAILS.get(kind)
    if shape is not None:
        return shape(data, texts)
    if kind in _BARE:
        return None
    if kind.startswith("Task"):
        return {"resourceType": data[0], "resource": data[1], **_error(data[2], data[3])}
    return _error(data[0], data[1])
