"""The `context` that a handler is given, as Lambda's Python runtime makes it."""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import Protocol


class _Named(Protocol):
    @property
    def name(self) -> str: ...

    @property
    def arn(self) -> str: ...

    @property
    def memory_mb(self) -> int: ...


class LambdaContext:
    """AWS's members ("Using the Lambda context object to retrieve Python function information");
    time is virtual."""

    def __init__(
        self,
        function: _Named,
        *,
        aws_request_id: str,
        log_stream_name: str,
        deadline_ms: int,
        now_ms: Callable[[], int],
    ) -> None:
        self.function_name = function.name
        self.function_version = "$LATEST"
        self.invoked_function_arn = function.arn
        # text, as the runtime reads it from its environment
        self.memory_limit_in_mb = str(function.memory_mb)
        self.aws_request_id = aws_request_id
        self.log_group_name = f"/aws/lambda/{function.name}"
        self.log_stream_name = log_stream_name
        self.identity = None
        self.client_context = None
        self.tenant_id = None
        self._deadline_ms = deadline_ms
        self._now_ms = now_ms

    def get_remaining_time_in_millis(self) -> int:
        """Virtual milliseconds until the function's timeout, never below 0."""
        return max(self._deadline_ms - self._now_ms(), 0)

    def log(self, message: object) -> None:
        """Write to the function's log, as the runtime's older interface does."""
        sys.stdout.write(str(message))

    def __repr__(self) -> str:
        return (
            f"LambdaContext([aws_request_id={self.aws_request_id},"
            f"log_group_name={self.log_group_name},log_stream_name={self.log_stream_name},"
            f"function_name={self.function_name},memory_limit_in_mb={self.memory_limit_in_mb},"
            f"function_version={self.function_version},"
            f"invoked_function_arn={self.invoked_function_arn},"
            f"client_context={self.client_context},identity={self.identity},"
            f"tenant_id={self.tenant_id}])"
        )
