"""AWS Lambda: functions, their warm containers, and invocations in virtual time.

An invocation costs its overhead, a cold start where no idle environment is left, and whatever its
handler waits for; computing itself costs nothing. One that overruns its function's timeout is
given up where it stands, as AWS freezes it: no `finally` runs, and its environment is gone.
"""

from __future__ import annotations

import datetime as dt
import functools
import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType

from simulator.engine.ports import Pending, World
from simulator.engine.scheduler import Timer
from simulator.services.api import Caller, ServiceError, internal_failure
from simulator.services.handlers import actors, clients, environments, sessions
from simulator.services.handlers.confinement import EndlessLoop
from simulator.services.lambda_.context import LambdaContext
from simulator.services.lambda_.marshalling import (
    REQUEST_LIMIT_BYTES,
    Fault,
    fault_payload,
    payload_of,
    user_traceback,
)
from simulator.services.lambda_.runtime import Function, answer_to, event_of, load_handler

# What can become of an invocation, the nominal outcome first. Of those refused nothing runs; one
# that times out hangs before the handler's first line; one that crashes has done all its work.
OUTCOMES = ("ok", "throttled", "service_error", "timed_out", "crashed_after")
_REFUSALS = {
    "throttled": ("TooManyRequestsException", "Rate Exceeded.", 429),
    "service_error": (
        "ServiceException",
        "An error occurred and the request cannot be processed.",
        500,
    ),
}
# What Lambda says of an environment that died, such as one out of memory ("How do I troubleshoot
# Lambda invocation errors such as Runtime exited", AWS re:Post knowledge center).
_KILLED = "RequestId: {} Error: Runtime exited with error: signal: killed"
# "The Init phase is limited to 10 seconds" (Understanding the Lambda execution environment).
INITIALIZATION_LIMIT_MS = 10_000
_LOG_TAIL_BYTES = 4096


@dataclass(frozen=True, slots=True)
class Answer:
    """What the Invoke operation answers. `error` is "Unhandled" where the function failed."""

    payload: bytes
    error: str | None
    request_id: str
    log_tail: bytes


@dataclass(frozen=True, slots=True)
class Invocation:
    """One invocation as it was, for reports. Times are virtual milliseconds."""

    function_name: str
    request_id: str
    started_ms: int
    ended_ms: int
    is_cold_start: bool
    # the error's type and message as Lambda reports them, and the user's own frames
    error: str | None
    error_message: str | None
    user_traceback: str | None
    # what the handler printed and logged
    output: str
    caller: str
    state_name: str | None
    execution_arn: str | None
    # what the simulation could not carry faithfully
    notes: tuple[str, ...]


@dataclass(slots=True)
class _Run:
    """An invocation on its way."""

    function: Function
    payload: bytes
    caller: Caller
    request_id: str
    pending: Pending
    environment: environments.Environment
    is_cold_start: bool
    outcome: str = OUTCOMES[0]
    started_ms: int = 0
    actor: actors.Actor | None = None
    timeout: Timer | None = None
    result: bytes | None = None

    @property
    def timeout_ms(self) -> int:
        return self.function.timeout_seconds * 1000


