"""A collector that does as it is told: records every request, answers by script. For the tests of every SDK.

It is a real HTTP server on 127.0.0.1 that keeps connections alive. Replies are taken from `replies` in order, one a
batch; when they are used up every batch is accepted, or, with `forward`, passed on to a real collector whose answer is
handed back. A reply may also be a misbehaviour: hang, close without a word, drip a byte at a time, talk nonsense.
"""

import contextlib
import gzip
import json
import socket
import ssl
import threading
import time
import urllib.error
import urllib.request
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


@dataclass(frozen=True)
class Reply:
    """`body` None: what a collector would say. `rejected`: list of {index | messageId, reason, detail}.

    `act`: answer, hang (until the server stops), close, lost (take the batch, then close without an answer), drip (one
    byte every `delay` s), cut (promise more than is sent) or garbage (not HTTP). `after` seconds pass before an answer.
    """

    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes | None = None
    rejected: tuple[dict[str, Any], ...] = ()
    act: str = "answer"
    delay: float = 0.2
    after: float = 0.0


@dataclass
class Request:
    """One request as it was received; `body` is inflated, `batch` its messages (empty if it is not JSON).

    `status` and `refused` (message ids) are what was answered, or would have been: 0 for none.
    """

    method: str
    path: str
    headers: dict[str, str]
    body: bytes
    at: float
    batch: list[dict[str, Any]] = field(default_factory=list)
    envelope: dict[str, Any] = field(default_factory=dict)
    raw: bytes = b""
    status: int = 0
    refused: frozenset[str] = frozenset()

    @property
    def taken(self) -> list[dict[str, Any]]:
        """The messages that the collector made durable."""
        return [m for m in self.batch if m.get("messageId") not in self.refused] if self.status == 200 else []


