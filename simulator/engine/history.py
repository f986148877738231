"""AWS's execution history as a projection of the trace, shaped only when somebody asks.

What the engine writes, by kind (subject is the branch's `BranchId`; for MapIteration* the
iteration's own):

* ExecutionStarted: (input, input text, role ARN); ExecutionSucceeded: output;
  ExecutionFailed, ExecutionAborted, ExecutionTimedOut: (error, cause), either may be None;
  ExecutionRedriven: how often the execution has been redriven, this time included
* <Type>StateEntered: (name, input); <Type>StateExited: (name, output) or, where variables were set,
  (name, output, what was assigned); <Type>StateAborted: (name, the branch whose failure cut it)
* EvaluationFailed: (error, cause, field, state, whether it follows the state's Entered event)
* ParallelStateStarted: (name, after); MapStateStarted: (name, length, after); `after` is the
  branch whose failure a retry follows, or None
* ParallelStateSucceeded, ParallelStateFailed, MapStateSucceeded, MapStateFailed: (name, branch),
  the branch that ended last or failed
* MapIterationStarted: (name, index, after), `after` the iteration whose place it took or None;
  MapIterationSucceeded, MapIterationFailed: (name, index); MapIterationAborted: (name, index, the
  branch whose failure cut it)
* MapRunStarted: the Map Run's ARN; MapRunRedriven: (ARN, how often); MapRunFailed: (error, cause);
  MapRunSucceeded, MapRunAborted: None
* LambdaFunctionScheduled: (resource, input, timeout s, heartbeat s, credentials);
  LambdaFunctionStarted: None; LambdaFunctionSucceeded: (output,); LambdaFunctionFailed,
  ...TimedOut, ...ScheduleFailed, ...StartFailed: (error, cause)
* ActivityScheduled: (resource, input, timeout s, heartbeat s, None); ActivityStarted: the worker's
  name or None; ActivitySucceeded: (output,); ActivityFailed, ActivityTimedOut: (error, cause)
* TaskScheduled: (resource type, resource, region, parameters, timeout s, heartbeat s, credentials);
  TaskStarted: (type, resource); TaskSubmitted, TaskSucceeded: (type, resource, output); TaskFailed,
  TaskTimedOut, TaskSubmitFailed, TaskStartFailed: (type, resource, error, cause)

A state's attempts are the Scheduled (Task) or StateStarted (Parallel, Map) events between its
Entered and its Exited.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from simulator.engine.details import Event, Texts, details_of
from simulator.engine.sizes import compact_json
from simulator.engine.trace import BranchId, Entry, Trace

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
    follows the last end of a branch, and the Exited event follows the same. What is cut by a
    branch that failed is written before the failure of its Parallel or Map, and all of that follows
    the last event of the branch that failed (the cut ones as users measured it on AWS).

    Of a redrive AWS documents the event alone. Here it follows the event that ended the execution;
    a branch of a Parallel or Map that goes on follows its own last event, as after a retry.
    """

    def __init__(self) -> None:
        self.number = 0
        # the last event of each branch, by its path
        self.last: dict[Any, int] = {}
        # the Started event of the last try of a Parallel or Map, by the path of its branch
        self.started: dict[Any, int] = {}
        # a branch's last Entered event, and what that follows
        self.entered: dict[Any, tuple[int, int]] = {}
        # the event that ended an iteration
        self.ended: dict[Any, int] = {}
        self._moments: dict[int, datetime] = {}
        self._texts = Texts()

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
                **_assigned(data[2:]),
            }
        else:
            details = details_of(kind, data, self._texts)
            if details is not None:
                event[f"{kind[0].lower()}{kind[1:]}EventDetails"] = details
        return event

    def _evaluation_failed(self, path: Any, data: Any) -> int:
        # recorded: it follows what the state's Entered event follows, as long as nothing else came
        entered = self.entered.get(path)
        previous = self.last[path]
        if entered is not None and entered[0] == previous and not data[4]:
            previous = entered[1]
        self.last[path] = self.number
        return previous

    def _previous(self, kind: str, path: Any, data: Any) -> int:
        last = self.last
        special = _PREVIOUS.get(kind)
        if special is not None:
            return int(special(self, path, data))
        if kind.endswith("StateAborted"):
            return last[data[1].path]
        previous = last.get(path)
        if previous is None:
            # a branch's first event follows its Parallel's Started; an execution's follows nothing
            previous = self.started[path[:-1]] if path else 0
        last[path] = self.number
        if kind.endswith("StateEntered"):
            self.entered[path] = (self.number, previous)
        return previous

    def _started(self, path: Any, after: BranchId | None) -> int:
        previous = self.last[path] if after is None else self.last[after.path]
        self.last[path] = self.started[path] = self.number
        return previous

    def _redriven(self, path: Any, _data: Any) -> int:
        self.last[path] = self.number
        return self.number - 1

    def _iteration_started(self, path: Any, data: Any) -> int:
        after = data[2]
        previous = self.started[path[:-1]] if after is None else self.last[after.path]
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
        previous = self.last[data[1].path]
        self.last[path] = self.number
        return previous


def _assigned(more: tuple[Any, ...]) -> Event:
    """What a state's Exited event shows of the variables that were set: JSON text of each."""
    if not more:
        return {}
    (assigned,) = more
    return {
        "assignedVariables": {name: compact_json(assigned[name]) for name in sorted(assigned)},
        "assignedVariablesDetails": {"truncated": False},
    }


_PREVIOUS: dict[str, Any] = {
    "EvaluationFailed": _Shaper._evaluation_failed,
    "ExecutionAborted": lambda _shaper, _path, _data: 0,
    "ExecutionTimedOut": lambda _shaper, _path, _data: 0,
    "ExecutionRedriven": _Shaper._redriven,
    # nothing follows it: the first state's event has 0 as well
    "ExecutionStarted": lambda _shaper, _path, _data: 0,
    "ParallelStateStarted": lambda shaper, path, data: shaper._started(path, data[1]),
    "MapStateStarted": lambda shaper, path, data: shaper._started(path, data[2]),
    "MapIterationStarted": _Shaper._iteration_started,
    "MapIterationSucceeded": _Shaper._iteration_ended,
    "MapIterationFailed": _Shaper._iteration_ended,
    "MapIterationAborted": lambda shaper, _path, data: shaper.last[data[2].path],
    "ParallelStateSucceeded": _Shaper._joined,
    "MapStateSucceeded": _Shaper._joined,
    "ParallelStateFailed": _Shaper._failed,
    "MapStateFailed": _Shaper._failed,
}