class Invocations:
    """Runs handlers. `load` gives the module that a handler's text names."""

    def __init__(self, world: World, load: Callable[[str], ModuleType]) -> None:
        self._world = world
        self._load = load
        # by the function's ARN: a version has containers of its own
        self._idle: dict[str, list[environments.Environment]] = {}
        # how many invocations run, by the function's name
        self._running: dict[str, int] = {}
        # a function's reserved concurrency; None for as many as come
        self.reserved: Callable[[str], int | None] = lambda _name: None
        self.door: clients.Door | None = None
        self.records: list[Invocation] = []

    def start(
        self, function: Function, payload: bytes, caller: Caller, *, place: str | None = None
    ) -> Pending:
        """Invoke a function; the `Pending` settles with an `Answer`, or with `ServiceError` where
        Lambda itself refused. `place` is where it is called from, for ids that replay."""
        pending = Pending()
        if len(payload) > REQUEST_LIMIT_BYTES:
            message = (
                f"Request must be smaller than {REQUEST_LIMIT_BYTES} bytes for the"
                " InvokeFunction operation"
            )
            self._refuse(pending, ServiceError("RequestTooLargeException", message, status=413))
            return pending
        # A handler that invokes another function is no Task, though it runs for a Task's state.
        is_task = "state" in caller.tags and caller.function_name is None
        subject = caller.place if is_task else function.name
        outcome = self._world.pick("lambda", subject, OUTCOMES)
        if outcome in _REFUSALS:
            code, message, status = _REFUSALS[outcome]
            self._refuse(pending, ServiceError(code, message, status=status))
            return pending
        reserved = self.reserved(function.name)
        if reserved is not None and self._running.get(function.name, 0) >= reserved:
            throttled = ServiceError(
                "TooManyRequestsException",
                "Rate Exceeded.",
                status=429,
                Reason="ReservedFunctionConcurrentInvocationLimitExceeded",
            )
            self._refuse(pending, throttled)
            return pending
        request_id = self._world.identity.uuid(
            "invocation", f"{function.name}:{place or caller.name}"
        )
        environment, is_cold_start = self._environment(function)
        environment.request_id = request_id
        self._begin(
            _Run(
                function, payload, caller, request_id, pending, environment, is_cold_start, outcome
            )
        )
        return pending

    def forget(self, function_arn: str) -> None:
        """Let go of a function's idle environments: it has been replaced."""
        self._idle.pop(function_arn, None)

    def _refuse(self, pending: Pending, error: ServiceError) -> None:
        overhead = self._world.timing.lambda_overhead_ms
        self._world.scheduler.after(overhead, lambda: pending.settle(error=error))

    def _environment(self, function: Function) -> tuple[environments.Environment, bool]:
        """An idle environment, the one used last; else a new one."""
        now_ms = self._world.scheduler.now_ms
        idle = self._idle.setdefault(function.arn, [])
        idle[:] = [
            one for one in idle if now_ms - one.last_used_ms <= self._world.timing.lambda_idle_ms
        ]
        if idle:
            return idle.pop(), False
        return _new_environment(function, self._world), True

    def _begin(self, run: _Run) -> None:
        function, timing = run.function, self._world.timing
        self._running[function.name] = self._running.get(function.name, 0) + 1
        delay_ms = timing.lambda_overhead_ms
        if run.is_cold_start:
            delay_ms += timing.lambda_cold_start_ms
        tags = run.caller.tags
        caller = Caller(
            f"lambda:{function.name}", function.role_arn, function_name=function.name, tags=tags
        )
        self._world.trace.add(
            self._world.scheduler.now_ms,
            "LambdaInvoked",
            function.name,
            {"request_id": run.request_id, "caller": run.caller.name, "cold": run.is_cold_start},
        )
        clients.install()
        run.actor = actors.spawn(
            self._world,
            functools.partial(self._handle, run),
            name=f"function {function.name!r}",
            on_done=functools.partial(self._ended, run),
            delay_ms=delay_ms,
            surroundings=run.environment,
            caller=caller,
            door=self.door,
            place=f"{function.name}:{run.request_id}",
        )

    def _handle(self, run: _Run) -> None:
        """Runs inside the actor: what Lambda's runtime does around a handler."""
        function, scheduler = run.function, self._world.scheduler
        if run.outcome == "timed_out":
            run.started_ms = scheduler.now_ms
            self._limit(run, run.timeout_ms)
            return
        if run.environment.handler is None:
            self._limit(run, INITIALIZATION_LIMIT_MS + run.timeout_ms)
            run.environment.handler = function.handler or load_handler(function, self._load)
        run.started_ms = scheduler.now_ms
        self._limit(run, run.timeout_ms)
        context = LambdaContext(
            function,
            aws_request_id=run.request_id,
            log_stream_name=run.environment.log_stream_name,
            deadline_ms=run.started_ms + run.timeout_ms,
            now_ms=lambda: scheduler.now_ms,
        )
        run.result = payload_of(run.environment.handler(event_of(run.payload), context))

    def _limit(self, run: _Run, duration_ms: int) -> None:
        if run.timeout is not None:
            run.timeout.cancel()
        run.timeout = self._world.scheduler.after(
            duration_ms, functools.partial(self._time_out, run)
        )

    def _ended(self, run: _Run, actor: actors.Actor) -> None:
        try:
            self._finish(run, actor)
        except Exception as error:  # noqa: BLE001 - a defect of ours
            failure = internal_failure(self._world, f"function {run.function.name!r}", error)
            if not run.pending.is_settled:
                run.pending.settle(error=failure)

    def _finish(self, run: _Run, actor: actors.Actor) -> None:
        error = actor.error
        if isinstance(error, EndlessLoop) or run.outcome == "timed_out":
            # It would have gone on until Lambda stopped it, and the timer is still set.
            return
        if run.timeout is not None:
            run.timeout.cancel()
        if run.outcome == "crashed_after":
            killed = fault_payload("Runtime.ExitError", _KILLED.format(run.request_id))
            self._settle(run, killed, "Runtime.ExitError", None)
            return
        payload, kind = answer_to(error, run.result, run.request_id, run.function)
        self._settle(run, payload, kind, error)
        if not isinstance(error, (Fault, SystemExit)):
            run.environment.last_used_ms = self._world.scheduler.now_ms
            self._idle.setdefault(run.function.arn, []).append(run.environment)

    def _time_out(self, run: _Run) -> None:
        assert run.actor is not None
        run.actor.abandon()
        kind = "Sandbox.Timedout"
        seconds = f"{run.function.timeout_seconds}.00"
        message = f"RequestId: {run.request_id} Error: Task timed out after {seconds} seconds"
        self._settle(run, fault_payload(kind, message), kind, None)

    def _settle(
        self, run: _Run, payload: bytes, kind: str | None, error: BaseException | None
    ) -> None:
        assert run.actor is not None
        self._running[run.function.name] -= 1
        now_ms = self._world.scheduler.now_ms
        shown = error.__cause__ if isinstance(error, Fault) and error.__cause__ else error
        invocation = Invocation(
            function_name=run.function.name,
            request_id=run.request_id,
            started_ms=run.started_ms or now_ms,
            ended_ms=now_ms,
            is_cold_start=run.is_cold_start,
            error=kind,
            error_message=json.loads(payload)["errorMessage"] if kind else None,
            user_traceback=user_traceback(shown) if shown is not None else None,
            output=run.actor.output.getvalue(),
            caller=run.caller.name,
            state_name=run.caller.tags.get("state"),
            execution_arn=run.caller.tags.get("execution"),
            notes=tuple(run.actor.notes),
        )
        self.records.append(invocation)
        self._world.trace.add(
            now_ms, "LambdaEnded", run.function.name, {"request_id": run.request_id, "error": kind}
        )
        run.pending.settle(
            Answer(payload, "Unhandled" if kind else None, run.request_id, _log_tail(invocation))
        )


