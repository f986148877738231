"""What a branch shows to paths ("$$") and to functions that draw on chance."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from simulator.asl.context import ContextObject
from simulator.asl.model import JSON
from simulator.engine.step import HandledStep, Step

if TYPE_CHECKING:
    from simulator.engine.running import RunningExecution
    from simulator.engine.trace import BranchId


def context_of(
    execution: RunningExecution,
    branch_id: BranchId,
    step: Step,
    *,
    entered_ms: int,
    retry_count: int,
    item: tuple[int, JSON] | None,
    variables: Mapping[str, JSON],
) -> ContextObject:
    """The Context Object of a branch in `step`, with AWS's members (recorded: test_output_path[$$],
    test_lambda_invoke_with_retry_extended_input). `item` is a Map's (index, value)."""
    state: dict[str, Any] = {"Name": step.name, "EnteredTime": execution.timestamp(entered_ms)}
    if isinstance(step, HandledStep):
        state["RetryCount"] = retry_count
    members = {
        "Execution": execution.context_members(),
        "StateMachine": {"Id": execution.state_machine_arn, "Name": execution.machine_name},
        "State": state,
    }
    if item is not None:
        members["Map"] = {"Item": {"Index": item[0], "Value": item[1]}}
    identity = execution.identity

    def draw(kind: str) -> bytes:
        place = place_of(branch_id, step)
        return identity.digest(kind, place, identity.occurrence(kind, place))

    return ContextObject(members, draw, variables=variables, now_ms=execution.scheduler.now_ms)


def place_of(branch_id: BranchId, step: Step) -> str:
    """Where a branch stands, for whatever is drawn from the seed."""
    path = "/".join(f"{name}.{occurrence}.{index}" for name, occurrence, index in branch_id.path)
    return f"{branch_id.execution_arn}/{path}/{step.name}"
