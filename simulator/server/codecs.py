"""AWS's protocols by botocore's models: a request becomes members, a result becomes a reply.

botocore writes requests and reads replies only; what a server needs, moto has. It is moto's
inside, so `pyproject.toml` pins moto exactly. Errors are written here: moto would warn of each
code that a model lacks.
"""

from __future__ import annotations

import base64
import datetime as dt
import functools
import json
import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import unquote
from xml.sax.saxutils import escape

from moto.core.loaders import create_loader
from moto.core.model import ServiceModel
from moto.core.parse import PROTOCOL_PARSERS
from moto.core.serialize import SerializationContext, get_serializer_class
from werkzeug.datastructures import Headers, MultiDict

from simulator.server.requests import Reply, Request
from simulator.services.api import ServiceError

# the protocols that are both a client's and moto's, the most exact first
_PROTOCOLS = ("json", "rest-json", "query", "ec2", "rest-xml")
# a label, such as {FunctionName} or {Key+}, in an escaped path
_LABEL = re.compile(r"\\\{([^}\\]+)(\\\+)?\\\}")


class Unreadable(Exception):
    """A request that is none of the service's."""


@functools.lru_cache(maxsize=1)
def _loader() -> Any:
    return create_loader()


@functools.lru_cache(maxsize=64)
def model_of(service: str) -> Any:
    """moto's reading of botocore's model. Raises botocore's `UnknownServiceError`."""
    return ServiceModel(_loader().load_service_model(service, "service-2"), service)


@functools.lru_cache(maxsize=64)
def _protocols(service: str) -> tuple[str, ...]:
    metadata = model_of(service).metadata
    offered = metadata.get("protocols") or [metadata["protocol"]]
    return tuple(name for name in _PROTOCOLS if name in offered)


def protocol_of(service: str, request: Request) -> str:
    """The protocol that a request speaks: a service may have more than one."""
    offered = _protocols(service)
    if "json" in offered and request.target is not None:
        return "json"
    if "query" in offered and (request.is_form or "Action=" in request.query):
        return "query"
    return offered[0] if offered else "rest-json"


@functools.lru_cache(maxsize=64)
def _routes(service: str) -> list[tuple[str, re.Pattern[str], frozenset[str], str]]:
    """Method, path, what must be in the query, and operation; the most literal paths first."""
    routes = []
    model = model_of(service)
    for name in model.operation_names:
        http = model.operation_model(name).http
        path, _, query = http["requestUri"].partition("?")
        pattern = _LABEL.sub(
            lambda label: f"(?P<{_group(label[1])}>{'.+' if label[2] else '[^/]+'})",
            re.escape(path.rstrip("/")),
        )
        wanted = frozenset(part for part in query.split("&") if part)
        routes.append((http["method"], re.compile(f"{pattern}/?"), wanted, name))
    return sorted(routes, key=lambda route: (route[1].groups, -len(route[2])))


def _group(label: str) -> str:
    return re.sub(r"\W", "_", label)


def operation_of(service: str, request: Request) -> str | None:
    """The operation that a request names; None where the service has no such one."""
    protocol = protocol_of(service, request)
    if protocol == "json":
        name = request.target
    elif protocol in ("query", "ec2"):
        name = request.form.get("Action")
    else:
        return _routed(service, request)[0]
    return name if name in model_of(service).operation_names else None


def _routed(service: str, request: Request) -> tuple[str | None, dict[str, str]]:
    query = set(request.query.split("&"))
    query |= {part.partition("=")[0] for part in query}
    for method, pattern, wanted, name in _routes(service):
        if method != request.method or not wanted <= query:
            continue
        match = pattern.fullmatch(request.path)
        if match is not None:
            labels = {label: unquote(found) for label, found in match.groupdict().items()}
            return name, labels
    return None, {}


def read(service: str, operation: str, request: Request) -> dict[str, Any]:
    """The members of an operation's request. Raises `Unreadable`."""
    protocol = protocol_of(service, request)
    body: Any = request.body
    if protocol.endswith("json") and not protocol.startswith("rest"):
        _check_json(request.body)
    is_rest = protocol.startswith("rest")
    values = MultiDict(_pairs(request.query if is_rest or not request.is_form else body.decode()))
    model = model_of(service).operation_model(operation)
    parser = PROTOCOL_PARSERS[protocol](
        model, timestamp_parser=_moment, blob_parser=base64.b64decode
    )
    given: Any = {
        "body": body,
        "headers": Headers(dict(request.headers)),
        "method": request.method,
        "url_params": _routed(service, request)[1] if is_rest else {},
        "url_path": request.path,
        "values": values,
    }
    try:
        members: dict[str, Any] = parser.parse(given)
    except (ValueError, TypeError, AttributeError, KeyError) as error:
        raise Unreadable(f"{service} {operation}: {error}") from None
    # what is not given is not there, as botocore has it
    return {name: member for name, member in members.items() if member is not None}


