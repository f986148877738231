"""How Lambda's Python runtime turns a handler's result into a payload, and an exception into one.

The rules are those of AWS's own runtime interface client (`lambda_runtime_marshaller.py` and
`bootstrap.py` of aws-lambda-python-runtime-interface-client): bytes are a payload as they stand,
Decimals are numbers, named tuples objects, and NaN is refused.
"""

from __future__ import annotations

import decimal
import importlib
import json
import os
import traceback
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

# What AWS's error says, and what a synchronous invocation may carry ("Lambda quotas").
RESPONSE_LIMIT_BYTES = 6_291_556
REQUEST_LIMIT_BYTES = 6_291_456

_PACKAGE = str(Path(__file__).resolve().parents[2]) + os.sep
# the import machinery stands between a handler's module and what it imports
_MACHINERY = ("<frozen importlib", str(Path(importlib.__file__).parent) + os.sep)


class Fault(Exception):
    """An error of the runtime itself, by AWS's name of it."""

    def __init__(self, error_type: str, message: str, stack_trace: Iterable[str] = ()) -> None:
        self.error_type = error_type
        self.message = message
        self.stack_trace = list(stack_trace)
        super().__init__(f"{error_type}: {message}")


def payload_of(result: Any) -> bytes:
    """A handler's result as the payload of its answer. Raises `Fault` (Runtime.MarshalError)."""
    if isinstance(result, bytes):
        return result
    try:
        return json.dumps(_plain(result), allow_nan=False, ensure_ascii=False).encode()
    except UnicodeEncodeError as error:
        raise Fault("Runtime.MarshalError", f"Unable to marshal response: {error}") from None
    except (TypeError, ValueError, RecursionError) as error:
        raise Fault("Runtime.MarshalError", f"Unable to marshal response: {error}") from None


def _plain(value: Any) -> Any:
    kind = type(value)
    if kind is dict:
        return {key: _plain(member) for key, member in value.items()}
    if kind is list or kind is tuple:
        return [_plain(member) for member in value]
    if kind in (str, int, float, bool) or value is None:
        return value
    return _unusual(value)


def _unusual(value: Any) -> Any:
    if isinstance(value, decimal.Decimal):
        if value.is_finite() and value == value.to_integral_value() and value.as_tuple()[2] == 0:
            return int(value)
        return float(value)
    if isinstance(value, bytes):
        return value.decode()
    members = getattr(value, "_asdict", None)
    if members is not None and isinstance(value, tuple):
        return _plain(members())
    if isinstance(value, Mapping) and isinstance(value, dict):
        return {key: _plain(member) for key, member in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain(member) for member in value]
    return value


def error_payload(error: BaseException, request_id: str, folders: Mapping[str, str]) -> bytes:
    """What the runtime answers for an exception that a handler let out. `folders` says as what
    AWS shows each local one, such as {"/home/me/fn": "/var/task"}."""
    if isinstance(error, Fault):
        return _error(error.message, error.error_type, request_id, error.stack_trace)
    frames = [
        traceback.FrameSummary(
            _shown(frame.filename, folders), frame.lineno, frame.name, line=frame.line
        )
        for frame in traceback.extract_tb(error.__traceback__)
        if not _is_ours(frame.filename)
    ]
    # without the markers under the line, which Lambda's format_list of plain tuples has not
    lines = traceback.format_list(
        [(frame.filename, frame.lineno or 0, frame.name, frame.line) for frame in frames]
    )
    return _error(str(error), type(error).__name__, request_id, lines)


def fault_payload(error_type: str, message: str) -> bytes:
    """What the Lambda service answers when the runtime itself did not answer."""
    return json.dumps({"errorType": error_type, "errorMessage": message}).encode()


def user_traceback(error: BaseException) -> str:
    """A traceback with the frames of the user's code (and of libraries between them) alone. An
    error of the runtime itself has none."""
    if isinstance(error, Fault):
        return f"{error}\n"
    shown = traceback.TracebackException.from_exception(error)
    seen: set[int] = set()
    _strip(shown, seen)
    return "".join(shown.format())


def _strip(shown: traceback.TracebackException | None, seen: set[int]) -> None:
    if shown is None or id(shown) in seen:
        return
    seen.add(id(shown))
    frames = [frame for frame in shown.stack if not _is_ours(frame.filename)]
    while frames and _is_botocore(frames[-1].filename):
        frames.pop()
    shown.stack = traceback.StackSummary.from_list(frames)
    _strip(shown.__cause__, seen)
    _strip(shown.__context__, seen)
    for nested in shown.exceptions or ():
        _strip(nested, seen)


def _is_ours(filename: str) -> bool:
    return filename.startswith((_PACKAGE, *_MACHINERY))


def _is_botocore(filename: str) -> bool:
    return "/botocore/" in filename.replace("\\", "/")


def _shown(filename: str, folders: Mapping[str, str]) -> str:
    for folder, name in folders.items():
        if filename.startswith(folder):
            return name + filename[len(folder) :].replace("\\", "/")
    return filename


def _error(message: str, error_type: str, request_id: str, lines: list[str]) -> bytes:
    return json.dumps(
        {
            "errorMessage": message,
            "errorType": error_type,
            "requestId": request_id,
            "stackTrace": lines,
        }
    ).encode()
