"""What a branch shows to paths ("$$") and to functions that draw on chance."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from simulator.asl.context import ContextObject
from simulator.asl.model import JSON
from simulator.engine.step import HandledStep, Step

if TYPE_CHECKING:
    from simulator.engine.branch import Branch


def context_of(branch: Branch, step: Step, item: tuple[int, JSON] | None) -> ContextObject:
    """The Context Object of a branch in `step`, with AWS's members (recorded: test_output_path[$$],
    test_lambda_invoke_with_retry_extended_input)."""
    execution = branch.execution
    state: dict[str, Any] = {
        "Name": step.name,
        "EnteredTime": execution.timestamp(branch.entered_ms),
    }
    if isinstance(step, HandledStep):
        state["RetryCount"] = branch.retry_count
    members = {
        "Execution": execution.context_members(),
        "StateMachine": {"Id": execution.state_machine_arn, "Name": execution.machine_name},
        "State": state,
    }
    if item is not None:
        members["Map"] = {"Item": {"Index": item[0], "Value": item[1]}}
    identity = execution.identity

    def draw(kind: str) -> bytes:
        place = place_of(branch)
        return identity.digest(kind, place, identity.occurrence(kind, place))

    return ContextObject(
        members, draw, variables=branch.variables, now_ms=execution.scheduler.now_ms
    )


def place_of(branch: Branch) -> str:
    """Where a branch stands, for whatever is drawn from the seed."""
    path = "/".join(f"{name}.{occurrence}.{index}" for name, occurrence, index in branch.id.path)
    return f"{branch.id.execution_arn}/{path}/{branch.step.name}"
