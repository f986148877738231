"""Executions of state machines: how one is started, described, stopped, listed and told."""

from __future__ import annotations

from typing import Any

from simulator.engine import history
from simulator.engine.callbacks import Callbacks
from simulator.engine.details import Event
from simulator.engine.execution import Execution
from simulator.engine.map_run import MapRun
from simulator.engine.ports import Pending, TaskPort, World
from simulator.engine.quotas import Quotas
from simulator.services.api import Caller, ServiceError
from simulator.services.eventbridge.bus import EventBus
from simulator.services.stepfunctions import names, status_events
from simulator.services.stepfunctions.machines import Machines, described
from simulator.services.stepfunctions.map_runs import MapRuns
from simulator.services.stepfunctions.redrives import Redrives, counted
from simulator.services.stepfunctions.versions import Target, Versions

Request = dict[str, Any]

_UNSUPPORTED_TYPE = "This operation is not supported by this type of state machine"


class Executions:
    """The executions of an account, and their operations."""

    def __init__(
        self,
        world: World,
        tasks: TaskPort,
        quotas: Quotas,
        machines: Machines,
        versions: Versions,
        events: EventBus | None,
    ) -> None:
        self._world = world
        self._tasks = tasks
        self._quotas = quotas
        self._machines = machines
        self._versions = versions
        self._events = events
        self._redrives = Redrives(world, quotas, machines)
        self.callbacks = Callbacks(world.identity)
        self.map_runs = MapRuns(self.find)
        self.by_arn: dict[str, Execution] = {}
        # the state machine, version and alias as they were when the execution started
        self._target_of: dict[str, Target] = {}
        self._shaped: dict[str, tuple[int, list[Event]]] = {}

    def start_execution(self, request: Request, _caller: Caller) -> Request:
        """Start an execution; the same name and input again mean the one that runs."""
        target = self._startable(request)
        execution = (
            self._start_express(target, request)
            if target.machine.type == "EXPRESS"
            else self._start_standard(target, request)
        )
        return {
            "executionArn": execution.arn,
            "startDate": names.moment(execution.start_ms),
        }

    def start_sync_execution(self, request: Request, _caller: Caller) -> Pending:
        """Start an Express execution; the answer is there when it ended."""
        target = self._startable(request)
        if target.machine.type != "EXPRESS":
            raise ServiceError("StateMachineTypeNotSupported", _UNSUPPORTED_TYPE)
        pending = Pending()
        execution = self._start_express(target, request)
        execution.when_ended(lambda ended: pending.settle(_sync_answer(ended)))
        return pending

    def _startable(self, request: Request) -> Target:
        target = self._versions.target(request["stateMachineArn"])
        machine = target.machine
        if machine.status == "DELETING":
            raise ServiceError("StateMachineDeleting", f"State Machine Deleting: '{machine.arn}'")
        if "name" in request:
            names.check_name(request["name"], limit=self._quotas.name_characters)
        names.check_input(request.get("input", "{}"), limit=self._quotas.state_data_bytes)
        return target

    def _start_standard(self, target: Target, request: Request) -> Execution:
        machine = target.machine
        name = request.get("name") or self._world.identity.uuid("execution", machine.arn)
        arn = f"{_prefix(machine.arn, 'execution')}:{name}"
        existing = self.by_arn.get(arn)
        if existing is not None:
            # "StartExecution is idempotent for STANDARD workflows" while the first one runs
            if existing.is_running and existing.input_text == request.get("input", "{}"):
                return existing
            raise ServiceError("ExecutionAlreadyExists", f"Execution Already Exists: '{arn}'")
        return self._start(target, request, arn, name)

    def _start_express(self, target: Target, request: Request) -> Execution:
        machine = target.machine
        identity = self._world.identity
        name = request.get("name") or identity.uuid("execution", machine.arn)
        run = identity.uuid("express-execution", f"{machine.arn}:{name}")
        return self._start(target, request, f"{_prefix(machine.arn, 'express')}:{name}:{run}", name)

    def _start(self, target: Target, request: Request, arn: str, name: str) -> Execution:
        machine = target.machine
        execution = Execution(
            machine.compiled,
            world=self._world,
            tasks=self._tasks,
            quotas=self._quotas,
            arn=arn,
            name=name,
            state_machine_arn=machine.arn,
            role_arn=machine.role_arn,
            input_text=request.get("input", "{}"),
            is_express=machine.type == "EXPRESS",
            callbacks=self.callbacks,
            records=self,
        )
        self.by_arn[arn] = execution
        self._target_of[arn] = target
        self._watch(execution)
        return execution

    def map_run_started(self, run: MapRun) -> None:
        """A distributed Map of an execution has begun (`engine.execution.Records`)."""
        self.map_runs.add(run)

    def child_started(self, child: Execution) -> None:
        """A Map Run has started an execution, which can be looked at like any other."""
        self.by_arn[child.arn] = child
        assert child.map_run_arn is not None
        parent = self.map_runs.find(child.map_run_arn).parent
        self._target_of[child.arn] = self._target_of[parent.arn]

    def _watch(self, execution: Execution) -> None:
        """Tell of an execution that began to run, and of its end."""
        self._tell(execution)
        execution.when_ended(self._ended)

    def _ended(self, execution: Execution) -> None:
        self._tell(execution)
        self._forget_deleted(execution.state_machine_arn)

    def _tell(self, execution: Execution) -> None:
        # "Only standard workflows emit events to EventBridge"
        if self._events is not None and self._events.is_heard and not execution.is_express:
            detail = status_events.detail_of(
                execution, self._redrives.reason_against(execution), self._qualified(execution)
            )
            self._events.put(
                status_events.SOURCE, status_events.DETAIL_TYPE, detail, [execution.arn]
            )

    def redrive_execution(self, request: Request, _caller: Caller) -> Request:
        """Redrive an execution that failed, timed out or was stopped."""
        execution = self.find(request["executionArn"])
        before = execution.redrive_count
        redriven_ms = self._redrives.redrive(execution, request.get("clientToken"))
        if execution.redrive_count > before:
            self._watch(execution)
        return {"redriveDate": names.moment(redriven_ms)}

    def find(self, text: str) -> Execution:
        """The Standard execution of an ARN."""
        arn = names.parse_arn(text, "execution")
        found = self.by_arn.get(arn.text)
        if found is None:
            raise ServiceError("ExecutionDoesNotExist", f"Execution Does Not Exist: '{text}'")
        return found

    def describe_execution(self, request: Request, _caller: Caller) -> Request:
        """Show an execution."""
        execution = self.find(request["executionArn"])
        shown: Request = {
            "executionArn": execution.arn,
            "stateMachineArn": execution.state_machine_arn,
            **self._qualified(execution),
            **({} if execution.map_run_arn is None else {"mapRunArn": execution.map_run_arn}),
            "name": execution.name,
            "status": execution.status,
            "startDate": names.moment(execution.start_ms),
            **self._redrives.members(execution),
            **_end_members(execution),
        }
        if request.get("includedData") != "METADATA_ONLY":
            shown |= _data_members(execution)
        return shown

    def describe_state_machine_for_execution(self, request: Request, _caller: Caller) -> Request:
        """Show the state machine as it was when the execution started."""
        machine = self._target_of[self.find(request["executionArn"]).arn].machine
        shown = described(machine)
        del shown["creationDate"], shown["status"], shown["type"]
        return {**shown, "updateDate": names.moment(machine.created_ms)}

    def stop_execution(self, request: Request, _caller: Caller) -> Request:
        """Stop an execution; one that ended stays as it is."""
        execution = self.find(request["executionArn"])
        if execution.is_running:
            execution.stop(request.get("error"), request.get("cause"))
        assert execution.stop_ms is not None
        return {"stopDate": names.moment(execution.stop_ms)}

    def list_executions(self, request: Request, _caller: Caller) -> Request:
        """List a state machine's executions, the newest first."""
        among = self._listed(request)
        wanted, redriven = request.get("statusFilter"), request.get("redriveFilter")
        shown = [
            {
                "executionArn": one.arn,
                "stateMachineArn": one.state_machine_arn,
                **self._qualified(one),
                "name": one.name,
                "status": one.status,
                "startDate": names.moment(one.start_ms),
                **({} if one.map_run_arn is None else {"mapRunArn": one.map_run_arn}),
                **counted(one),
                **({} if one.stop_ms is None else {"stopDate": names.moment(one.stop_ms)}),
            }
            for one in reversed(among)
            if wanted in (None, one.status)
            and redriven in (None, "REDRIVEN" if one.redrive_count else "NOT_REDRIVEN")
        ]
        part, following = names.page(shown, request, default=100, largest=1000)
        return {"executions": part, **following}

    def _listed(self, request: Request) -> list[Execution]:
        """The executions of a state machine, or of a Map Run."""
        if "mapRunArn" in request:
            run = self.map_runs.find(request["mapRunArn"])
            return [self.by_arn[child.arn] for child in run.children if child is not None]
        if "stateMachineArn" not in request:
            raise ServiceError(
                "ValidationException",
                "Must provide either a stateMachineArn or a mapRunArn",
            )
        asked = request["stateMachineArn"]
        if self._versions.target(asked).machine.type == "EXPRESS":
            raise ServiceError("StateMachineTypeNotSupported", _UNSUPPORTED_TYPE)
        return [
            one
            for one in self.by_arn.values()
            if asked in (one.state_machine_arn, *self._qualified(one).values())
            and one.map_run_arn is None
        ]

    def get_execution_history(self, request: Request, _caller: Caller) -> Request:
        """Show an execution's events."""
        execution = self.find(request["executionArn"])
        events = self._history(execution)
        if request.get("reverseOrder"):
            events = events[::-1]
        part, following = names.page(events, request, default=100, largest=1000)
        if not request.get("includeExecutionData", True):
            part = [_without_data(event) for event in part]
        return {"events": part, **following}

    def _history(self, execution: Execution) -> list[Event]:
        """The events, shaped once for each state of the trace, since pages are asked one by one."""
        kept = self._shaped.get(execution.arn)
        if kept is not None and kept[0] == execution.events:
            return kept[1]
        shaped = history.events(
            self._world.trace,
            execution.arn,
            start=execution.trace_start,
            end=execution.trace_end,
        )
        self._shaped = {execution.arn: (execution.events, shaped)}
        return shaped

    def _qualified(self, execution: Execution) -> Request:
        """The version and the alias that it was started by."""
        target = self._target_of[execution.arn]
        members = {
            "stateMachineVersionArn": target.version_arn,
            "stateMachineAliasArn": target.alias_arn,
        }
        return {name: arn for name, arn in members.items() if arn is not None}

    def has_running(self, machine_arn: str) -> bool:
        """Whether executions of this state machine run."""
        return any(
            one.is_running and one.state_machine_arn == machine_arn for one in self.by_arn.values()
        )

    def _forget_deleted(self, machine_arn: str) -> None:
        machine = self._machines.by_arn.get(machine_arn)
        if machine is not None and machine.status == "DELETING":
            self._machines.delete(machine_arn, has_running=self.has_running(machine_arn))


