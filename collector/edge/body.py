"""Reading a request's body: bounded, in bounded time, inflated with the limit applied while inflating."""

import asyncio
import zlib
from collections.abc import Awaitable, Callable, Mapping, MutableMapping
from typing import Any

from collector.decode import NotABatch
from collector.protocol import MAX_BODY_BYTES, MAX_INFLATED_BYTES

Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
RETRY_SECONDS = 5
GZIP_WINDOW = 16 + zlib.MAX_WBITS


class Disconnected(Exception):
    """The client went away before it had sent its body; there is nobody to answer."""


class Deadlines:
    """Bodies that are being read, and since when. One sweep a second ends the late ones.

    `asyncio.timeout` does the same with a timer per request, which costs more than everything else in reading a body.
    """

    def __init__(self, seconds: float, now: Callable[[], float]) -> None:
        self.seconds, self._now = seconds, now
        self._since: dict[asyncio.Task[Any], float] = {}
        self._late: set[asyncio.Task[Any]] = set()

    def begin(self) -> asyncio.Task[Any] | None:
        task = asyncio.current_task()
        if task is not None:
            self._since[task] = self._now()
        return task

    def end(self, task: asyncio.Task[Any] | None) -> None:
        if task is not None:
            self._since.pop(task, None)
            if self._late:
                self._late.discard(task)

    def was_late(self, task: asyncio.Task[Any] | None) -> bool:
        """Whether it was the sweep that cancelled the task."""
        return task in self._late

    def sweep(self) -> None:
        """Cancel the reading of bodies that are older than the limit."""
        oldest = self._now() - self.seconds
        for task, since in list(self._since.items()):
            if since < oldest and task not in self._late:
                self._late.add(task)
                task.cancel()


class Room:
    """What a worker holds for requests on their way, in bytes: bodies of which a part has come, and rows that wait for
    the disk. Bounded over all of them, because each alone is within its limits and twenty thousand may come at once.
    """

    def __init__(self, limit: int) -> None:
        self.limit, self.held, self.refused = limit, 0, 0

    @property
    def full(self) -> bool:
        return self.held >= self.limit

    def refuse(self) -> NotABatch:
        """The answer to a body for which there is no room; counted."""
        self.refused += 1
        return NotABatch("unavailable", "the collector has too much in hand now", 503, RETRY_SECONDS)


def announced(headers: Mapping[bytes, bytes]) -> int | None:
    """How long the body is, as the request says and the server holds it to (RFC 9112 §6.3); None if it does not say."""
    length = headers.get(b"content-length")
    return int(length) if length is not None and length.isdigit() and b"transfer-encoding" not in headers else None


async def read_body(receive: Receive, deadlines: Deadlines, room: Room, length: int | None = None) -> bytes:
    """The whole body. Raises NotABatch with 413 (over 1 MB), 408 (too slow) or 503 (no room), Disconnected.

    `length`: as announced. When so much has come that was all, and we need not wait to be told so: the server says it
    with an empty part of its own, one more turn of its threads for each request.
    """
    task = deadlines.begin()
    size = 0
    try:
        message = await receive()
        chunk = _chunk(message, 0)
        if not message.get("more_body") or len(chunk) == length:
            return chunk
        chunks = []
        while True:
            if room.held + len(chunk) > room.limit:
                raise room.refuse()
            chunks.append(chunk)
            size += len(chunk)
            room.held += len(chunk)
            if not message.get("more_body") or size == length:
                return b"".join(chunks)
            message = await receive()
            chunk = _chunk(message, size)
    except asyncio.CancelledError:
        if task is None or not deadlines.was_late(task):
            raise
        task.uncancel()
        raise NotABatch("timeout", f"the body did not arrive within {deadlines.seconds:g} s", 408) from None
    finally:
        room.held -= size
        deadlines.end(task)


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
        if stream.unused_data:
            raise NotABatch("invalid_gzip", "the gzip body goes on after its end")
    except zlib.error:
        raise NotABatch("invalid_gzip", "the body is not gzip") from None
    return data
