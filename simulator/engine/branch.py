"""A line of control: the run loop, and what happens when a state ends, fails or is aborted.

An execution is one branch, a Parallel or Map forks more; all are light objects on one scheduler.
The loop runs states that take no time of their own back to back, adding the transition's time in
line, and goes through the heap only when something else is due by then.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Protocol

from simulator.asl.context import ContextObject
from simulator.asl.errors import QueryEvaluationError, StatesError
from simulator.asl.model import JSON
from simulator.engine.contexts import context_of, place_of
from simulator.engine.dataflow import NO_CONTEXT
from simulator.engine.retry import DATA_LIMIT, RUNTIME, TIMEOUT, backoff_delay_ms, first_taking
from simulator.engine.sizes import size_of
from simulator.engine.step import (
    APPLY,
    APPLY_IN_CONTEXT,
    ASSIGN,
    BEGIN,
    CHOOSE,
    CHOOSE_IN_CONTEXT,
    KEEP,
    HandledStep,
    Step,
    error_output,
)
from simulator.engine.trace import BranchId

if TYPE_CHECKING:
    from simulator.engine.running import RunningExecution
    from simulator.engine.scheduler import Timer

_NEVER_MS = 1 << 62
_NO_VARIABLES: Mapping[str, JSON] = MappingProxyType({})


class HistoryFull(Exception):
    """The next event would be one that AWS's history quota leaves for the execution's end."""


class Joint(Protocol):
    """What a branch belongs to: the entry into a Parallel or Map that forked it."""

    @property
    def tolerates_failures(self) -> bool:
        """Whether a branch may fail without failing the whole."""

    def branch_ended(self, child: Branch, output: JSON, size: int) -> None:
        """It came to its end; `size` bounds the output's bytes."""

    def branch_failed(self, child: Branch, error: str | None, cause: str | None) -> None:
        """It failed."""


class Forked(Protocol):
    """The branches or child executions of an entry into a Parallel or Map."""

    def redrive(self) -> None:
        """Go on in those that failed or were aborted."""


