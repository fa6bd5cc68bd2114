"""Whether an application can tell by which of Granian's interfaces a request came: on two servers, byte for byte."""

import json
import os
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from collector.edge.native import MAX_WHOLE_BYTES, address
from tests.collector.edge.echo import LIMIT, SECONDS
from tests.stores import free_port
from tests.tree.files import ROOT

PATIENCE = 60.0


@dataclass
class Served:
    port: int
    ended: Path
    process: "subprocess.Popen[bytes]"

    def raw(self, *parts: bytes | float, shut: bool = False) -> bytes:
        """All that comes back for these bytes, with pauses between them; `shut`: no more will come."""
        with socket.create_connection(("127.0.0.1", self.port), PATIENCE) as connection:
            for part in parts:
                if isinstance(part, float):
                    time.sleep(part)
                else:
                    connection.sendall(part)
            if shut:
                connection.shutdown(socket.SHUT_WR)
            found = b""
            while part := connection.recv(65536):
                found += part
        return found

    def what(self) -> dict[str, object]:
        found: dict[str, object] = json.loads(self.raw(request("GET", "/what")).partition(b"\r\n\r\n")[2])
        return found

    def until(self, holds: Callable[[dict[str, object]], bool]) -> None:
        deadline = time.monotonic() + PATIENCE
        while not holds(self.what()):
            assert time.monotonic() < deadline, self.what()
            time.sleep(0.05)


def request(method: str, target: str, body: bytes = b"", *headers: str, length: int | None = None) -> bytes:
    size = len(body) if length is None else length
    named = ["Host: echo.example", "Connection: close", *headers]
    if method != "GET":
        named.append(f"Content-Length: {size}")
    return "\r\n".join([f"{method} {target} HTTP/1.1", *named, "", ""]).encode("latin-1") + body


@contextmanager
def served(folder: Path, interface: str, factory: str, **environment: str) -> Iterator[Served]:
    port, ended = free_port(), folder / f"{factory}.ended"
    command = [sys.executable, "-m", "granian", f"tests.collector.edge.echo:{factory}", "--factory", "--interface",
               interface, "--host", "127.0.0.1", "--port", str(port), "--loop", "uvloop", "--http", "1",
               "--no-ws"]  # fmt: skip
    with (folder / f"{factory}.log").open("wb") as log:
        told = {**os.environ, "PYTHONPATH": str(ROOT), "ECHO_ENDED": str(ended), "PYTHONHASHSEED": "0", **environment}
        process = subprocess.Popen(command, env=told, stdout=log, stderr=log, cwd=ROOT)
        try:
            yield Served(port, ended, process)
        finally:
            process.terminate()
            process.wait(PATIENCE)


def _wait(server: Served) -> None:
    deadline = time.monotonic() + PATIENCE
    while True:
        try:
            server.what()
            return
        except OSError:
            assert time.monotonic() < deadline, "it does not answer"
            time.sleep(0.05)


@pytest.fixture(scope="module")
def both(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Served, Served]]:
    """By ASGI, and by Granian's own interface."""
    folder = tmp_path_factory.mktemp("echo")
    with ExitStack() as stack:
        plain = stack.enter_context(served(folder, "asgi", "build"))
        ours = stack.enter_context(served(folder, "rsgi", "native"))
        _wait(plain)
        _wait(ours)
        yield plain, ours
    assert plain.ended.read_text() == ours.ended.read_text() == "in order"


def _chunked(*chunks: bytes) -> bytes:
    sized = b"".join(b"%x\r\n%b\r\n" % (len(chunk), chunk) for chunk in chunks) + b"0\r\n\r\n"
    head = request("POST", "/echo", b"", "Transfer-Encoding: chunked").replace(b"Content-Length: 0\r\n", b"")
    return head + sized


