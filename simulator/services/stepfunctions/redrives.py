"""Which executions AWS lets be redriven, and the idempotency of asking for it.

Rules of the developer guide, "Restarting state machine executions with redrive", and of the API
reference, RedriveExecution and DescribeExecution (`redriveStatusReason` lists the reasons).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from simulator.engine.execution import Execution
from simulator.engine.ports import World
from simulator.engine.quotas import Quotas
from simulator.services.api import ServiceError
from simulator.services.stepfunctions import names
from simulator.services.stepfunctions.machines import Machines

_DAY_MS = 86_400_000
# "idempotent responses for the last 10 client tokens used to successfully redrive the execution.
# These client tokens are valid for up to 15 minutes after they are first used"
_TOKENS_KEPT = 10
_TOKEN_MS = 15 * 60_000


@dataclass(frozen=True, slots=True)
class _Use:
    """A client token and when it redrove."""

    token: str
    redrive_ms: int


class Redrives:
    """Redrives of an account's Standard executions."""

    def __init__(self, world: World, quotas: Quotas, machines: Machines) -> None:
        self._world = world
        self._quotas = quotas
        self._machines = machines
        self._uses: dict[str, list[_Use]] = {}

    def redrive(self, execution: Execution, token: str | None) -> int:
        """Redrive, unless this token did; returns when. Raises ExecutionNotRedrivable with the
        reason that DescribeExecution shows (AWS documents the code, not its message)."""
        now_ms = self._world.scheduler.now_ms
        uses = self._uses.setdefault(execution.arn, [])
        for use in uses[-_TOKENS_KEPT:]:
            if use.token == token and now_ms - use.redrive_ms <= _TOKEN_MS:
                return use.redrive_ms
        reason = self.reason_against(execution)
        if reason is not None:
            raise ServiceError("ExecutionNotRedrivable", reason)
        execution.redrive()
        if token is not None:
            uses.append(_Use(token, now_ms))
        return now_ms

    def reason_against(self, execution: Execution) -> str | None:
        """Why an execution can't be redriven now, in AWS's words; None where it can."""
        now_ms = self._world.scheduler.now_ms
        machine = self._machines.by_arn.get(execution.state_machine_arn)
        if machine is not None and machine.status == "DELETING":
            return "State machine is in DELETING status"
        if execution.status in ("RUNNING", "SUCCEEDED"):
            return f"Execution is {execution.status} and cannot be redriven"
        # "The execution event history count is less than 24,999"
        if execution.events >= execution.max_events - 1:
            return "Execution history event limit exceeded"
        # "the maximum open time of one year"
        if now_ms - execution.start_ms >= execution.longest_ms:
            return "Execution has exceeded the max execution time"
        assert execution.stop_ms is not None
        if now_ms - execution.stop_ms > self._quotas.redrivable_days * _DAY_MS:
            return "Execution redrivable period exceeded"
        return None

    def members(self, execution: Execution) -> dict[str, Any]:
        """What DescribeExecution shows of redrives."""
        reason = self.reason_against(execution)
        against = {} if reason is None else {"redriveStatusReason": reason}
        status = "REDRIVABLE" if reason is None else "NOT_REDRIVABLE"
        return {**counted(execution), "redriveStatus": status, **against}


def counted(execution: Execution) -> dict[str, Any]:
    """What ListExecutions shows of redrives."""
    members: dict[str, Any] = {"redriveCount": execution.redrive_count}
    if execution.redrive_ms is not None:
        members["redriveDate"] = names.moment(execution.redrive_ms)
    return members
