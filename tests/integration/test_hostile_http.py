"""Requests that are no requests, or two in one: never a 500, never more than was authorised, no neighbour harmed."""

import socket
import time
from itertools import product

import pytest

from tests.integration.hostile import Target, started, target

__all__ = ["started", "target"]

SMUGGLED = b'{"batch":[{"type":"track","event":"smuggled","anonymousId":"a"}],"writeKey":"%b"}'
# Taken as one plain request, because that is what they are
HARMLESS = {
    "encoding with a tab", "bare line feeds", "huge key in the query", "5,000 query parameters", "absolute path",
    "no host", "upgrade", "expect something else", "invalid Authorization", "invalid Origin", "invalid forwarded",
}  # fmt: skip


def _request(body: bytes, headers: bytes, path: bytes = b"/v1/batch") -> bytes:
    return b"POST " + path + b" HTTP/1.1\r\nHost: x\r\n" + headers + b"\r\n" + body


def _chunked(body: bytes) -> bytes:
    return b"%x\r\n%b\r\n0\r\n\r\n" % (len(body), body)


def _smugglings(key: bytes) -> dict[str, bytes]:
    body = b'{"batch":[{"type":"track","event":"outer","anonymousId":"a"}],"writeKey":"%b"}' % key
    inner_body = SMUGGLED % key
    inner = _request(inner_body, b"Content-Length: %d\r\n" % len(inner_body))
    size = b"Content-Length: %d\r\n" % len(body)
    chunked = b"Transfer-Encoding: chunked\r\n"
    return {
        "length and chunked": _request(_chunked(b"") + inner, b"Content-Length: 4\r\n" + chunked),
        "chunked and length": _request(_chunked(b"") + inner, chunked + b"Content-Length: 4\r\n"),
        "two lengths": _request(body + inner, size + b"Content-Length: %d\r\n" % (len(body) + len(inner))),
        "lengths in a list": _request(body, b"Content-Length: %d, %d\r\n" % (len(body), len(body) + 1)),
        "negative length": _request(body, b"Content-Length: -1\r\n"),
        "length with a plus": _request(body, b"Content-Length: +%d\r\n" % len(body)),
        "hexadecimal length": _request(body, b"Content-Length: 0x10\r\n"),
        "length beyond 64 bits": _request(body, b"Content-Length: " + b"9" * 40 + b"\r\n"),
        "empty length": _request(body, b"Content-Length: \r\n"),
        "blank before the colon": _request(body, b"Content-Length : %d\r\n" % len(body)),
        "folded header": _request(body, size + b"X-A: 1\r\n  2\r\n"),
        "folded encoding": _request(_chunked(body) + inner, b"Transfer-Encoding:\r\n chunked\r\n" + size),
        "encoding twice": _request(_chunked(body), chunked + b"Transfer-Encoding: identity\r\n"),
        "unknown encoding": _request(_chunked(body), b"Transfer-Encoding: xchunked\r\n"),
        "encoding with a tab": _request(_chunked(body), b"Transfer-Encoding:\tchunked\r\n"),
        "bad chunk size": _request(b"zz\r\nabc\r\n0\r\n\r\n", chunked),
        "negative chunk size": _request(b"-5\r\nabc\r\n0\r\n\r\n", chunked),
        "huge chunk size": _request(b"f" * 17 + b"\r\nabc\r\n", chunked),
        "chunk without its line end": _request(b"3\r\nabcX0\r\n\r\n", chunked),
        "endless chunk extension": _request(b"3;" + b"x" * 100_000 + b"\r\nabc\r\n0\r\n\r\n", chunked),
        "trailers": _request(b"0\r\nX-A: 1\r\nContent-Length: 5\r\n\r\n", chunked),
        "bare line feeds": _request(body, size).replace(b"\r\n", b"\n"),
        "bare carriage return": _request(body, size + b"X-A: 1\rX-B: 2\r\n"),
        "NUL in a header": _request(body, size + b"X-A: a\0b\r\n"),
        "NUL in a name": _request(body, size + b"X\0A: b\r\n"),
        "header without a name": _request(body, size + b": x\r\n"),
        "header without a colon": _request(body, size + b"nonsense\r\n"),
        "huge header": _request(body, size + b"X-A: " + b"a" * 300_000 + b"\r\n"),
        "10,000 headers": _request(body, size + b"".join(b"X-%d: a\r\n" % i for i in range(10_000))),
        "huge path": _request(body, size, b"/v1/batch?" + b"a" * 200_000),
        "huge key in the query": _request(body, size, b"/v1/batch?writeKey=" + b"a" * 30_000),
        "5,000 query parameters": _request(body, size, b"/v1/batch?" + b"&".join(b"a%d=1" % i for i in range(5_000))),
        "wrong escapes in the path": _request(body, size, b"/v1/%zz%/batch"),
        "absolute path": _request(body, size, b"http://other.example/v1/batch"),
        "no path": b"POST HTTP/1.1\r\n\r\n",
        "no host": b"POST /v1/batch HTTP/1.1\r\n" + size + b"\r\n" + body,
        "HTTP/0.9": b"GET /\r\n",
        "HTTP/2 preface": b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
        "HTTP/9.9": _request(body, size).replace(b"HTTP/1.1", b"HTTP/9.9"),
        "TLS": b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + bytes(200),
        "noise": bytes(range(256)) * 50,
        "upgrade": _request(body, size + b"Connection: Upgrade\r\nUpgrade: h2c\r\n"),
        "expect something else": _request(body, size + b"Expect: 200-maybe\r\n"),
        "invalid Authorization": _request(body, size + b"Authorization: Basic \xff\xfe\r\n"),
        "invalid Origin": _request(body, size + b"Origin: \xff\r\n"),
        "invalid forwarded": _request(body, size + b"X-Forwarded-For: " + b"1," * 20_000 + b"\r\n"),
    }


