"""botocore's service models as Step Functions' SDK integrations spell them.

"The API action is always camel case, and parameter names are in Pascal case" (Step Functions
developer guide, Learning to use AWS service SDK integrations). Error names are the Java SDK 2's:
a shape's "Fault" becomes "Exception", and one without either gets it.
"""

from __future__ import annotations

import datetime as dt
import functools
import json
from collections.abc import Mapping
from typing import Any

# Step Functions' name of a service -> botocore's.
SERVICES = {
    "dynamodb": "dynamodb",
    "eventbridge": "events",
    "lambda": "lambda",
    "redshift": "redshift",
    "redshiftdata": "redshift-data",
    "s3": "s3",
    "secretsmanager": "secretsmanager",
    "sfn": "stepfunctions",
    "sns": "sns",
    "sqs": "sqs",
    "ssm": "ssm",
}
# The Java SDK's, which errors and causes begin with.
_SDK_NAMES = {
    "dynamodb": "DynamoDb",
    "events": "EventBridge",
    "lambda": "Lambda",
    "redshift": "Redshift",
    "redshift-data": "RedshiftData",
    "s3": "S3",
    "secretsmanager": "SecretsManager",
    "sns": "Sns",
    "sqs": "Sqs",
    "ssm": "Ssm",
    "stepfunctions": "Sfn",
}


class BadParameters(ValueError):
    """Parameters that the operation's model does not take."""


class Operation:
    """One operation of a service, between JSON and a service object."""

    def __init__(self, service: str, model: Any, method: str) -> None:
        self.service = service
        self.name: str = model.name
        self.method = method
        self.sdk_name = _SDK_NAMES[service]
        self.token_members = tuple(model.idempotent_members)
        self._model = model

    def request(self, parameters: Any, *, is_checked: bool = True) -> dict[str, Any]:
        """Parameters of a Task as the operation's request. Raises `BadParameters`; whether they
        are complete is left to the caller unless `is_checked`."""
        from botocore.validate import ParamValidator

        if not isinstance(parameters, Mapping):
            raise BadParameters(f"The Parameters must be an object, got {parameters!r}")
        shape = self._model.input_shape
        if shape is None:
            return {}
        request: dict[str, Any] = _to_model(shape, parameters)
        report = ParamValidator().validate(request, shape) if is_checked else None
        if report is not None and report.has_errors():
            raise BadParameters(report.generate_report())
        return request

    def missing(self, request: dict[str, Any]) -> str | None:
        """AWS's words for the first required member that a request lacks, however deep."""
        lacking = self._lacking(request)
        if lacking is None:
            return None
        return f"The field '{_pascal(lacking[-1])}' is required but was missing"

    @property
    def checks_itself(self) -> bool:
        """Whether the service, not Step Functions, misses what a request lacks (recorded:
        test_dynamodb_invalid_param)."""
        return self.service == "dynamodb"

    def null_message(self, request: dict[str, Any]) -> str | None:
        """A service's own words for the first required member that a request lacks, however
        deep."""
        lacking = self._lacking(request)
        if lacking is None:
            return None
        at = ".".join(name[:1].lower() + name[1:] for name in lacking)
        return (
            f"1 validation error detected: Value null at '{at}' failed to satisfy "
            "constraint: Member must not be null"
        )

    def _lacking(self, request: dict[str, Any]) -> list[str] | None:
        shape = self._model.input_shape
        return None if shape is None else _first_lacking(shape, request)

    def result(self, answer: Any) -> Any:
        """A service's answer as a Task's result."""
        shape = self._model.output_shape
        return {} if shape is None or not answer else _to_json(shape, answer)

    def error_name(self, code: str) -> str:
        """The name of an error that Retry and Catch match."""
        name = code.removesuffix("Fault")
        if not name.endswith("Exception"):
            name += "Exception"
        known = {shape.name for shape in self._model.service_model.error_shapes}
        if self.service != "dynamodb":
            # recorded: DynamoDB's is the general exception
            known |= {"ValidationException", "AccessDeniedException"}
        if code not in known:
            # what the model does not name is the service's own general exception
            name = f"{self.sdk_name}Exception"
        return f"{self.sdk_name}.{name}"


@functools.cache
def model_loader() -> Any:
    """What finds botocore's service models on disk."""
    from botocore.loaders import Loader

    return Loader()


@functools.lru_cache(maxsize=16)
def service_model(service: str) -> Any:
    """botocore's model of one of its services."""
    from botocore.model import ServiceModel

    return ServiceModel(model_loader().load_service_model(service, "service-2"), service)


