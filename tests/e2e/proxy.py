"""The proxy between the visitors of a test and everything they visit.

It does what the proxy before a real collector does, which is to say in `X-Forwarded-For` who is calling; and it is
the one witness that misses nothing, because a request of a page that is being closed passes here too, when the
browser's own tools no longer tell. It can also be a bad line: `down` refuses everybody, `slow` holds requests back
until they are let go (not, if who sent them has hung up), `faults` are what the next batches get for an answer.

Chromium sends it whole addresses (RFC 9112 §3.2.2). Anything but 127.0.0.1 is refused and remembered.
"""

import http.client
import select
import socket
import threading
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import urlsplit

HOP_BY_HOP = {"connection", "proxy-connection", "keep-alive", "transfer-encoding", "te", "upgrade"}
HELD_SECONDS = 20.0


@dataclass(frozen=True)
class Passed:
    """A request that came by: `status` 0 if it was not answered."""

    method: str
    url: str
    body: bytes
    status: int

    @property
    def path(self) -> str:
        return urlsplit(self.url).path


@dataclass(frozen=True)
class Fault:
    """What a batch gets instead of the collector's answer: `status` 0 hangs up, -1 never answers.

    `arrives`: the collector has the batch, and only its answer is lost.
    """

    status: int
    headers: tuple[tuple[str, str], ...] = ()
    body: bytes = b""
    arrives: bool = False


class VisitorProxy(ThreadingHTTPServer):
    """A forward proxy for one visitor, whose address is `visitor`. Use as a context manager."""

    daemon_threads = True
    request_queue_size = 64

    def __init__(self, visitor: str) -> None:
        super().__init__(("127.0.0.1", 0), _Relay)
        self.visitor = visitor
        self.passed: list[Passed] = []
        self.refused: list[str] = []
        self.down = False
        self.faults: list[Fault] = []
        self._open = threading.Event()
        self._open.set()
        self._thread = threading.Thread(target=self.serve_forever, args=(0.05,), daemon=True)
        self._thread.start()

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"

    @property
    def slow(self) -> bool:
        return not self._open.is_set()

    @slow.setter
    def slow(self, value: bool) -> None:
        if value:
            self._open.clear()
        else:
            self._open.set()

    def let_through(self, caller: socket.socket) -> bool:
        """Waits while the line is slow. False if the caller hung up meanwhile: then nothing of it arrives."""
        if not self.slow:
            return True
        self._open.wait(HELD_SECONDS)
        readable, _, _ = select.select([caller], [], [], 0)
        return not readable or bool(caller.recv(1, socket.MSG_PEEK))

    def events(self) -> list[Passed]:
        """What was sent to the collector's API; its settings are only asked for, and say nothing about the visitor."""
        return [one for one in self.passed if one.path.startswith("/v1/") and one.method != "GET"]

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A browser that hangs up in the middle is nothing to report; what it had asked for is in `passed`."""

    def __enter__(self) -> "VisitorProxy":
        return self

    def __exit__(self, *_: object) -> None:
        self._open.set()
        self.shutdown()
        self.server_close()
        self._thread.join(5)


class _Relay(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: VisitorProxy

    def relay(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        target = urlsplit(self.path)
        if target.hostname != "127.0.0.1":
            self.server.refused.append(self.path)
            self._answer(403, [], b"")
            return
        if not self.server.let_through(self.connection) or self.server.down:
            self._hang_up(body, 0)
            return
        if target.path == "/v1/batch" and self.server.faults:
            self._misbehave(self.server.faults.pop(0), target.port or 80, body)
            return
        status, headers, answer = self._ask(target.port or 80, body)
        self._remember(body, status)
        self._answer(status, headers, answer)

    do_GET = do_POST = do_OPTIONS = do_HEAD = relay

    def _misbehave(self, fault: Fault, port: int, body: bytes) -> None:
        if fault.arrives:
            self._ask(port, body)
        if fault.status < 0:  # until who asked has had enough
            select.select([self.connection], [], [], HELD_SECONDS)
        if fault.status <= 0:
            self._hang_up(body, 0)
            return
        self._remember(body, fault.status)
        self._answer(fault.status, list(fault.headers), fault.body)

    def _ask(self, port: int, body: bytes) -> tuple[int, list[tuple[str, str]], bytes]:
        target = urlsplit(self.path)
        headers = {k: v for k, v in self.headers.items() if k.lower() not in HOP_BY_HOP}
        headers["X-Forwarded-For"] = self.server.visitor
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
        try:
            where = f"{target.path}?{target.query}" if target.query else target.path
            connection.request(self.command, where or "/", body or None, headers)
            answer = connection.getresponse()
            return answer.status, answer.getheaders(), answer.read()
        finally:
            connection.close()

    def _answer(self, status: int, headers: list[tuple[str, str]], body: bytes) -> None:
        self.send_response_only(status)
        for name, value in headers:
            if name.lower() not in HOP_BY_HOP | {"content-length"}:
                self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command != "HEAD" and status not in (204, 304):
            self.wfile.write(body)

    def _hang_up(self, body: bytes, status: int) -> None:
        self._remember(body, status)
        self.close_connection = True

    def _remember(self, body: bytes, status: int) -> None:
        self.server.passed.append(Passed(self.command, self.path, body, status))

    def log_message(self, format: str, *args: Any) -> None:
        """Says nothing: a test's output is for what failed."""
