"""A client's call whose first attempt goes wrong on purpose, made botocore's own way.

The faults come in where botocore would send the request (`before-send`), so that its own retries
decide what follows: how often, after which back-off (in virtual time), with the same ClientToken.
Answers go round its parser: it sees a body without members, which are filled in at `after-call`.
"""

from __future__ import annotations

import copy
import functools
import io
import json
from collections.abc import Callable, Iterator, Mapping
from types import ModuleType
from typing import Any, NamedTuple
from xml.sax.saxutils import escape

from simulator.engine.ports import World
from simulator.services import api_faults
from simulator.services.api import NotModelled, ServiceError
from simulator.services.handlers import actors, shared_clients, virtual_time

# Of botocore's answer, what its retries wrote there.
_KEPT = ("RetryAttempts", "MaxAttemptsReached")


class Call(NamedTuple):
    """What a door hands over of one call."""

    client: Any
    model: Any
    request: dict[str, Any]
    context: dict[str, Any]
    # what is asked of the source of choice
    subject: str
    # does the operation
    perform: Callable[[], Any]
    # the members that the client gives its caller, of an answer and of an error
    answered: Callable[[Any], dict[str, Any]]
    refused: Callable[[ServiceError], dict[str, Any]]
    # writes an attempt to the trace, with its error's code
    write: Callable[[str | None], None]


class HttpAttempts:
    """The attempts of one call. `call` runs inside an actor, so that waits are virtual."""

    def __init__(self, world: World, botocore: Any, call: Call, first: str) -> None:
        self._world = world
        self._botocore = botocore
        self._call = call
        self._first: str | None = first
        self._members: dict[str, Any] = {}

    def call(self) -> dict[str, Any]:
        """The answer after as many attempts as botocore makes. Raises what the client raises."""
        actor = actors.current()
        assert actor is not None
        name = self._call.model.name
        with actor.drawing_at(f"{self._call.subject} {self._world.scheduler.now_ms}"):
            answer: dict[str, Any] = self._botocore.real_call(
                self._client(), name, self._call.request
            )
        return answer

    def _client(self) -> Any:
        """A copy of the client, with the handlers that this call needs."""
        given = self._call.client
        client = shared_clients.clone(given)
        client.meta.events = copy.copy(given.meta.events)
        client._endpoint = copy.copy(given._endpoint)
        client._endpoint._event_emitter = client.meta.events
        client._emit_api_params = self._checked_params
        model = self._call.model
        event = f"{model.service_model.service_id.hyphenize()}.{model.name}"
        client.meta.events.register_first(f"before-send.{event}", self._send)
        client.meta.events.register_first(f"after-call.{event}", self._fill)
        self._renew_retries(client)
        return client

    def _renew_retries(self, client: Any) -> None:
        # Handlers' clients are shared by simulations, and so would be the quota of the standard
        # mode's retries: what one used up, the next would lack.
        retries = client.meta.config.retries
        if retries["mode"] == "legacy":
            return
        if retries["mode"] != "standard":
            raise NotModelled(f"a fault where a client's retries are in mode {retries['mode']!r}")
        service = client.meta.service_model.service_id.hyphenize()
        client.meta.events.unregister(f"needs-retry.{service}", unique_id=f"retry-config-{service}")
        attempts = retries.get("total_max_attempts")
        options = {} if attempts is None else {"max_attempts": attempts}
        self._botocore.standard.register_retry_handler(client, **options)

    def _checked_params(
        self, api_params: Any, operation_model: Any, context: dict[str, Any]
    ) -> dict[str, Any]:
        # The door has emitted the events of the parameters, and checked them.
        context.update(self._call.context)
        return self._call.request

    def _send(self, request: Any, **_: Any) -> Any:
        """Handles `before-send`: one attempt."""
        actor = actors.current()
        assert actor is not None
        outcome, self._first = self._first, None
        if outcome is None:
            subject, options = self._call.subject, api_faults.OUTCOMES
            outcome = actor.call_outside(
                lambda: self._world.pick("api", subject, options), duration_ms=0
            )
        service = self._call.model.service_model.service_name
        refused = api_faults.refusal_of(service, str(outcome))
        perform = self._call.perform if refused is None else _nothing
        answer = None
        try:
            answer = actor.call_outside(perform, duration_ms=self._world.timing.api_call_ms)
        except ServiceError as error:
            refused = error
        if outcome == "answer_lost":
            self._call.write("ConnectionClosedError")
            raise self._botocore.exceptions.ConnectionClosedError(endpoint_url=request.url)
        self._call.write(None if refused is None else refused.code)
        if refused is None:
            self._members = self._call.answered(answer)
            return self._response(request.url, 200, None)
        self._members = self._call.refused(refused)
        return self._response(request.url, refused.status, self._members["Error"])

    def _response(self, url: str, status: int, error: Mapping[str, str] | None) -> Any:
        headers, body = _wire(self._call.model, error)
        headers["content-length"] = str(len(body))
        return self._botocore.awsrequest.AWSResponse(url, status, headers, _Raw(body))

    def _fill(self, parsed: dict[str, Any], **_: Any) -> None:
        """Handles `after-call`, before anybody else does."""
        told = parsed.get("ResponseMetadata", {})
        kept = {name: told[name] for name in _KEPT if name in told}
        parsed.clear()
        parsed.update(self._members)
        parsed["ResponseMetadata"] = {**parsed["ResponseMetadata"], **kept}


class _Raw(io.BytesIO):
    """A response's body as urllib3 has it."""

    def stream(self, **_: Any) -> Iterator[bytes]:
        yield self.read()


def _nothing() -> None:
    return None


def _wire(model: Any, error: Mapping[str, str] | None) -> tuple[dict[str, str], bytes]:
    """Headers and body of an error, or of an answer without members, in the service's protocol."""
    service = model.service_model
    protocol = getattr(service, "resolved_protocol", None) or service.metadata["protocol"]
    if protocol == "query":
        if error is not None:
            code, message = escape(error["Code"]), escape(error["Message"])
            inner = f"<Error><Code>{code}</Code><Message>{message}</Message></Error>"
            return {}, f"<ErrorResponse>{inner}</ErrorResponse>".encode()
        shape = model.output_shape
        wrapper = shape.serialization.get("resultWrapper") if shape is not None else None
        return {}, f"<Response>{f'<{wrapper}/>' if wrapper else ''}</Response>".encode()
    if protocol not in ("json", "rest-json"):
        raise NotModelled(f"{service.service_name}: a fault in the protocol {protocol!r}")
    if error is None:
        return {}, b"{}"
    body = json.dumps({"__type": error["Code"], "message": error["Message"]}).encode()
    return {"x-amzn-errortype": error["Code"]}, body


def virtualise(standard: ModuleType) -> None:
    """Have the back-off of botocore's standard retries draw from the actor that runs: it may have
    taken the real function for a default before that was replaced."""
    backoff: Any = standard.ExponentialBackoff
    real_amount = backoff.delay_amount

    @functools.wraps(real_amount)
    def delay_amount(self: Any, context: Any) -> Any:
        self._random = virtual_time.virtual(self._random)
        return real_amount(self, context)

    backoff.delay_amount = delay_amount
