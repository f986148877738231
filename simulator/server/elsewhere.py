"""Every service that is not our own: moto, in the same process and on the simulation's thread.

moto keeps real time. It matches AWS's own host names, so a request is handed to it as if it had
been sent to them.
"""

from __future__ import annotations

import functools
import traceback
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import quote

from simulator.server import mends
from simulator.server.requests import Reply, Request, Scope
from simulator.services.api import NotModelled

# botocore's name -> what stands before the region in the host name
_HOSTS = {"cloudwatch": "monitoring", "sagemaker": "api.sagemaker", "ses": "email"}
# services that are the same everywhere, without a region in their host name
_GLOBAL = frozenset({"iam", "budgets", "cloudfront", "organizations", "route53"})
# what belongs to the connection, and not to the request
_HOP = frozenset({"host", "connection", "transfer-encoding", "expect"})
# a key's parts as they were sent, encoded signs included
_KEPT = "/%:@!$&'()*+,;=~"


def answer(request: Request, scope: Scope) -> Reply:
    """moto's reply. Raises `NotModelled` for what moto doesn't have."""
    from botocore.awsrequest import AWSPreparedRequest, HeadersDict

    url = f"https://{_host(request, scope)}{quote(_path(request), safe=_KEPT)}"
    if request.query:
        url = f"{url}?{request.query}"
    headers = HeadersDict()
    for name, value in request.headers.items():
        if name not in _HOP:
            headers[name] = value
    prepared = AWSPreparedRequest(request.method, url, headers, request.body, stream_output=False)
    try:
        answered = _process()(prepared)
    except NotImplementedError as missing:
        raise NotModelled(str(missing) or "not implemented by moto") from None
    except Exception as error:
        raise NotModelled(f"moto fails on it: {_told(error)}") from error
    if answered is None or (answered[0] == 404 and answered[2] == "Not yet implemented"):
        raise NotModelled("moto has no such service")
    status, given, body = answered
    shown = {str(name).lower(): str(value) for name, value in dict(given or {}).items()}
    return Reply(int(status), body if isinstance(body, bytes) else str(body).encode(), shown)


def _told(error: Exception) -> str:
    """What went wrong inside moto, and where."""
    frame = traceback.extract_tb(error.__traceback__)[-1]
    return f"{type(error).__name__}: {error} ({Path(frame.filename).name}:{frame.lineno})"


@functools.lru_cache(maxsize=1)
def _process() -> Callable[[Any], Any]:
    from moto.core.botocore_stubber import BotocoreStubber

    return BotocoreStubber().process_request


def _host(request: Request, scope: Scope) -> str:
    if scope.service == "s3" and _is_control(request):
        return (
            f"{request.headers.get('x-amz-account-id', '')}.s3-control.{scope.region}.amazonaws.com"
        )
    name = _HOSTS.get(scope.service, scope.service)
    if scope.service in _GLOBAL:
        return f"{name}.amazonaws.com"
    return f"{name}.{scope.region}.amazonaws.com"


def _is_control(request: Request) -> bool:
    return request.path.startswith("/v20180820/")


def _path(request: Request) -> str:
    """The path with the bucket in it: a client may have put that before the host's name."""
    host = request.headers.get("host", "").partition(":")[0]
    for name in ("localhost", "s3.localhost.localstack.cloud", "localhost.localstack.cloud"):
        bucket = host.removesuffix(f".{name}")
        if bucket != host and bucket not in ("s3", ""):
            return f"/{bucket}{request.path}"
    return request.path


def role_of(access_key: str, account_id: str) -> str | None:
    """The role that somebody with this access key has assumed at STS; None for whoever hasn't."""
    from moto.sts.models import sts_backends

    found = sts_backends[account_id]["global"].get_assumed_role_from_access_key(access_key)
    return found.role_arn if found is not None else None


def reset() -> None:
    """Empty every service: moto keeps them for the process."""
    from moto.moto_api._internal.models import moto_api_backend

    mends.install()
    moto_api_backend.reset()
