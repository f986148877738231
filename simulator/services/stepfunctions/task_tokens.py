"""Callbacks: SendTaskSuccess, SendTaskFailure, SendTaskHeartbeat."""

from __future__ import annotations

from typing import Any

from simulator.asl.positions import load_strict
from simulator.engine.callbacks import Callbacks, Waiting
from simulator.engine.quotas import Quotas
from simulator.services.api import Caller, ServiceError
from simulator.services.stepfunctions import names

Request = dict[str, Any]


class TaskTokens:
    """Hands callbacks on to the tasks that wait for them.

    Words of InvalidToken are recorded; those of a token whose task is over are as users report.
    """

    def __init__(self, callbacks: Callbacks, quotas: Quotas) -> None:
        self._callbacks = callbacks
        self._quotas = quotas

    def send_task_success(self, request: Request, _caller: Caller) -> Request:
        """A task's result."""
        waiting = self._waiting(request)
        text = request["output"]
        names.check_length("output", text, limit=self._quotas.state_data_bytes)
        try:
            output = load_strict(text)
        except (ValueError, RecursionError) as error:
            raise ServiceError("InvalidOutput", f"Invalid Output: '{error}'") from None
        waiting.succeed(output)
        return {}

    def send_task_failure(self, request: Request, _caller: Caller) -> Request:
        """A task's failure; both its texts may be left out."""
        self._waiting(request).give_up(request.get("error"), request.get("cause"))
        return {}

    def send_task_heartbeat(self, request: Request, _caller: Caller) -> Request:
        """A sign of life: HeartbeatSeconds counts anew."""
        self._waiting(request).beat()
        return {}

    def _waiting(self, request: Request) -> Waiting:
        token = request["taskToken"]
        if not self._callbacks.is_known(token):
            raise ServiceError("InvalidToken", "Invalid Token: 'Invalid token'")
        found = self._callbacks.find(token)
        if found is None:
            raise ServiceError(
                "TaskTimedOut", "Task Timed Out: 'Provided task does not exist anymore'"
            )
        return found
