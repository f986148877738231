"""A function's settings, and what Lambda's Python runtime does around its handler.

The words of each error are those of AWS's runtime interface client (`bootstrap.py`).
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import ModuleType
from typing import Any

from simulator.services.lambda_.context import LambdaContext
from simulator.services.lambda_.marshalling import (
    RESPONSE_LIMIT_BYTES,
    Fault,
    error_payload,
    fault_payload,
)

Handler = Callable[[Any, LambdaContext], Any]


@dataclass(frozen=True, slots=True)
class Function:
    """A function's settings. It has either a `handler` or the `folder` that is its package."""

    name: str
    arn: str
    role_arn: str
    timeout_seconds: int
    memory_mb: int
    handler: Handler | None = None
    handler_name: str = "index.handler"
    folder: Path | None = None
    layers: tuple[Path, ...] = ()
    environment: Mapping[str, str] = field(default_factory=dict)
    runtime: str = "python3.12"
    version: str = "$LATEST"

    @property
    def shown_folders(self) -> dict[str, str]:
        """Local folders, and what AWS shows in their place."""
        if self.folder is not None:
            layers = {str(layer): "/opt" for layer in self.layers}
            return {str(self.folder): "/var/task", **layers}
        code = getattr(self.handler, "__code__", None)
        return {str(Path(code.co_filename).parent): "/var/task"} if code else {}


def load_handler(function: Function, load: Callable[[str], ModuleType]) -> Handler:
    """What a function's handler text names. Raises `Fault` as the runtime does at its start, and
    what the module itself raises."""
    text = function.handler_name
    module_name, dot, handler_name = text.rpartition(".")
    if not dot:
        reason = "not enough values to unpack (expected 2, got 1)"
        raise Fault("Runtime.MalformedHandlerName", f"Bad handler '{text}': {reason}")
    if module_name.split(".")[0] in sys.builtin_module_names:
        message = f"Cannot use built-in module {module_name} as a handler module"
        raise Fault("Runtime.BuiltInModuleConflict", message)
    try:
        module = load(module_name)
    except ImportError as error:
        message = f"Unable to import module '{module_name}': {error}"
        raise Fault("Runtime.ImportModuleError", message) from error
    except SyntaxError as error:
        message = f"Syntax error in module '{module_name}': {error}"
        trace = [f'  File "{error.filename}" Line {error.lineno}\n    {error.text}']
        raise Fault("Runtime.UserCodeSyntaxError", message, trace) from error
    try:
        handler: Handler = getattr(module, handler_name)
    except AttributeError:
        message = f"Handler '{handler_name}' missing on module '{module_name}'"
        raise Fault("Runtime.HandlerNotFound", message) from None
    return handler


def event_of(payload: bytes) -> Any:
    """The event in a payload. Raises `Fault` (Runtime.UnmarshalError)."""
    try:
        return json.loads(payload)
    except ValueError as error:
        message = f"Unable to unmarshal input: {error}"
        raise Fault("Runtime.UnmarshalError", message) from None


def answer_to(
    error: BaseException | None, result: bytes | None, request_id: str, function: Function
) -> tuple[bytes, str | None]:
    """The payload of an invocation that ended, and its error's type (None: it succeeded)."""
    if isinstance(error, SystemExit):
        status = error.code if isinstance(error.code, int) else int(error.code is not None)
        end = f"with error: exit status {status}" if status else "without providing a reason"
        message = f"RequestId: {request_id} Error: Runtime exited {end}"
        return fault_payload("Runtime.ExitError", message), "Runtime.ExitError"
    if error is not None:
        kind = error.error_type if isinstance(error, Fault) else type(error).__name__
        return error_payload(error, request_id, function.shown_folders), kind
    assert result is not None
    if len(result) > RESPONSE_LIMIT_BYTES:
        message = (
            "Response payload size exceeded maximum allowed payload size"
            f" ({RESPONSE_LIMIT_BYTES} bytes)."
        )
        kind = "Function.ResponseSizeTooLarge"
        return fault_payload(kind, message), kind
    return result, None
