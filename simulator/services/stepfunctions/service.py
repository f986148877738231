"""The service "stepfunctions": its operations, gathered from machines, executions, activities."""

from __future__ import annotations

from typing import Any

from simulator.engine.execution import Execution
from simulator.engine.ports import TaskPort, World
from simulator.engine.quotas import Quotas
from simulator.services.api import Caller
from simulator.services.eventbridge.bus import EventBus
from simulator.services.stepfunctions import names
from simulator.services.stepfunctions.activities import Activities
from simulator.services.stepfunctions.executions import Executions
from simulator.services.stepfunctions.machines import Machines, StateMachine
from simulator.services.stepfunctions.task_tokens import TaskTokens
from simulator.services.stepfunctions.versions import Versions


class StepFunctions:
    """Answers Step Functions' API. `tasks` runs Task states, `events` hears of every change of an
    execution's status.

    An execution that is started writes ExecutionStarted at once; its first state runs when the
    scheduler does.
    """

    name = "stepfunctions"

    def __init__(
        self,
        world: World,
        tasks: TaskPort,
        quotas: Quotas | None = None,
        events: EventBus | None = None,
    ) -> None:
        quotas = quotas or Quotas()
        self.activities = activities = Activities(world, quotas)
        machines = Machines(world, tasks, quotas)
        versions = Versions(world, machines)
        executions = Executions(world, tasks, quotas, machines, versions, events)
        self._machines = machines
        self._executions = executions

        self.create_state_machine = versions.create_state_machine
        self.describe_state_machine = versions.describe_state_machine
        self.update_state_machine = versions.update_state_machine
        self.publish_state_machine_version = versions.publish_state_machine_version
        self.list_state_machine_versions = versions.list_state_machine_versions
        self.delete_state_machine_version = versions.delete_state_machine_version
        self.create_state_machine_alias = versions.create_state_machine_alias
        self.describe_state_machine_alias = versions.describe_state_machine_alias
        self.update_state_machine_alias = versions.update_state_machine_alias
        self.delete_state_machine_alias = versions.delete_state_machine_alias
        self.list_state_machine_aliases = versions.list_state_machine_aliases
        self.list_state_machines = machines.list_state_machines
        self.validate_state_machine_definition = machines.validate_state_machine_definition

        self.start_execution = executions.start_execution
        self.start_sync_execution = executions.start_sync_execution
        self.describe_execution = executions.describe_execution
        self.describe_state_machine_for_execution = executions.describe_state_machine_for_execution
        self.stop_execution = executions.stop_execution
        self.redrive_execution = executions.redrive_execution
        self.list_executions = executions.list_executions
        tokens = TaskTokens(executions.callbacks, quotas)
        self.send_task_success = tokens.send_task_success
        self.send_task_failure = tokens.send_task_failure
        self.send_task_heartbeat = tokens.send_task_heartbeat
        self.create_activity = activities.create_activity
        self.describe_activity = activities.describe_activity
        self.list_activities = activities.list_activities
        self.delete_activity = activities.delete_activity
        self.get_activity_task = activities.get_activity_task
        self.describe_map_run = executions.map_runs.describe_map_run
        self.list_map_runs = executions.map_runs.list_map_runs
        self.update_map_run = executions.map_runs.update_map_run
        self.get_execution_history = executions.get_execution_history

    def tag_resource(self, request: dict[str, Any], caller: Caller) -> dict[str, Any]:
        """Add or change tags."""
        return self._tagged(request).tag_resource(request, caller)

    def untag_resource(self, request: dict[str, Any], caller: Caller) -> dict[str, Any]:
        """Remove tags."""
        return self._tagged(request).untag_resource(request, caller)

    def list_tags_for_resource(self, request: dict[str, Any], caller: Caller) -> dict[str, Any]:
        """Show the tags."""
        return self._tagged(request).list_tags_for_resource(request, caller)

    def _tagged(self, request: dict[str, Any]) -> Machines | Activities:
        return self.activities if ":activity:" in request["resourceArn"] else self._machines

    def delete_state_machine(self, request: dict[str, Any], _caller: Caller) -> dict[str, Any]:
        """Delete a state machine; one that isn't there is no error."""
        arn = names.state_machine_arn(request["stateMachineArn"])
        self._machines.delete(arn, has_running=self._executions.has_running(arn))
        return {}

    def execution(self, arn: str) -> Execution:
        """The engine's execution of this ARN, Express ones included."""
        return self._executions.by_arn[arn]

    @property
    def executions(self) -> tuple[Execution, ...]:
        """Every execution, in the order in which they were started."""
        return tuple(self._executions.by_arn.values())

    def state_machine(self, arn: str) -> StateMachine:
        """The state machine of this ARN."""
        return self._machines.find(arn)