def _new_environment(function: Function, world: World) -> environments.Environment:
    occurrence = world.identity.uuid("environment", function.name).replace("-", "")
    day = dt.datetime.fromtimestamp(world.scheduler.now_ms // 1000, dt.UTC)
    log_stream_name = f"{day:%Y/%m/%d}/[{function.version}]{occurrence}"
    # A function as deployed sees what Lambda gives it; a callable of a test sees the test's
    # variables as well, since it stands among them.
    base = environments.bare_variables() if function.folder else environments.host_variables()
    variables = {
        **base,
        "TZ": ":UTC",
        "LANG": "en_US.UTF-8",
        "LAMBDA_TASK_ROOT": str(function.folder or Path.cwd()),
        "LAMBDA_RUNTIME_DIR": "/var/runtime",
        "_HANDLER": function.handler_name,
        "AWS_EXECUTION_ENV": f"AWS_Lambda_{function.runtime}",
        "AWS_LAMBDA_FUNCTION_NAME": function.name,
        "AWS_LAMBDA_FUNCTION_VERSION": function.version,
        "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": str(function.memory_mb),
        "AWS_LAMBDA_LOG_GROUP_NAME": f"/aws/lambda/{function.name}",
        "AWS_LAMBDA_LOG_STREAM_NAME": log_stream_name,
        "AWS_LAMBDA_INITIALIZATION_TYPE": "on-demand",
        **function.environment,
        # last: no setting of a function brings real keys or another account in
        **sessions.client_variables(world.region),
    }
    folders: list[Path] = []
    if function.folder is not None:
        # a layer's packages lie in its `python` folder ("Packaging your layer content")
        layers = [layer / "python" for layer in function.layers if (layer / "python").is_dir()]
        folders = [function.folder, *layers]
    environment = environments.Environment(variables, folders, working_folder=function.folder)
    environment.log_stream_name = log_stream_name
    return environment


def _log_tail(invocation: Invocation) -> bytes:
    """The end of what CloudWatch Logs would hold, without the memory used, which nobody knows."""
    request_id = invocation.request_id
    duration_ms = invocation.ended_ms - invocation.started_ms
    log = (
        f"START RequestId: {request_id} Version: $LATEST\n{invocation.output}"
        f"END RequestId: {request_id}\nREPORT RequestId: {request_id}\t"
        f"Duration: {duration_ms:.2f} ms\tBilled Duration: {duration_ms} ms\n"
    )
    return log.encode()[-_LOG_TAIL_BYTES:]
