"""What botocore knows of an operation, and requests and answers as its clients take them."""

from __future__ import annotations

import importlib
from collections.abc import Callable, Mapping
from typing import Any

from simulator.services.api import Caller, Service, operation_of


class Operation:
    """What is worked out once for each operation of a client's model."""

    __slots__ = ("blob", "error_codes", "method", "model", "stream", "subject", "token_members")

    def __init__(self, client: Any, name: str, services: Mapping[str, Service]) -> None:
        service_name = client.meta.service_model.service_name
        self.model = client.meta.service_model.operation_model(name)
        self.subject = f"{service_name}:{name}"
        self.method: Callable[[dict[str, Any], Caller], Any] | None = None
        service = services.get(service_name)
        if service is not None:
            snake = client.meta.method_to_api_mapping
            method_name = next(key for key, value in snake.items() if value == name)
            self.method = operation_of(service, method_name)
        self.token_members = tuple(self.model.idempotent_members)
        output = self.model.output_shape
        payload = output.serialization.get("payload") if output is not None else None
        self.stream = payload if self.model.has_streaming_output else None
        input_shape = self.model.input_shape
        payload = input_shape.serialization.get("payload") if input_shape is not None else None
        is_blob = payload and input_shape.members[payload].type_name == "blob"
        self.blob = payload if is_blob else None
        self.error_codes = {
            shape.name: shape.error_code for shape in client.meta.service_model.error_shapes
        }


class Botocore:
    """The parts of a botocore that a patched client class belongs to: a function's package may
    carry its own, whose exceptions are other classes."""

    def __init__(self, real_call: Callable[[Any, str, Any], Any]) -> None:
        self.real_call = real_call
        self.awsrequest: Any = importlib.import_module("botocore.awsrequest")
        self.standard: Any = importlib.import_module("botocore.retries.standard")
        self.exceptions: Any = importlib.import_module("botocore.exceptions")
        self.response: Any = importlib.import_module("botocore.response")
        self.validator = importlib.import_module("botocore.validate").ParamValidator()


class Answered:
    """As much of an HTTP response as event handlers look at."""

    __slots__ = ("content", "headers", "raw", "status_code")

    def __init__(self, status_code: int) -> None:
        self.status_code = status_code
        self.headers: dict[str, str] = {}
        self.content = b""
        # no body that botocore would read members from (s3.GetBucketLocation)
        self.raw = None


_CONTAINERS = (dict, list, tuple)


def copied(value: Any) -> Any:
    """A request or an answer for the other side, so that neither sees what the other changes."""
    # Most members are no containers, and cost no call.
    if type(value) is dict:
        return {
            key: copied(member) if type(member) in _CONTAINERS else member
            for key, member in value.items()
        }
    if type(value) is list or type(value) is tuple:
        return [copied(one) if type(one) in _CONTAINERS else one for one in value]
    return value


def bytes_of(value: Any) -> bytes:
    """What a blob is given as: bytes, text or a file."""
    if isinstance(value, str):
        return value.encode()
    if hasattr(value, "read"):
        read = value.read()
        return read.encode() if isinstance(read, str) else bytes(read)
    return bytes(value)