class Branch:
    """Runs the states of one flow, one after another. `value` is the current state's raw input and
    `size` an upper bound of its bytes; `doing` is what a state that takes time is busy with."""

    __slots__ = (
        "attempts",
        "doing",
        "entered_event",
        "entered_ms",
        "execution",
        "failed_by",
        "failure",
        "fork",
        "forked",
        "has_entered",
        "id",
        "index",
        "item",
        "retry_count",
        "size",
        "step",
        "timer",
        "value",
        "variables",
    )

    def __init__(
        self,
        execution: RunningExecution,
        branch_id: BranchId,
        step: Step,
        value: JSON,
        size: int,
        *,
        fork: Joint | None = None,
        index: int = 0,
        item: tuple[int, JSON] | None = None,
        variables: Mapping[str, JSON] = _NO_VARIABLES,
    ) -> None:
        self.execution = execution
        self.id = branch_id
        self.step = step
        self.value = value
        self.size = size
        # whose branch this is, and its place in there; None for an execution's own
        self.fork = fork
        self.index = index
        # the innermost Map's (index, item)
        self.item = item
        # what Assign has named so far, here and in the branches around; never changed in place
        self.variables = variables
        self.entered_ms = 0
        self.entered_event = 0
        self.retry_count = 0
        # retries so far, by retrier; made at the first one
        self.attempts: dict[int, int] | None = None
        # the branch in this Parallel or Map that failed its last try
        self.failed_by: BranchId | None = None
        self.timer: Timer | None = None
        # a Fork or a task's call: whatever has `abort`
        self.doing: Any = None
        # what a redrive goes on from: whether the current state has been entered, the error of its
        # last failure, and the branches of its last try where it is a Parallel or Map
        self.has_entered = False
        self.failure: str | None = None
        self.forked: Forked | None = None

    # -- the run loop -------------------------------------------------------------------------

    def enter(self, delay_ms: int) -> None:
        """Run from the current step on, after `delay_ms`."""
        self.timer = self.execution.scheduler.after(delay_ms, self.run)

    # one function on purpose: a call for each state would cost a third of the speed
    def run(self) -> None:  # noqa: C901
        """Run states until one takes time, something else is due, or the branch ends."""
        execution = self.execution
        scheduler = execution.scheduler
        entries = execution.trace.entries
        append = execution.trace.append
        transition_ms = execution.transition_ms
        max_bytes = execution.max_bytes
        branch_id = self.id
        step, value, size = self.step, self.value, self.size
        now_ms = scheduler.now_ms
        due_ms = scheduler.next_due_ms()
        if scheduler.after_action is not None:
            due_ms = now_ms
        elif due_ms is None:
            due_ms = _NEVER_MS
        # While this loop runs nobody else writes: events are counted by the log's length.
        before = len(entries) - execution.events
        ended = False
        try:
            # two events for each state; one must be left for the execution's end
            for _ in range((execution.max_events - 1 - execution.events) // 2):
                append((now_ms, step.entered, branch_id, (step.name, value)))
                mode = step.mode
                if mode == APPLY:
                    value = step.apply(value, NO_CONTEXT)
                    following = step.next
                elif mode == CHOOSE:
                    following = step.apply(value, NO_CONTEXT)
                elif mode == KEEP:
                    following = step.next
                elif mode == BEGIN:
                    break
                else:
                    # the context tells of this state, and what it draws is drawn in its name
                    self.step, self.entered_ms = step, now_ms
                    context = self.context(step)
                    if mode == APPLY_IN_CONTEXT:
                        value = step.apply(value, context)
                        following = step.next
                    elif mode == CHOOSE_IN_CONTEXT:
                        value, following = step.apply(value, context)
                    else:
                        context.now_ms = now_ms
                        value, following, assigned = step.apply(value, context)
                size = size * step.factor + step.constant
                if size > max_bytes:
                    size = size_of(value)
                    if size > max_bytes:
                        raise too_large(step.name)  # noqa: TRY301 - as for the whole
                if mode == ASSIGN and assigned:
                    self.assign(assigned)
                    append((now_ms, step.exited, branch_id, (step.name, value, assigned)))
                else:
                    append((now_ms, step.exited, branch_id, (step.name, value)))
                if following is None:
                    ended = True
                    break
                step = following
                now_ms += transition_ms
                if now_ms >= due_ms:
                    self.step, self.value, self.size = step, value, size
                    execution.events = len(entries) - before
                    self.timer = scheduler.at(now_ms, self.run)
                    return
            else:
                self.step, self.value = step, value
                execution.events = len(entries) - before
                scheduler.now_ms = now_ms
                self._run_out(step)
                return
        except StatesError as error:
            self.step, self.value, self.size = step, value, size
            scheduler.now_ms = now_ms
            self.entered_event = execution.events = len(entries) - before
            self._enter_state(now_ms)
            self.resume(self._fail_at_once, error)
            return
        except Exception as error:  # noqa: BLE001 - a defect of ours
            self.step, self.value = step, value
            scheduler.now_ms = now_ms
            execution.events = len(entries) - before
            execution.meet_defect(error, step.name, self.id)
            return
        self.step, self.value, self.size = step, value, size
        scheduler.now_ms = now_ms
        self.entered_event = execution.events = len(entries) - before
        if ended:
            self.entered_ms = now_ms
            self.resume(self.end, value, size)
        else:
            self._enter_state(now_ms)
            self.resume(step.begin, self)

    def _fail_at_once(self, error: StatesError) -> None:
        """A state without Retry and Catch failed."""
        self._tell_of(error)
        self.end_failed(error.error, self.explained(error))

    def _tell_of(self, error: StatesError) -> None:
        """An expression that failed has an event of its own (recorded)."""
        if isinstance(error, QueryEvaluationError):
            details = (error.error, self.explained(error), error.location, self.step.name)
            self.emit("EvaluationFailed", (*details, error.after_entry))

    def _enter_state(self, now_ms: int) -> None:
        """Forget what the last state that took over has left here."""
        self.entered_ms = now_ms
        self.has_entered = True
        self.failure = None
        self.forked = None
        self._forget_tries()

    def _forget_tries(self) -> None:
        self.retry_count = 0
        self.attempts = None
        self.failed_by = None

    def _run_out(self, step: Step) -> None:
        """No two events are left: enter the state if one is, then end."""
        execution = self.execution
        if execution.events + 1 < execution.max_events:
            execution.emit(step.entered, self.id, (step.name, self.value))
        execution.fail_history_full(self.id)

    # -- how a state that takes time goes on --------------------------------------------------

    def emit(self, kind: str, data: Any = None) -> None:
        """Write an event of this branch."""
        self.execution.emit(kind, self.id, data)

    def assign(self, assigned: Mapping[str, JSON]) -> None:
        """Set variables, for the states that come."""
        self.variables = {**self.variables, **assigned}

    def leave(
        self,
        output: JSON,
        size: int,
        following: Step | None,
        assigned: Mapping[str, JSON] | None = None,
    ) -> None:
        """Leave the current state with `output`, and with variables set."""
        self.doing = None
        execution = self.execution
        if size > execution.max_bytes:
            size = size_of(output)
            if size > execution.max_bytes:
                raise too_large(self.step.name)
        if assigned:
            self.assign(assigned)
            self.emit(self.step.exited, (self.step.name, output, assigned))
        else:
            self.emit(self.step.exited, (self.step.name, output))
        self.has_entered = False
        self.forked = None
        if following is None:
            self.value = output
            self.end(output, size)
            return
        self.step, self.value, self.size = following, output, size
        self.enter(execution.transition_ms)

    def end(self, output: JSON, size: int) -> None:
        """The flow came to its end."""
        if self.fork is None:
            self.execution.succeed(output)
        else:
            self.fork.branch_ended(self, output, size)

    def fail(
        self,
        error: str | None,
        cause: str | None,
        *,
        by: BranchId | None = None,
        is_heartbeat: bool = False,
    ) -> None:
        """The current state failed: retry, catch, or fail the branch. `by`: the branch in a
        Parallel or Map that failed it."""
        self.doing = None
        self.failed_by = by
        self.failure = error
        step = self.step
        if error == RUNTIME or not isinstance(step, HandledStep):
            self.end_failed(error, cause)
            return
        if self._retries(step, error, is_heartbeat=is_heartbeat):
            return
        if step.failed_event is not None and by is not None:
            self.emit(step.failed_event, (step.name, by))
        chosen = first_taking(
            [catcher for catcher, _, _ in step.catchers], error, is_heartbeat=is_heartbeat
        )
        if chosen is None:
            if step.is_aborted_with_its_branch and self.fork is not None:
                self.emit(step.aborted, (step.name, self.id))
            self.end_failed(error, cause)
            return
        _, fields, target = step.catchers[chosen]
        try:
            output, assigned = fields.caught(self, error_output(error, cause))
            self.leave(output, self.execution.max_bytes + 1, target, assigned)
        except StatesError as failure:
            self._fail_at_once(failure)

    def _retries(self, step: HandledStep, error: str | None, *, is_heartbeat: bool) -> bool:
        """Set the next try, if a retrier takes the error and has tries left."""
        chosen = first_taking(step.retriers, error, is_heartbeat=is_heartbeat)
        if chosen is None:
            return False
        retrier = step.retriers[chosen]
        attempts = self.attempts or {}
        attempt = attempts.get(chosen, 0) + 1
        if attempt > retrier.max_attempts:
            return False
        self.attempts = {**attempts, chosen: attempt}
        self.retry_count += 1
        delay_ms = backoff_delay_ms(retrier, attempt=attempt, fraction=self._jitter())
        self.timer = self.execution.scheduler.after(delay_ms, lambda: self.resume(step.begin, self))
        return True

    def _jitter(self) -> float:
        identity = self.execution.identity
        place = place_of(self.id, self.step)
        return identity.fraction("retry-jitter", place, identity.occurrence("retry-jitter", place))

    def resume(self, action: Any, *arguments: Any) -> None:
        """Go on outside the loop: an error in the state's own fields fails the state."""
        try:
            try:
                action(*arguments)
            except StatesError as error:
                self._tell_of(error)
                # recorded: a Map whose Items cannot be evaluated has a MapStateFailed event too
                by = self.id if isinstance(error, QueryEvaluationError) else None
                self.fail(error.error, self.explained(error), by=by)
        except HistoryFull:
            self.execution.fail_history_full(self.id)
        except Exception as error:  # noqa: BLE001 - a defect of ours
            self.execution.meet_defect(error, self.step.name, self.id)

    def end_failed(self, error: str | None, cause: str | None) -> None:
        """The branch failed, and what forked it hears of it. A States.Runtime ends the execution,
        however deep the branch, and no event tells of what is around it (as users measured)."""
        if self.fork is None or (error == RUNTIME and not self.fork.tolerates_failures):
            self.execution.fail(error, cause, self.id)
        else:
            self.fork.branch_failed(self, error, cause)

    def abort(self, *, by: BranchId | None) -> None:
        """Stop where it stands. `by` is the branch whose failure cuts this one, and then a state
        that was entered is written as aborted; None where nothing is to be written."""
        if self.timer is not None:
            self.timer.cancel()
        if by is not None and self.has_entered:
            self.emit(self.step.aborted, (self.step.name, by))
        if self.doing is not None:
            # forgotten only afterwards: the history may be full before all of it is written, and
            # then the execution's end aborts what is left
            self.doing.abort(by=by)
            self.doing = None

    def redrive(self, delay_ms: int) -> None:
        """Go on after a failure, a stop or a timeout: from the current state, on the same input.

        "Redrive behavior of individual states": Task, Wait, Parallel and Map begin again with no
        retries used, without a second Entered event (EnteredTime stays, as users' traces show); of
        a Parallel or Map only the branches that failed or were aborted, unless it failed with
        States.DataLimitExceeded. A Choice's rules are looked at again. A Fail "reenters the Fail
        state and fails again". A state that was not entered yet is entered.
        """
        if not self.has_entered or not self.step.goes_on_when_redriven:
            self.enter(delay_ms)
            return
        after = self.execution.scheduler.after
        self.timer = after(delay_ms, lambda: self.resume(self._begin_again))

    def _begin_again(self) -> None:
        self._forget_tries()
        failure, self.failure = self.failure, None
        if self.forked is not None and failure != DATA_LIMIT:
            self.doing = self.forked
            self.forked.redrive()
        elif self.step.mode == BEGIN:
            self.step.begin(self)
        else:
            self._evaluate()

    def _evaluate(self) -> None:
        """Run a state that ends at the moment it starts, outside the loop: it was entered."""
        step, following = self.step, self.step.next
        output, assigned = self.value, None
        if step.mode in (APPLY, APPLY_IN_CONTEXT):
            output = step.apply(self.value, self.context(step))
        elif step.mode == CHOOSE:
            following = step.apply(self.value, self.context(step))
        elif step.mode == CHOOSE_IN_CONTEXT:
            output, following = step.apply(self.value, self.context(step))
        elif step.mode == ASSIGN:
            output, following, assigned = step.apply(self.value, self.context(step))
        self.leave(output, self.size * step.factor + step.constant, following, assigned)

    # -- what a state's fields may read -------------------------------------------------------

    def context(self, step: Step, item: tuple[int, JSON] | None = None) -> ContextObject:
        """The Context Object as this branch sees it in `step`; `item` is a Map's (index, value)."""
        return context_of(
            self.execution,
            self.id,
            step,
            entered_ms=self.entered_ms,
            retry_count=self.retry_count,
            item=item or self.item,
            variables=self.variables,
        )

    def explained(self, error: StatesError) -> str:
        """A cause with AWS's words for where it happened."""
        if error.error in (DATA_LIMIT, TIMEOUT):
            return error.cause
        return (
            f"An error occurred while executing the state '{self.step.name}' (entered at the "
            f"event id #{self.entered_event}). {error.cause}"
        )


def too_large(name: str) -> StatesError:
    """AWS's error for a result over the quota; `name` is the state's, or the resource's."""
    return StatesError(
        DATA_LIMIT,
        f"The state/task '{name}' returned a result with a size exceeding the maximum number of "
        "bytes service limit.",
    )


def runtime_error(cause: str) -> StatesError:
    """A States.Runtime: an execution that can't go on."""
    return StatesError(RUNTIME, cause)
