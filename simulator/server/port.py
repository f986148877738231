"""The socket: HTTP in and out, a thread for each connection, no AWS.

Request threads read, ask the simulation's thread, wait, and write.
"""

from __future__ import annotations

import json
import socket
import sys
import threading  # noqa: TID251 - connections are served beside each other
import traceback
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from simulator.server.account import OWN, Account
from simulator.server.owner import Owner
from simulator.server.requests import Reply, Request, scope_of

# where LocalStack tells what it has; its clients ask there
HEALTH = "/_localstack/health"
_STOP_SECONDS = 0.1
_TOLD = (*OWN, "events", "scheduler")


class Port:
    """Listens on an address and answers by an account that `owner` holds."""

    def __init__(self, owner: Owner[Account], *, host: str, port: int, region: str) -> None:
        self._owner = owner
        self._region = region
        self._server = _Server((host, port), _Handler)
        self._server.answer = self.answer
        # how often it looks whether it is to stop
        self._thread = threading.Thread(
            target=self._server.serve_forever, args=(_STOP_SECONDS,), name="port"
        )

    @property
    def address(self) -> tuple[str, int]:
        """Host and port, the one that was found where 0 was asked for."""
        host, port = self._server.server_address[:2]
        return str(host), int(port)

    def start(self) -> None:
        """Begin to answer."""
        self._thread.start()

    def stop(self) -> None:
        """Answer no more. What is being answered is given up."""
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def answer(self, request: Request) -> Reply:
        """The reply to a request, whoever gives it."""
        if request.path in (HEALTH, "/health"):
            return _health()
        scope = scope_of(request, default_region=self._region)
        reply: Reply = self._owner.ask(lambda account: account.answer(request, scope)).result()
        return reply


def _health() -> Reply:
    from simulator import __version__

    services = dict.fromkeys(_TOLD, "running")
    document = {"services": services, "edition": "asl-simulator", "version": __version__}
    return Reply(200, json.dumps(document).encode(), {"content-type": "application/json"})


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    # a burst of connections, as Terraform makes it, waits instead of being refused
    request_queue_size = 128
    answer: Any

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that went away, as Ctrl-C ends one, is nothing to tell of."""
        if not isinstance(sys.exc_info()[1], ConnectionError):
            super().handle_error(request, client_address)


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: _Server

    def setup(self) -> None:
        super().setup()
        # head and body of a reply are two writes: without this the second waits for the client
        self.connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def _answer(self) -> None:
        length = self.headers.get("content-length") or "0"
        if not length.isdecimal():
            self.send_error(400, f"Content-Length: expected a number, got {length!r}")
            self.close_connection = True
            return
        path, _, query = self.path.partition("?")
        headers = {name.lower(): value for name, value in self.headers.items()}
        try:
            request = Request(self.command, path, query, headers, self._body(headers))
            reply = self.server.answer(request)
        except Exception as error:  # noqa: BLE001 - our bug, and the client hears of it
            traceback.print_exc(file=sys.stderr)
            reply = Reply(500, f"internal error: {error}".encode())
        self._send(reply)

    do_GET = do_PUT = do_POST = do_DELETE = do_HEAD = do_PATCH = do_OPTIONS = _answer  # noqa: N815

    def _body(self, headers: dict[str, str]) -> bytes:
        if "chunked" in headers.get("transfer-encoding", ""):
            return b"".join(self._chunks())
        return self.rfile.read(int(headers.get("content-length") or 0))

    def _chunks(self) -> Any:
        while size := int(self.rfile.readline().partition(b";")[0], 16):
            yield self.rfile.read(size)
            self.rfile.readline()
        while self.rfile.readline().strip():
            pass

    def _send(self, reply: Reply) -> None:
        self.send_response(reply.status)
        headers = {name.lower(): value for name, value in reply.headers.items()}
        if self.command != "HEAD" or "content-length" not in headers:
            headers["content-length"] = str(len(reply.body))
        for name, value in headers.items():
            if name not in ("connection", "server", "date", "transfer-encoding"):
                self.send_header(name, value)
        self.end_headers()
        if self.command != "HEAD" and reply.status not in (204, 304):
            self.wfile.write(reply.body)

    def log_message(self, *_: Any) -> None:
        """Nothing: what was asked is in the trace, what can't be answered in the log."""