def _on_disk(target: Target, marker: bytes) -> bool:
    return any(marker in path.read_bytes() for path in target.data.rglob("*") if path.is_file())


@pytest.mark.parametrize("name", _smugglings(b"fh_x"))
def test_odd_requests(target: Target, name: str) -> None:
    found = target.raw(_smugglings(target.key.encode())[name], 0.5, least=name in HARMLESS)
    if name in HARMLESS:
        assert found == [200]
    else:
        assert all(400 <= status < 500 for status in found)
        assert len(found) <= 1  # and then the connection is closed: what follows is not read as a request
    assert not _on_disk(target, b"smuggled")


def test_pipelined_requests_are_answered_in_order(target: Target) -> None:
    body = target.batch(b'{"type":"track","event":"piped","anonymousId":"a"}')
    good = _request(body, b"Content-Length: %d\r\n" % len(body))
    bad = _request(b"junk", b"Content-Length: 4\r\n")
    assert target.raw((good + bad) * 50, 2.0, least=100) == [200, 400] * 50


def test_a_refused_body_is_not_read_as_the_next_request(target: Target) -> None:
    """Over the limit: the rest of the body must never be taken for a request."""
    inner_body = SMUGGLED % target.key.encode()
    inner = _request(inner_body, b"Content-Length: %d\r\n" % len(inner_body))
    body = b" " * (1 << 20) + b"x" + inner * 2000
    found = target.raw(_request(body, b"Content-Length: %d\r\n" % len(body)), 3.0)
    assert found in ([413], [])
    assert not _on_disk(target, b"smuggled")


def test_expect_100_continue(target: Target) -> None:
    body = target.batch(b'{"type":"track","event":"x","anonymousId":"a"}')
    with target.connect() as connection:
        connection.sendall(_request(b"", b"Content-Length: %d\r\nExpect: 100-continue\r\n" % len(body)))
        assert connection.recv(1000).startswith(b"HTTP/1.1 100")
        connection.sendall(body)
        found = b""
        while b"}" not in found:
            found += connection.recv(1000)
    assert b" 200 " in found


def test_a_client_that_hangs_up_halfway(target: Target) -> None:
    before = target.rss()
    for _ in range(300):
        with target.connect() as connection:
            connection.sendall(_request(b"x" * 500, b"Content-Length: 900000\r\n"))
    deadline = time.monotonic() + 60
    while target.rss() - before >= 40 << 20:
        assert time.monotonic() < deadline, "what they had sent is still held"
        time.sleep(0.1)


# What reads a body beside the hot paths
READERS = (
    "/live", "/console/login", "/console/setup", "/v1/consent/receipts", "/v1/consent/link", "/v1/wechat/login",
    "/v1/wechat/handoff", "/v1/id", "/v1/admin/me",
)  # fmt: skip


def test_a_body_that_ends_early_is_the_clients_business(target: Target) -> None:
    """Whoever shuts one direction and listens is told so; nothing of it is an error of ours (the fixture looks)."""
    for path, kind, length in product(
        READERS,
        (b"application/x-www-form-urlencoded", b"application/json"),
        (b"Content-Length: 100\r\n", b"Transfer-Encoding: chunked\r\n"),
    ):
        where = f"{path}?writeKey={target.key}".encode()
        begun = _request(b"5\r\ntoken", b"Content-Type: " + kind + b"\r\n" + length, where)
        with target.connect() as connection:
            connection.sendall(begun)
        with target.connect() as connection:
            connection.sendall(begun)
            connection.shutdown(socket.SHUT_WR)
            found = connection.recv(65536)
        assert not found or found.startswith((b"HTTP/1.1 4", b"HTTP/1.1 303")), (path, kind, length, found)


def test_a_header_beyond_ascii_takes_none_of_its_content_along(target: Target) -> None:
    """Any page of the same host may set such a cookie; the ones that the console set must still be read."""
    cookies = "firsthand_language=zh-CN; name=张三".encode()
    page = target.answer(
        b"GET /console/login HTTP/1.1\r\nHost: x\r\nConnection: close\r\nCookie: " + cookies + b"\r\n\r\n"
    )
    assert b'lang="zh-CN"' in page
