"""Slow and idle clients: they are put out, cost little, and a good neighbour does not notice."""

import contextlib
import resource
import select
import socket
import time

import pytest

from tests.integration.hostile import BODY_SECONDS, HEADER_SECONDS, Target, started, target

__all__ = ["started", "target"]

HARD = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
# Both ends are counted: this process and the worker each hold one descriptor a connection
IDLE = min(10_000, HARD - 500)
SLACK = 60.0  # seconds that a busy machine may be late in putting somebody out
HEAD = b"POST /v1/batch HTTP/1.1\r\nHost: x\r\n"
DRIPS = {
    "nothing at all": b"",
    "half a request line": b"POST /v1/ba",
    "half the headers": HEAD + b"X-A: ",
    "headers without an end": HEAD + b"Content-Length: 10\r\n",
}


def _closed_after(connection: socket.socket, limit: float, drip: bytes = b"") -> float:
    """Seconds until the other side closes; `drip` is sent ten times a second meanwhile."""
    started_at = time.monotonic()
    while (waited := time.monotonic() - started_at) < limit:
        if select.select([connection], [], [], 0.1)[0]:
            try:
                if not connection.recv(65536):
                    return waited
            except ConnectionError:
                return waited
        if drip:
            with contextlib.suppress(ConnectionError):
                connection.sendall(drip)
    pytest.fail(f"still open after {limit} s")


def test_headers_that_do_not_end(target: Target) -> None:
    with contextlib.ExitStack() as stack:
        waiting = {what: stack.enter_context(target.connect()) for what in DRIPS if what != "nothing at all"}
        for what, connection in waiting.items():
            connection.sendall(DRIPS[what])
        in_drops = stack.enter_context(target.connect())
        in_drops.sendall(HEAD)
        target.prompt()
        _closed_after(in_drops, HEADER_SECONDS + SLACK, b"X: y\r\n")
        for connection in waiting.values():
            _closed_after(connection, SLACK)


@pytest.mark.parametrize("drip", [b"", b" "], ids=["that stops", "in drops"])
def test_a_body(target: Target, drip: bytes) -> None:
    with target.connect() as connection:
        connection.sendall(HEAD + b"Content-Length: 100000\r\n\r\n{")
        target.prompt()
        started_at = time.monotonic()
        found = b""
        while not found:
            assert time.monotonic() - started_at < BODY_SECONDS + SLACK
            if select.select([connection], [], [], 0.1)[0]:
                found = connection.recv(65536)
            elif drip:
                connection.sendall(drip)
        assert b" 408 " in found
        assert b"connection: close" in found
        _closed_after(connection, SLACK)


def test_a_thousand_slow_bodies_at_once(target: Target, capsys: pytest.CaptureFixture[str]) -> None:
    before = target.rss()
    with contextlib.ExitStack() as stack:
        slow = [stack.enter_context(target.connect()) for _ in range(1000)]
        for connection in slow:
            connection.sendall(HEAD + b"Content-Length: 1000000\r\n\r\n" + b"x" * 10_000)
        waited = target.prompt()
        during = target.rss()
        time.sleep(BODY_SECONDS + 1.5)
        answered = [connection.recv(65536) for connection in slow]
    with capsys.disabled():
        print(f"\n[1,000 slow bodies of 10 kB: RSS {before >> 20} → {during >> 20} MB, neighbour {waited:.3f} s]")
    assert all(b" 408 " in one for one in answered)
    assert during - before < 100 << 20


@pytest.mark.parametrize("count", [IDLE], ids=[f"{IDLE} of 10000 (RLIMIT_NOFILE {HARD})"])
def test_idle_connections(target: Target, capsys: pytest.CaptureFixture[str], count: int) -> None:
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    before, idle = target.rss(), []
    try:
        for i in range(count):
            connection = target.connect()
            connection.sendall(list(DRIPS.values())[i % len(DRIPS)])
            idle.append(connection)
        waited = target.prompt()
        during = target.rss()
        answered = target.raw(b"GET /healthz HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
    finally:
        for connection in idle:
            connection.close()
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
    with capsys.disabled():
        print(f"\n[{count} idle connections: RSS {before >> 20} → {during >> 20} MB, neighbour {waited:.3f} s]")
    assert answered == [200]
    assert during - before < 200 << 20
