"""Fetching for the verifier goes where the source allows, and nowhere else."""

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, ClassVar

import pytest

from collector.console.fetch import MOST_BYTES, fetch


class _Site(BaseHTTPRequestHandler):
    asked: ClassVar[list[str]] = []

    def do_GET(self) -> None:
        self.asked.append(f"{self.headers.get('Host')}{self.path}")
        if self.path == "/away":
            self.send_response(302)
            self.send_header("Location", "http://localhost:1/secret")
            self.end_headers()
            return
        if self.path == "/near":
            self.send_response(302)
            self.send_header("Location", "/")
            self.end_headers()
            return
        self.send_response(404 if self.path == "/none" else 200)
        self.send_header("Content-Type", "text/html; charset=utf-8")
        self.send_header("Content-Security-Policy", "default-src 'self', img-src *")
        self.end_headers()
        self.wfile.write("<title>é</title>".encode() + (b"x" * 2 * MOST_BYTES if self.path == "/large" else b""))

    def log_message(self, format: str, *args: Any) -> None:
        """Says nothing."""


@pytest.fixture(scope="module")
def site() -> Iterator[str]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Site)
    thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()
    thread.join(5)


def test_a_page_with_its_policies(site: str) -> None:
    found = fetch(f"{site}/", (site,))
    assert (found.status, found.problem, "é" in found.html) == (200, "", True)
    assert [p.strip() for p in found.policies] == ["default-src 'self'", "img-src *"]
    assert fetch(f"{site}/near", (site,)).url == f"{site}/"
    assert fetch(f"{site}/none", (site,)).status == 404
    assert len(fetch(f"{site}/large", (site,)).html) <= MOST_BYTES


@pytest.mark.parametrize(
    ("path", "origins", "why"),
    [
        ("/", (), "origin"),
        ("/", ("http://127.0.0.1",), "origin"),
        ("/away", None, "redirect"),
    ],
)
def test_where_it_does_not_go(site: str, path: str, origins: tuple[str, ...] | None, why: str) -> None:
    _Site.asked.clear()
    assert fetch(site + path, (site,) if origins is None else origins).problem == f"verify.why.{why}"
    assert [a for a in _Site.asked if "secret" in a] == []


@pytest.mark.parametrize(
    "url", ["file:///etc/passwd", "ftp://127.0.0.1/", "http://", "javascript:alert(1)", "http://a@b/"]
)
def test_what_is_no_address(url: str) -> None:
    assert fetch(url, (url.rstrip("/"), "http://b")).problem == "verify.why.address"


def test_nobody_there() -> None:
    assert fetch("http://127.0.0.1:9/", ("http://127.0.0.1:9",)).problem == "verify.why.unreachable"