def _check_json(body: bytes) -> None:
    try:
        given = json.loads(body or b"{}")
    except (ValueError, RecursionError) as error:
        raise Unreadable(f"expected JSON, got {error}") from None
    if not isinstance(given, dict):
        raise Unreadable(f"expected a JSON object, got {type(given).__name__}")


def _pairs(text: str) -> list[tuple[str, str]]:
    pairs = (part.partition("=") for part in text.split("&") if part)
    return [(_plain(name), _plain(value)) for name, _, value in pairs]


def _plain(text: str) -> str:
    return unquote(text.replace("+", " "))


def _moment(text: Any) -> dt.datetime:
    from botocore.utils import parse_timestamp

    at: dt.datetime = parse_timestamp(text)
    return at if at.tzinfo else at.replace(tzinfo=dt.UTC)


def write(
    service: str, operation: str, request: Request, result: Mapping[str, Any], request_id: str
) -> Reply:
    """A result as the reply of an operation."""
    protocol = protocol_of(service, request)
    model = model_of(service).operation_model(operation)
    serializer = get_serializer_class(service, protocol)(
        model, context=SerializationContext(request_id)
    )
    written = serializer.serialize(_in_utc(dict(result)))
    body = written["body"]
    return Reply(
        _status_of(model, result) or written["status_code"],
        body if isinstance(body, bytes) else body.encode(),
        {**written["headers"], "x-amzn-requestid": request_id},
    )


def _status_of(model: Any, result: Mapping[str, Any]) -> int | None:
    """The HTTP status where a member of the result is it, as Invoke's StatusCode."""
    for name, shape in (model.output_shape.members if model.output_shape else {}).items():
        if shape.serialization.get("location") == "statusCode" and name in result:
            return int(result[name])
    return None


def _in_utc(value: Any) -> Any:
    # moto writes the clock's hours whatever their zone is
    if isinstance(value, dt.datetime):
        return value.astimezone(dt.UTC)
    if isinstance(value, dict):
        return {key: _in_utc(member) for key, member in value.items()}
    if isinstance(value, list | tuple):
        return [_in_utc(member) for member in value]
    return value


def write_error(service: str, request: Request, error: ServiceError, request_id: str) -> Reply:
    """An error as the protocol of the request shows it."""
    try:
        protocol = protocol_of(service, request)
        codes = {shape.name: shape.error_code for shape in model_of(service).error_shapes}
        namespace = model_of(service).metadata.get("targetPrefix")
        version = model_of(service).metadata.get("jsonVersion", "1.0")
    except Exception:  # noqa: BLE001 - a service that botocore doesn't know is answered too
        protocol, codes, namespace, version = "rest-json", {}, None, "1.0"
    headers = {"x-amzn-requestid": request_id}
    code = codes.get(error.code, error.code)
    if protocol in ("json", "rest-json"):
        kind = f"{namespace}#{error.code}" if namespace and version == "1.0" else error.code
        shown = {"__type": kind, "message": error.message, "Message": error.message}
        headers["x-amzn-errortype"] = error.code
        headers["content-type"] = (
            f"application/x-amz-json-{version}" if protocol == "json" else "application/json"
        )
        return Reply(error.status, json.dumps({**shown, **error.members}).encode(), headers)
    headers["content-type"] = "text/xml"
    return Reply(
        error.status, _xml_error(service, protocol, code, error, request_id).encode(), headers
    )


def _xml_error(service: str, protocol: str, code: str, error: ServiceError, request_id: str) -> str:
    inner = f"<Code>{escape(code)}</Code><Message>{escape(error.message)}</Message>"
    if protocol == "ec2":
        return (
            f"<Response><Errors><Error>{inner}</Error></Errors>"
            f"<RequestID>{request_id}</RequestID></Response>"
        )
    if service == "s3":
        return f"<Error>{inner}<RequestId>{request_id}</RequestId></Error>"
    fault = "Sender" if error.status < 500 else "Receiver"
    return (
        f"<ErrorResponse><Error><Type>{fault}</Type>{inner}</Error>"
        f"<RequestId>{request_id}</RequestId></ErrorResponse>"
    )
