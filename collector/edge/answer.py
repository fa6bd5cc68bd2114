"""Answers: small JSON bodies, CORS headers, one place that knows how a status is said."""

from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

import msgspec

from collector.outcome import Rejected

Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]
Headers = list[tuple[bytes, bytes]]

JSON = (b"content-type", b"application/json")
NO_STORE = (b"cache-control", b"no-store")
# What Segment's browser client asks for; a day, because every browser caps it anyway
PREFLIGHT: Headers = [
    (b"access-control-allow-methods", b"POST, GET, OPTIONS"),
    (
        b"access-control-allow-headers",
        b"authorization, content-type, content-encoding, x-retry-count, anonymousid",
    ),
    (b"access-control-max-age", b"86400"),
]


class Accepted(msgspec.Struct):
    """The body of a 200: the batch is durable; `rejected` lists the messages that were refused."""

    success: bool
    accepted: int
    rejected: list[Rejected]


class Failure(msgspec.Struct):
    """The body of everything else."""

    code: str
    message: str


def cors(origin: bytes | None) -> Headers:
    """Mirrors the origin. Credentials are never allowed: no cookie has a part in this."""
    if origin is None:
        return []
    return [
        (b"access-control-allow-origin", origin),
        (b"access-control-expose-headers", b"retry-after"),  # or a browser may not read when to try again
        (b"vary", b"origin"),
    ]


async def answer(send: Send, status: int, body: bytes, headers: Headers) -> None:
    """Send one whole answer."""
    length = (b"content-length", b"%d" % len(body))
    await send({"type": "http.response.start", "status": status, "headers": [JSON, NO_STORE, length, *headers]})
    await send({"type": "http.response.body", "body": body})


async def fail(send: Send, status: int, code: str, message: str, headers: Headers, retry_after: int = 0) -> None:
    """Send an error. `retry_after`: whole seconds, for 429 and 503."""
    if retry_after:
        headers = [*headers, (b"retry-after", str(retry_after).encode())]
    if status == 408:
        headers = [*headers, (b"connection", b"close")]
    await answer(send, status, msgspec.json.encode(Failure(code, message)), headers)
