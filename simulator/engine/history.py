"""AWS's execution history as a projection of the trace, shaped only when somebody asks.

What the engine writes, by kind (subject is the branch's `BranchId`; for MapIteration* the
iteration's own):

* ExecutionStarted: (input, input text, role ARN); ExecutionSucceeded: output;
  ExecutionFailed, ExecutionAborted, ExecutionTimedOut: (error, cause), either may be None
* <Type>StateEntered: (name, input); <Type>StateExited: (name, output); <Type>StateAborted: name
* ParallelStateStarted: (name, after); MapStateStarted: (name, length, after); `after` is the
  branch whose failure a retry follows, or None
* ParallelStateSucceeded, ParallelStateFailed, MapStateSucceeded, MapStateFailed: (name, branch),
  the branch that ended last or failed
* MapIterationStarted: (name, index, after), `after` the iteration whose place it took or None;
  MapIterationSucceeded, MapIterationFailed, MapIterationAborted: (name, index)
* LambdaFunctionScheduled: (resource, input, timeout s, heartbeat s, credentials);
  LambdaFunctionStarted: None; LambdaFunctionSucceeded: (output,); LambdaFunctionFailed,
  ...TimedOut, ...ScheduleFailed, ...StartFailed: (error, cause)
* TaskScheduled: (resource type, resource, region, parameters, timeout s, heartbeat s, credentials);
  TaskStarted: (type, resource); TaskSucceeded: (type, resource, output); TaskFailed, TaskTimedOut,
  TaskSubmitFailed, TaskStartFailed: (type, resource, error, cause)

A state's attempts are the Scheduled (Task) or StateStarted (Parallel, Map) events between its
Entered and its Exited.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import Any

from simulator.asl.model import JSON
from simulator.engine.sizes import json_text
from simulator.engine.trace import BranchId, Entry, Trace

Event = dict[str, Any]

# where AWS names the details' member otherwise than after the event's type
_ENTERED, _EXITED = "stateEnteredEventDetails", "stateExitedEventDetails"


def events(
    trace: Trace, execution_arn: str, *, start: int = 0, end: int | None = None
) -> list[Event]:
    """The execution's events as GetExecutionHistory gives them, oldest first.

    `start` and `end` narrow the part of the trace that is read, where the caller knows it.
    """
    entries = trace.entries
    part = entries if start == 0 and end is None else entries[start:end]
    shaper = _Shaper()
    return [
        shaper.shape(entry)
        for entry in part
        if isinstance(entry[2], BranchId) and entry[2].execution_arn == execution_arn
    ]


class _Shaper:
    """Numbers events and says which each one follows.

    Recorded rules: an execution's first state, an abort and a timeout follow nothing (0). A branch
    begins after its Parallel's or Map's Started event; an iteration that takes another's place
    begins after the last event of that one's states. The Succeeded event of a Parallel or Map
    follows the last end of a branch, and the Exited event follows the same.
    """

    def __init__(self) -> None:
        self.number = 0
        # the last event of each branch, by its path
        self.last: dict[Any, int] = {}
        # the event that ended an iteration
        self.ended: dict[Any, int] = {}
        self._moments: dict[int, datetime] = {}
        self._texts = _Texts()

    def shape(self, entry: Entry) -> Event:
        """One entry of the trace as an event."""
        now_ms, kind, subject, data = entry
        self.number += 1
        moment = self._moments.get(now_ms)
        if moment is None:
            moment = datetime.fromtimestamp(now_ms / 1000, UTC)
            self._moments[now_ms] = moment
        event: Event = {
            "timestamp": moment,
            "type": kind,
            "id": self.number,
            "previousEventId": self._previous(kind, subject.path, data),
        }
        if kind.endswith("StateEntered"):
            event[_ENTERED] = {
                "name": data[0],
                "input": self._texts.of(data[1]),
                "inputDetails": {"truncated": False},
            }
        elif kind.endswith("StateExited"):
            event[_EXITED] = {
                "name": data[0],
                "output": self._texts.of(data[1]),
                "outputDetails": {"truncated": False},
            }
        else:
            details = self._details(kind, data)
            if details is not None:
                event[f"{kind[0].lower()}{kind[1:]}EventDetails"] = details
        return event

    def _previous(self, kind: str, path: Any, data: Any) -> int:
        last = self.last
        special = _PREVIOUS.get(kind)
        if special is not None:
            return int(special(self, path, data))
        previous = last.get(path)
        if previous is None:
            # a branch's first event follows its Parallel's Started; an execution's follows nothing
            previous = last[path[:-1]] if path else 0
        last[path] = self.number
        return previous

    def _started(self, path: Any, after: BranchId | None) -> int:
        previous = self.last[path] if after is None else self.last[after.path]
        self.last[path] = self.number
        return previous

    def _iteration_started(self, path: Any, data: Any) -> int:
        after = data[2]
        previous = self.last[path[:-1]] if after is None else self.last[after.path]
        self.last[path] = self.number
        return previous

    def _iteration_ended(self, path: Any, _data: Any) -> int:
        self.ended[path] = self.number
        return self.last[path]

    def _joined(self, path: Any, data: Any) -> int:
        branch = data[1]
        if branch is None:
            return self.last[path]
        previous = self.ended.get(branch.path, self.last[branch.path])
        # the Exited event follows the same event as this one
        self.last[path] = previous
        return previous

    def _failed(self, path: Any, data: Any) -> int:
        self.last[path] = self.number
        return self.last[data[1].path]

    def _details(self, kind: str, data: Any) -> Event | None:
        shape: Callable[[Any, _Texts], Event] | None = _DETAILS.get(kind)
        if shape is not None:
            return shape(data, self._texts)
        if kind in _BARE:
            return None
        if kind.startswith("Task"):
            return {"resourceType": data[0], "resource": data[1], **_error(data[2], data[3])}
        return _error(data[0], data[1])


class _Texts:
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
        text = json_text(value)
        self.keep(value, text)
        return text


def _error(error: str | None, cause: str | None) -> Event:
    details = {}
    if error is not None:
        details["error"] = error
    if cause is not None:
        details["cause"] = cause
    return details


def _execution_started(data: Any, texts: _Texts) -> Event:
    value, text, role_arn = data
    texts.keep(value, text)
    return {"input": text, "inputDetails": {"truncated": False}, "roleArn": role_arn}


def _output(data: Any, texts: _Texts) -> Event:
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


def _function_scheduled(data: Any, texts: _Texts) -> Event:
    resource, value, timeout, _heartbeat, credentials = data
    # AWS shows no heartbeat for a function
    return {
        "resource": resource,
        "input": texts.of(value),
        "inputDetails": {"truncated": False},
        **dict(_optional(timeout, None, credentials)),
    }


def _task_scheduled(data: Any, texts: _Texts) -> Event:
    kind, resource, region, parameters, timeout, heartbeat, credentials = data
    return {
        "resourceType": kind,
        "resource": resource,
        "region": region,
        "parameters": texts.of(parameters),
        **dict(_optional(timeout, heartbeat, credentials)),
    }


def _task_succeeded(data: Any, texts: _Texts) -> Event:
    kind, resource, output = data
    return {"resourceType": kind, "resource": resource, **_output(output, texts)}


def _iteration(data: Any, _texts: _Texts) -> Event:
    return {"name": data[0], "index": data[1]}


_PREVIOUS: dict[str, Any] = {
    "ExecutionAborted": lambda _shaper, _path, _data: 0,
    "ExecutionTimedOut": lambda _shaper, _path, _data: 0,
    # nothing follows it: the first state's event has 0 as well
    "ExecutionStarted": lambda _shaper, _path, _data: 0,
    "ParallelStateStarted": lambda shaper, path, data: shaper._started(path, data[1]),
    "MapStateStarted": lambda shaper, path, data: shaper._started(path, data[2]),
    "MapIterationStarted": _Shaper._iteration_started,
    "MapIterationSucceeded": _Shaper._iteration_ended,
    "MapIterationFailed": _Shaper._iteration_ended,
    "MapIterationAborted": _Shaper._iteration_ended,
    "ParallelStateSucceeded": _Shaper._joined,
    "MapStateSucceeded": _Shaper._joined,
    "ParallelStateFailed": _Shaper._failed,
    "MapStateFailed": _Shaper._failed,
}

_DETAILS: dict[str, Any] = {
    "ExecutionStarted": _execution_started,
    "ExecutionSucceeded": _output,
    "MapStateStarted": lambda data, _texts: {"length": data[1]},
    "MapIterationStarted": _iteration,
    "MapIterationSucceeded": _iteration,
    "MapIterationFailed": _iteration,
    "MapIterationAborted": _iteration,
    "LambdaFunctionScheduled": _function_scheduled,
    "LambdaFunctionSucceeded": lambda data, texts: _output(data[0], texts),
    "TaskScheduled": _task_scheduled,
    "TaskStarted": lambda data, _texts: {"resourceType": data[0], "resource": data[1]},
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
        *(
            f"{kind}StateAborted"
            for kind in ("Pass", "Task", "Choice", "Wait", "Succeed", "Fail", "Parallel", "Map")
        ),
    }
)
