"""Reading a request's body: bounded, in bounded time, inflated with the limit applied while inflating."""

import asyncio
import zlib
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

from collector.decode import NotABatch
from collector.protocol import MAX_BODY_BYTES, MAX_INFLATED_BYTES

Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
GZIP_WINDOW = 16 + zlib.MAX_WBITS


class Disconnected(Exception):
    """The client went away before it had sent its body; there is nobody to answer."""


async def read_body(receive: Receive, seconds: float) -> bytes:
    """The whole body. Raises NotABatch with 413 (over 1 MB) or 408 (slower than `seconds`), Disconnected."""
    try:
        async with asyncio.timeout(seconds):
            message = await receive()
            if not message.get("more_body"):
                return _chunk(message, 0)
            chunks, size = [], 0
            while True:
                chunk = _chunk(message, size)
                chunks.append(chunk)
                size += len(chunk)
                if not message.get("more_body"):
                    return b"".join(chunks)
                message = await receive()
    except TimeoutError:
        raise NotABatch("timeout", f"the body did not arrive within {seconds:g} s", 408) from None


def _chunk(message: MutableMapping[str, Any], before: int) -> bytes:
    if message["type"] == "http.disconnect":
        raise Disconnected
    chunk: bytes = message.get("body", b"")
    if before + len(chunk) > MAX_BODY_BYTES:
        raise NotABatch("too_large", f"a body may have {MAX_BODY_BYTES} bytes", 413)
    return chunk


def inflate(body: bytes) -> bytes:
    """A gzip body inflated; a bomb is cut off while inflating, never after. Raises NotABatch (400, 413)."""
    stream = zlib.decompressobj(GZIP_WINDOW)
    try:
        data = stream.decompress(body, MAX_INFLATED_BYTES)
        if stream.unconsumed_tail:
            raise NotABatch("too_large", f"a body may inflate to {MAX_INFLATED_BYTES} bytes", 413)
        if not stream.eof:
            raise NotABatch("invalid_gzip", "the gzip body is cut short")
    except zlib.error:
        raise NotABatch("invalid_gzip", "the body is not gzip") from None
    return data
