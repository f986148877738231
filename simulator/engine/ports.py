"""What the engine asks of others, and what a simulation's parts share.

The engine knows no service and does not know that it is being tested: Tasks go to a `TaskPort`, and
every uncertain outcome to a `Picker`, both handed in by whoever builds the simulation.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple, Protocol, TypeAlias

from simulator.engine.identity import Identity
from simulator.engine.scheduler import Scheduler, Timer
from simulator.engine.timing import Timing
from simulator.engine.trace import Trace


class Place(NamedTuple):
    """Where something can turn out in more than one way: the `occurrence`-th time (from 1) that
    `kind` is asked for `subject`, such as ("statement", "load-items", 2)."""

    kind: str
    subject: str
    occurrence: int


class Picker(Protocol):
    """The one source of choice."""

    def pick(self, place: Place, options: Sequence[str]) -> str:
        """Return one of `options`; `options[0]` is what happens when nothing goes wrong."""
        ...


class Defects:
    """What becomes of an exception that nobody foresaw: a defect of the simulator's own.

    Without a listener it ends the simulation: whoever runs it gets the exception. With one, which
    hears (subject, error), whatever met it ends as having failed, and the rest goes on.
    """

    def __init__(self) -> None:
        self.listener: Callable[[str, Exception], None] | None = None

    def met(self, subject: str, error: Exception) -> str:
        """What to say of an `error` that `subject` met. Raises it where nobody listens."""
        if self.listener is None:
            # the innermost place says most
            if not getattr(error, "__notes__", None):
                error.add_note(f"met by {subject}")
            raise error
        self.listener(subject, error)
        return (
            f"internal error of the simulator: {type(error).__name__}: {error};"
            " please report it, with the traceback in its log"
        )


@dataclass(frozen=True, slots=True)
class World:
    """What every part of one simulation shares. `choices` is None in a run without a plan."""

    scheduler: Scheduler
    trace: Trace
    identity: Identity
    timing: Timing
    account_id: str
    region: str
    choices: Picker | None = None
    defects: Defects = field(default_factory=Defects)
    # whether clients outside, on a clock of their own, may answer what waits for a callback
    is_open: bool = False

    def limit(self, due_ms: int, action: Callable[[], None]) -> Timer:
        """Set a limit of a wait. Nothing but the limit may be left to come: where somebody outside
        may still end the wait, time does not go there for the limit's sake."""
        if self.is_open:
            return self.scheduler.patient(due_ms, action)
        return self.scheduler.at(due_ms, action)

    def pick(self, kind: str, subject: str, options: Sequence[str]) -> str:
        """Ask the source of choice; the nominal outcome where there is none."""
        if self.choices is None:
            return options[0]
        place = Place(kind, subject, self.identity.occurrence("choice:" + kind, subject))
        outcome = self.choices.pick(place, options)
        if outcome not in options:
            raise ValueError(f"{place}: expected one of {list(options)}, got {outcome!r}")
        # an operator who does nothing is asked after every event: that is no event of its own
        if kind != "operator" or outcome != options[0]:
            self.trace.add(self.scheduler.now_ms, "Choice", place, outcome)
        return outcome


@dataclass(frozen=True, slots=True)
class TaskRequest:
    """A Task state's call: `resource` as defined, `parameters` as JSON after Parameters."""

    resource: str
    parameters: Any
    state_name: str
    execution_arn: str
    # 1 for the first try of this entry into the state
    attempt: int
    # the role that Credentials names; None where it is the state machine's own
    role_arn: str | None = None
    # what a callback (.waitForTaskToken) or an activity's worker is to bring back
    task_token: str | None = None


@dataclass(frozen=True, slots=True)
class TaskSubmitted:
    """A job has begun (.sync): the outcome is still to come."""

    output: Any


@dataclass(frozen=True, slots=True)
class TaskTaken:
    """A worker has taken an activity's task: the outcome is still to come, by its token."""

    worker: str | None


@dataclass(frozen=True, slots=True)
class TaskSuccess:
    output: Any


@dataclass(frozen=True, slots=True)
class TaskFailure:
    """`error` is what Retry and Catch match. `scheduling` marks a failure of the call itself
    (a `...ScheduleFailed`, `TaskSubmitFailed` or `TaskStartFailed` event names it in `event`).
    A callback may leave out either text."""

    error: str | None
    cause: str | None
    event: str | None = None


@dataclass(frozen=True, slots=True)
class ItemsRequest:
    """What a distributed Map wants read: `parameters` say where; `config` is ReaderConfig with its
    paths and expressions worked out."""

    resource: str
    parameters: Any
    config: Mapping[str, Any]
    state_name: str
    execution_arn: str


@dataclass(frozen=True, slots=True)
class Items:
    """What was read, in order."""

    values: list[Any]


@dataclass(frozen=True, slots=True)
class ChildResult:
    """How a child execution of a Map Run ended, as a result file shows it."""

    members: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class ResultsRequest:
    """What a distributed Map wants written. `results` are the child executions in order."""

    resource: str
    parameters: Any
    config: Mapping[str, Any]
    map_run_arn: str
    results: Sequence[ChildResult]
    state_name: str
    execution_arn: str


@dataclass(frozen=True, slots=True)
class Written:
    """Where the results went: what ResultWriterDetails shows."""

    details: Mapping[str, Any]


TaskOutcome: TypeAlias = TaskSubmitted | TaskTaken | TaskSuccess | TaskFailure
Cancel: TypeAlias = Callable[[], None]


class TaskPort(Protocol):
    """Runs Tasks. A late outcome is simply not heard; a job (.sync) is stopped with its state."""

    def check(self, resource: str, state_name: str) -> str | None:
        """Why no state machine can be created with this resource in this state; None if it can."""
        ...

    def start(self, request: TaskRequest, done: Callable[[TaskOutcome], None]) -> Cancel | None:
        """Begin the call; `done` is called once, later, never from inside `start`. A job calls it
        first with `TaskSubmitted`; what stops the job is returned. Of an activity's task it hears
        `TaskTaken` alone."""
        ...

    def has_activity(self, arn: str) -> bool:
        """Whether there is an activity of this ARN."""
        ...

    def read_items(
        self, request: ItemsRequest, done: Callable[[Items | TaskFailure], None]
    ) -> None:
        """Read the items of a distributed Map; `done` is called once, later."""
        ...

    def write_results(
        self, request: ResultsRequest, done: Callable[[Written | TaskFailure], None]
    ) -> None:
        """Write the results of a distributed Map; `done` is called once, later."""
        ...


class Pending:
    """An answer that comes later in virtual time (a synchronous execution, an invocation)."""

    __slots__ = ("_listeners", "error", "is_settled", "value")

    def __init__(self) -> None:
        self.is_settled = False
        self.value: Any = None
        self.error: Exception | None = None
        self._listeners: list[Callable[[Pending], None]] = []

    def settle(self, value: Any = None, *, error: Exception | None = None) -> None:
        """Give the answer, or the error, to whoever waits."""
        assert not self.is_settled
        self.is_settled, self.value, self.error = True, value, error
        listeners, self._listeners = self._listeners, []
        for listener in listeners:
            listener(self)

    def when_settled(self, listener: Callable[[Pending], None]) -> None:
        """Call `listener` with this answer, at once if it is there."""
        if self.is_settled:
            listener(self)
        else:
            self._listeners.append(listener)