@functools.lru_cache(maxsize=256)
def operation(service: str, name: str) -> Operation | None:
    """An operation by its name in camel case; None where botocore's model has none."""
    from botocore import xform_name

    model = service_model(service)
    api_name = name[:1].upper() + name[1:]
    if not name[:1].islower() or api_name not in model.operation_names:
        return None
    return Operation(service, model.operation_model(api_name), xform_name(api_name))


def _pascal(name: str) -> str:
    return name[:1].upper() + name[1:]


def _first_lacking(shape: Any, value: Any) -> list[str] | None:
    """The way to the first required member that is not there, as DynamoDB names it."""
    if shape.type_name == "structure":
        for name in shape.required_members:
            if name not in value:
                return [name]
        inner = [([name], shape.members[name], one) for name, one in value.items()]
    elif shape.type_name == "list":
        inner = [([str(at), "member"], shape.member, one) for at, one in enumerate(value, 1)]
    elif shape.type_name == "map":
        inner = [([key, "member"], shape.value, one) for key, one in value.items()]
    else:
        return None
    for way, below, one in inner:
        lacking = _first_lacking(below, one)
        if lacking is not None:
            return [*way, *lacking]
    return None


# what JSON has for a shape, and how AWS names it where another type is given (users report STRING;
# the other names are ours)
_KINDS: dict[str, tuple[tuple[type, ...], str]] = {
    "structure": ((dict,), "an OBJECT"),
    "map": ((dict,), "an OBJECT"),
    "list": ((list,), "an ARRAY"),
    "string": ((str,), "a STRING"),
    "boolean": ((bool,), "a BOOLEAN"),
    "integer": ((int,), "an INTEGER"),
    "long": ((int,), "an INTEGER"),
    "float": ((int, float), "a NUMBER"),
    "double": ((int, float), "a NUMBER"),
}


def _checked(shape: Any, value: Any, field: str) -> Any:
    """A member of the type that the model wants. Raises `BadParameters`."""
    made = _to_model(shape, value)
    kinds, expected = _KINDS.get(shape.type_name, ((), ""))
    if kinds and type(made) not in kinds:
        raise BadParameters(f"The value for the field '{field}' must be {expected}")
    return made


def _to_model(shape: Any, value: Any) -> Any:
    if shape.type_name == "structure" and isinstance(value, Mapping):
        names = {_pascal(name): name for name in shape.members}
        members = {}
        for given, member in value.items():
            if member is None:
                # recorded: null is as good as none
                continue
            name = names.get(given)
            if name is None:
                raise BadParameters(f"The field '{given}' is not supported by Step Functions")
            members[name] = _checked(shape.members[name], member, given)
        return members
    if shape.type_name == "list" and isinstance(value, list):
        return [_checked(shape.member, one, f"[{at}]") for at, one in enumerate(value)]
    if shape.type_name == "map" and isinstance(value, Mapping):
        return {key: _checked(shape.value, member, key) for key, member in value.items()}
    if shape.type_name == "string" and isinstance(value, (dict, list)):
        # "Input": {...} of startExecution, and the like: text is made of the JSON
        return _text(value)
    if shape.type_name == "blob" and not isinstance(value, bytes):
        # recorded: test_s3_put_object; text keeps its quotation marks
        return _text(value).encode()
    return value


def _text(value: Any) -> str:
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False)


def _to_json(shape: Any, value: Any) -> Any:
    if shape.type_name == "structure" and isinstance(value, Mapping):
        return {
            _pascal(name): _to_json(shape.members[name], member)
            for name, member in value.items()
            if name in shape.members and member is not None
        }
    if shape.type_name == "list" and isinstance(value, (list, tuple)):
        return [_to_json(shape.member, member) for member in value]
    if shape.type_name == "map" and isinstance(value, Mapping):
        return {key: _to_json(shape.value, member) for key, member in value.items()}
    if isinstance(value, dt.datetime):
        return _timestamp(value)
    if isinstance(value, bytes):
        # as Java reads bytes that are no UTF-8
        return value.decode(errors="replace")
    return value


def _timestamp(value: dt.datetime) -> str:
    # as Java's Instant prints it: no fraction where there is none, else in groups of three digits
    at = value.astimezone(dt.UTC)
    text = at.strftime("%Y-%m-%dT%H:%M:%S")
    if at.microsecond:
        digits = f"{at.microsecond:06d}"
        text += "." + (digits[:3] if digits.endswith("000") else digits)
    return text + "Z"
