"""A site and a collector at one address, for pages that are tests of the SDK's front: given pages, built folders, and
every batch that arrives, taken and kept. One server a module; what a test needs is told apart by its write key."""

import json
import mimetypes
import threading
import time
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

DIST = Path(__file__).parents[2] / "sdk-js" / "dist"
HTML, JS = "text/html; charset=utf-8", "text/javascript; charset=utf-8"
# A browser asks for an icon by itself; without one every page would have an error on its console
ICON = '<link rel="icon" href="data:,">'

Message = dict[str, Any]


class Front(ThreadingHTTPServer):
    """`pages`: path → (content type, body). `folders`: prefix → folder; below it a path without an ending is a route of
    a single-page application and gets the folder's `index.html`."""

    daemon_threads = True

    def __init__(self, pages: dict[str, tuple[str, bytes]] | None = None, **folders: Path) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.pages = {
            "/sdk.js": (JS, (DIST / "firsthand.js").read_bytes()),
            "/banner.js": (JS, (DIST / "banner.js").read_bytes()),
            **(pages or {}),
        }
        self.folders = {f"/{name}": folder for name, folder in folders.items()}
        self.received: list[Message] = []
        # What the settings say about consent, by write key, and the choices that came in
        self.policies: dict[str, dict[str, Any]] = {}
        self.choices: list[dict[str, Any]] = []
        self._thread = threading.Thread(target=self.serve_forever, args=(0.05,), daemon=True)
        self._thread.start()

    @property
    def base(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"

    def of(self, write_key: str) -> list[Message]:
        """Messages under this key in the order in which they happened, each once: what a page that went could not see
        confirmed comes again under the same id, as promised."""
        found = {one["messageId"]: one for one in list(self.received) if one["writeKey"] == write_key}
        return sorted(found.values(), key=lambda one: str(one["timestamp"]))

    def wait(self, write_key: str, enough: Callable[[list[Message]], bool], seconds: float = 60.0) -> list[Message]:
        """Messages under this key once there are enough; fails with those that came."""
        deadline = time.monotonic() + seconds
        while not enough(found := self.of(write_key)):
            assert time.monotonic() < deadline, [(one["type"], one.get("event")) for one in found]
            time.sleep(0.05)
        return found

    def close(self) -> None:
        self.shutdown()
        self.server_close()
        self._thread.join(5)


class _Handler(BaseHTTPRequestHandler):
    server: Front
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        path = urlsplit(self.path).path
        kind, body = self._settings(path) if path.endswith("/settings") else self._find(path)
        self._answer(200 if kind else 404, kind or "text/plain", body)

    do_HEAD = do_GET  # a framework asks whether a route has moved before it goes there

    def do_POST(self) -> None:
        batch = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        if self.path == "/v1/consent/receipts":
            # one that a page left before it heard the answer comes again from the next, and is one to a collector too
            if all(choice["idempotencyKey"] != batch["idempotencyKey"] for choice in self.server.choices):
                self.server.choices.append(batch)
            self._answer(201, "application/json", b'{"receipt":{"id":"r-1"},"token":"t-1"}')
            return
        self.server.received += [{**one, "writeKey": batch["writeKey"]} for one in batch.get("batch", [])]
        self._answer(200, "application/json", b'{"success":true,"rejected":[]}')

    def _settings(self, path: str) -> tuple[str, bytes]:
        key = path.split("/")[-2]
        consent = self.server.policies.get(key, {"mode": "opt_in"})
        settings = {"source": key, "state": "live", "autotrack": {}, "consent": consent}
        return "application/json", json.dumps(settings).encode()

    def _find(self, path: str) -> tuple[str, bytes]:
        if path in self.server.pages:
            return self.server.pages[path]
        for prefix, folder in self.server.folders.items():
            if path == prefix or path.startswith(f"{prefix}/"):
                file = folder / path.removeprefix(prefix).lstrip("/")
                if not file.suffix:
                    own = file.with_suffix(".html")  # as frameworks export a route, if they do
                    file = own if file != folder and own.is_file() else folder / "index.html"
                if file.is_file():
                    return mimetypes.guess_type(file.name)[0] or "text/plain", file.read_bytes()
        return "", b""

    def _answer(self, status: int, kind: str, body: bytes) -> None:
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def log_message(self, format: str, *args: Any) -> None:
        """Says nothing: a test's output is for what failed."""


def page(body: str, head: str = "", lang: str = "en", direction: str = "ltr") -> tuple[str, bytes]:
    start = f'<!doctype html><html lang="{lang}" dir="{direction}"><head><meta charset="utf-8"><title>Test</title>'
    view = '<meta name="viewport" content="width=device-width, initial-scale=1">'
    return HTML, f"{start}{view}{ICON}{head}</head><body>{body}</body></html>".encode()