REQUESTS: dict[str, list[bytes | float]] = {
    "plain": [request("GET", "/echo")],
    "query": [request("GET", "/echo?a=%20b&c=%C3%A4&a=2&d")],
    "escapes in the path": [request("GET", "/echo/a%20b/%C3%A4%2F")],
    "absolute address": [request("GET", "http://other.example/echo?x=1")],
    "headers": [request("GET", "/echo", b"", "X-A: 1", "x-a: 2", "Cookie: a=b; c=d", "X-Empty:", "Accept: */*")],
    "head": [request("HEAD", "/echo")],
    "a body": [request("POST", "/echo", b"x" * 1000)],
    "a long body": [request("POST", "/echo", b"x" * 3_000_000)],
    "a body bit by bit": [request("POST", "/echo", b"", length=6), 0.05, b"abc", 0.05, b"def"],
    "an empty body": [request("POST", "/echo")],
    "a body in chunks": [_chunked(b"abc", b"d" * 100_000, b"e")],
    "options": [request("OPTIONS", "/echo")],
    "no such path": [request("GET", "/nowhere")],
    "no such method": [request("PATCH", "/echo")],
    "two cookies": [request("GET", "/cookies")],
    "nothing to say": [request("GET", "/empty")],
    "in parts": [request("GET", "/stream")],
    "a failure": [request("GET", "/fail")],
}


def _told(answer: bytes) -> tuple[list[bytes], bytes]:
    head, _, body = answer.partition(b"\r\n\r\n")
    return sorted(line for line in head.split(b"\r\n") if not line.startswith(b"date:")), body


@pytest.mark.parametrize("name", REQUESTS)
def test_an_application_cannot_tell_and_neither_can_its_client(both: tuple[Served, Served], name: str) -> None:
    plain, ours = (_told(server.raw(*REQUESTS[name])) for server in both)
    assert ours == plain
    assert plain[0], "there was no answer at all"


def test_a_header_beyond_ascii_is_as_if_it_had_not_been_sent(both: tuple[Served, Served]) -> None:
    sent = request("GET", "/echo", b"", "X-A: caf\xe9", "X-B: b")
    names = [name for name, _ in json.loads(_told(both[1].raw(sent))[1])["headers"]]
    assert names == ["host", "connection", "x-b"]


def test_a_body_that_ends_early_and_a_reader_who_leaves_are_noticed(both: tuple[Served, Served]) -> None:
    _, ours = both
    ours.raw(request("POST", "/echo", b"half", length=1000), shut=True)
    ours.raw(request("POST", "/hot", b"half", length=1000), shut=True)
    with socket.create_connection(("127.0.0.1", ours.port), PATIENCE) as connection:
        connection.sendall(request("GET", "/endless"))
        assert connection.recv(1000)
    ours.until(lambda what: {"cut", "cut straight", "left"} <= set(what["seen"]))  # type: ignore[call-overload]


@pytest.mark.parametrize("size", [0, 1, 16_000, MAX_WHOLE_BYTES, MAX_WHOLE_BYTES + 1, 100_000])
def test_a_body_is_read_straight(both: tuple[Served, Served], size: int) -> None:
    assert _told(both[1].raw(request("POST", "/hot", b"x" * size)))[1] == b"%d" % size
    what = both[1].what()
    assert (what["held"], what["expected"]) == (0, 0)


def test_a_slow_body_is_given_up(both: tuple[Served, Served]) -> None:
    for size in (100, MAX_WHOLE_BYTES + 100):
        assert both[1].raw(request("POST", "/hot", b"x", length=size), 10 * SECONDS, b"x").endswith(b"timeout")
    assert both[1].what()["expected"] == 0


def test_who_only_announces_takes_no_room_from_others(both: tuple[Served, Served]) -> None:
    _, ours = both
    with ExitStack() as stack:
        for _ in range(LIMIT // MAX_WHOLE_BYTES):
            waiting = stack.enter_context(socket.create_connection(("127.0.0.1", ours.port), PATIENCE))
            waiting.sendall(request("POST", "/hot", b"x", length=MAX_WHOLE_BYTES))
        assert _told(ours.raw(request("POST", "/hot", b"x" * 20_000)))[1] == b"20000"
    ours.until(lambda what: what["expected"] == 0)


def test_a_worker_that_cannot_start_ends(tmp_path: Path) -> None:
    with served(tmp_path, "rsgi", "native", ECHO_FAILS="1") as server:
        assert server.process.wait(PATIENCE) != 0
    assert "it cannot start" in (tmp_path / "native.log").read_text()


@pytest.mark.parametrize(
    ("text", "parts"), [("1.2.3.4:80", ("1.2.3.4", 80)), ("[::1]:8000", ("::1", 8000)), ("unix:", None), ("", None)]
)
def test_addresses(text: str, parts: tuple[str, int] | None) -> None:
    assert address(text) == parts