class Scripted:
    """`with Scripted() as collector: …`. `port` may be given, so that one can come back after `stop()`."""

    def __init__(
        self, *replies: Reply, port: int = 0, tls: ssl.SSLContext | None = None, forward: str | None = None
    ) -> None:
        self.forward = forward
        self.replies: deque[Reply] = deque(replies)
        self.otherwise: Callable[[Request], Reply] = lambda _request: Reply()
        self.requests: list[Request] = []
        self.connections = 0
        self.stopping = threading.Event()
        self._changed = threading.Condition()
        self._server = _Server(("127.0.0.1", port), self)
        if tls:
            self._server.socket = tls.wrap_socket(self._server.socket, server_side=True)
        self.port = int(self._server.server_address[1])
        self.endpoint = f"http{'s' if tls else ''}://127.0.0.1:{self.port}"
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True)

    def __enter__(self) -> "Scripted":
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def stop(self) -> None:
        """Close the door and all connections, as a killed collector would."""
        if not self.stopping.is_set():
            self.stopping.set()
            self._server.shutdown()
            self._server.server_close()
            self._server.cut_connections()

    @property
    def batches(self) -> list[Request]:
        return [r for r in list(self.requests) if r.method == "POST" and r.envelope]

    @property
    def messages(self) -> list[dict[str, Any]]:
        """All messages of all batches, in the order they came, repeated ones too."""
        return [m for r in self.batches for m in r.batch]

    def wait(self, condition: Callable[["Scripted"], bool], timeout: float = 60.0) -> bool:
        """Until `condition(self)` holds, looked at after every request; False if time ran out."""
        with self._changed:
            return self._changed.wait_for(lambda: condition(self), timeout)

    def take(self, request: Request) -> Reply:
        with self._changed:
            self.requests.append(request)
            self._changed.notify_all()
            if not request.envelope:
                return Reply(status=404, body=b'{"code":"not_found","message":"no such thing"}')
            if self.replies:
                return self.replies.popleft()
        return self.otherwise(request)


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    allow_reuse_address = True
    request_queue_size = 64

    def __init__(self, address: tuple[str, int], collector: Scripted) -> None:
        super().__init__(address, _Handler)
        self.collector = collector
        self._open: set[socket.socket] = set()

    def process_request(self, request: Any, client_address: Any) -> None:
        self.collector.connections += 1
        self._open.add(request)
        super().process_request(request, client_address)

    def shutdown_request(self, request: Any) -> None:
        self._open.discard(request)
        super().shutdown_request(request)

    def cut_connections(self) -> None:
        for connection in list(self._open):
            with contextlib.suppress(OSError):  # gone already
                connection.shutdown(socket.SHUT_RDWR)
            connection.close()

    def handle_error(self, request: Any, client_address: Any) -> None:
        pass  # a client that went away is what many tests are about


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: _Server

    def do_GET(self) -> None:
        self._serve()

    def do_POST(self) -> None:
        self._serve()

    def _serve(self) -> None:
        collector = self.server.collector
        request = self._request()
        reply = collector.take(request)
        if reply.after:
            collector.stopping.wait(reply.after)
        if reply.body is None and reply.status == 200 and reply.act in ("answer", "lost") and request.envelope:
            reply = self._verdict(request, reply)
        getattr(self, f"_{reply.act}")(request, reply)

    def _verdict(self, request: Request, reply: Reply) -> Reply:
        """The reply with a collector's body: the real one's if there is one, else ours."""
        status, headers, body = 200, reply.headers, _body(request, reply)
        if self.server.collector.forward and not reply.rejected:
            status, headers, body = _forwarded(self.server.collector.forward, request)
        request.refused = frozenset(r["messageId"] for r in json.loads(body).get("rejected", ()))
        request.status = status
        return replace(reply, status=status, headers=headers, body=body)

    def _request(self) -> Request:
        raw = body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        if self.headers.get("Content-Encoding") == "gzip":
            body = gzip.decompress(body)
        headers = {k.lower(): v for k, v in self.headers.items()}
        request = Request(self.command, self.path, headers, body, time.monotonic(), raw=raw)
        if self.command == "POST" and body:
            try:
                envelope = json.loads(body)
            except ValueError:
                return request
            if isinstance(envelope, dict) and isinstance(envelope.get("batch"), list):
                request.envelope, request.batch = envelope, envelope["batch"]
        return request

    def _answer(self, request: Request, reply: Reply) -> None:
        request.status = reply.status
        body = _body(request, reply) if reply.body is None else reply.body
        self._head(reply, len(body))
        self.wfile.write(body)

    def _cut(self, request: Request, reply: Reply) -> None:
        body = _body(request, reply) if reply.body is None else reply.body
        self._head(reply, len(body) + 100)
        self.wfile.write(body)
        self.close_connection = True

    def _head(self, reply: Reply, length: int) -> None:
        self.send_response(reply.status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Access-Control-Allow-Origin", "*")
        for name, value in reply.headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(length))
        self.end_headers()

    def _hang(self, _request: Request, _reply: Reply) -> None:
        self.server.collector.stopping.wait()
        self.close_connection = True

    def _close(self, _request: Request, _reply: Reply) -> None:
        self.connection.shutdown(socket.SHUT_RDWR)
        self.close_connection = True

    def _lost(self, request: Request, reply: Reply) -> None:
        self._close(request, reply)

    def _drip(self, _request: Request, reply: Reply) -> None:
        self.close_connection = True
        for byte in b"HTTP/1.1 200 OK\r\nX-Slow: " + b"x" * 10_000:
            if self.server.collector.stopping.wait(reply.delay):
                return
            self.wfile.write(bytes([byte]))

    def _garbage(self, _request: Request, reply: Reply) -> None:
        self.wfile.write(reply.body or b"\x00\xff not HTTP at all \r\n\r\n")
        self.close_connection = True

    def log_message(self, format: str, *args: Any) -> None:
        pass  # the requests are recorded


def _body(request: Request, reply: Reply) -> bytes:
    if reply.status != 200:
        return json.dumps({"code": f"scripted_{reply.status}", "message": "as the script says"}).encode()
    rejected = []
    for one in reply.rejected:
        verdict = {k: v for k, v in one.items() if k != "index"}
        if "index" in one:
            verdict["messageId"] = request.batch[one["index"]]["messageId"]
        rejected.append({"detail": "", **verdict})
    accepted = len(request.batch) - len(rejected)
    return json.dumps({"success": True, "accepted": accepted, "rejected": rejected}).encode()


def _forwarded(endpoint: str, request: Request) -> tuple[int, dict[str, str], bytes]:
    """Ask the real collector; its status, Retry-After and body."""
    carried = ("authorization", "content-type", "content-encoding", "origin")
    headers = {name: request.headers[name] for name in carried if name in request.headers}
    asked = urllib.request.Request(endpoint + request.path, request.raw, headers, method=request.method)
    try:
        with urllib.request.urlopen(asked, timeout=60) as answer:
            return answer.status, {}, answer.read()
    except urllib.error.HTTPError as error:
        after = error.headers.get("Retry-After")
        return error.code, {"Retry-After": after} if after else {}, error.read()
