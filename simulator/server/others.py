"""moto's services for simulated code: a handler's `boto3.client("secretsmanager")` is answered by
what the port answers with.

botocore writes the request and reads the reply; only the network between them is moto.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any
from urllib.parse import urlsplit

from simulator.server import elsewhere
from simulator.server.requests import Request, Scope
from simulator.services.api import Caller, NotModelled, ServiceError

Operation = Callable[[dict[str, Any], Caller], Any]
_NOTHING: Mapping[str, Operation] = MappingProxyType({})


class Other:
    """A service of moto's as the simulation calls services: a method for each operation. `own` are
    those that the simulation has itself."""

    def __init__(self, name: str, region: str, own: Mapping[str, Operation] = _NOTHING) -> None:
        self.name = name
        self._scope = Scope("", region, name)
        self._own = own

    def __getattr__(self, operation: str) -> Operation:
        if operation.startswith("_"):
            raise AttributeError(operation)
        if operation in self._own:
            return self._own[operation]
        return lambda request, _caller: _answer(getattr(self._client, operation), request)

    @functools.cached_property
    def _client(self) -> Any:
        # made at the first call, which is performed outside of handlers: inside of one, botocore
        # would be that of the function's package
        from botocore.config import Config

        from simulator.services.handlers.sessions import botocore_session

        config = Config(
            retries={"total_max_attempts": 1},
            s3={"addressing_style": "path"},
        )
        # S3 refuses what isn't signed
        client = botocore_session().create_client(
            self.name,
            region_name=self._scope.region,
            aws_access_key_id="simulated",
            aws_secret_access_key="simulated",  # noqa: S106 - nobody's
            config=config,
        )
        client.meta.events.register("before-send", self._send)
        return client

    def _send(self, request: Any, **_: Any) -> Any:
        from botocore.awsrequest import AWSResponse

        url = urlsplit(request.url)
        headers = {
            name.lower(): value.decode() if isinstance(value, bytes) else str(value)
            for name, value in request.headers.items()
        }
        body = request.body or b""
        if hasattr(body, "read"):
            body = body.read()
        asked = Request(
            request.method,
            url.path or "/",
            url.query,
            {**headers, "host": url.netloc},
            body if isinstance(body, bytes) else body.encode(),
        )
        reply = elsewhere.answer(asked, self._scope)
        return AWSResponse(request.url, reply.status, dict(reply.headers), _Raw(reply.body))


class _Raw:
    """A reply's body as urllib3 gives it."""

    def __init__(self, body: bytes) -> None:
        self._body = body

    def stream(self, *_: Any, **__: Any) -> Any:
        yield self._body

    def read(self, *_: Any, **__: Any) -> bytes:
        body, self._body = self._body, b""
        return body


def _answer(method: Callable[..., Any], request: dict[str, Any]) -> dict[str, Any]:
    from botocore.exceptions import BotoCoreError, ClientError

    try:
        answer = method(**request)
    except ClientError as error:
        told = error.response["Error"]
        status = error.response["ResponseMetadata"]["HTTPStatusCode"]
        raise ServiceError(told["Code"], told["Message"], status=status) from None
    except BotoCoreError as error:
        raise NotModelled(str(error)) from error
    answer.pop("ResponseMetadata", None)
    return {
        name: member.read() if hasattr(member, "read") else member
        for name, member in answer.items()
    }
