"""A small HTTP proxy on the loopback that can lose answers or connections, for faults between us and a catalog."""

import http.client
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import urlsplit

Fault = Callable[[str, str], str]
"""`(method, path)` → `""` pass it on, `"lose"` pass it on but drop the answer, `"refuse"` drop the request,
`"503"` answer with this status at once, `"then 503"` pass it on and answer with this status."""


class Proxy:
    """Forwards to `target`; `fault` may be changed at any time. `lost` counts what was dropped."""

    def __init__(self, target: str) -> None:
        self.fault: Fault = lambda method, path: ""
        self.lost = 0
        address = urlsplit(target)
        outer = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def _forward(self) -> None:
                body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
                what = outer.fault(self.command, self.path)
                if what == "refuse":
                    outer.lost += 1
                    self.close_connection = True
                    return
                if what.isdigit():
                    outer.lost += 1
                    self._say(int(what), [], b"")
                    return
                upstream = http.client.HTTPConnection(address.hostname or "", address.port, timeout=30)
                headers = {k: v for k, v in self.headers.items() if k.lower() != "connection"}
                upstream.request(self.command, self.path, body, headers)
                answer = upstream.getresponse()
                content = answer.read()
                upstream.close()
                if what == "lose":
                    outer.lost += 1
                    self.close_connection = True
                    return
                if what.startswith("then "):
                    outer.lost += 1
                    self._say(int(what.removeprefix("then ")), [], b"")
                    return
                self._say(answer.status, answer.getheaders(), content)

            def _say(self, status: int, headers: list[tuple[str, str]], content: bytes) -> None:
                self.send_response(status)
                for name, value in headers:
                    if name.lower() not in ("transfer-encoding", "content-length", "connection"):
                        self.send_header(name, value)
                self.send_header("Content-Length", str(len(content)))
                self.end_headers()
                if self.command != "HEAD":
                    self.wfile.write(content)

            do_GET = do_POST = do_PUT = do_DELETE = do_HEAD = _forward

            def log_message(self, *_: Any) -> None:
                return

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}"

    @contextmanager
    def running(self) -> Iterator["Proxy"]:
        """Serve until the block ends."""
        thread = threading.Thread(target=self._server.serve_forever, args=(0.05,))
        thread.start()
        try:
            yield self
        finally:
            self._server.shutdown()
            thread.join()
            self._server.server_close()
