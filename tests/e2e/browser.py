"""Debian's Chromium, driven by Playwright, and a witness of what its pages do.

The browser may reach 127.0.0.1 and nothing else: every other name fails to resolve, so a page that tries to talk to
somebody would be seen (the witness records it) and would not succeed.
"""

import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import (
    Browser,
    BrowserContext,
    ConsoleMessage,
    Error,
    Frame,
    Page,
    Request,
    expect,
    sync_playwright,
)

from tests.stores import stop

PATIENCE = 60.0  # seconds after which a page is said to be stuck; a busy machine stands still for longer than five
expect.set_options(timeout=PATIENCE * 1000)
CHROMIUM = "/usr/bin/chromium"
FLAGS = (
    "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-sync",
    "--disable-background-networking", "--disable-component-update",
    "--host-resolver-rules=MAP * ~NOTFOUND , EXCLUDE 127.0.0.1",
)  # fmt: skip
# Chromium's own name for itself here is HeadlessChrome, which is a bot to us, and rightly so. A name is given to the
# whole process: one given to a context is not used for what a page sends in its last moment
DESKTOP = (
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/143.0.0.0 Safari/537.36"
)


@dataclass
class Witness:
    """Everything the pages of a browser context asked for and complained about."""

    requests: list[Request] = field(default_factory=list)
    failures: list[Request] = field(default_factory=list)
    complaints: list[str] = field(default_factory=list)
    excused: tuple[str, ...] = ()

    def watch(self, context: BrowserContext) -> "Witness":
        context.on("request", lambda request: self.requests.append(request))
        context.on("requestfailed", lambda request: self.failures.append(request))
        context.on("console", self._console)
        context.on("weberror", lambda error: self.complaints.append(str(error.error)))
        return self

    def _console(self, message: ConsoleMessage) -> None:
        if message.type in ("error", "warning"):
            self.complaints.append(f"{message.text} ({message.location})")

    def unexcused(self) -> list[str]:
        """Complaints that hold none of the `excused` texts: a test that cuts the line expects to hear of it."""
        return [said for said in self.complaints if not any(excuse in said for excuse in self.excused)]

    def to(self, prefix: str) -> list[Request]:
        """Requests whose path begins with `prefix`."""
        return [request for request in self.requests if urlsplit(request.url).path.startswith(prefix)]

    def hosts(self) -> set[str | None]:
        """Hosts that were asked for anything at all; `data:` and `blob:` are no hosts."""
        return {urlsplit(r.url).hostname for r in self.requests if urlsplit(r.url).scheme in ("http", "https", "ws")}


def until(page: Page | Frame, expression: str, seconds: float = PATIENCE) -> None:
    """Wait until `expression` is true in `page`.

    Playwright's own `wait_for_function` looks again from a timer of the page, by `eval`: under a strict content
    security policy the first look works and every later one fails, so that a test passes only where it need not
    wait. This one asks from outside each time.

    Raises:
        TimeoutError: it was not true within `seconds`.
    """
    deadline = time.monotonic() + seconds
    while True:
        try:
            if page.evaluate(f"!!({expression})"):
                return
        except Error as error:
            if "context was destroyed" not in str(error):  # the page is on its way to the next one
                raise
        if time.monotonic() > deadline:
            raise TimeoutError(f"not true after {seconds:.0f} s: {expression}")
        page.wait_for_timeout(25)


def delivered(page: Page | Frame) -> None:
    """Wait until everything that this page has captured is confirmed by the collector."""
    deadline = time.monotonic() + PATIENCE
    while left := page.evaluate("firsthand.flush(10000)")["pending"]:
        assert time.monotonic() < deadline, f"{left} events are still on their way"


Browsers = Callable[..., Browser]


@pytest.fixture(scope="module")
def browsers() -> Iterator[Browsers]:
    """Browser processes by user agent, started when first asked for; tests take contexts of their own. `keeps`: with
    the back/forward cache, which Playwright turns off.

    For one module only: while Playwright's synchronous interface is open, its event loop counts as running, and no
    other test of this process could run one.
    """
    running: dict[tuple[str, bool], Browser] = {}
    with sync_playwright() as playwright:

        def browser(user_agent: str, keeps: bool = False) -> Browser:
            if (user_agent, keeps) not in running:
                running[user_agent, keeps] = playwright.chromium.launch(
                    executable_path=CHROMIUM,
                    args=[*FLAGS, f"--user-agent={user_agent}"],
                    ignore_default_args=["--disable-back-forward-cache"] if keeps else None,
                )
            return running[user_agent, keeps]

        yield browser
        for one in running.values():
            one.close()


@pytest.fixture(scope="module")
def chromium(browsers: Browsers) -> Browser:
    """Chromium as people use it at a desk."""
    return browsers(DESKTOP)


@contextmanager
def unwatched(url: str, profile: Path) -> Iterator[None]:
    """Chromium on its own, shown `url`: it prerenders only where no developer tools look on, so what happened has to be
    seen from what its pages send."""
    flags = [*FLAGS, f"--user-agent={DESKTOP}", f"--user-data-dir={profile}", "--remote-debugging-port=0"]
    quiet = subprocess.DEVNULL
    process = subprocess.Popen([CHROMIUM, *flags, url], stdout=quiet, stderr=quiet)
    try:
        yield
    finally:
        stop(process)


class Site(ThreadingHTTPServer):
    """A site of files made by the test, on a free port: `pages` by path (content type, body), `headers` beside it."""

    daemon_threads = True

    def __init__(self, pages: dict[str, tuple[str, bytes]]) -> None:
        super().__init__(("127.0.0.1", 0), _Files)
        self.pages = pages
        self.headers: dict[str, dict[str, str]] = {}
        self._thread = threading.Thread(target=self.serve_forever, args=(0.05,), daemon=True)
        self._thread.start()

    @property
    def base(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"

    def close(self) -> None:
        self.shutdown()
        self.server_close()
        self._thread.join(5)


class _Files(BaseHTTPRequestHandler):
    server: Site

    def do_GET(self) -> None:
        kind, body = self.server.pages.get(urlsplit(self.path).path, ("", b""))
        self.send_response(200 if kind else 404)
        self.send_header("Content-Type", kind or "text/plain")
        self.send_header("Content-Length", str(len(body)))
        for name, value in self.server.headers.get(urlsplit(self.path).path, {}).items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: Any) -> None:
        """Says nothing: a test's output is for what failed."""


HTML, JS = "text/html; charset=utf-8", "text/javascript; charset=utf-8"
# A browser asks for an icon by itself; without one every page would have an error on its console
ICON = '<link rel="icon" href="data:,">'


def html(body: str, head: str = "", title: str = "Test") -> tuple[str, bytes]:
    page = f"<!doctype html><html lang=en><head><meta charset=utf-8><title>{title}</title>{ICON}{head}</head>"
    return HTML, f"{page}<body>{body}</body></html>".encode()
