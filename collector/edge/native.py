"""Granian's own interface (RSGI), and an ASGI application behind it.

Granian speaks ASGI, too, but for each request it then builds a dictionary of everything that is known of it, on the
thread that reads the network, and two messages are sent for an answer. Its own interface gives what is asked for, the
body in one piece and takes the answer in one call; of a batch of 20 events that is a tenth of all work. So the
endpoint of the hot path is called as it is (`straight`), and for everything else, where a few microseconds are nothing,
`bridge` makes the scope and the messages that an ASGI application wants.

What is lost on the way: Granian gives headers as texts here, and one whose value has bytes beyond ASCII is not among
them. It is as if it had not been sent.
"""

import asyncio
import contextlib
import logging
import sys
from collections.abc import Awaitable, Callable, Mapping, MutableMapping
from typing import Any, Final, Protocol

from granian._granian import RSGIProtocolClosed, RSGIProtocolError
from granian.asgi import LifespanProtocol

from collector.edge.body import Deadlines, Disconnected, Room, announced, read_body

log = logging.getLogger("firsthand.server")

CLOSED: Final = (RSGIProtocolClosed, RSGIProtocolError)
MAX_WHOLE_BYTES: Final = 64 * 1024
Application = Callable[[MutableMapping[str, Any], Any, Any], Awaitable[None]]
Texts = list[tuple[str, str]]


class Straight(Protocol):
    """An endpoint that needs no bridge."""

    async def straight(self, scope: Any, proto: Any) -> None: ...


class Native:
    """What Granian calls: `hot` by their paths, `app` for all other requests and for the worker's life."""

    def __init__(self, app: Application, hot: Mapping[str, Straight]) -> None:
        self._app, self._hot = app, hot
        self._life: Any = None

    def __rsgi_init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._life = LifespanProtocol(self._app)  # type: ignore[no-untyped-call]
        loop.run_until_complete(self._life.startup())
        if self._life.interrupt:
            log.error("the worker cannot start", exc_info=self._life.exc)
            sys.exit(1)

    def __rsgi_del__(self, loop: asyncio.AbstractEventLoop) -> None:
        if self._life is not None:
            loop.run_until_complete(self._life.shutdown())

    async def __rsgi__(self, scope: Any, proto: Any) -> None:
        endpoint = self._hot.get(scope.path)
        if endpoint is not None and scope.method == "POST":
            await endpoint.straight(scope, proto)
        else:
            asked = bridge(scope)
            await self._app(asked, Incoming(proto, announced(dict(asked["headers"]))), Outgoing(proto))


def bridge(scope: Any) -> dict[str, Any]:
    """The ASGI scope (3.0, HTTP 2.3) of a request."""
    return {
        "type": "http",
        "asgi": {"version": "3.0", "spec_version": "2.3"},
        "http_version": scope.http_version,
        "method": scope.method,
        "scheme": scope.scheme,
        "path": scope.path,
        "query_string": scope.query_string.encode(),
        "root_path": "",
        "headers": [(name.encode(), value.encode()) for name, value in scope.headers.items()],
        "client": address(scope.client),
        "server": address(scope.server),
        "state": {},
    }


def address(text: str) -> tuple[str, int] | None:
    """Host and port.

    >>> address("[::1]:8000")
    ('::1', 8000)
    """
    host, _, port = text.rpartition(":")
    return (host.strip("[]"), int(port)) if port.isdigit() else None


class Incoming:
    """`receive` of ASGI: the body part by part, then whether the client is gone.

    Granian ends a body that was cut off as if it were whole, so one that is shorter than announced was. Of one that
    came without a length that cannot be seen; what is cut off of a JSON object is none.
    """

    def __init__(self, proto: Any, length: int | None) -> None:
        self._proto, self._left = proto, length or 0
        self._parts: Any = None
        self._whole = False

    async def __call__(self) -> dict[str, Any]:
        if not self._whole:
            try:
                if self._parts is None:
                    self._parts = aiter(self._proto)
                part = await anext(self._parts)
                self._left -= len(part)
                return {"type": "http.request", "body": part, "more_body": True}
            except StopAsyncIteration:
                self._whole = True
                if self._left > 0:
                    return {"type": "http.disconnect"}
                return {"type": "http.request", "body": b"", "more_body": False}
            except CLOSED:
                self._whole = True
                return {"type": "http.disconnect"}
        with contextlib.suppress(*CLOSED):
            await self._proto.client_disconnect()
        return {"type": "http.disconnect"}


class Outgoing:
    """`send` of ASGI. What is sent to nobody is lost without an error, as Granian does it there: `receive` says so."""

    def __init__(self, proto: Any) -> None:
        self._proto = proto
        self._status, self._headers = 500, Texts()
        self._stream: Any = None

    async def __call__(self, message: MutableMapping[str, Any]) -> None:
        if message["type"] == "http.response.start":
            self._status, self._headers = message["status"], texts(message.get("headers", ()))
            return
        body, more = message.get("body", b""), message.get("more_body", False)
        if self._stream is None:
            if not more:
                self._proto.response_bytes(self._status, self._headers, bytes(body))
                return
            self._stream = self._proto.response_stream(self._status, self._headers)
        if body:
            with contextlib.suppress(*CLOSED):
                await self._stream.send_bytes(bytes(body))
        if not more:
            self._stream = None  # the end of it


def texts(headers: Any) -> Texts:
    """Headers as Granian wants them."""
    return [(name.decode("latin-1"), value.decode("latin-1")) for name, value in headers]


async def read_straight(proto: Any, deadlines: Deadlines, room: Room, length: int | None) -> bytes:
    """The whole body, as `read_body`; a short one, as announced, in one piece.

    Nobody sees how much of that piece has come until all is there. So it is counted as if it were, and when that is as
    much as may be in flight, bodies are read part by part again.
    """
    if length is None or length > MAX_WHOLE_BYTES or room.expected + length > room.limit:
        return await read_body(Incoming(proto, length), deadlines, room, length)
    room.expected += length
    task = deadlines.begin()
    try:
        body: bytes = await proto()
        return body
    except CLOSED:
        raise Disconnected from None
    except asyncio.CancelledError:
        raise deadlines.verdict(task) from None
    finally:
        room.expected -= length
        deadlines.end(task)