def _prefix(machine_arn: str, kind: str) -> str:
    return machine_arn.replace(":stateMachine:", f":{kind}:", 1)


def _end_members(execution: Execution) -> Request:
    members: Request = {}
    if execution.stop_ms is not None:
        members["stopDate"] = names.moment(execution.stop_ms)
    if execution.error is not None:
        members["error"] = execution.error
    if execution.cause is not None:
        members["cause"] = execution.cause
    return members


def _data_members(execution: Execution) -> Request:
    members: Request = {"input": execution.input_text, "inputDetails": {"included": True}}
    output = execution.output_text
    if output is not None:
        members |= {"output": output, "outputDetails": {"included": True}}
    return members


def _sync_answer(execution: Execution) -> Request:
    assert execution.stop_ms is not None
    duration_ms = execution.stop_ms - execution.start_ms
    return {
        "executionArn": execution.arn,
        "stateMachineArn": execution.state_machine_arn,
        "name": execution.name,
        "status": execution.status,
        "startDate": names.moment(execution.start_ms),
        **_end_members(execution),
        **_data_members(execution),
        # recorded: there for a failed execution too
        "outputDetails": {"included": True},
        "billingDetails": {
            # "in increments of 100 milliseconds"; memory in chunks of 64 MB
            "billedDurationInMilliseconds": max(100, -(-duration_ms // 100) * 100),
            "billedMemoryUsedInMB": 64,
        },
    }


def _without_data(event: Event) -> Event:
    """An event without its inputs and outputs."""
    hidden = {"input", "inputDetails", "output", "outputDetails", "parameters"}
    return {
        key: (
            {name: item for name, item in member.items() if name not in hidden}
            if isinstance(member, dict)
            else member
        )
        for key, member in event.items()
    }
